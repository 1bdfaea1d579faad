//! From an address to the service that answers there.

mod address;
mod fits;
mod machine;
mod released;
#[cfg(test)]
mod tests;

pub use address::{INVOKE, has_own_scheme};
pub(crate) use machine::CALLED;
pub use machine::{Listener, Listening, Machine};
pub(crate) use released::{with_releases, without_release};

use crate::partial::Partial;
use crate::pattern::Pattern;
use address::{hosts, invoked};
use fits::fits;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// What answers at an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// One service, at the port that the address names, if it names one.
    Service(String, Option<u16>),
    /// One of several services: the glob over their names.
    Several {
        /// The address with `*` for what is open.
        glob: String,
        /// The services it fits.
        services: BTreeSet<String>,
    },
    /// Something that is no service of the fleet.
    Outside(String),
    /// The caller itself, or nothing on the network.
    Local,
    /// It cannot be told.
    Open,
}

/// The names under which services answer.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    /// What all callers see. Those of a machine that has no names of its own see the very same.
    common: Arc<Common>,
    /// Who listens at ports of the machine that the caller runs on.
    local: BTreeMap<u16, Listener>,
    /// The services of addresses that hold where the caller runs.
    addresses: BTreeMap<String, String>,
    /// What the caller calls the machine; nothing if it runs on it and in no container.
    called: BTreeSet<String>,
    /// What callers see that run on a machine together.
    machines: Vec<Self>,
    /// The machine of a caller.
    on: BTreeMap<String, usize>,
}

/// What callers see wherever they run.
#[derive(Debug, Clone, Hash, Default)]
struct Common {
    names: BTreeMap<String, String>,
    /// The services of names that are one where `_` is written `-`: Kubernetes has no names with `_`, and compose and code do.
    folded: BTreeMap<String, BTreeSet<String>>,
    namespaces: BTreeSet<String>,
    /// The services of names that the names of releases are parts of.
    released: BTreeMap<Partial, String>,
    /// The services of names that Dapr knows programs by: no hosts, and those of a call that it hands on.
    apps: BTreeMap<String, String>,
    /// The names of the images that services run, without registries.
    images: BTreeSet<String>,
    /// The services that publish ports of machines, whichever those are.
    published: BTreeMap<u16, BTreeSet<String>>,
    /// At which ports services listen.
    listening: BTreeMap<String, Listening>,
    /// The services that stand at addresses for hosts which the deployment does not have.
    standing_in: BTreeMap<String, BTreeSet<String>>,
}

impl Hash for Hosts {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.common, &self.local, &self.addresses, &self.called, &self.on).hash(state);
        for machine in &self.machines {
            // What is the same is hashed once.
            let own = Some(&machine.common).filter(|own| !Arc::ptr_eq(own, &self.common));
            (own, &machine.local, &machine.addresses, &machine.called).hash(state);
        }
    }
}

/// Whether a host is none: the caller itself, or a text that is put together from pieces of which one is empty.
fn is_local(host: &str) -> bool {
    let is_own = host.is_empty() || matches!(host, "localhost" | "0.0.0.0" | "::" | "::1") || host.starts_with("127.");
    is_own || host.split('.').any(|label| label.starts_with('-') || label.ends_with('-'))
}

/// Whether a host is the machine that asks, also as a container of it calls it.
fn is_machine(host: &str) -> bool {
    matches!(host, "localhost" | "::1" | "host.docker.internal") || host.starts_with("127.")
}

/// Whether a host is an address of a private network: of the cluster or near it.
fn is_private(host: &str) -> bool {
    host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_private())
}

/// A name with `-` for `_`.
fn fold(name: &str) -> String {
    name.replace('_', "-")
}

