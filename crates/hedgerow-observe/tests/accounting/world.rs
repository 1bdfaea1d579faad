//! A small fleet with its policies, and calls in it.

use hedgerow_observe::Protocol;
use hedgerow_observe::call::{Call, Seen};
use hedgerow_observe::fleet::{Fleet, Labels};
use hedgerow_observe::ledger::{Effect, Ledger, Report, Sent, SourceReport};
use hedgerow_observe::naming::{History, Holder, Micros, Pod, Within};
use hedgerow_observe::sum::Said;
use hedgerow_observe::verdict::{Policies, Verdicts};
use std::net::IpAddr;
use std::sync::Arc;

pub(crate) const CATALOGUE: &str = include_str!("../../../../testdata/observation/cluster/catalogue.json");
pub(crate) const AUDIT: &str = include_str!("../../../../testdata/observation/cluster/audit.yaml");
pub(crate) const ENFORCE: &str = include_str!("../../../../testdata/observation/cluster/enforce.yaml");
pub(crate) const STAGED: &str = include_str!("../../../../testdata/observation/cluster/staged.yaml");
pub(crate) const OBSERVE: &str = include_str!("../../../../testdata/observation/cluster/observe.yaml");

/// A day's noon: 2026-11-28T12:00:00Z.
pub(crate) const NOON: Micros = 1_795_867_200_000_000;
pub(crate) const SECOND: Micros = 1_000_000;

pub(crate) static NONE: Labels = Labels::new();

pub(crate) fn fleet() -> Fleet {
    let reading = Fleet::read("catalogue.json", CATALOGUE, None);
    assert!(reading.diagnostics.is_empty(), "{:?}", reading.diagnostics);
    reading.fleet.unwrap()
}

pub(crate) fn verdicts(texts: &[&str]) -> Verdicts {
    let mut policies = Policies::default();
    for (at, text) in texts.iter().enumerate() {
        policies.set(at.to_string(), text);
    }
    policies.complete();
    let mut verdicts = Verdicts::new(policies);
    assert!(verdicts.faults().is_empty(), "{:?}", verdicts.faults());
    verdicts
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The labels of a service's pods in stage `audit`.
pub(crate) fn worn(service: &str) -> Labels {
    let mut worn = labels(&[
        ("bank.example/routing-name", service),
        ("bank.example/network-policy", "true"),
        ("bank.example/service-type", if service == "service.metrics" { "monitoring" } else { "core" }),
    ]);
    if service == "service.emoji" {
        worn.insert("bank.example/egress-s-ledger.http".to_owned(), "true".to_owned());
    }
    worn
}

pub(crate) fn pod(namespace: &str, name: &str, labels: Labels) -> Arc<Pod> {
    let uid = format!("{namespace}-{name}");
    Arc::new(Pod { uid, namespace: namespace.to_owned(), name: name.to_owned(), labels: Arc::new(labels) })
}

pub(crate) fn address(last: u8) -> IpAddr {
    IpAddr::from([10, 65, 0, last])
}

/// emoji .1, kyc .2, ledger .3, metrics .4, a bare pod .9, node `a` .254; all for ever.
pub(crate) fn names() -> History {
    let mut names = History::new(Micros::MIN);
    let mut hold = |last: u8, holder: Holder| {
        names.holds(&holder, &[address(last)], Micros::MIN, Within::at(Micros::MIN));
    };
    for (last, service) in [(1, "service.emoji"), (2, "service.kyc"), (3, "service.ledger"), (4, "service.metrics")] {
        hold(last, Holder::Pod(pod("bank", &format!("{service}-x"), worn(service))));
    }
    hold(9, Holder::Pod(pod("bank", "naked", Labels::new())));
    hold(254, Holder::Node(Arc::from("a")));
    names.heard(Micros::MAX);
    names
}

pub(crate) fn at(address: IpAddr) -> Seen<'static> {
    Seen { address: Some(address), namespace: "", name: "", labels: &NONE, is_outside: false }
}

/// One call over TCP.
pub(crate) fn call(caller: IpAddr, callee: IpAddr, port: u16, when: Micros) -> Call<'static> {
    Call {
        source: "conntrack",
        caller: at(caller),
        callee: at(callee),
        port,
        protocol: Protocol::TCP,
        said: Said::Unsaid,
        policy: None,
        first: when,
        last: when,
        count: 1,
        was_open: false,
        may_repeat: false,
        is_elsewhere: false,
    }
}

pub(crate) fn heard(name: &str) -> SourceReport<'_> {
    SourceReport { name, heard: true, lost: 0, lost_unknown: false }
}

pub(crate) fn report<'a>(from: Micros, to: Micros, calls: Vec<Call<'a>>, sources: Vec<SourceReport<'a>>) -> Report<'a> {
    Report { node: "a", from, to, continues: None, calls, sources, sent: Vec::<Sent<'a>>::new() }
}

/// A ledger with all that it needs.
pub(crate) struct World {
    pub(crate) fleet: Fleet,
    pub(crate) names: History,
    pub(crate) verdicts: Verdicts,
    pub(crate) ledger: Ledger,
}

impl World {
    pub(crate) fn new(policies: &[&str]) -> Self {
        Self { fleet: fleet(), names: names(), verdicts: verdicts(policies), ledger: Ledger::default() }
    }

    /// Takes a report and commits it.
    pub(crate) fn take(&mut self, report: &Report<'_>) -> Effect {
        let effect = self.ledger.take(report, &self.names, &self.fleet, &mut self.verdicts);
        self.ledger.commit(&effect);
        effect
    }
}
