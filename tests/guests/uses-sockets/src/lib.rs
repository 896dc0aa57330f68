//! Uses TCP, UDP and names, as its input says.

use std::net::{IpAddr, SocketAddr};

use wasip2::io::streams::{InputStream, OutputStream, StreamError};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::resolve_addresses;
use wasip2::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use wasip2::sockets::tcp::TcpSocket;
use wasip2::sockets::tcp_create_socket::create_tcp_socket;
use wasip2::sockets::udp::{OutgoingDatagram, UdpSocket};
use wasip2::sockets::udp_create_socket::create_udp_socket;

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// Lines of `tcp ADDRESS TEXT`, `listen ADDRESS`, `bind tcp|udp ADDRESS`, `udp ADDRESS TEXT`,
    /// `connected-udp ADDRESS TEXT`, `receive ADDRESS`, `resolve NAME` and `sockets NUMBER`; a line is said for each.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        let each = input.text()?.lines().map(|line| {
            let done = run(line);
            done.unwrap_or_else(|code| format!("error {}", code.name()))
        });
        let said: Vec<String> = each.collect();
        Ok(ComponentOutput::text(said.join("\n")))
    }
}

fn run(line: &str) -> Result<String, ErrorCode> {
    let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (first, text) = rest.split_once(' ').unwrap_or((rest, ""));
    match what {
        "tcp" => tcp(first, text),
        "listen" => listen(first),
        "bind" if first == "tcp" => bound(text).map(|_| "bound".into()),
        "bind" => bound_udp(text).map(|_| "bound".into()),
        "udp" => udp(first, text, false),
        "connected-udp" => udp(first, text, true),
        "receive" => receive(first),
        "resolve" => resolve(rest),
        "sockets" => sockets(rest.parse().unwrap()),
        _ => Ok(format!("what is {what}?")),
    }
}

fn address(text: &str) -> (IpSocketAddress, IpAddressFamily) {
    let address: SocketAddr = text.parse().unwrap();
    let port = address.port();
    match address.ip() {
        IpAddr::V4(four) => {
            let [a, b, c, d] = four.octets();
            let address = (a, b, c, d);
            (
                IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address }),
                IpAddressFamily::Ipv4,
            )
        }
        IpAddr::V6(six) => {
            let [a, b, c, d, e, f, g, h] = six.segments();
            let socket = Ipv6SocketAddress {
                port,
                flow_info: 0,
                address: (a, b, c, d, e, f, g, h),
                scope_id: 0,
            };
            (IpSocketAddress::Ipv6(socket), IpAddressFamily::Ipv6)
        }
    }
}

fn port(address: IpSocketAddress) -> u16 {
    match address {
        IpSocketAddress::Ipv4(address) => address.port,
        IpSocketAddress::Ipv6(address) => address.port,
    }
}

fn tcp(to: &str, text: &str) -> Result<String, ErrorCode> {
    let (to, family) = address(to);
    let socket = create_tcp_socket(family)?;
    socket.start_connect(&instance_network(), to)?;
    socket.subscribe().block();
    let (input, output) = socket.finish_connect()?;
    if output.blocking_write_and_flush(text.as_bytes()).is_err() {
        return Ok("broken".into());
    }
    Ok(read(&input))
}

fn read(input: &InputStream) -> String {
    let mut bytes = Vec::new();
    loop {
        match input.blocking_read(4_096) {
            Ok(part) => bytes.extend(part),
            Err(StreamError::Closed) => return String::from_utf8_lossy(&bytes).into_owned(),
            Err(StreamError::LastOperationFailed(_)) => return "broken".into(),
        }
    }
}

fn bound(local: &str) -> Result<TcpSocket, ErrorCode> {
    let (local, family) = address(local);
    let socket = create_tcp_socket(family)?;
    socket.start_bind(&instance_network(), local)?;
    socket.subscribe().block();
    socket.finish_bind()?;
    Ok(socket)
}

/// Takes one connection, and answers with what it gets.
fn listen(local: &str) -> Result<String, ErrorCode> {
    let socket = bound(local)?;
    socket.start_listen()?;
    socket.subscribe().block();
    socket.finish_listen()?;
    println!("listening {}", port(socket.local_address()?));
    let pollable = socket.subscribe();
    let (_client, input, output) = loop {
        pollable.block();
        match socket.accept() {
            Err(ErrorCode::WouldBlock) => {}
            accepted => break accepted?,
        }
    };
    let part = input.blocking_read(4_096).unwrap_or_default();
    let _ = answer(&output, &part);
    Ok(format!("accepted {}", String::from_utf8_lossy(&part)))
}

fn answer(output: &OutputStream, bytes: &[u8]) -> Result<(), StreamError> {
    output.blocking_write_and_flush(bytes)
}

fn bound_udp(local: &str) -> Result<UdpSocket, ErrorCode> {
    let (local, family) = address(local);
    let socket = create_udp_socket(family)?;
    socket.start_bind(&instance_network(), local)?;
    socket.finish_bind()?;
    Ok(socket)
}

/// Sends a datagram, and waits for one.
fn udp(to: &str, text: &str, is_connected: bool) -> Result<String, ErrorCode> {
    let (to, family) = address(to);
    let any = if family == IpAddressFamily::Ipv4 {
        "0.0.0.0:0"
    } else {
        "[::]:0"
    };
    let socket = bound_udp(any)?;
    let (incoming, outgoing) = socket.stream(is_connected.then_some(to))?;
    outgoing.subscribe().block();
    outgoing.check_send()?;
    let remote_address = (!is_connected).then_some(to);
    let data = text.as_bytes().to_vec();
    outgoing.send(&[OutgoingDatagram { data, remote_address }])?;
    println!("sent from {}", port(socket.local_address()?));
    first(&incoming)
}

/// Binds, and waits for a datagram.
fn receive(local: &str) -> Result<String, ErrorCode> {
    let socket = bound_udp(local)?;
    let (incoming, _outgoing) = socket.stream(None)?;
    println!("listening {}", port(socket.local_address()?));
    first(&incoming)
}

fn first(incoming: &wasip2::sockets::udp::IncomingDatagramStream) -> Result<String, ErrorCode> {
    let pollable = incoming.subscribe();
    loop {
        pollable.block();
        if let Some(datagram) = incoming.receive(1)?.pop() {
            return Ok(String::from_utf8_lossy(&datagram.data).into_owned());
        }
    }
}

fn resolve(name: &str) -> Result<String, ErrorCode> {
    let stream = resolve_addresses(&instance_network(), name)?;
    let pollable = stream.subscribe();
    let mut found = Vec::new();
    loop {
        match stream.resolve_next_address() {
            Err(ErrorCode::WouldBlock) => pollable.block(),
            Ok(None) => return Ok(found.join(" ")),
            Ok(Some(IpAddress::Ipv4((a, b, c, d)))) => found.push(IpAddr::from([a, b, c, d]).to_string()),
            Ok(Some(IpAddress::Ipv6((a, b, c, d, e, f, g, h)))) => {
                found.push(IpAddr::from([a, b, c, d, e, f, g, h]).to_string());
            }
            Err(code) => return Err(code),
        }
    }
}

/// Makes sockets until there can be no more.
fn sockets(most: usize) -> Result<String, ErrorCode> {
    let mut made = Vec::new();
    for _ in 0..most {
        match create_tcp_socket(IpAddressFamily::Ipv4) {
            Ok(socket) => made.push(socket),
            Err(code) => return Ok(format!("{} and {}", made.len(), code.name())),
        }
    }
    Ok(made.len().to_string())
}
