//! Reading all files of the deploy: their objects, and what those give to whom.

use super::item::{Item, Texts, partial_at, pod_template, text_at};
use super::kustomize::Kustomizations;
use super::mounts::is_manifest;
use super::{Deploy, Step, Text, Unread, Unreadable, cut, ingress, maps, published, services, settings, whose};
use crate::helm::Charts;
use crate::host::{Hosts, with_releases};
use crate::partial::Gap;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

impl Deploy {
    /// Reads Kubernetes and compose files and the templates of charts, and says which hosts their Services are. `all` are
    /// the texts of the tree, in which charts have their values and compose files their variables; `filling` are the texts of variables that
    /// fill what compose files ask for and nothing beside them says.
    pub fn read<'a>(
        texts: impl Iterator<Item = Text<'a>>,
        (all, filling): (impl Iterator<Item = Text<'a>> + Clone, &[&str]),
        hosts: &mut Hosts,
        owner: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let charts = Charts::new(all.clone().map(|text| (text.path, text.text)), hosts.namespace());
        let mut deploy = Self::default();
        let mut items: Vec<Item> = Vec::new();
        let mut unread = Vec::new();
        for text in texts {
            let chart = charts.template_of(text.path);
            let (mut sheets, mut releases) = (Vec::new(), Vec::new());
            let values = match chart {
                Some(_) if !crate::helm::is_read(text.text) => Vec::new(),
                Some((directory, _)) => {
                    let rendered = charts.documents(directory, text.text);
                    if !rendered.is_whole || rendered.has_lost {
                        unread.push((text.path, chart, (rendered.is_whole, rendered.is_cut), rendered.lacks));
                    }
                    (sheets, releases) = (rendered.sheets, rendered.releases);
                    rendered.documents
                }
                None => {
                    let mut read = None;
                    let made = charts.jinja(text.text).or_else(|| {
                        let (values, fault) = settings::read(text.text);
                        let is_filled =
                            fault.is_some() && text.text.contains("{{") && is_manifest(text.path, text.text);
                        read = Some((values, fault));
                        is_filled.then(|| charts.filled_by_go(text.text))
                    });
                    if let Some(made) = made {
                        if !made.is_whole || made.has_lost {
                            unread.push((text.path, None, (made.is_whole, made.is_cut), made.lacks));
                        }
                        sheets = made.sheets;
                        made.documents
                    } else {
                        let (values, fault) = read.unwrap_or_default();
                        if let Some(fault) =
                            fault.filter(|_| !is_template(text.text) || is_manifest(text.path, text.text))
                        {
                            deploy.broken.insert(text.path.to_owned(), fault);
                        }
                        values.into_iter().map(Value::from).collect()
                    }
                }
            };
            let values = values.into_iter().filter(|value| !value.is_null());
            for (document, value) in values.enumerate() {
                let (sheet, release) = (sheets.get(document).cloned(), releases.get(document).cloned().flatten());
                let item = |listed, value: Value| {
                    let own = partial_at(&value, &["metadata", "namespace"]).filter(|name| !name.has(&Gap::Unknown));
                    let namespaces = own.cloned().into_iter().collect();
                    let (sheet, release) = (sheet.clone(), release.clone());
                    Item {
                        path: text.path,
                        chart,
                        document,
                        listed,
                        sheet,
                        release,
                        is_guessed: false,
                        namespaces,
                        value,
                    }
                };
                match value {
                    Value::Map(_) if value.get("kind").is_some() && value.get("items").is_some() => {
                        let way = |at| vec![Step::Key("items".to_owned()), Step::Element(None, at)];
                        let list = value.get("items").and_then(Value::as_list).unwrap_or_default().iter().enumerate();
                        items.extend(list.map(|(at, value)| item(way(at), value.clone())));
                    }
                    value => items.push(item(Vec::new(), value)),
                }
            }
        }
        let all: Texts = all.map(|text| (text.path, text.text)).collect();
        deploy.compose(&items, (&all, filling), hosts, &owner);
        deploy.values(&items, &charts, hosts, &owner);
        let kustomizations = Kustomizations::new(&items, &all);
        let named = items.iter().filter(|item| text_at(&item.value, &["kind"]) == Some("Service"));
        let named = named.filter_map(|item| text_at(&item.value, &["metadata", "name"]).map(str::to_owned));
        let named: BTreeSet<String> = named.collect();
        for item in &mut items {
            if let Some(secret) = maps::decoded(&item.value, &|text| maps::says_host(text, hosts, &named)) {
                item.value = secret;
            }
            let said = kustomizations.namespaces(item.path);
            if !said.is_empty() {
                item.namespaces = said;
            }
        }
        let of_charts = items.iter().filter(|item| item.chart.is_some() && pod_template(&item.value).is_some());
        let mut releases = hosts.releases(of_charts.filter_map(|item| partial_at(&item.value, &["metadata", "name"])));
        // What it is called that is installed is not guessed.
        releases.retain(|release, _| !charts.is_named(*release));
        if !releases.is_empty() {
            for item in items.iter_mut().filter(|item| item.chart.is_some()) {
                let whose = |item: &Item| whose::service(item, pod_template(&item.value), hosts, &owner);
                let before = whose(item);
                item.value = item.value.with_texts(&|text| with_releases(text, &releases));
                item.is_guessed = before != whose(item);
            }
        }
        let maps = maps::of(&items);
        let pods = deploy.workloads(&items, &maps, &kustomizations, hosts, &owner);
        let speaking: BTreeSet<&str> = pods.iter().filter_map(|pods| Some(charts.outermost(pods.chart?.0))).collect();
        for item in items.iter().filter(|item| deploy.nameless.contains_key(item.path)) {
            let Some(directory) = item.chart.map(|(directory, _)| charts.outermost(directory)) else { continue };
            if !speaking.contains(directory) {
                deploy.mute.entry(directory.to_owned()).or_insert_with(|| item.path.to_owned());
            }
        }
        deploy.dapr(&items, (&maps, &pods), hosts, &owner);
        services::name(&items, &pods, (&mut deploy, hosts));
        deploy.permit(&items, &pods, hosts);
        deploy.scrapes(&items, &pods);
        deploy.routes.extend(ingress::routes(&items, &pods, hosts));
        deploy.nodes.pods(&pods);
        published::machines(&deploy.projects, &deploy.nodes, hosts);
        let mut words: BTreeMap<&str, cut::Words> = BTreeMap::new();
        for (path, chart, (is_whole, is_cut), lacks) in unread {
            let of_chart = pods
                .iter()
                .filter(|pods| match chart {
                    // A template that is in no chart gives something to what it writes itself.
                    None => pods.path == path,
                    Some(_) => pods.chart == chart,
                })
                .map(|pods| pods.service.clone());
            let named = chart.and_then(|(_, name)| hosts.named(name).map(str::to_owned));
            let mut services: BTreeSet<String> = of_chart.chain(named).chain(owner(path)).collect();
            if is_whole {
                // Lines that a chart from elsewhere writes are what the values name. Of charts of nobody's there is nothing to say.
                services.retain(|service| deploy.of(service).is_none_or(|given| !given.in_values));
                if services.is_empty() {
                    continue;
                }
            }
            let cut = chart.filter(|_| is_cut);
            if let Some((directory, name)) = cut {
                let words = words.entry(directory).or_insert_with(|| cut::Words::of(directory, &all));
                services.extend(cut::spoken_of(name, words, &pods, hosts));
            }
            for service in &services {
                deploy.given.entry(service.clone()).or_default().is_open = true;
            }
            let cut = cut.map(|(directory, _)| charts.outermost(directory).to_owned());
            deploy.unread.insert(path.to_owned(), Unread { services, lacks, kind: Unreadable::Template, cut });
        }
        for (path, fault) in charts.broken() {
            deploy.broken.insert(path.to_owned(), fault.to_owned());
        }
        for (path, chart, what) in charts.lacks() {
            let of_chart = pods.iter().filter(|pods| pods.chart == Some(chart)).map(|pods| pods.service.clone());
            let named = hosts.named(chart.1).map(str::to_owned);
            let services: BTreeSet<String> = of_chart.chain(named).chain(owner(path)).collect();
            // Of charts of nobody's there is nothing to say.
            if !services.is_empty() {
                let unread = deploy.unread.entry(path.to_owned()).or_default();
                unread.kind = Unreadable::Values;
                unread.services.extend(services);
                unread.lacks.insert(what.to_owned());
            }
        }
        deploy
    }
}

/// Whether a text is made into YAML by somebody else: a chart's, Jinja's, a generator's.
fn is_template(text: &str) -> bool {
    ["{{", "{%", "<%", "{#"].iter().any(|mark| text.contains(mark))
}
