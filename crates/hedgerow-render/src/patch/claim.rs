//! Whose workload is it?
//!
//! A worn identity label decides. Else the services' `workloads` globs and names do; and in the deploy of one service, what nobody
//! claims is that service's, but for what looks like another application's and is not among the service's `workloads`. Two claims
//! are an error, never a choice, and so is the claim of another service than the one that is deployed.

use super::Options;
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use hedgerow_core::fleet::{Fleet, ServiceIdentity};
use hedgerow_core::label::Identity;
use hedgerow_core::name::{LabelKey, ServiceName};
use hedgerow_core::plan::Plan;
use hedgerow_core::policy::Labels;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// How services claim workloads.
pub struct Claims<'p> {
    identity: &'p Identity,
    by_identity: BTreeMap<String, &'p ServiceName>,
    by_labels: Vec<(&'p Labels, &'p ServiceName)>,
    fleet: &'p Fleet,
    /// Made when the first workload is asked about by its name, since most are known by what they wear.
    globs: OnceLock<GlobSets>,
    /// Their services, by position.
    services: Vec<&'p ServiceName>,
    by_slug: BTreeMap<&'p str, &'p ServiceName>,
    deployed: Option<&'p ServiceName>,
    /// What the deployed service says of the workloads that are its own.
    own: Own,
    prune: bool,
}

/// What a deployed service says of the workloads that are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// Nothing.
    Unsaid,
    /// All are.
    All,
    /// Those that its globs match.
    Listed,
}

/// The glob of a service that says that all workloads are its own.
const EVERY_WORKLOAD: &str = "*/*";

/// Who claims a workload.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim<'p> {
    /// Nobody.
    Nobody,
    /// One service.
    Service(&'p ServiceName),
    /// The deployed one, since nothing says otherwise.
    Taken(&'p ServiceName),
    /// Another than the deployed one, by what the workload is called.
    Another {
        /// Whose it is.
        service: &'p ServiceName,
        /// Whether it has that service's name; else it is among its `workloads`.
        by_name: bool,
    },
    /// It wears an identity of the fleet's own label that no service has.
    Unknown {
        /// The value of the label.
        value: String,
    },
    /// Several services, by name.
    Several(BTreeSet<&'p ServiceName>),
}

/// Sets of globs, each with the position of the service of every glob in it.
type GlobSets = Vec<(GlobSet, Vec<usize>)>;

/// One worn label.
pub type Worn<'a> = (&'a str, &'a str);

impl<'p> Claims<'p> {
    /// The claims of a deploy.
    pub(super) fn new(plan: &'p Plan, options: &'p Options) -> Self {
        let (deployed, own, prune) = (options.service.as_ref(), own(plan, options), options.prune);
        Self { deployed, own, prune, ..Self::of_fleet(plan) }
    }

    /// The claims of all services, where none is deployed.
    #[must_use]
    pub fn of_fleet(plan: &'p Plan) -> Self {
        let (fleet, scheme) = (plan.fleet(), plan.scheme());
        let mut by_labels = Vec::new();
        for service in fleet.services() {
            if let ServiceIdentity::Labels(labels) = &service.identity {
                by_labels.push((labels, &service.name));
            }
        }
        let named = fleet.names().map(|name| (scheme.identity_value(name).as_str().to_owned(), name)).collect();
        let by_slug = fleet.names().filter_map(|name| fleet.slug(name).map(|slug| (slug.as_str(), name))).collect();
        Self {
            identity: scheme.identity(),
            by_identity: named,
            by_labels,
            fleet,
            globs: OnceLock::new(),
            services: fleet.services().map(|service| &service.name).collect(),
            by_slug,
            deployed: None,
            own: Own::Unsaid,
            prune: false,
        }
    }

    /// Whether the deployed service lists its workloads.
    pub(super) fn are_listed(&self) -> bool {
        self.own == Own::Listed
    }

    /// Whether the deployed service lists its workloads, and one with this name is not among them.
    pub(super) fn leaves_out(&self, kind: &str, name: &str) -> bool {
        let is_own = |owner: &ServiceName| self.deployed == Some(owner);
        self.own == Own::Listed && !self.owners(&format!("{kind}/{name}")).any(is_own)
    }

    /// The service whose identity this would be.
    pub(super) fn named(&self, value: &str) -> Option<&'p ServiceName> {
        self.by_identity.get(value).copied()
    }

    /// The services whose globs match a workload.
    fn owners<'a>(&'a self, title: &'a str) -> impl Iterator<Item = &'p ServiceName> + 'a {
        let of_set = move |(globs, owners): &'a (GlobSet, Vec<usize>)| {
            globs.matches(title).into_iter().filter_map(|glob| self.services.get(*owners.get(glob)?).copied())
        };
        self.globs.get_or_init(|| glob_sets(self.fleet)).iter().flat_map(of_set)
    }

    /// The claim on a workload by what all of its pods wear and how it is called.
    pub fn of<'a>(&self, templates: impl Iterator<Item = Vec<Worn<'a>>>, kind: &str, name: Option<&str>) -> Claim<'p> {
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
            let named = name.and_then(|name| self.by_slug.get(name).copied());
            if let Some(name) = name {
                claims.extend(self.owners(&format!("{kind}/{name}")));
                claims.extend(named);
            }
            if let Some(deployed) = self.deployed {
                return match (claims.len(), claims.first().copied()) {
                    // A name alone says no more than that it is deployed with it: what looks otherwise is doubted.
                    (1, Some(owner)) if owner == deployed && self.own == Own::Unsaid => Claim::Taken(deployed),
                    (1, Some(owner)) if owner == deployed => Claim::Service(deployed),
                    (1.., Some(first)) if !claims.contains(deployed) => {
                        Claim::Another { service: named.unwrap_or(first), by_name: named.is_some() }
                    }
                    (1.., _) => Claim::Several(claims),
                    (0, _) if self.own == Own::All => Claim::Service(deployed),
                    (0, _) => Claim::Taken(deployed),
                };
            }
        }
        match claims.len() {
            0 => Claim::Nobody,
            1 => claims.into_iter().next().map_or(Claim::Nobody, Claim::Service),
            _ => Claim::Several(claims),
        }
    }
}

