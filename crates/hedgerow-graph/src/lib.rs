//! Draws a network of services: who may call whom.
//!
//! A [`Network`] goes in, text comes out. [`dot`], [`json`], [`csv`] and [`mermaid`] need nothing else; [`svg`] and
//! [`html`] draw on a [`Layout`], which is computed here and not in the browser.
//!
//! ```
//! use hedgerow_graph::{Basis, Edge, EdgePorts, Layout, Network, Node, Ports, Stage};
//!
//! let node = |name: &str| Node {
//!     name: name.to_owned(),
//!     owner: Some("finance".to_owned()),
//!     service_type: Some("backend".to_owned()),
//!     namespace: "default".to_owned(),
//!     stage: Stage::Enforce,
//!     ports: Ports::Any,
//!     allow: vec![],
//!     file: format!("{name}/service.yaml"),
//! };
//! let edge = Edge {
//!     caller: "service.emoji".to_owned(),
//!     callee: "service.ledger".to_owned(),
//!     basis: Basis::Rule,
//!     ports: EdgePorts::All,
//!     reason: None,
//!     file: "service.emoji/egress/service.ledger.rule".to_owned(),
//! };
//! let network = Network::new(None, vec![node("service.emoji"), node("service.ledger")], vec![edge])?;
//! let layout = Layout::new(&network, &|_| ());
//! assert!(hedgerow_graph::svg(&network, &layout).starts_with("<svg"));
//! # Ok::<(), hedgerow_graph::NetworkError>(())
//! ```
//!
//! A crate of its own because who embeds Hedgerow in a deploy should not pay for drawing.
//!
//! What never happens here: files, clocks, random numbers; a reference to the network in an output (no font, no script,
//! no image from elsewhere); a name that becomes markup, a command or a formula.

mod bundle;
mod csv;
mod dot;
mod html;
mod json;
mod layout;
mod markup;
mod mermaid;
mod network;
mod node;
mod outside;
mod palette;
#[cfg(test)]
mod sample;
mod svg;
mod traffic;

pub use csv::csv;
pub use dot::dot;
pub use html::{embedded, html, paper};
pub use json::json;
pub use layout::{Island, Layout, Place, Progress};
pub use markup::escape;
pub use mermaid::mermaid;
pub use network::{Degree, Network, NetworkError};
pub use node::{Allow, Basis, Edge, EdgePorts, Node, Port, Ports, Stage};
pub use svg::svg;
pub use traffic::{Call, Caller, Facing, Permission, Published, Seen, Traffic, Use};
