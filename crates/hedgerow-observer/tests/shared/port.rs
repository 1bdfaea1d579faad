//! Ports of loopback for programs that are given theirs.

use std::net::SocketAddr;

/// A port that nobody else is given as long as this process runs: a socket has it that never listens. Who dials it is refused; who names it, as
/// servers do, which share their addresses, may listen there, end, and listen again. A port that was only looked for may be a neighbour's a moment
/// later.
pub(crate) fn free_port() -> SocketAddr {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    std::mem::forget(socket);
    address
}

#[test]
fn a_free_port_stays_free_for_its_server_alone() {
    let address = free_port();
    for _ in 0..3 {
        assert_eq!(std::net::TcpStream::connect(address).unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
        let neighbour = tokio::net::TcpSocket::new_v4().unwrap();
        assert_eq!(neighbour.bind(address).unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
        let server = std::net::TcpListener::bind(address).unwrap();
        assert!(std::net::TcpStream::connect(address).is_ok());
        drop(server);
    }
}