fn own(plan: &Plan, options: &Options) -> Own {
    let service = options.service.as_ref().and_then(|name| plan.fleet().service(name.as_str()));
    match service.map(|service| service.workloads.as_slice()) {
        None | Some([]) => Own::Unsaid,
        Some(globs) if globs.iter().any(|glob| glob == EVERY_WORKLOAD) => Own::All,
        Some(_) => Own::Listed,
    }
}

/// The globs in sets, since one set for all would be too large for a fleet of thousands with long names.
fn glob_sets(fleet: &Fleet) -> GlobSets {
    let mut globs: Vec<(Glob, usize)> = Vec::new();
    for (position, service) in fleet.services().enumerate() {
        // Globs were checked when they were read; one that is faulty stopped the plan.
        let parsed = |glob: &String| GlobBuilder::new(glob).literal_separator(true).build().ok();
        globs.extend(service.workloads.iter().filter_map(parsed).map(|glob| (glob, position)));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use hedgerow_core::fleet::Scope;
    use hedgerow_core::name::EnvironmentName;
    use hedgerow_core::read::{Directories, Reader};
    use hedgerow_core::tree::{Directory, File};

    /// Where the whole fleet was read, the lists of the others count too.
    #[test]
    fn a_workload_of_another_service_is_never_the_deployed_ones() {
        let config = "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"apps/*\"]}\nenvironments: {prod: {stage: off}}\n";
        let mut reader = Reader::new();
        let config = reader.config(File::new("hedgerow.yaml", config));
        let directory = |path: &str, text: &str| Directory {
            path: path.into(),
            file: Some(File::new(format!("{path}/service.yaml"), text)),
            rules: vec![],
            faults: vec![],
            unread: vec![],
        };
        let read = vec![
            directory("apps/contacts", "workloads: [\"Deployment/book-*\"]\n"),
            directory("apps/users", "workloads: [\"Deployment/users-*\"]\n"),
            directory("apps/ledger", "identity: {app: ledger}\n"),
        ];
        let reading = reader.fleet(config, Directories::new(Scope::Whole, read), None);
        assert_eq!(reading.diagnostics, []);
        let plan = Plan::new(reading.fleet.unwrap().into(), &EnvironmentName::new("prod").unwrap()).unwrap();
        let users = ServiceName::new("users").unwrap();
        for prune in [false, true] {
            let options = Options { service: Some(users.clone()), prune, ..Options::default() };
            let claims = Claims::new(&plan, &options);
            for (kind, name, worn, expected) in [
                ("Deployment", "users", vec![], "users"),
                ("Deployment", "users-api", vec![], "users"),
                ("Deployment", "redis", vec![("app", "contacts")], "taken"),
                ("StatefulSet", "book-store", vec![], "taken"),
                ("Deployment", "contacts", vec![], "contacts by name"),
                ("StatefulSet", "contacts", vec![], "contacts by name"),
                ("Deployment", "book-store", vec![], "contacts by list"),
                ("Deployment", "x", vec![("app", "ledger")], "ledger"),
                ("Deployment", "contacts", vec![("bank.example/routing-name", "users")], "users"),
                ("Deployment", "contacts", vec![("app", "ledger")], "ledger"),
            ] {
                let said = match claims.of([worn].into_iter(), kind, Some(name)) {
                    Claim::Service(service) => service.to_string(),
                    Claim::Taken(_) => "taken".to_owned(),
                    Claim::Another { service, by_name: true } => format!("{service} by name"),
                    Claim::Another { service, by_name: false } => format!("{service} by list"),
                    Claim::Nobody | Claim::Unknown { .. } | Claim::Several(_) => "something else".to_owned(),
                };
                assert_eq!(said, expected, "{kind}/{name}, prune: {prune}");
            }
        }
    }
}
