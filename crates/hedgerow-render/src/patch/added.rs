//! Where the objects go that the stream does not hold yet: in front of the workloads.
//!
//! Hosts write in the order of the stream, and a new pod that says it has a live policy must find that policy there. Namespaces
//! and kinds that the objects need stand in front of workloads as well.

use super::Context;
use super::update::{line_break, with_line_breaks};
use crate::object::Object;
use hedgerow_yaml::{Edit, Piece, Yaml};

/// The annotation by which Helm 4 knows the file of a document. It sorts documents of one kind by it, and names files itself
/// where it is missing: with a number, by which the tenth stands in front of the ninth.
const HELM_FILE: &str = "postrenderer.helm.sh/postrender-filename";
/// The file that Hedgerow's objects are in, for Helm 4: one, so that they keep their order.
const FILE: &str = "hedgerow/policies.yaml";

/// Adds documents in front of `piece`.
pub(super) fn add(context: &Context<'_>, piece: &Piece, objects: &[Object]) -> Edit {
    let stream = context.stream;
    let is_helm = stream[piece.range.clone()].contains(HELM_FILE);
    let documents = objects.iter().map(|object| {
        let object = if is_helm { in_file(object.to_yaml()) } else { object.to_yaml() };
        object.to_block()
    });
    let at = piece.range.start;
    let bom = if at == 0 && stream.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    // What begins without a separator needs one now.
    let text: String = match piece.separator {
        Some(_) => documents.map(|document| format!("---\n{document}")).collect(),
        None => documents.map(|document| format!("{document}---\n")).collect(),
    };
    Edit::insert(at + bom, with_line_breaks(&text, line_break(stream)))
}

fn in_file(object: Yaml) -> Yaml {
    let Yaml::Map(mut entries) = object else { return object };
    for (key, value) in &mut entries {
        if let ("metadata", Yaml::Map(metadata)) = (key.as_str(), value) {
            metadata.push(("annotations".to_owned(), Yaml::map([(HELM_FILE, Yaml::str(FILE))])));
        }
    }
    Yaml::Map(entries)
}
