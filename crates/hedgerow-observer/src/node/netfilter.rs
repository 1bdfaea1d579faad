//! A netlink socket to netfilter: requests out, messages in.
#![allow(clippy::disallowed_methods, reason = "the kernel's account of the socket is a file")]

use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A datagram is at most this long: the kernel fills what a dump is given, up to 32 KiB; more costs nothing.
const DATAGRAM: usize = 64 << 10;

/// `NLM_F_REQUEST | NLM_F_DUMP`.
const REQUEST_DUMP: u16 = 0x301;

/// The socket.
#[derive(Debug)]
pub(super) struct Netfilter {
    socket: OwnedFd,
    buffer: Vec<u8>,
    sequence: u32,
}

impl Netfilter {
    /// Opens one that also hears the multicast groups of this mask.
    pub(super) fn open(groups: u32) -> io::Result<Self> {
        let socket = rustix::net::socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            Some(netlink::NETFILTER),
        )?;
        rustix::net::bind(&socket, &SocketAddrNetlink::new(0, groups))?;
        Ok(Self { socket, buffer: vec![0; DATAGRAM], sequence: 0 })
    }

    /// Asks for a larger buffer. Beyond the system's limit that needs `CAP_NET_ADMIN`.
    pub(super) fn set_buffer(&self, bytes: usize) -> io::Result<()> {
        rustix::net::sockopt::set_socket_recv_buffer_size_force(&self.socket, bytes)
            .or_else(|_| rustix::net::sockopt::set_socket_recv_buffer_size(&self.socket, bytes))?;
        Ok(())
    }

    /// The next datagram; waits for it.
    pub(super) fn receive(&mut self) -> io::Result<&[u8]> {
        loop {
            match rustix::net::recv(&self.socket, &mut self.buffer[..], RecvFlags::TRUNC) {
                // It was longer than the buffer: its end is gone.
                Ok((_, length)) if length > DATAGRAM => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "a netlink datagram is too long"));
                }
                Ok((length, _)) => return Ok(&self.buffer[..length]),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The next datagram, if one is there.
    pub(super) fn receive_now(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            match rustix::net::recv(&self.socket, &mut self.buffer[..], RecvFlags::TRUNC | RecvFlags::DONTWAIT) {
                Ok((_, length)) if length > DATAGRAM => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "a netlink datagram is too long"));
                }
                Ok((length, _)) => return Ok(Some(&self.buffer[..length])),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// How many messages the kernel had no room for, since the socket was opened. Nothing if it does not say.
    pub(super) fn drops(&self) -> Option<u64> {
        let inode = rustix::fs::fstat(&self.socket).ok()?.st_ino;
        // Not of the process: its other threads may be in other network namespaces.
        drops(&std::fs::read_to_string("/proc/thread-self/net/netlink").ok()?, inode)
    }

    /// Asks for a dump and gives each datagram of the answer, up to its end.
    pub(super) fn dump(
        &mut self,
        kind: u16,
        family: u8,
        attributes: &[u8],
        each: &mut dyn FnMut(&[u8]),
    ) -> io::Result<()> {
        self.sequence = self.sequence.wrapping_add(1);
        let length = u32::try_from(20 + attributes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut request = Vec::with_capacity(20 + attributes.len());
        request.extend(length.to_le_bytes());
        request.extend(kind.to_le_bytes());
        request.extend(REQUEST_DUMP.to_le_bytes());
        request.extend(self.sequence.to_le_bytes());
        request.extend([0; 4]);
        request.extend([family, 0, 0, 0]);
        request.extend(attributes);
        rustix::net::send(&self.socket, &request, SendFlags::empty())?;
        loop {
            let sequence = self.sequence;
            let datagram = self.receive()?;
            let end = end_of_dump(datagram, sequence);
            each(datagram);
            match end {
                None => {}
                Some(0) => return Ok(()),
                Some(error) => return Err(io::Error::from_raw_os_error(error)),
            }
        }
    }
}

