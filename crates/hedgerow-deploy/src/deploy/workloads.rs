//! The workloads: whose their pods are, and what they give to their containers.

use super::item::{Item, partial_at, pod_template};
use super::kustomize::Kustomizations;
use super::maps::Maps;
use super::{Deploy, Starts, build, command, schedule, whose};
use crate::host::Hosts;
use crate::partial::Partial;
use crate::value::Value;
use std::collections::BTreeSet;

/// The pods of one workload.
#[derive(Debug)]
pub(super) struct Pods<'a> {
    pub(super) service: String,
    pub(super) path: &'a str,
    pub(super) chart: Option<(&'a str, &'a str)>,
    pub(super) template: &'a Value,
    /// The namespaces that they may be in; none where nothing says it.
    pub(super) namespaces: &'a BTreeSet<Partial>,
}

impl Deploy {
    /// Takes in what the workloads give to their containers, and says whose their pods are.
    pub(super) fn workloads<'a>(
        &mut self,
        items: &'a [Item<'a>],
        maps: &Maps<'a>,
        kustomizations: &Kustomizations,
        hosts: &Hosts,
        owner: &impl Fn(&str) -> Option<String>,
    ) -> Vec<Pods<'a>> {
        let mut pods = Vec::new();
        for item in items {
            let template = pod_template(&item.value);
            let containers = match template {
                Some(template) => command::of_pod(template),
                // A workflow, a pipeline: whatever else has images that run.
                None => command::of_any(&item.value),
            };
            if template.is_none() && containers.is_empty() && !schedule::has_schedule(&item.value) {
                continue;
            }
            let service = whose::service(item, template, hosts, owner);
            self.schedules.extend(schedule::of(item, service.as_deref()));
            let Some(service) = service else {
                let name = partial_at(&item.value, &["metadata", "name"]);
                if template.is_some() && item.chart.is_some() && name.is_none_or(|name| name.known().is_none()) {
                    *self.nameless.entry(item.path.to_owned()).or_default() += 1;
                }
                continue;
            };
            if template.is_none() && containers.is_empty() {
                continue;
            }
            pods.extend(template.map(|template| Pods {
                service: service.clone(),
                path: item.path,
                chart: item.chart,
                template,
                namespaces: &item.namespaces,
            }));
            for container in
                template.and_then(|template| template.pointer("/spec/containers")?.as_list()).unwrap_or_default()
            {
                if let Some(path) = whose::image_path(container) {
                    let words = ["command", "args"].into_iter().flat_map(|key| command::placed(container.get(key)));
                    // With arguments alone it is the image's own program that runs.
                    let is_replaced = container.get("command").is_some();
                    let image = build::Image::new(&path, words.map(|(word, _)| word), is_replaced);
                    self.images.entry(service.clone()).or_default().extend(image);
                }
            }
            if containers.len() > 1 {
                let names = containers.iter().flat_map(|container| {
                    let name = container.get("name").and_then(Value::as_str).map(str::to_owned);
                    name.into_iter().chain(whose::image(container))
                });
                let others = names.filter_map(|name| hosts.named(&name).map(str::to_owned));
                let others: BTreeSet<String> = others.filter(|other| *other != service).collect();
                if !others.is_empty() {
                    self.inside.entry(service.clone()).or_default().extend(others);
                }
            }
            for container in &containers {
                let said = |key: &str| {
                    Starts::words(
                        command::placed(container.get(key)).into_iter().map(|(word, _)| word.clone()).collect(),
                    )
                };
                let starts = Starts { entry: said("command"), arguments: said("args"), dockerfile: None };
                self.starts.entry(service.clone()).or_default().push(starts);
            }
            template.into_iter().for_each(|template| self.opens(&service, template));
            let given = self.given.entry(service).or_default();
            given.is_guessed = item.is_guessed && (given.is_guessed || given.parts.is_empty());
            item.path.clone_into(&mut given.path);
            given.parts.push(item.spot(&item.value));
            let made = kustomizations.of(item.path);
            for container in containers {
                given.container(container, item, maps, &made);
            }
            for name in template.map(command::volumes).unwrap_or_default() {
                given.mount(name, item, maps, &made);
            }
        }
        pods
    }
}
