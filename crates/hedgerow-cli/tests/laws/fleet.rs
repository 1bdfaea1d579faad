//! Small fleets without faults, as texts.

use hedgerow::core::fleet::Scope;
use hedgerow::core::name::{EnvironmentName, ServiceName};
use hedgerow::core::plan::Plan;
use hedgerow::core::read::{Directories, Reading};
use hedgerow::core::tree::{Directory, File};
use hedgerow::read_texts;
use proptest::collection::vec;
use proptest::option::{self, weighted};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

/// The one environment of a generated fleet.
pub(crate) const ENVIRONMENT: &str = "prod";
/// The namespaces that a fleet may list; the first always is.
pub(crate) const NAMESPACES: [&str; 3] = ["default", "dmz", "ops"];
/// The port of the mesh that a fleet may have.
pub(crate) const MESH_PORT: u16 = 15008;
const TYPES: [&str; 3] = ["core", "api", "monitoring"];
/// Names of which no two share a slug; the long ones are cut in labels.
const NAMES: [&str; 6] = [
    "service.ledger",
    "service.emoji",
    "cron.pay.out",
    "edge",
    "service.a-name-of-sixty-two-characters-that-fits-nowhere-with-a-prefix",
    "service.a-name-of-sixty-two-characters-that-fits-nowhere-with-a-suffix",
];

/// Where a service listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listens {
    Any,
    Nowhere,
    On(Vec<ListedPort>),
}

/// A declared port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedPort {
    pub(crate) name: Option<&'static str>,
    pub(crate) number: u16,
    pub(crate) protocol: &'static str,
}

impl ListedPort {
    fn reference(&self) -> String {
        self.name.map_or_else(|| self.number.to_string(), str::to_owned)
    }
}

/// One service and what it may call.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) namespace: Option<&'static str>,
    pub(crate) service_type: Option<&'static str>,
    pub(crate) listens: Option<Listens>,
    pub(crate) stage: Option<&'static str>,
    pub(crate) has_own_identity: bool,
    pub(crate) allow: Vec<AllowEntry>,
    /// By callee: nothing for all of its ports, or the ports.
    pub(crate) rules: BTreeMap<&'static str, Option<Vec<String>>>,
}

/// One entry of `allow`.
#[derive(Debug, Clone)]
pub(crate) struct AllowEntry {
    pub(crate) from: String,
    pub(crate) ports: Option<Vec<String>>,
}

/// A fleet.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    pub(crate) identity: Option<&'static str>,
    pub(crate) namespaces: Vec<&'static str>,
    pub(crate) types: BTreeMap<&'static str, Vec<&'static str>>,
    pub(crate) default_listens: Listens,
    /// Whether every admission of the fleet carries a port of a mesh.
    pub(crate) has_mesh: bool,
    pub(crate) stage: &'static str,
    pub(crate) log: bool,
    pub(crate) audit: &'static str,
    pub(crate) catch_alls: &'static str,
    pub(crate) services: Vec<Service>,
}

impl Fleet {
    /// Where a service listens, its own word or the default.
    pub(crate) fn listens(&self, service: &Service) -> Listens {
        service.listens.clone().unwrap_or_else(|| self.default_listens.clone())
    }

    /// `hedgerow.yaml`
    pub(crate) fn config(&self) -> String {
        let mut text = String::from("version: 1\nlabels:\n  domain: bank.example\n");
        if let Some(identity) = self.identity {
            writeln!(text, "  identity: {identity}").unwrap();
        }
        let mut listens = ports(&self.default_listens);
        if self.has_mesh {
            listens = format!("{{listen: {listens}, always: [{{name: hbone, port: {MESH_PORT}}}]}}");
        }
        writeln!(text, "services:\n  include: ['*']\n  defaults: {{ports: {listens}}}").unwrap();
        writeln!(text, "namespaces: [{}]\ntypes:", self.namespaces.join(", ")).unwrap();
        for (name, callers) in &self.types {
            let callers = if callers.is_empty() { String::new() } else { format!("callers: [{}]", callers.join(", ")) };
            writeln!(text, "  {name}: {{{callers}}}").unwrap();
        }
        writeln!(text, "environments: {{{ENVIRONMENT}: {{stage: {}, log: {}}}}}", self.stage, self.log).unwrap();
        writeln!(text, "audit: {{backend: {}}}\ncatch-alls: {{backend: {}}}", self.audit, self.catch_alls).unwrap();
        text
    }

    /// The directory of one service.
    pub(crate) fn directory(&self, service: &Service) -> Directory {
        let rules = service.rules.iter().map(|(callee, ports)| {
            let text = ports.as_ref().map_or_else(String::new, |ports| format!("ports: [{}]\n", ports.join(", ")));
            File::new(format!("{}/egress/{callee}.rule", service.name), text)
        });
        Directory {
            path: service.name.to_owned(),
            file: Some(File::new(format!("{}/service.yaml", service.name), self.file(service))),
            rules: rules.collect(),
            faults: Vec::new(),
            unread: Vec::new(),
        }
    }

