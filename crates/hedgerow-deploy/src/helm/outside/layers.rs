//! What the layers of a release come to together.

use super::made::of_template;
use super::open::{Bindings, Open};
use super::{From, Layer, Reader, Way, Written, set};
use crate::deploy::documents;
use crate::helm::values::{MAX_SETS, merge};
use crate::value::{Map, Value};

impl Reader<'_, '_> {
    /// The paths that a file may have.
    pub(super) fn wanted(file: &Open, from: From, release: &Written, way: &Way, bindings: &Bindings) -> Vec<Open> {
        let bound = file.with(bindings);
        let file = bound.without_root();
        let base = way.base.as_str();
        let all = release.bases.iter().map(String::as_str);
        let bases: Vec<&str> = match from {
            // A root that only the script knows is where it lies, more often than not.
            From::Base if file != bound => all.chain([base, ""]).collect(),
            From::Base => [base].into_iter().chain(all).chain([""]).collect(),
            From::Chart => vec![way.directory.as_str()],
            From::Root => vec![""],
        };
        let mut found: Vec<Open> = Vec::new();
        for wanted in bases.into_iter().filter_map(|base| file.below(base)) {
            if !found.contains(&wanted) {
                found.push(wanted);
            }
        }
        found
    }

    /// What the layers of a release come to together: more than one where a file that makes values has branches.
    pub(super) fn layers(
        &mut self,
        path: &str,
        release: &Written,
        way: &Way,
        (bindings, name): (&Bindings, Option<&str>),
    ) -> Vec<Value> {
        let directory = way.directory.as_str();
        let mut all = vec![Value::from(Map::new())];
        for layer in &release.layers {
            match layer {
                Layer::File(file, from) | Layer::Perhaps(file, from) => {
                    let wanted = Self::wanted(file, *from, release, way, bindings);
                    let known = wanted.iter().filter_map(|file| self.texts.get_key_value(file.whole()?));
                    let Some((at, text)) = known.map(|(at, text)| (*at, *text)).next() else {
                        // What is a secret is in no tree.
                        let shown = file.with(bindings).shown();
                        let is_wanted = matches!(layer, Layer::File(..));
                        if is_wanted && !["secret", "sops", ".enc"].iter().any(|word| shown.contains(word)) {
                            self.lack(path, directory, format!("the values file `{shown}` is not in the tree"));
                        }
                        continue;
                    };
                    self.spent += text.len();
                    let (made, lacks) =
                        if at.ends_with(".gotmpl") { of_template(text, name) } else { (plain(text), Vec::new()) };
                    lacks
                        .into_iter()
                        .for_each(|what| self.lack(path, directory, format!("the values file `{at}`: {what}")));
                    match made {
                        Some(made) => all = self.over(path, directory, all, &made),
                        None => self.lack(path, directory, format!("the values file `{at}` cannot be read")),
                    }
                }
                Layer::Values(values) => all = self.over(path, directory, all, std::slice::from_ref(values)),
                Layer::Text(text) => {
                    let read: Vec<Value> = documents(&text.written()).into_iter().map(Value::read).collect();
                    match read.first() {
                        Some(Value::Map(_)) => all = self.over(path, directory, all, &read[..1]),
                        Some(Value::Null) | None if text.letters().trim().is_empty() => {}
                        _ => self.lack(path, directory, "its values cannot be read".to_owned()),
                    }
                }
                Layer::SetAll(text, form) => {
                    let text = text.with(bindings).partial();
                    self.spent += text.letters().len();
                    if !all.iter_mut().all(|values| set::set_all(values, &text, *form)) {
                        self.lack(path, directory, format!("`--set {}` cannot be read", text.shown('…')));
                    }
                }
                Layer::SetOne(name, text, form) => {
                    if !all.iter_mut().all(|values| set::set_one(values, name, text, *form)) {
                        self.lack(path, directory, format!("what sets `{name}` cannot be read"));
                    }
                }
                Layer::Unknown(what) => self.lack(path, directory, what.clone()),
            }
        }
        all
    }

    /// Each of some values with each of others laid over it.
    fn over(&mut self, path: &str, directory: &str, under: Vec<Value>, others: &[Value]) -> Vec<Value> {
        if under.len() * others.len() > MAX_SETS {
            self.lack(path, directory, format!("its values are more than {MAX_SETS} by the branches that make them"));
        }
        let each = |under: &Value| {
            let laid = |other: &Value| {
                let mut made = under.clone();
                merge(&mut made, other);
                made
            };
            others.iter().map(laid).collect::<Vec<_>>()
        };
        under.iter().flat_map(each).take(MAX_SETS).collect()
    }
}

/// The values that a file holds; none where it holds something else.
fn plain(text: &str) -> Option<Vec<Value>> {
    match documents(text.trim_start_matches('\u{feff}')).into_iter().next().map(Value::from) {
        Some(values @ Value::Map(_)) => Some(vec![values]),
        Some(Value::Null) => Some(vec![Value::from(Map::new())]),
        None if !text.lines().any(|line| !line.trim().is_empty() && !line.trim().starts_with('#')) => {
            Some(vec![Value::from(Map::new())])
        }
        _ => None,
    }
}
