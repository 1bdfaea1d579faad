//! What a template can come to: its renderings, and the documents in them.

use super::charts::{Chart, Charts};
use super::kept::Kept;
use super::library::Library;
use super::render::render;
use super::spent::{Around, Spent};
use super::template::Template;
use super::values::Set;
use super::weights::weight;
use super::{choice, lost, parse, scope};
use crate::deploy::{Sheet, all_documents, documents, fault_line, is_route, swells};
use crate::partial::{Gap, Partial};
use crate::value::Value;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// How many renderings show the branches of a template; what more of them would show is not known.
const MAX_SIDES: usize = 128;

/// How many steps and how many bytes all renderings of a template may take.
const MAX_STEPS: usize = 2_000_000;
const MAX_BYTES: usize = 16 << 20;

/// How many bytes a scalar of a document counts at least.
const SCALAR: usize = 8;

/// What is read in the objects of a chart.
const READ: &[&str] = &["ontainers", "Service", "ConfigMap"];

/// How many lines are taken out of a document to read the rest of it, and how many bytes it may have.
const MAX_TAKEN_OUT: usize = 8;
const MAX_TRIED: usize = 64 << 10;

/// What `$` is in a template, and the name of the release, where it is known.
pub(super) type Root = (Rc<Value>, Option<Arc<str>>);

/// What a template comes to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rendered {
    /// The documents.
    pub(crate) documents: Vec<Value>,
    /// The text of each of them.
    pub(crate) sheets: Vec<Arc<Sheet>>,
    /// The name of the release that each of them is of, where it is known.
    pub(crate) releases: Vec<Option<Arc<str>>>,
    /// Whether there is nothing else that is read.
    pub(crate) is_whole: bool,
    /// Whether it is more than is rendered: what is left out may be whole workloads.
    pub(crate) is_cut: bool,
    /// Whether lines are left out that are not known and may give something to a container.
    pub(crate) has_lost: bool,
    /// What the template asks for and nobody knows, a few words each.
    pub(crate) lacks: BTreeSet<String>,
}

impl Charts {
    /// What a template can come to.
    pub(crate) fn documents(&self, directory: &str, text: &str) -> Rendered {
        let found = Rendered { is_whole: true, ..Rendered::default() };
        let Some(chart) = self.charts.get(directory) else { return found };
        let Some(library) = self.libraries.get(chart.library) else { return found };
        let roots: Vec<Root> =
            chart.values.iter().map(|set| (Rc::new(self.root(chart, set)), set.release.clone())).collect();
        self.rendered(parse::parse(text), &roots, library, directory)
    }

    /// What a template can come to with each of these values.
    pub(super) fn rendered(
        &self,
        mut template: Template,
        roots: &[Root],
        library: &Library,
        directory: &str,
    ) -> Rendered {
        let sides = library.count_sides(&mut template.nodes);
        let is_whole = !template.is_cut && sides <= MAX_SIDES;
        let mut found = Rendered { is_whole, is_cut: !is_whole, ..Rendered::default() };
        if template.is_cut {
            found.lacks.insert("a part of it is not closed, or too deep".to_owned());
        }
        if sides > MAX_SIDES {
            found.lacks.insert(format!("it has more than {MAX_SIDES} branches"));
        }
        let (mut steps, mut bytes) = (0, 0);
        let mut seen = BTreeSet::new();
        let kept = Kept::default();
        for side in 0..sides.min(MAX_SIDES) {
            let mut sets = Vec::new();
            for (root, release) in roots {
                let around = Around { library, files: &self.files, directory, kept: &kept, spent: Spent::default() };
                let made = render(&template.nodes, scope::Scope::new(Rc::clone(root), &around), side);
                let (text, lines) = made.into_parts();
                let (text, may_give) = lost::without_lost(text);
                found.is_whole &= !around.spent.is_short();
                found.is_cut |= around.spent.is_short();
                found.has_lost |= may_give;
                steps += around.spent.steps();
                found.lacks.append(&mut around.spent.lacks());
                sets.push((text.holes(), text.written().into_owned(), lines, release.clone()));
            }
            // What the chart's own values leave open and those above them fill is not deployed with its own values alone.
            let least = sets.iter().skip(1).map(|(holes, ..)| *holes).min();
            let own = sets.first().is_some_and(|(holes, ..)| least.is_none_or(|least| *holes <= least));
            for (_, text, lines, release) in sets.into_iter().skip(usize::from(!own)) {
                if seen.contains(&text) {
                    continue;
                }
                if steps > MAX_STEPS || bytes > MAX_BYTES {
                    (found.is_whole, found.is_cut) = (false, true);
                    found.lacks.insert("all that it can come to is more work than is done for one template".to_owned());
                    return found;
                }
                // Aliases and choices make much out of a short text.
                bytes += text.len().max(found.take_in(&text, &lines, release.as_ref()).saturating_mul(SCALAR));
                seen.insert(text);
            }
        }
        found
    }

