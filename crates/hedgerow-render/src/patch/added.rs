//! Where the objects go that the stream does not hold yet: in front of the workloads.
//!
//! Hosts write in the order of the stream, and a new pod that says it has a live policy must find that policy there. Namespaces
//! and kinds that the objects need stand in front of workloads as well.
//!
//! Where a stream begins with JSON, its objects become documents of YAML for every reader: see [`separators`].

use super::Context;
use super::update::{line_break, with_line_breaks};
use crate::object::Object;
use hedgerow_yaml::{Edit, Piece, Yaml, begins_with_json, split};

/// The annotation by which Helm 4 knows the file of a document. It sorts documents of one kind by it, and names files itself
/// where it is missing: with a number, by which the tenth stands in front of the ninth.
const HELM_FILE: &str = "postrenderer.helm.sh/postrender-filename";
/// The file that Hedgerow's objects are in, for Helm 4: one, so that they keep their order.
const FILE: &str = "hedgerow/policies.yaml";

/// Adds documents in front of `piece`.
pub(super) fn add(context: &Context<'_>, piece: &Piece, objects: &[Object]) -> Vec<Edit> {
    let stream = context.stream;
    let is_helm = stream[piece.range.clone()].contains(HELM_FILE);
    let documents = objects.iter().map(|object| {
        let object = if is_helm { in_file(object.to_yaml()) } else { object.to_yaml() };
        object.to_block()
    });
    let at = piece.range.start;
    let bom = if stream.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    // What begins without a separator needs one now.
    let text: String = match piece.separator {
        Some(_) => documents.map(|document| format!("---\n{document}")).collect(),
        None => documents.map(|document| format!("{document}---\n")).collect(),
    };
    let mut edits = if begins_with_json(stream) { separators(stream, bom, at) } else { Vec::new() };
    edits.push(Edit::insert(if at == 0 { bom } else { at }, text));
    let eol = line_break(stream);
    edits.into_iter().map(|edit| Edit { text: with_line_breaks(&edit.text, eol), ..edit }).collect()
}

/// What makes documents of the JSON objects that a stream begins with: some versions of `kubectl` take a stream for JSON to
/// its end if `{` is its first character, and between documents of YAML no two objects can stand side by side, since the
/// first alone would be read. Nothing has to stand before the first if something is added there.
fn separators(stream: &str, first: usize, added: usize) -> Vec<Edit> {
    let begin = Some(Edit::insert(first, "---\n")).filter(|_| added > 0);
    let objects = split(stream).take_while(|piece| piece.separator.is_none()).skip(1);
    let between = objects.map(|piece| {
        let at = piece.range.start;
        let is_line = stream[..at].ends_with(['\n', '\r']);
        Edit::insert(at, if is_line { "---\n" } else { "\n---\n" })
    });
    begin.into_iter().chain(between).collect()
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