    fn file(&self, service: &Service) -> String {
        let mut text = String::from("owner: somebody\n");
        let mut line = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                writeln!(text, "{key}: {value}").unwrap();
            }
        };
        line("namespace", service.namespace.map(str::to_owned));
        line("type", service.service_type.map(str::to_owned));
        line("ports", service.listens.as_ref().map(ports));
        line("stage", service.stage.map(|stage| format!("{{{ENVIRONMENT}: {stage}}}")));
        // The place in the list of all names tells the services apart.
        let number = NAMES.iter().position(|name| *name == service.name).expect("it is one of them");
        line("identity", service.has_own_identity.then(|| format!("{{app: x{number}}}")));
        let allow = service.allow.iter().map(|entry| {
            let ports =
                entry.ports.as_ref().map_or_else(String::new, |ports| format!(", ports: [{}]", ports.join(", ")));
            format!("{{from: {}{ports}}}", entry.from)
        });
        let allow: Vec<_> = allow.collect();
        line("allow", (!allow.is_empty()).then(|| format!("[{}]", allow.join(", "))));
        text
    }

    /// Reads all of it, the files in the order that `shuffle` makes of them.
    pub(crate) fn read(&self, shuffle: impl Fn(&mut Vec<Directory>)) -> Reading {
        let mut read = self.services.iter().map(|service| self.directory(service)).collect();
        shuffle(&mut read);
        let directories = Directories::new(Scope::Whole, read);
        read_texts(File::new("hedgerow.yaml", self.config()), directories, None)
    }

    /// Reads what a deploy of one service reads.
    pub(crate) fn read_for(&self, service: &Service) -> Reading {
        let metadata = |name: &str| {
            let callee = self.services.iter().find(|service| service.name == name).expect("rules name services");
            Directory { rules: Vec::new(), ..self.directory(callee) }
        };
        let mut read: Vec<_> = service.rules.keys().map(|name| metadata(name)).collect();
        read.push(self.directory(service));
        let is_read = |other: &&Service| other.name == service.name || service.rules.contains_key(other.name);
        let names = self.services.iter().filter(|other| !is_read(other)).map(|other| other.name.to_owned()).collect();
        let scope = Scope::One(ServiceName::new(service.name).unwrap());
        let directories = Directories { names, ..Directories::new(scope, read) };
        read_texts(File::new("hedgerow.yaml", self.config()), directories, None)
    }

    /// The plan.
    pub(crate) fn plan(&self) -> Plan {
        plan(self.read(|_| {}))
    }

    /// A rule to take away or to put there: `caller` and `callee`, two different services.
    pub(crate) fn pair(&self, at: (Index, Index)) -> (usize, usize) {
        let caller = at.0.index(self.services.len());
        let callee = (caller + 1 + at.1.index(self.services.len() - 1)) % self.services.len();
        (caller, callee)
    }
}

/// The plan of a reading without faults.
pub(crate) fn plan(reading: Reading) -> Plan {
    let fleet = reading.fleet.unwrap_or_else(|| panic!("a generated fleet is faulty: {:#?}", reading.diagnostics));
    Plan::new(Arc::new(fleet), &EnvironmentName::new(ENVIRONMENT).unwrap()).expect("it is declared")
}

fn ports(listens: &Listens) -> String {
    let port = |port: &ListedPort| {
        let name = port.name.map_or_else(String::new, |name| format!("name: {name}, "));
        format!("{{{name}port: {}, protocol: {}}}", port.number, port.protocol)
    };
    match listens {
        Listens::Any => "any".to_owned(),
        Listens::Nowhere => "none".to_owned(),
        Listens::On(ports) => format!("[{}]", ports.iter().map(port).collect::<Vec<_>>().join(", ")),
    }
}

fn listens() -> impl Strategy<Value = Listens> {
    let ports = [
        ListedPort { name: Some("http"), number: 8080, protocol: "TCP" },
        ListedPort { name: Some("dns"), number: 53, protocol: "UDP" },
        ListedPort { name: Some("dns-tcp"), number: 53, protocol: "TCP" },
        ListedPort { name: None, number: 9153, protocol: "TCP" },
        ListedPort { name: None, number: 9153, protocol: "SCTP" },
    ];
    prop_oneof![
        1 => Just(Listens::Any),
        1 => Just(Listens::Nowhere),
        4 => subsequence(ports.to_vec(), 1..=5).prop_map(Listens::On),
    ]
}

/// Which ports of a callee a rule or an `allow` entry names; nothing for all of them.
fn named(listens: &Listens, wish: &Wish) -> Option<Vec<String>> {
    let Listens::On(ports) = listens else { return None };
    let references: BTreeSet<String> = ports.iter().map(ListedPort::reference).collect();
    let chosen: Vec<_> = references.iter().zip(&wish.ports).filter(|(_, is_chosen)| **is_chosen).collect();
    let chosen: Vec<_> = chosen.into_iter().map(|(reference, _)| reference.clone()).collect();
    (!wish.all && !chosen.is_empty()).then_some(chosen)
}

