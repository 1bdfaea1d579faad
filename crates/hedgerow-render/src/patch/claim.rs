//! Whose workload is it?
//!
//! A worn identity label decides. Else, in the deploy of one service, it is that service's; in a deploy of many, the services'
//! `workloads` globs and names decide. Two claims are an error, never a choice.

use super::Options;
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use hedgerow_core::fleet::ServiceIdentity;
use hedgerow_core::label::Identity;
use hedgerow_core::name::{LabelKey, ServiceName};
use hedgerow_core::plan::Plan;
use hedgerow_core::policy::Labels;
use std::collections::{BTreeMap, BTreeSet};

/// How services claim workloads.
pub(super) struct Claims<'p> {
    identity: &'p Identity,
    by_identity: BTreeMap<String, &'p ServiceName>,
    by_labels: Vec<(&'p Labels, &'p ServiceName)>,
    globs: Vec<(GlobSet, Vec<&'p ServiceName>)>,
    by_slug: BTreeMap<&'p str, &'p ServiceName>,
    deployed: Option<&'p ServiceName>,
    prune: bool,
}

/// Who claims a workload.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Claim<'p> {
    /// Nobody.
    Nobody,
    /// One service.
    Service(&'p ServiceName),
    /// It wears an identity of the fleet's own label that no service has.
    Unknown {
        /// The value of the label.
        value: String,
    },
    /// Several services, by name.
    Several(BTreeSet<&'p ServiceName>),
}

/// One worn label.
pub(super) type Worn<'a> = (&'a str, &'a str);

impl<'p> Claims<'p> {
    pub(super) fn new(plan: &'p Plan, options: &'p Options) -> Self {
        let (fleet, scheme) = (plan.fleet(), plan.scheme());
        let mut globs = Vec::new();
        let mut by_labels = Vec::new();
        for service in fleet.services() {
            if let ServiceIdentity::Labels(labels) = &service.identity {
                by_labels.push((labels, &service.name));
            }
            for glob in &service.workloads {
                // Globs were checked when they were read; one that is faulty stopped the plan.
                if let Ok(glob) = GlobBuilder::new(glob).literal_separator(true).build() {
                    globs.push((glob, &service.name));
                }
            }
        }
        let named = fleet.names().map(|name| (scheme.identity_value(name).as_str().to_owned(), name)).collect();
        let by_slug = fleet.names().filter_map(|name| fleet.slug(name).map(|slug| (slug.as_str(), name))).collect();
        Self {
            identity: scheme.identity(),
            by_identity: named,
            by_labels,
            globs: glob_sets(&globs),
            by_slug,
            deployed: options.service.as_ref(),
            prune: options.prune,
        }
    }

    /// The claim on a workload by what all of its pods wear and how it is called.
    pub(super) fn of<'a>(
        &self,
        templates: impl Iterator<Item = Vec<Worn<'a>>>,
        kind: &str,
        name: Option<&str>,
    ) -> Claim<'p> {
        let mut claims = BTreeSet::new();
        for worn in templates {
            let identity = worn.iter().rfind(|(key, _)| *key == self.identity.key().as_str());
            match (identity, self.identity) {
                (Some((_, value)), Identity::Own(_)) => match self.by_identity.get(*value) {
                    // Pruning removes the identity of a stranger and of nobody, so neither claims anything.
                    Some(service) if self.prune && self.deployed.is_some_and(|deployed| deployed != *service) => {}
                    None if self.prune => {}
                    Some(service) => {
                        claims.insert(*service);
                    }
                    None => return Claim::Unknown { value: (*value).to_owned() },
                },
                // A foreign label is worn by workloads of all sorts; a value that names no service claims nothing.
                (Some((_, value)), Identity::Foreign(_)) => claims.extend(self.by_identity.get(*value)),
                (None, _) => {}
            }
            let wears = |(key, value): (&LabelKey, &hedgerow_core::name::LabelValue)| {
                worn.iter().any(|(worn_key, worn_value)| *worn_key == key.as_str() && *worn_value == value.as_str())
            };
            claims.extend(
                self.by_labels.iter().filter(|(labels, _)| labels.iter().all(wears)).map(|(_, service)| *service),
            );
        }
        if claims.is_empty() {
            match (self.deployed, name) {
                (Some(service), _) => {
                    claims.insert(service);
                }
                (None, Some(name)) => {
                    let title = format!("{kind}/{name}");
                    for (globs, owners) in &self.globs {
                        claims.extend(globs.matches(&title).into_iter().filter_map(|glob| owners.get(glob)));
                    }
                    claims.extend(self.by_slug.get(name));
                }
                (None, None) => {}
            }
        }
        match claims.len() {
            0 => Claim::Nobody,
            1 => claims.into_iter().next().map_or(Claim::Nobody, Claim::Service),
            _ => Claim::Several(claims),
        }
    }
}

/// The globs in sets, since one set for all would be too large for a fleet of thousands with long names.
fn glob_sets<'p>(globs: &[(Glob, &'p ServiceName)]) -> Vec<(GlobSet, Vec<&'p ServiceName>)> {
    let mut sets = Vec::new();
    for chunk in globs.chunks(GLOBS_IN_A_SET) {
        let mut builder = GlobSetBuilder::new();
        chunk.iter().for_each(|(glob, _)| {
            builder.add(glob.clone());
        });
        match builder.build() {
            Ok(set) => sets.push((set, chunk.iter().map(|(_, service)| *service).collect())),
            // Even these are too large together; apart they were taken when they were read.
            Err(_) => sets.extend(chunk.iter().filter_map(|(glob, service)| {
                let set = GlobSetBuilder::new().add(glob.clone()).build().ok()?;
                Some((set, vec![*service]))
            })),
        }
    }
    sets
}

/// How many globs are matched at once.
const GLOBS_IN_A_SET: usize = 64;
