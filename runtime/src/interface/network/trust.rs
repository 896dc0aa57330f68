//! Whose certificates are believed: the machine's authorities, and those that the operator adds.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;

use crate::capability::PolicyTls;
use crate::error::Error;

/// The largest file of authorities, in bytes.
const MAX_ROOTS_BYTES: u64 = 4 << 20;

/// How servers prove who they are; shared by all instances of a host.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    extra: Vec<CertificateDer<'static>>,
    /// Made when the first request needs it, because reading the machine's authorities takes milliseconds.
    made: OnceCell<Arc<ClientConfig>>,
}

impl Trust {
    /// Reads the authorities that a policy adds.
    pub(crate) fn new(tls: &PolicyTls) -> Result<Self, Error> {
        let mut extra = Vec::new();
        for path in &tls.extra_roots {
            extra.extend(read(path).map_err(|reason| Error::Engine {
                reason: format!("the authorities in `{}` cannot be used: {reason}", path.display()),
            })?);
        }
        Ok(Self {
            extra,
            made: OnceCell::new(),
        })
    }

    /// What a connection is made with; none when this machine has no authorities at all.
    pub(crate) async fn config(&self) -> Option<Arc<ClientConfig>> {
        let made = self.made.get_or_try_init(|| async {
            let extra = self.extra.clone();
            let making = tokio::task::spawn_blocking(move || make(extra));
            making.await.ok().flatten().ok_or(())
        });
        made.await.ok().cloned()
    }
}

fn read(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut text = Vec::new();
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(MAX_ROOTS_BYTES + 1).read_to_end(&mut text);
    read.map_err(|error| error.to_string())?;
    if text.len() as u64 > MAX_ROOTS_BYTES {
        return Err("the file is larger than 4 MiB".into());
    }
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| error.to_string())?;
    let mut store = RootCertStore::empty();
    for certificate in &found {
        store.add(certificate.clone()).map_err(|error| error.to_string())?;
    }
    match store.is_empty() {
        true => Err("there is no certificate in it".into()),
        false => Ok(found),
    }
}

fn make(extra: Vec<CertificateDer<'static>>) -> Option<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    // Machines have some that nobody can read; the others count.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(extra);
    if roots.is_empty() {
        return None;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.ok()?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(Arc::new(config))
}