#[derive(Debug, Clone)]
struct Wish {
    all: bool,
    ports: Vec<bool>,
}

fn wish() -> impl Strategy<Value = Wish> {
    (any::<bool>(), vec(any::<bool>(), 5)).prop_map(|(all, ports)| Wish { all, ports })
}

fn peer() -> impl Strategy<Value = String> {
    let label = prop_oneof![
        Just("bank.example/service-type: core".to_owned()),
        Just("bank.example/routing-name: service.emoji".to_owned()),
        Just("app: gateway".to_owned()),
        Just("bank.example/egress-s-ledger: \"true\", app: gateway".to_owned()),
    ];
    let namespace = select(&["default", "dmz", "ingress"][..]);
    prop_oneof![
        namespace.clone().prop_map(|namespace| format!("{{namespace: {namespace}}}")),
        namespace
            .clone()
            .prop_map(|name| format!("{{namespaces: {{labels: {{kubernetes.io/metadata.name: {name}}}}}}}")),
        label.clone().prop_map(|label| format!("{{namespaces: any, pods: {{{label}}}}}")),
        label.clone().prop_map(|label| format!("{{namespaces: [dmz, ops], pods: {{{label}}}}}")),
        label.clone().prop_map(|label| format!("{{pods: {{{label}}}}}")),
        (namespace, label).prop_map(|(namespace, label)| format!("{{namespace: {namespace}, pods: {{{label}}}}}")),
        Just("{cidr: 10.20.0.0/16, except: [10.20.9.0/24]}".to_owned()),
        Just("anybody".to_owned()),
    ]
}

type Draft = (
    (Option<&'static str>, Option<&'static str>, Option<Listens>, Option<&'static str>, bool),
    Vec<(String, Wish)>,
    Vec<Option<Wish>>,
);

fn service(namespaces: Vec<&'static str>) -> impl Strategy<Value = Draft> {
    (
        (
            option::of(select(namespaces)),
            option::of(select(&TYPES[..])),
            weighted(0.4, listens()),
            weighted(0.4, select(&["off", "open", "audit", "enforce"][..])),
            proptest::bool::weighted(0.15),
        ),
        vec((peer(), wish()), 0..=2),
        vec(weighted(0.4, wish()), NAMES.len()),
    )
}

/// Fleets of two to six services.
pub(crate) fn fleets() -> impl Strategy<Value = Fleet> {
    let settings = (
        weighted(0.3, select(&["who", "app.kubernetes.io/name"][..])),
        subsequence(NAMESPACES[1..].to_vec(), 0..=2),
        vec(subsequence(TYPES.to_vec(), 0..=2), TYPES.len()),
        (listens(), proptest::bool::weighted(0.3)),
        select(&["off", "open", "audit", "enforce", "enforce"][..]),
        any::<bool>(),
        select(&["calico-log", "calico-staged", "observe"][..]),
        select(&["kubernetes", "calico"][..]),
    );
    let names = subsequence(NAMES.to_vec(), 2..=NAMES.len());
    (settings, names).prop_flat_map(|(settings, names)| {
        let namespaces: Vec<_> = [NAMESPACES[0]].into_iter().chain(settings.1.iter().copied()).collect();
        let drafts = vec(service(namespaces.clone()), names.len());
        drafts.prop_map(move |drafts| fleet(&settings, &namespaces, &names, drafts))
    })
}

type Settings = (
    Option<&'static str>,
    Vec<&'static str>,
    Vec<Vec<&'static str>>,
    (Listens, bool),
    &'static str,
    bool,
    &'static str,
    &'static str,
);

fn fleet(settings: &Settings, namespaces: &[&'static str], names: &[&'static str], drafts: Vec<Draft>) -> Fleet {
    let (identity, _, callers, (default_listens, has_mesh), stage, log, audit, catch_alls) = settings.clone();
    let listens: Vec<Listens> =
        drafts.iter().map(|draft| draft.0.2.clone().unwrap_or_else(|| default_listens.clone())).collect();
    let services =
        drafts.into_iter().enumerate().map(|(at, ((namespace, service_type, own, stage, identity), allow, wishes))| {
            let callable = names
                .iter()
                .zip(&listens)
                .zip(wishes)
                .filter(|((name, listens), _)| **name != names[at] && **listens != Listens::Nowhere);
            let rules = callable.filter_map(|((name, listens), wish)| Some((*name, named(listens, &wish?)))).collect();
            let allow = allow.into_iter().filter(|_| listens[at] != Listens::Nowhere);
            let allow = allow.map(|(from, wish)| AllowEntry { from, ports: named(&listens[at], &wish) }).collect();
            Service {
                name: names[at],
                namespace,
                service_type,
                listens: own,
                stage,
                has_own_identity: identity,
                allow,
                rules,
            }
        });
    Fleet {
        identity,
        namespaces: namespaces.to_vec(),
        types: TYPES.into_iter().zip(callers).collect(),
        default_listens,
        has_mesh,
        stage,
        log,
        audit,
        catch_alls,
        services: services.collect(),
    }
}
