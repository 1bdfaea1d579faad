//! What has to be kept.

use super::{Canaries, Day, Edge, Heard, Perch, Tally, Waiting, day_of};
use crate::naming::Micros;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What has to be kept of reports. Effects of several reports can be put together and kept at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effect {
    /// Calls per day.
    pub calls: BTreeMap<(Day, Edge), Tally>,
    /// When sources listened, and what they lost: per day, node and source.
    pub heard: BTreeMap<(Day, String, String), Heard>,
    /// Sources that are known, each since when.
    pub sources: BTreeMap<(String, String), Micros>,
    /// Nodes that are there, each since when that is known.
    pub nodes: BTreeMap<String, Micros>,
    /// The nodes on which pods of services ran, per day and service.
    pub ran: BTreeMap<(Day, String), BTreeSet<String>>,
    /// The policies by which calls to services are judged: a digest, and since when it is known to hold.
    pub judged: BTreeMap<String, (String, Micros)>,
    /// Runs of cron jobs that ended well, by service and workload (`CronJob/NAME`). The same run told twice is one.
    pub finished: BTreeMap<(String, String), BTreeSet<Micros>>,
    /// Canaries per day and callee.
    pub canaries: BTreeMap<(Day, String), Canaries>,
    /// Calls of canaries that are waited for, by callee: all of them, in place of what was kept.
    pub waiting: BTreeMap<String, Waiting>,
    /// Addresses that canaries call from.
    pub perches: BTreeMap<IpAddr, Perch>,
    /// Calls that were counted as `other` or as port 0, by callee.
    pub capped: BTreeMap<String, u64>,
    /// Calls that are nobody's concern here: to somebody who is no service of the fleet, or counted on the callee's node.
    pub aside: u64,
    /// Calls to services, one of several, that could not be told apart; each is among the calls of all of them, as `unknown`.
    pub uncertain: u64,
}

impl Effect {
    /// A pod of a service runs on a node: from here on sources of that node are expected.
    pub fn runs_on(&mut self, service: &str, node: &str, at: Micros) {
        let since = self.nodes.entry(node.to_owned()).or_insert(at);
        *since = (*since).min(at);
        self.ran.entry((day_of(at), service.to_owned())).or_default().insert(node.to_owned());
    }

    /// Calls to a service are judged by policies of this digest: see `Verdicts::judged_by`. Only a change is news.
    pub fn judged_by(&mut self, service: &str, digest: &str, at: Micros) {
        self.judged.insert(service.to_owned(), (digest.to_owned(), at));
    }

    /// A run of a service's cron job ended well.
    pub fn finished(&mut self, service: &str, workload: &str, at: Micros) {
        self.finished.entry((service.to_owned(), workload.to_owned())).or_default().insert(at);
    }

    /// Whether there is nothing to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let nothing_seen =
            self.calls.is_empty() && self.heard.is_empty() && self.sources.is_empty() && self.capped.is_empty();
        nothing_seen
            && self.canaries.is_empty()
            && self.ran.is_empty()
            && self.judged.is_empty()
            && self.finished.is_empty()
    }

    /// Puts another one to it.
    pub fn merge(&mut self, other: Self) {
        for (key, tally) in other.calls {
            self.calls.entry(key).or_default().merge(tally);
        }
        for (key, heard) in other.heard {
            self.heard.entry(key).or_default().merge(&heard);
        }
        for (key, since) in other.sources {
            let known = self.sources.entry(key).or_insert(since);
            *known = (*known).min(since);
        }
        for (node, since) in other.nodes {
            let known = self.nodes.entry(node).or_insert(since);
            *known = (*known).min(since);
        }
        for (key, nodes) in other.ran {
            self.ran.entry(key).or_default().extend(nodes);
        }
        for (service, (digest, since)) in other.judged {
            match self.judged.get(&service) {
                Some((known, _)) if *known == digest => {}
                _ => {
                    self.judged.insert(service, (digest, since));
                }
            }
        }
        for (key, runs) in other.finished {
            self.finished.entry(key).or_default().extend(runs);
        }
        for (key, canaries) in other.canaries {
            self.canaries.entry(key).or_default().merge(canaries);
        }
        self.waiting.extend(other.waiting);
        self.perches.extend(other.perches);
        for (callee, count) in other.capped {
            let capped = self.capped.entry(callee).or_default();
            *capped = capped.saturating_add(count);
        }
        self.aside = self.aside.saturating_add(other.aside);
        self.uncertain = self.uncertain.saturating_add(other.uncertain);
    }
}
