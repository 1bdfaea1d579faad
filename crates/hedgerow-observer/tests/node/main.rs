//! The node part against a real kernel, sockets and files: network namespaces as node and pods, rules of Felix's shape, real packets, real log
//! lines, recorded flows of a real Felix, and a collector of our own.
//!
//! Each test runs itself again in a network namespace of its own. It needs root and Debian's packages iptables, nftables, conntrack and iproute2
//! (`scripts/tools kernel`); what is missing is said aloud, and with `HEDGEROW_REQUIRE_TOOLS=1` it is a failure.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "programs are run in namespaces, and what cannot be tested here is said aloud"
)]

mod collector;
mod doors;
mod files;
mod flows;
mod kernel;
#[path = "../shared/namespace.rs"]
mod namespace;
mod part;
#[path = "../shared/port.rs"]
mod port;
mod support;
mod uplink;
