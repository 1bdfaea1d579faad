//! Jobs of Prometheus that ask an exporter to look at their targets: the exporter is called, and the exporter calls the targets.
//!
//! See <https://prometheus.io/docs/guides/multi-target-exporter/>.

use crate::edge::Place;
use crate::mention::{Named, named};
use crate::mentions::{Mention, Weight, place};
use crate::places::Places;
use crate::tree::PlainFile;
use hedgerow_code::ir::Range as Span;
use hedgerow_code::lines::Setting;
use hedgerow_deploy::{Given, Hosts};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ops::Range;

/// The jobs of one file of settings whose targets an exporter calls that is a service.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    jobs: Vec<Job>,
}

#[derive(Debug)]
struct Job {
    /// Where it stands.
    range: Range<usize>,
    /// The service that is asked to call.
    exporter: String,
    /// What its list of targets says.
    targets: BTreeSet<String>,
}

impl Probes {
    /// Finds them; none in a text that is no such file.
    pub(crate) fn of(text: &str, hosts: &Hosts) -> Self {
        const MARKS: &[&str] = &["scrape_configs", "__param_", "__address__"];
        if !MARKS.iter().all(|mark| text.contains(mark)) {
            return Self::default();
        }
        let documents = hedgerow_deploy::documents(text);
        let Some(jobs) = documents.iter().find_map(|all| all.get("scrape_configs")?.as_array()) else {
            return Self::default();
        };
        let places = places(text);
        // Where the text is written in another way than expected, nothing is known of the places.
        if places.len() != jobs.len() {
            return Self::default();
        }
        let jobs = jobs.iter().zip(places).filter_map(|(job, range)| {
            let exporter = named(exporter(job)?, "host", hosts).into_iter().next()?.service;
            Some(Job { range, exporter, targets: targets(job) })
        });
        Self { jobs: jobs.collect() }
    }

    /// The service that calls what a setting names.
    pub(crate) fn exporter(&self, setting: &Setting<'_>) -> Option<&str> {
        let job = self.jobs.iter().find(|job| job.range.contains(&setting.start))?;
        job.targets.iter().any(|target| setting.value.contains(target.as_str())).then_some(job.exporter.as_str())
    }

    /// Whom each exporter calls, with where the text says so.
    pub(crate) fn calls(&self, text: &str, hosts: &Hosts) -> Vec<(&str, usize, Named)> {
        if self.jobs.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for setting in hedgerow_code::lines::settings("prometheus.yml", text) {
            let Some(exporter) = self.exporter(&setting) else { continue };
            let all = named(setting.value, "targets", hosts).into_iter().filter(|named| named.is_address);
            found.extend(all.map(|named| (exporter, setting.start, named)));
        }
        found
    }
}

/// What exporters are asked to call by the settings that a service has, theirs and not its own: who calls whom, and where that stands.
pub(crate) fn handed_over<'a>(
    own: &[&PlainFile],
    given: Option<&'a Given>,
    hosts: &Hosts,
    places: &Places<'a>,
) -> Vec<(String, String, Mention)> {
    let mut all = Vec::new();
    let mut add = |text: &str, at: &dyn Fn(usize, &str) -> Place| {
        let probes = Probes::of(text, hosts);
        for (exporter, start, named) in probes.calls(text, hosts) {
            let (weight, place) = (Weight::Told, at(start + named.start, &named.text));
            let what = "an address that it is asked to look at".to_owned();
            let mention = Mention { weight, place, text: named.text, what, port: named.port, client: None };
            all.push((exporter.to_owned(), named.service, mention));
        }
    };
    for file in own {
        add(&file.text, &|start, text| Place {
            path: file.path.clone(),
            range: Span { start: place(start), end: place(start + text.len()) },
        });
    }
    for file in given.into_iter().flat_map(|given| &given.mounted) {
        add(&file.text, &|start, text| places.of(&file.spot, file.text.get(..start).unwrap_or_default(), text));
    }
    all
}

/// The address that a job asks instead of its targets, where it hands these on as a parameter.
fn exporter(job: &Value) -> Option<&str> {
    let rules = job.get("relabel_configs")?.as_array()?;
    let writes = |rule: &Value, label: &str| rule.get("target_label").and_then(Value::as_str) == Some(label);
    let hands_on = rules.iter().any(|rule| {
        let label = rule.get("target_label").and_then(Value::as_str).unwrap_or_default();
        let mut sources = rule.get("source_labels").and_then(Value::as_array).into_iter().flatten();
        label.starts_with("__param_") && sources.any(|source| source == "__address__")
    });
    let address = rules.iter().rev().find(|rule| writes(rule, "__address__"))?.get("replacement")?.as_str()?;
    (hands_on && !address.contains('$')).then_some(address)
}

/// What a job lists.
fn targets(job: &Value) -> BTreeSet<String> {
    let lists = job.get("static_configs").and_then(Value::as_array).into_iter().flatten();
    let all = lists.filter_map(|list| list.get("targets")?.as_array()).flatten();
    all.filter_map(Value::as_str).filter(|target| !target.is_empty()).map(str::to_owned).collect()
}

/// Where the items of the list stand.
fn places(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut indent, mut at): (Vec<Range<usize>>, Option<usize>, usize) = (Vec::new(), None, 0);
    let mut is_in = false;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.trim_start();
        let width = line.len() - bare.len();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        if !is_in {
            is_in = bare.starts_with("scrape_configs:");
            continue;
        }
        let is_item = bare.starts_with("- ") && indent.is_none_or(|indent| indent == width);
        if is_item {
            indent = Some(width);
            found.push(start..at);
        } else if indent.is_none_or(|indent| width <= indent) {
            break;
        }
        if let Some(last) = found.last_mut() {
            last.end = at;
        }
    }
    found
}
