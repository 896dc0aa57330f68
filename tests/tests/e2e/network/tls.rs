//! Requests with TLS: the certificate has to be of the name that is granted, and of an authority that is believed.

use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::set_up::{Canary, Net, Wanted, ok, wanted};

/// An authority of a test.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: NamedTempFile,
}

/// A server with a certificate.
struct Secure {
    port: u16,
    /// The names by which clients asked for it.
    asked: Arc<Mutex<Vec<Option<String>>>>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), certificate.pem()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            file,
        }
    }

    fn believed(&self, wanted: Wanted) -> Wanted {
        let roots = Some(self.file.path().to_str().unwrap().to_owned());
        Wanted { roots, ..wanted }
    }

    /// A server with a certificate for these names, valid until this year.
    async fn server(&self, names: &[&str], until: i32) -> Secure {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::<Mutex<Vec<Option<String>>>>::default();
        let keep = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                keep.lock()
                    .unwrap()
                    .push(stream.get_ref().1.server_name().map(str::to_owned));
                let mut buffer = [0; 4_096];
                let _ = stream.read(&mut buffer).await;
                let _ = stream.write_all(ok("secret").as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Secure { port, asked }
    }
}

async fn said(wanted: Wanted, host: &str, port: u16) -> String {
    let net = Net::new("requests-http", wanted).await;
    net.run(&format!("GET https {host}:{port} /")).await
}

fn granted(port: u16) -> Wanted {
    let patterns = ["api.test", "127.0.0.1"].map(|host| format!("https://{host}:{port}"));
    wanted(&[&patterns[0], &patterns[1]]).name("api.test", &[&["127.0.0.1"]])
}

#[tokio::test]
async fn an_authority_that_the_operator_adds_is_believed() {
    let authority = Authority::new();
    let server = authority.server(&["api.test", "127.0.0.1"], 2_100).await;
    for host in ["api.test", "API.test.", "127.0.0.1"] {
        let said = said(authority.believed(granted(server.port)), host, server.port).await;
        assert_eq!(said, "200\ncontent-length: 6\n\nsecret", "{host}");
    }
    // An address is no name to ask for.
    let name = Some("api.test".to_owned());
    assert_eq!(*server.asked.lock().unwrap(), [name.clone(), name, None]);
}

#[tokio::test]
async fn no_other_certificate_is() {
    let authority = Authority::new();
    let expected = "error ErrorCode::TlsCertificateError";
    // Nobody knows the authority.
    let server = authority.server(&["api.test"], 2_100).await;
    assert_eq!(
        said(Authority::new().believed(granted(server.port)), "api.test", server.port).await,
        expected
    );
    // It is of another name, and of another one that resolves to the same address.
    let other = authority.server(&["other.test", "*.api.test"], 2_100).await;
    for host in ["api.test", "127.0.0.1"] {
        assert_eq!(
            said(authority.believed(granted(other.port)), host, other.port).await,
            expected,
            "{host}"
        );
    }
    // It is too old.
    let old = authority.server(&["api.test"], 2_001).await;
    assert_eq!(
        said(authority.believed(granted(old.port)), "api.test", old.port).await,
        expected
    );
    for server in [server, other, old] {
        assert!(server.asked.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn who_does_not_speak_tls_is_no_server() {
    let authority = Authority::new();
    let plain = super::set_up::Server::new(ok("")).await;
    let said = said(authority.believed(granted(plain.port())), "127.0.0.1", plain.port()).await;
    assert!(said.starts_with("error ErrorCode::"), "{said}");
    // One that says nothing at all is waited for as long as for a connection.
    let silent = Canary::new();
    let net = Net::new("requests-http", authority.believed(granted(silent.port()))).await;
    let said = net
        .run(&format!("GET https 127.0.0.1:{} /\nconnect 50", silent.port()))
        .await;
    assert_eq!(said, "error ErrorCode::ConnectionTimeout");
}

#[tokio::test]
async fn a_host_with_authorities_that_cannot_be_read_does_not_open() {
    use airssys_wasm::Host;
    use airssys_wasm::capability::Policy;

    let empty = NamedTempFile::new().unwrap();
    for path in [empty.path().to_str().unwrap(), "/nowhere/ca.pem"] {
        let policy = Policy::parse(&format!("policy-version = 1\n[tls]\nextra-roots = [{path:?}]\n")).unwrap();
        let error = Host::builder().policy(policy).build().await.unwrap_err();
        assert!(error.to_string().contains(path), "{error}");
    }
}
