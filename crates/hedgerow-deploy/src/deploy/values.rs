//! Environment variables in the values of charts, whether or not the chart that puts them into a container is in the tree.

use super::Deploy;
use super::item::{Item, scalar};
use crate::helm::Charts;
use crate::host::Hosts;
use crate::partial::Partial;
use crate::value::Value;

/// What charts call the values that become environment variables, in small letters.
const KEYS: &[&str] = &[
    "env",
    "envs",
    "envvars",
    "environment",
    "environmentvariables",
    "extraenv",
    "extraenvs",
    "extraenvvars",
    "extraenvironment",
];

/// How deep values are looked into.
const MAX_DEPTH: usize = 6;

impl Deploy {
    /// Takes in the variables of the files that hold a chart's values: those of the service that the chart or a key above
    /// is called like, else of the service that the file belongs to.
    pub(super) fn values(
        &mut self,
        items: &[Item],
        charts: &Charts,
        hosts: &Hosts,
        owner: &impl Fn(&str) -> Option<String>,
    ) {
        for item in items.iter().filter(|item| item.chart.is_none()) {
            let Some(chart) = charts.values_of(item.path) else { continue };
            let service = chart.and_then(|chart| hosts.named(chart).map(str::to_owned)).or_else(|| owner(item.path));
            self.below(&item.value, service.as_deref(), item, hosts, 0);
        }
    }

    fn below(&mut self, value: &Value, service: Option<&str>, item: &Item, hosts: &Hosts, depth: usize) {
        for (key, value) in value.as_map().filter(|_| depth < MAX_DEPTH).into_iter().flatten() {
            if let (true, Some(service)) = (KEYS.contains(&key.letters().to_lowercase().as_str()), service) {
                let given = self.given.entry(service.to_owned()).or_default();
                if given.path.is_empty() {
                    item.path.clone_into(&mut given.path);
                }
                let here = item.spot(value);
                for (name, text, at) in variables(value) {
                    given.in_values = true;
                    let spot = match at {
                        Some(at) => {
                            let element = value.as_list().and_then(|list| list.get(at)).unwrap_or(value);
                            here.element(element, at).key("name")
                        }
                        None => here.name(&name),
                    };
                    given.set(&name, text, spot);
                }
            } else {
                self.below(value, hosts.named(key.letters()).or(service), item, hosts, depth + 1);
            }
        }
    }
}

/// The variables in a map of names, or in a list as containers have it, with their places there.
fn variables(value: &Value) -> Vec<(String, Partial, Option<usize>)> {
    let text = |value: &Value| {
        let text = scalar(value).or_else(|| value.get("value").and_then(scalar))?;
        // A value that is a template itself.
        Some(if text.letters().contains("{{") { Partial::unknown() } else { text })
    };
    match value {
        Value::Map(pairs) => {
            pairs.iter().filter_map(|(name, value)| Some((name.known()?.to_owned(), text(value)?, None))).collect()
        }
        Value::List(list) => {
            let pair = |(at, element): (usize, &Value)| {
                Some((element.get("name")?.as_str()?.to_owned(), text(element)?, Some(at)))
            };
            list.iter().enumerate().filter_map(pair).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => Vec::new(),
    }
}
