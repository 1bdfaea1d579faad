//! Which services a chart may deploy whose template is more than is rendered.

use super::item::Texts;
use super::workloads::Pods;
use crate::host::Hosts;
use std::collections::BTreeSet;

/// The words of a chart's values and templates, as they are compared, and the same from their ends on.
#[derive(Debug)]
pub(super) struct Words {
    all: BTreeSet<String>,
    reversed: BTreeSet<String>,
}

impl Words {
    /// Those of the chart in a directory.
    pub(super) fn of<'t>(directory: &str, texts: &Texts<'t>) -> Self {
        // Below a chart in the root of the tree lies everything.
        let is_of_chart = |rest: &str| {
            !directory.is_empty() || ["templates/", "charts/", "values"].iter().any(|start| rest.starts_with(start))
        };
        let below = |path: &'t str| match directory {
            "" => Some(path),
            directory => path.strip_prefix(directory)?.strip_prefix('/'),
        };
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let texts = texts.iter().filter(|(path, _)| below(path).is_some_and(is_of_chart));
        let words = texts.flat_map(|(_, text)| text.split(|c| !is_part(c)).filter(|word| word.len() > 2));
        let all: BTreeSet<String> = words.map(plain).collect();
        let reversed = all.iter().map(|word| word.chars().rev().collect()).collect();
        Self { all, reversed }
    }

    /// Whether one of them ends in a word.
    fn end_in(&self, word: &str) -> bool {
        let end: String = word.chars().rev().collect();
        self.reversed.range(end.clone()..).next().is_some_and(|reversed| reversed.starts_with(&end))
    }
}

/// The services without a workload of which a chart speaks: by their names, without what the chart is called before them.
pub(super) fn spoken_of(chart: &str, words: &Words, pods: &[Pods], hosts: &Hosts) -> BTreeSet<String> {
    let deployed: BTreeSet<&str> = pods.iter().map(|pods| pods.service.as_str()).collect();
    let open = hosts.services().filter(|service| !deployed.contains(service));
    let chart = plain(chart);
    let is_named = |service: &&str| {
        let own = plain(service.rsplit('.').next().unwrap_or(service));
        let short = own.strip_prefix(&chart).filter(|short| short.len() > 2).unwrap_or(&own);
        // `shop-ledger` as `ledger`, and in the name of its image.
        words.all.contains(&own) || words.all.contains(short) || short.len() > 5 && words.end_in(short)
    };
    open.filter(is_named).map(str::to_owned).collect()
}

/// A name as it is compared: without regard to case and to what its words are put together with.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
