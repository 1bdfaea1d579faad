//! Lossless YAML: documents with byte ranges, questions by route, edits that change nothing else.
//!
//! Text goes in, text comes out, and every byte that an edit is not about comes out as it went in: comments, quotes,
//! `yes` and `0755`, anchors, CRLF, byte order marks, a missing final line break.
//!
//! ```
//! use hedgerow_yaml::{Document, MapChange, RouteSet, Want, change_map, splice, split};
//!
//! let stream = "\
//! ---
//! kind: Service
//! ---
//! kind: Deployment # ours
//! spec:
//!   template:
//!     metadata:
//!       labels:
//!         app: 'emoji'   # kept as it is
//! ";
//! let mut routes = RouteSet::new();
//! let kind = routes.ask("kind", Want::Scalar)?;
//! let labels = routes.ask("spec.template.metadata.labels", Want::Map)?;
//! let mut edits = Vec::new();
//! for piece in split(stream) {
//!     let outline = Document::of_piece(stream, &piece).outline(&routes)?;
//!     if outline.site(kind).and_then(|site| site.as_str()) == Some("Deployment") {
//!         let change = MapChange { set: &[("example.com/team", "faces")], remove: &[] };
//!         for site in outline.sites(labels) {
//!             edits.extend(change_map(stream, site, change)?);
//!         }
//!     }
//! }
//! let edited = splice(stream, edits)?;
//! assert_eq!(edited, stream.replace("        app:", "        example.com/team: \"faces\"\n        app:"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The way of a text through the crate:
//!
//! | module | from | to |
//! | --- | --- | --- |
//! | `encoding` | bytes | text, or what other encoding it is |
//! | `split` | a stream | pieces, one document each, by position alone |
//! | `parse`, `tree` | a piece | nodes with ranges, keys in order, duplicates and styles kept |
//! | `mask`, `restore` | a piece that the parser refuses and Kubernetes does not | the same |
//! | `route` | `spec.tasks[].template` | questions compiled into one tree |
//! | `document`, `walk`, `anchors`, `site` | a document and questions | what stands there, or why it cannot be told |
//! | `skeleton`, `scan`, `inline`, `elements`, `fast` | the same | the same answers without a parser, or none |
//! | `opening`, `insert`, `remove`, `map_edit`, `seq_edit`, `edit` | a site and a wish | edits, and the spliced text |
//! | `quote`, `emit` | values | text that no YAML 1.1 or 1.2 reader can misread |
//!
//! # What this crate does not do
//! It knows neither Kubernetes nor policies; it opens no file and prints nothing. It never resolves merge keys and
//! never edits behind an alias or an anchor, where the edit would reach others: it says so instead. It never prints a
//! value that it has read.
mod anchors;
mod answers;
mod document;
mod edit;
mod elements;
mod emit;
mod encoding;
mod error;
mod fast;
mod follow;
mod inline;
mod insert;
mod lines;
mod map_edit;
mod mask;
mod opening;
mod parse;
mod quote;
mod remove;
mod restore;
mod route;
mod scan;
mod seq_edit;
mod site;
mod skeleton;
mod split;
mod tree;
mod walk;

pub use document::{Document, Outline, Part};
pub use edit::{Edit, Edits, SpliceError, splice};
pub use emit::Yaml;
pub use encoding::{EncodingError, decode, decode_owned};
pub use error::{YamlError, advice};
pub use follow::follow;
pub use map_edit::{MapChange, change_map};
pub use parse::parse;
pub use quote::{quote, quote_always};
pub use route::{Route, RouteError, RouteId, RouteSet, Step, Want};
pub use seq_edit::{SeqChange, change_seq};
pub use site::{Duplicate, Gap, MapPair, MapSite, Obstacle, Reason, ScalarSite, SeqElement, SeqSite, Site};
pub use split::{Piece, Pieces, begins_with_json, split, split_even};
pub use tree::{Anchor, CollectionStyle, Content, Element, Mapping, Node, Pair, Scalar, ScalarStyle, Sequence, Tag};