    /// What `$` is in a template.
    fn root(&self, chart: &Chart, set: &Set) -> Value {
        let about = |key: &str| chart.about.get(key).cloned().unwrap_or_default();
        let namespace = self.namespace.as_deref().map_or_else(Value::unknown, Value::from);
        let release = match &set.release {
            Some(name) => Value::from(&**name),
            None => Value::Text(Partial::gap(Gap::Release(chart.release))),
        };
        map([
            ("Values", set.values.clone()),
            (
                "Chart",
                map([
                    ("Name", Value::from(chart.name.as_str())),
                    ("Version", about("version")),
                    ("AppVersion", about("appVersion")),
                ]),
            ),
            ("Release", map([("Name", release), ("Namespace", namespace), ("Service", Value::from("Helm"))])),
        ])
    }
}

impl Rendered {
    /// Takes in the documents of a rendering, each by itself: what is wrong in one of them says nothing of the others.
    /// Gives how many scalars they hold. `lines` are where the template writes the lines, `release` is the name of the release.
    fn take_in(&mut self, text: &str, lines: &[u32], release: Option<&Arc<str>>) -> usize {
        let mut all = 0;
        let mut document = String::new();
        let mut first = 0;
        for (at, line) in text.split_inclusive('\n').chain(["---"]).enumerate() {
            if !line.starts_with("---") {
                document.push_str(line);
                continue;
            }
            let (values, is_whole) = all_documents(&document);
            let mut values = values;
            if !is_whole {
                let is_read = READ.iter().any(|word| document.contains(word));
                self.is_whole &= !is_read;
                if is_read && values.is_empty() && document.len() <= MAX_TRIED && !swells(&document) {
                    values = without_faults(&mut document, &mut all);
                }
                // What cannot be read may have been much before that was seen. Where aliases made it so, they do in every
                // rendering: one is enough.
                all += if swells(&document) { MAX_BYTES } else { document.len() };
            }
            let mut sheet = None;
            for value in values.into_iter().map(Value::read).flat_map(choice::all) {
                all += weight(&value);
                if !value.is_null() && !self.documents.contains(&value) {
                    self.documents.push(value);
                    let lines = || lines.get(first..).map(|rest| rest[..rest.len().min(at - first)].to_vec());
                    let made = || Arc::new(Sheet { text: document.clone(), lines: lines().unwrap_or_default() });
                    self.sheets.push(Arc::clone(sheet.get_or_insert_with(made)));
                    self.releases.push(release.cloned());
                }
            }
            first = at;
            line.strip_prefix("---").unwrap_or_default().clone_into(&mut document);
        }
        all
    }
}

/// What a document holds without the lines on which it is no YAML, which are taken out of it: what is not known of a template can be such a line, and says nothing
/// of the others.
fn without_faults(document: &mut String, weight: &mut usize) -> Vec<serde_json::Value> {
    let whole = document.clone();
    let mut lines: Vec<&str> = whole.lines().collect();
    for _ in 0..MAX_TAKEN_OUT {
        let text = lines.join("\n");
        *weight += text.len();
        let Some(at) = fault_line(&text) else {
            let found = documents(&text);
            *document = text;
            return found;
        };
        // A fault is seen at its line or after it; blank lines have none.
        let Some(at) = (0..=at.min(lines.len().saturating_sub(1))).rev().find(|at| !lines[*at].trim().is_empty())
        else {
            break;
        };
        lines[at] = "";
    }
    Vec::new()
}

fn map<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    pairs.into_iter().map(|(key, value)| (Partial::from(key), value)).collect()
}

/// Whether a template of a chart can come to something that is read.
pub(crate) fn is_read(text: &str) -> bool {
    let mut kinds = text.lines().filter_map(|line| line.strip_prefix("kind:"));
    let is_kind = |kind: &str| is_route(kind) || matches!(kind, "Secret" | "Component");
    if kinds.any(|kind| is_kind(kind.trim().trim_matches(['"', '\'']))) {
        return true;
    }
    READ.iter().chain(&["include", "template", "tpl", "block"]).any(|word| text.contains(word))
}