impl AsFd for Netfilter {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// An attribute of a text, with its NUL and its padding.
pub(super) fn text_attribute(kind: u16, text: &str) -> Vec<u8> {
    let length = 4 + text.len() + 1;
    let mut bytes = Vec::with_capacity(length.next_multiple_of(4));
    bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend(kind.to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.resize(length.next_multiple_of(4), 0);
    bytes
}

/// Whether a datagram ends the dump: with 0, or with the number of an error.
fn end_of_dump(datagram: &[u8], sequence: u32) -> Option<i32> {
    let mut rest = datagram;
    while let Some((header, _)) = rest.split_at_checked(16) {
        let length = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let kind = u16::from_le_bytes([header[4], header[5]]);
        let of = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
        let number = || {
            rest.get(16..20)
                .map_or(0, |bytes| i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).wrapping_neg())
        };
        if of == sequence && matches!(kind, 2 | 3) {
            return Some(number());
        }
        rest = rest.get(length.max(16).next_multiple_of(4)..)?;
    }
    None
}

/// The drops of one socket, from `/proc/net/netlink`.
fn drops(table: &str, inode: u64) -> Option<u64> {
    let mut lines = table.lines();
    let names: Vec<&str> = lines.next()?.split_whitespace().collect();
    let column = |name| names.iter().position(|found| *found == name);
    let (drops, inodes) = (column("Drops")?, column("Inode")?);
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|fields| fields.get(inodes).and_then(|field| field.parse().ok()) == Some(inode))
        .and_then(|fields| fields.get(drops)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn message(kind: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + body.len()).unwrap();
        let mut bytes =
            [length.to_le_bytes(), [kind as u8, (kind >> 8) as u8, 0, 0], sequence.to_le_bytes(), [0; 4]].concat();
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn a_dump_ends_with_its_own_last_message_or_error() {
        let (rule, done) = (message(0xa06, 7, &[1, 2, 3]), message(3, 7, &[0; 4]));
        for (datagram, expected) in [
            (rule.clone(), None),
            ([rule.clone(), done.clone()].concat(), Some(0)),
            ([rule.clone(), message(3, 6, &[0; 4])].concat(), None),
            (message(2, 7, &(-1_i32).to_le_bytes()), Some(1)),
            (message(2, 7, &i32::MIN.to_le_bytes()), Some(i32::MIN)),
            (done[..15].to_vec(), None),
            (Vec::new(), None),
        ] {
            assert_eq!(super::end_of_dump(&datagram, 7), expected, "{datagram:?}");
        }
    }

    proptest! {
        /// Law 10: reading ends, whatever the lengths in it say.
        #[test]
        fn any_bytes_are_read_to_their_end(
            kinds in vec((0_u16..5, 6_u32..9, vec(any::<u8>(), 0..9)), 0..6),
            bites in vec((any::<prop::sample::Index>(), any::<u8>()), 0..5),
            table in "(sk|Drops|Inode|[0-9]{1,22}|[ \n\t])*",
        ) {
            let mut bytes: Vec<u8> = kinds.iter().flat_map(|(kind, sequence, body)| message(*kind, *sequence, body)).collect();
            for (at, byte) in bites {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            let _end = super::end_of_dump(&bytes, 7);
            let _drops = super::drops(&table, 12);
        }
    }

    #[test]
    fn drops_of_a_socket() {
        let table = "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n\
                     0000000000000000 12  4195       00000001 212992   0        0     2        17       29345   \n\
                     0000000000000000 0   0          00000000 0        0        0     2        0        12      \n";
        assert_eq!(super::drops(table, 29345), Some(17));
        assert_eq!(super::drops(table, 12), Some(0));
        assert_eq!(super::drops(table, 2), None);
        assert_eq!(super::drops("", 2), None);
        assert_eq!(super::drops("a b\n1 2\n", 2), None);
    }
}
