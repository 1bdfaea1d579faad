//! Helmfile's releases: <https://helmfile.readthedocs.io/>. The file is a template; what it says of its releases is read as far as that is known.

use super::open::Open;
use super::set::Form;
use super::{From, Layer, Written, directory_of, list, made, scalar};
use crate::value::Value;

/// Whether a file is a helmfile, by its place and its name.
pub(super) fn is_helmfile(path: &str, name: &str) -> bool {
    let stem = name.strip_suffix(".gotmpl").unwrap_or(name);
    let is_yaml = stem.ends_with(".yaml") || stem.ends_with(".yml");
    let directory = directory_of(path).rsplit('/').next().unwrap_or_default();
    is_yaml && (stem.starts_with("helmfile.") || stem.starts_with("helmfile-") || directory == "helmfile.d")
}

/// Its releases, and what of it cannot be read.
pub(super) fn releases(path: &str, text: &str) -> (Vec<Written>, Option<String>) {
    let mut found = Vec::new();
    let made = made::all(text, None);
    for root in made.documents.iter().flatten() {
        let templates = root.get("templates");
        found.extend(list(root, "releases").iter().filter_map(|release| written(path, release, (root, templates))));
    }
    let is_read = made.documents.iter().flatten().any(|root| root.get("releases").is_some());
    let has_list = text.lines().any(|line| line.trim_end() == "releases:");
    let fault = match made.cut.first() {
        _ if !is_read && has_list => Some("a helmfile that is no YAML".to_owned()),
        Some(cut) => Some(format!("a helmfile of which a part is not known: {cut}")),
        None => None,
    };
    (found, fault)
}

fn written(path: &str, release: &Value, (root, templates): (&Value, Option<&Value>)) -> Option<Written> {
    // What it inherits comes before what it says itself.
    let inherited = list(release, "inherit").iter().filter_map(|from| templates?.get(from.get("template")?.as_str()?));
    let all: Vec<&Value> = inherited.chain([release]).collect();
    let last = |key: &str| all.iter().rev().find_map(|from| from.get(key)?.as_text());
    let says = |key: &str| all.iter().rev().find_map(|from| from.get(key));
    // What is not to be there is taken away.
    if says("installed").and_then(Value::as_bool) == Some(false) {
        return None;
    }
    // `missingFileHandler: Error` is what it does where nothing is said.
    let missing = says("missingFileHandler").or_else(|| root.get("missingFileHandler"));
    let may_miss = missing.and_then(Value::as_str).is_some_and(|handler| handler != "Error");
    let mut layers = Vec::new();
    for from in &all {
        for key in ["values", "valuesTemplate"] {
            layers.extend(list(from, key).iter().map(|value| match value {
                Value::Text(text) if text.is_unknown() => Layer::Unknown("its values file is not known".to_owned()),
                Value::Text(text) if may_miss => Layer::Perhaps(Open::read(text), From::Base),
                Value::Text(text) => Layer::File(Open::read(text), From::Base),
                other => Layer::Values(other.clone()),
            }));
        }
        for (key, form) in [("set", Form::Typed), ("setString", Form::Text), ("setTemplate", Form::Unknown)] {
            layers.extend(list(from, key).iter().filter_map(|set| of_set(set, form)));
        }
    }
    Layer::as_flags(&mut layers);
    Some(Written {
        chart: Open::read(last("chart")?),
        bases: vec![directory_of(path).to_owned()],
        name: last("name").map(Open::read),
        layers,
        ..Written::default()
    })
}

/// `{name: a.b, value: c}`, or with `values` or `file`.
fn of_set(set: &Value, form: Form) -> Option<Layer> {
    let name = set.get("name")?.as_str()?.to_owned();
    if let Some(values) = set.get("values").and_then(Value::as_list) {
        let texts = values.iter().filter_map(scalar).map(|text| text.written().into_owned()).collect::<Vec<_>>();
        let list = crate::partial::Partial::read(&format!("{{{}}}", texts.join(",")));
        return Some(Layer::SetOne(name, list, form));
    }
    Some(match set.get("value").and_then(scalar) {
        Some(text) => Layer::SetOne(name, text, form),
        None => Layer::SetOne(name, crate::partial::Partial::unknown(), Form::Unknown),
    })
}