impl Hosts {
    /// The names of `services` (each with its slug), their `aliases`, and all of them in the `forms` that addresses give them.
    pub fn new<'a>(
        services: impl Iterator<Item = (&'a str, &'a str)>,
        namespaces: BTreeSet<String>,
        aliases: &BTreeMap<String, Vec<String>>,
        forms: &[Pattern],
    ) -> Self {
        let mut hosts = Self { common: Arc::new(Common { namespaces, ..Common::default() }), ..Self::default() };
        let services: Vec<_> = services.collect();
        // A service's own name wins over what another one is called besides.
        for (name, _) in &services {
            hosts.add(name, name);
        }
        let mut others = Vec::new();
        for (name, slug) in services {
            let aliases = aliases.get(name).into_iter().flatten().map(String::as_str);
            for other in aliases.chain([name, slug]) {
                others.push((other.to_owned(), name));
                others.extend(forms.iter().filter_map(|form| form.put(other)).map(|other| (other, name)));
            }
        }
        for (other, name) in others {
            hosts.add(&other, name);
        }
        hosts
    }

    /// Changes what all callers see.
    fn change(&mut self, change: impl Fn(&mut Common)) {
        let shares = |machine: &&mut Self| Arc::ptr_eq(&machine.common, &self.common);
        let (mut sharing, own): (Vec<&mut Self>, Vec<&mut Self>) = self.machines.iter_mut().partition(shares);
        own.into_iter().for_each(|machine| change(Arc::make_mut(&mut machine.common)));
        // Nobody else holds it while it is changed, so that it is not copied.
        sharing.iter_mut().for_each(|machine| machine.common = Arc::default());
        change(Arc::make_mut(&mut self.common));
        sharing.into_iter().for_each(|machine| machine.common = Arc::clone(&self.common));
    }

    /// Says that a service also answers under `host`, unless another one does.
    pub fn add(&mut self, host: &str, service: &str) {
        let host = host.to_lowercase();
        let service = self.common.names.get(&host).map_or(service, String::as_str).to_owned();
        self.change(|common| {
            let service = common.names.entry(host.clone()).or_insert_with(|| service.clone());
            common.folded.entry(fold(&host)).or_default().insert(service.clone());
        });
    }

    /// Says that services may answer at a host that nobody in the deployment has. It is none of their names: a word alone says nothing of them.
    pub fn add_stand_ins<'s>(&mut self, host: &str, services: impl Iterator<Item = &'s str>) {
        let (host, services) = (host.to_lowercase(), services.map(str::to_owned).collect::<BTreeSet<_>>());
        if self.known(&host).is_none() && self.several(&host).is_none() {
            self.change(|common| {
                common.standing_in.entry(host.clone()).or_default().extend(services.iter().cloned());
            });
        }
    }

    /// The services that may answer at a host in the place of somebody whom the deployment does not have.
    fn standing_in(&self, stems: &[&str]) -> Option<&BTreeSet<String>> {
        stems.iter().find_map(|stem| self.common.standing_in.get(&stem.to_lowercase()))
    }

    /// Says that Dapr calls a service by a name.
    pub fn add_app(&mut self, id: &str, service: &str) {
        self.change(|common| {
            common.apps.insert(id.to_lowercase(), service.to_owned());
        });
    }

    /// The service that Dapr calls by a name, which may have a namespace behind it.
    pub fn app(&self, id: &str) -> Option<&str> {
        let id = id.to_lowercase();
        let own = self.common.apps.get(&id).or_else(|| self.common.apps.get(id.split('.').next()?));
        own.map(String::as_str).or_else(|| self.named(&id))
    }

    /// Who listens at a port of the machine that the caller runs on; at other hosts nobody does.
    pub fn local(&self, host: &str, port: Option<u16>) -> Option<&Listener> {
        let is_it =
            || if self.called.is_empty() { is_machine(host) } else { self.called.contains(&host.to_lowercase()) };
        self.local.get(&port?).filter(|_| is_it())
    }

    /// Whether a host is an address that a service has where the caller runs.
    pub fn is_address(&self, host: &str) -> bool {
        self.addresses.contains_key(host)
    }

    /// The services of all projects that publish a port of a machine which a caller names.
    fn publishers(&self, host: &str, port: Option<u16>) -> Option<&BTreeSet<String>> {
        let is_machine = machine::is_called(host) || self.called.contains(&host.to_lowercase());
        self.common.published.get(&port?).filter(|_| is_machine)
    }

    /// The same for a host that the name of a release may be a part of.
    pub(crate) fn add_partial(&mut self, host: &Partial, service: &str) {
        match host.known() {
            Some(host) => self.add(host, service),
            None => {
                let host = host.through(str::to_lowercase);
                self.change(|common| {
                    common.released.entry(host.clone()).or_insert_with(|| service.to_owned());
                });
            }
        }
    }

    /// What releases are called by the names of their workloads, by their numbers, where that is told.
    pub(crate) fn releases<'n>(&self, workloads: impl Iterator<Item = &'n Partial>) -> BTreeMap<usize, String> {
        released::releases(workloads, &self.common.names)
    }

    /// Says that a service runs an image of this name.
    pub fn add_image(&mut self, name: &str) {
        self.change(|common| {
            common.images.insert(name.to_lowercase());
        });
    }

    /// Whether a service runs an image that has a word in its name: `redis` of `redis-stack-server`.
    pub fn runs_image(&self, word: &str) -> bool {
        self.common.images.iter().any(|image| image.split(['-', '_', '.']).any(|part| part == word))
    }

    /// A namespace that services live in.
    pub fn namespace(&self) -> Option<&str> {
        self.common.namespaces.first().map(String::as_str)
    }

    /// The services that have names.
    pub(crate) fn services(&self) -> impl Iterator<Item = &str> {
        let all: BTreeSet<&str> = self.common.names.values().map(String::as_str).collect();
        all.into_iter()
    }

    /// The service of a bare name; where no service has it as it is written, the one that has it with `-` for `_` or the other way round.
    pub fn named(&self, name: &str) -> Option<&str> {
        self.known(&name.to_lowercase())
    }

    /// The service of a bare name, else the only one whose name ends in it behind a dot: `service.traefik` of `traefik`.
    pub(crate) fn called(&self, name: &str) -> Option<&str> {
        self.named(name).or_else(|| {
            let last = |service: &&String| service.rsplit_once('.').is_some_and(|(_, last)| last == name);
            let found: BTreeSet<&str> = self.common.names.values().filter(last).map(String::as_str).collect();
            found.first().copied().filter(|_| found.len() == 1)
        })
    }

    /// The only service whose name is a word of the code but for what all names begin with: `shop-ledger` of `ledger`. Words of one name
    /// are written apart by `-`, `.` or `_`, or in one.
    pub fn ending_in(&self, word: &str) -> Option<&str> {
        let plain = |text: &str| text.to_lowercase().replace(['-', '_', '.'], "");
        let wanted = plain(word);
        let ends = |name: &str| {
            let starts = name.match_indices(['-', '.', '_']).map(|(at, _)| at + 1);
            std::iter::once(0).chain(starts).any(|at| plain(&name[at..]) == wanted)
        };
        let found: BTreeSet<&str> =
            self.common.names.iter().filter(|(name, _)| ends(name)).map(|(_, service)| service.as_str()).collect();
        found.first().copied().filter(|_| found.len() == 1 && wanted.len() > 2)
    }

    /// Whether a text is one or several of the words that services' names are made of: `acme-eu` of `acme-eu-ledger`.
    pub fn has_words(&self, text: &str) -> bool {
        let words = |name: &str| format!("-{}-", fold(&name.to_lowercase()).replace('.', "-"));
        let wanted = words(text);
        text.len() > 1 && self.common.names.keys().any(|name| words(name).contains(&wanted))
    }

    /// The service of a bare name, as it is written.
    pub fn spelled(&self, name: &str) -> Option<&str> {
        self.common.names.get(&name.to_lowercase()).map(String::as_str)
    }

    /// Whether a name with `_` is one of a service that has it with `-` besides: code has many words of that form that are no names.
    pub fn is_word(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        name.contains('_')
            && self.common.names.get(&fold(&name)).is_some_and(|service| self.known(&name) == Some(service))
    }

    /// The service that answers at a host.
    pub fn service(&self, host: &str) -> Option<&str> {
        let host = host.to_lowercase();
        let known = || self.stems(&host).into_iter().find_map(|stem| self.known(stem));
        let standing_in = || {
            let services = self.standing_in(&self.stems(&host)).filter(|services| services.len() == 1);
            services?.first().map(String::as_str)
        };
        self.addresses.get(&host).map(String::as_str).or_else(known).or_else(standing_in)
    }

    /// The service of a name in small letters, where it is one service's alone.
    fn known(&self, name: &str) -> Option<&str> {
        let alone = |services: &BTreeSet<String>| services.len() == 1;
        let folded = || self.common.folded.get(&fold(name)).filter(|services| alone(services))?.first();
        self.common.names.get(name).or_else(folded).map(String::as_str)
    }

    /// The services of a name that several have, each in another spelling.
    fn several(&self, name: &str) -> Option<&BTreeSet<String>> {
        self.common
            .folded
            .get(&fold(name))
            .filter(|services| services.len() > 1 && !self.common.names.contains_key(name))
    }

    /// What answers at each host of an address.
    pub fn answers(&self, address: &Partial) -> Vec<Answer> {
        let written = address.written();
        let is_invoked = invoked(&written).is_some();
        let answer = |(host, port): (String, Option<u16>)| match self.local(&host, port) {
            Some(listener) => Answer::Service(listener.service.clone(), listener.port),
            None if is_invoked && self.app(&host).is_some() => {
                Answer::Service(self.app(&host).unwrap_or_default().to_owned(), None)
            }
            // Of another project, or of several in this one: who is meant cannot be told.
            None if self.publishers(&host, port).is_some() => Answer::Several {
                glob: port.map_or_else(|| host.clone(), |port| format!("{host}:{port}")),
                services: self.publishers(&host, port).cloned().unwrap_or_default(),
            },
            None => match self.answer(&Partial::read(&host)) {
                Answer::Service(name, _) => Answer::Service(name, port),
                // Dapr knows programs by names without dots, or with a namespace behind one: whose this one is, no file says.
                Answer::Outside(host) if is_invoked && host.matches('.').count() < 2 => Answer::Open,
                other => other,
            },
        };
        hosts(&written).into_iter().map(answer).collect()
    }

    /// The hosts in an address of which nobody says whose they are: addresses of private networks, and hosts that the deployment does not have
    /// where several of its services may be meant.
    pub fn private(&self, address: &Partial) -> BTreeSet<String> {
        let hosts = hosts(&address.written()).into_iter().map(|(host, _)| host);
        let is_nobodys = |host: &str| is_private(host) || self.standing_in(&self.stems(host)).is_some();
        hosts.filter(|host| is_nobodys(host) && self.answer_known(host) == Answer::Open).collect()
    }

    fn answer(&self, host: &Partial) -> Answer {
        match host.known() {
            Some(host) => self.answer_known(host),
            None => self.answer_partial(host),
        }
    }

    fn answer_known(&self, host: &str) -> Answer {
        if let Some(service) = self.addresses.get(host) {
            return Answer::Service(service.clone(), None);
        }
        if is_local(host) {
            return Answer::Local;
        }
        let stems = self.stems(host);
        if let Some(name) = stems.iter().find_map(|stem| self.known(stem)) {
            return Answer::Service(name.to_owned(), None);
        }
        let several = stems.iter().find_map(|stem| self.several(stem));
        if let Some(services) = self.standing_in(&stems).filter(|_| several.is_none()) {
            return match services.first().filter(|_| services.len() == 1) {
                Some(service) => Answer::Service(service.clone(), None),
                None => Answer::Open,
            };
        }
        let told = |services: &BTreeSet<String>| {
            let (glob, services) = (host.to_owned(), services.clone());
            Answer::Several { glob, services }
        };
        // Whose an address of a private network is, nobody says.
        let other = || if is_private(host) { Answer::Open } else { Answer::Outside(host.to_owned()) };
        several.map_or_else(other, told)
    }

    fn answer_partial(&self, host: &Partial) -> Answer {
        let written = host.written();
        if is_local(&written) {
            return Answer::Local;
        }
        let stems: Vec<Partial> = self.stems(&written).into_iter().map(Partial::read).collect();
        // What is named after a release is who a chart's own Service of that name leads to.
        if let Some(name) = stems.iter().find_map(|stem| self.common.released.get(stem)) {
            return Answer::Service(name.clone(), None);
        }
        // `s-ledger.<any namespace>.svc`
        if let Some(name) = stems.iter().find_map(|stem| self.known(stem.known()?)) {
            return Answer::Service(name.to_owned(), None);
        }
        // Of `*-*` next to nothing is known.
        for stem in stems.iter().filter(|stem| stem.letters().contains(char::is_alphanumeric)) {
            let names = self.common.names.iter().filter(|(name, _)| fits(stem, name));
            // A release may be called as any other.
            let released = self.common.released.iter().filter(|(name, _)| fits(stem, &name.written()));
            let services = names.map(|(_, service)| service).chain(released.map(|(_, service)| service));
            let mut services: BTreeSet<String> = services.cloned().collect();
            if services.is_empty() && stem.letters().contains('_') {
                let stem = stem.through(fold);
                let fitting = self.common.folded.iter().filter(|(name, _)| fits(&stem, name));
                services = fitting.flat_map(|(_, services)| services.clone()).collect();
            }
            if !services.is_empty() {
                return Answer::Several { glob: stem.shown('*'), services };
            }
        }
        self.below_something(host)
    }

    /// What answers at a service's name and something behind it that is not known: it may be a namespace, or somebody's domain.
    fn below_something(&self, host: &Partial) -> Answer {
        let Some((name, rest)) = host.split_once(".") else { return Answer::Open };
        let service = name.known().and_then(|name| self.known(name)).filter(|_| rest.is_unknown());
        service.map_or(Answer::Open, |service| Answer::Several {
            glob: host.shown('*'),
            services: BTreeSet::from([service.to_owned()]),
        })
    }

    /// A host without what the cluster appends to names: `s-x.payments.svc.cluster.local` is `s-x`. Only what is known to
    /// be the cluster's is cut off, so that `ledger.example.com` is not the service `ledger`.
    fn stems<'h>(&self, host: &'h str) -> Vec<&'h str> {
        let mut stems = vec![host];
        let cluster = [".svc.cluster.local", ".svc", ".cluster.local"].iter().find_map(|end| host.strip_suffix(end));
        let inner = cluster.unwrap_or(host);
        if cluster.is_some() {
            stems.push(inner);
        }
        if let Some((stem, namespace)) = inner.rsplit_once('.')
            && (cluster.is_some() || self.common.namespaces.contains(namespace))
        {
            stems.push(stem);
        }
        // A pod of a StatefulSet has a name below its headless Service's: `ledger-0.s-ledger`.
        let pods: Vec<&str> = stems.iter().filter_map(|stem| pod_of(stem)).collect();
        stems.extend(pods);
        stems
    }
}

/// The Service of a host that names one of its pods by number; nothing for others.
fn pod_of(host: &str) -> Option<&str> {
    let (pod, service) = host.split_once('.')?;
    let (name, number) = pod.rsplit_once('-')?;
    let number = Partial::read(number);
    let is_number = !number.is_empty() && number.letters().bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !name.is_empty() && !service.contains('.')).then_some(service)
}
