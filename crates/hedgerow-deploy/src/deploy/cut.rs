//! Which services a chart may deploy whose template is more than is rendered.

use super::item::Texts;
use super::workloads::Pods;
use crate::host::Hosts;
use std::collections::BTreeSet;

/// The services without a workload of which a chart speaks: by their names, without what the chart is called before them.
pub(super) fn spoken_of(
    (directory, chart): (&str, &str),
    all: &Texts,
    pods: &[Pods],
    hosts: &Hosts,
) -> BTreeSet<String> {
    let deployed: BTreeSet<&str> = pods.iter().map(|pods| pods.service.as_str()).collect();
    let open = hosts.services().filter(|service| !deployed.contains(service));
    let is_within =
        |path: &&&str| directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
    let mut words: BTreeSet<String> = BTreeSet::new();
    for (_, text) in all.iter().filter(|(path, _)| is_within(path)) {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        words.extend(text.split(|c| !is_part(c)).filter(|word| word.len() > 2).map(plain));
    }
    let is_named = |service: &&str| {
        let own = plain(service.rsplit('.').next().unwrap_or(service));
        let short = own.strip_prefix(&plain(chart)).filter(|short| short.len() > 2).unwrap_or(&own).to_owned();
        // `shop-ledger` as `ledger`, and in the name of its image.
        words.contains(&own)
            || words.contains(&short)
            || words.iter().any(|word| word.ends_with(&short) && short.len() > 5)
    };
    open.filter(is_named).map(str::to_owned).collect()
}

/// A name as it is compared: without regard to case and to what its words are put together with.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
