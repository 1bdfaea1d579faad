//! Templates that make values and releases: helmfile's `.gotmpl` files, and helmfiles themselves.

use crate::deploy::documents;
use crate::helm::files::ChartFiles;
use crate::helm::kept::Kept;
use crate::helm::library::Library;
use crate::helm::render::render;
use crate::helm::spent::{Around, Spent};
use crate::helm::{lost, parse, scope};
use crate::partial::{Gap, Partial};
use crate::value::Value;
use std::rc::Rc;

/// How many branches of a template that makes values are shown.
const MAX_SIDES: usize = 32;

/// What a template can come to that knows nothing but the name of its release.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// The documents, for each of its branches.
    pub(super) documents: Vec<Vec<Value>>,
    /// What of it is left out for what it would cost.
    pub(super) cut: Vec<String>,
    /// Whether lines of it are not known.
    pub(super) has_lost: bool,
}

/// The maps that a template can come to, none where it comes to something else; and what of them is not known.
pub(super) fn of_template(text: &str, release: Option<&str>) -> (Option<Vec<Value>>, Vec<String>) {
    let made = all(text, release);
    let maps =
        made.documents.into_iter().filter_map(|documents| documents.into_iter().find(|one| one.as_map().is_some()));
    let maps: Vec<Value> = maps.collect();
    let mut lacks = made.cut;
    if made.has_lost {
        lacks.push("lines that are not known".to_owned());
    }
    ((!maps.is_empty()).then_some(maps), lacks)
}

/// What a template can come to. What stands for the environment and for a release that is not known yet is written as a variable again.
pub(super) fn all(text: &str, release: Option<&str>) -> Made {
    let map = |pairs: &[(&str, Value)]| {
        pairs.iter().map(|(key, value)| (Partial::from(*key), value.clone())).collect::<Value>()
    };
    let name = release.unwrap_or("{{ .Release.Name }}");
    let root = [
        (Partial::from("Release"), map(&[("Name", Value::from(name))])),
        (Partial::from("Environment"), map(&[("Name", Value::from("{{ .Environment.Name }}"))])),
        // Anything else may be there.
        (Partial::unknown(), Value::unknown()),
    ];
    let root = Rc::new(root.into_iter().collect::<Value>());
    let library = Library::new(&[]);
    let files = ChartFiles::default();
    let mut template = parse::parse(text);
    let sides = library.count_sides(&mut template.nodes);
    let mut made = Made::default();
    if template.is_cut {
        made.cut.push("a part of it is not closed, or too deep".to_owned());
    }
    if sides > MAX_SIDES {
        made.cut.push(format!("it has more than {MAX_SIDES} branches"));
    }
    let kept = Kept::default();
    for side in 0..sides.min(MAX_SIDES) {
        let around = Around { library: &library, files: &files, directory: "", kept: &kept, spent: Spent::default() };
        let (text, _) = render(&template.nodes, scope::Scope::new(Rc::clone(&root), &around), side).into_parts();
        if around.spent.is_short() {
            made.cut.extend(around.spent.lacks());
        }
        made.has_lost |= text.has(&Gap::Lost);
        let (text, _) = lost::without_lost(text);
        let documents: Vec<Value> = documents(&text.written()).into_iter().map(Value::read).collect();
        if !made.documents.contains(&documents) {
            made.documents.push(documents);
        }
    }
    made.cut.sort();
    made.cut.dedup();
    made
}
