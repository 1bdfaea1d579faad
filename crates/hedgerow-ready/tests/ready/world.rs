//! A fleet of three services with a month of observations in which everything speaks for enforcing; tests take away from it.

use hedgerow_core::catalogue::WithRules;
use hedgerow_core::fleet::Scope;
use hedgerow_core::name::{EnvironmentName, ServiceName};
use hedgerow_core::plan::Plan;
use hedgerow_core::read::{Directories, Reader};
use hedgerow_core::tree::{Directory, File};
use hedgerow_observe::observations::{
    Canary, Coverage, End, Faults, Gap, Header, JobRuns, JudgedBy, Moment, Observation, Observations, Verdict, Watched,
};
use hedgerow_ready::code::Code;
use hedgerow_ready::evidence::Readiness;
use hedgerow_ready::judge::{Job, Question, Tree, judge};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) const DAY: i64 = 86_400;
/// 2026-12-01T00:00:00Z.
pub(crate) const NOW: i64 = 1_796_083_200;

pub(crate) const CONFIG: &str = "
version: 1
labels: {domain: bank.example}
services: {include: [\"service.*\"], defaults: {namespace: bank}}
environments: {prod: {stage: audit}}
namespaces: [bank]
";

/// The digests that the tree and what was watched of it share.
pub(crate) const CATALOGUE: &str = "sha256:c";
pub(crate) const LABELLING: &str = "sha256:l";
pub(crate) const POLICY: &str = "sha256:0";

pub(crate) struct World {
    pub(crate) config: String,
    /// By service its service.yaml.
    pub(crate) files: BTreeMap<String, String>,
    /// By caller and callee the rule file.
    pub(crate) rules: BTreeMap<(String, String), String>,
    pub(crate) code: Option<Code>,
    pub(crate) tree: Tree,
    pub(crate) jobs: Vec<Job>,
    pub(crate) strange_jobs: Vec<String>,
    pub(crate) observations: Observations,
    pub(crate) now: i64,
    pub(crate) days: u32,
}

pub(crate) fn key(caller: &str, callee: &str) -> (String, String) {
    (format!("service.{caller}"), format!("service.{callee}"))
}

pub(crate) fn call(caller: End, verdict: Verdict, last: i64, count: u64) -> Observation {
    Observation {
        caller,
        callee: "service.ledger".into(),
        port: 8080,
        protocol: "TCP".into(),
        verdict,
        first: Moment((last - 10 * DAY).max(NOW - 40 * DAY)),
        last: Moment(last),
        count,
        days: 10,
    }
}

pub(crate) fn service(name: &str) -> End {
    End::Service(format!("service.{name}"))
}

impl World {
    /// emoji and cards may call ledger, and do.
    pub(crate) fn sound() -> Self {
        let names = ["service.ledger", "service.emoji", "service.cards"];
        let rules = [key("emoji", "ledger"), key("cards", "ledger")];
        let code = Code {
            calls: rules.iter().map(|edge| (edge.clone(), "main.go:7".to_owned())).collect(),
            read: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Code::default()
        };
        let watched = Watched {
            nodes: vec!["a".into(), "b".into()],
            pods: Some(2),
            policy: Some(JudgedBy { digest: POLICY.into(), since: Moment(NOW - 35 * DAY) }),
            longest_open: Some(600),
            ..Watched::default()
        };
        let coverage = ["a", "b"].map(|node| Coverage {
            node: node.into(),
            source: "conntrack".into(),
            heard: 40 * 1440,
            blind: 0,
            lost: 0,
            since: None,
            until: None,
            gaps: Vec::new(),
        });
        let header = Header {
            version: 1,
            from: Moment(NOW - 31 * DAY),
            to: Moment(NOW),
            catalogue: Some(CATALOGUE.to_owned()),
            labelling: Some(LABELLING.to_owned()),
            environment: Some("prod".to_owned()),
            earlier: 0,
            coverage: coverage.to_vec(),
            canaries: vec![Canary {
                callee: names[0].into(),
                sent: 40,
                seen: 40,
                missed: None,
                since: Some(Moment(NOW - 40 * DAY)),
            }],
            services: names.iter().map(|name| ((*name).to_owned(), watched.clone())).collect(),
        };
        let observed = ["emoji", "cards"].map(|caller| call(service(caller), Verdict::Permitted, NOW - 60, 1000));
        Self {
            config: CONFIG.to_owned(),
            files: names
                .iter()
                .map(|name| ((*name).to_owned(), "{ports: [{name: http, port: 8080}]}".to_owned()))
                .collect(),
            rules: rules.into_iter().map(|edge| (edge, String::new())).collect(),
            code: Some(code),
            tree: tree(names.map(str::to_owned)),
            jobs: Vec::new(),
            strange_jobs: Vec::new(),
            observations: Observations { header, observed: observed.to_vec(), faults: Faults::default() },
            now: NOW,
            days: 30,
        }
    }

    pub(crate) fn plan(&self) -> Plan {
        let read = self.files.iter().map(|(name, file)| Directory {
            path: name.clone(),
            file: Some(File::new(format!("{name}/service.yaml"), file.clone())),
            rules: self
                .rules
                .iter()
                .filter(|((caller, _), _)| caller == name)
                .map(|((_, callee), text)| File::new(format!("{name}/egress/{callee}.rule"), text.clone()))
                .collect(),
            faults: Vec::new(),
            unread: Vec::new(),
        });
        let read = read.collect();
        let mut reader = Reader::new();
        let config = reader.config(File::new("hedgerow.yaml", self.config.clone()));
        let directories = Directories::new(Scope::Whole, read);
        let reading = reader.fleet(config, directories, None);
        let fleet = reading.fleet.unwrap_or_else(|| panic!("{:#?}", reading.diagnostics));
        Plan::new(Arc::new(fleet), &EnvironmentName::new("prod").expect("a name")).expect("it is declared")
    }

    pub(crate) fn question<'w>(&'w self, plan: &'w Plan) -> Question<'w> {
        Question {
            plan,
            code: self.code.as_ref(),
            tree: &self.tree,
            jobs: &self.jobs,
            strange_jobs: &self.strange_jobs,
            observations: &self.observations,
            now: Moment(self.now),
            days: self.days,
            program: "hedgerow",
        }
    }

    pub(crate) fn judge(&self, callee: &str) -> Readiness {
        let plan = self.plan();
        judge(&self.question(&plan), &[ServiceName::new(&format!("service.{callee}")).expect("a name")]).remove(0)
    }

    pub(crate) fn code(&mut self) -> &mut Code {
        self.code.as_mut().expect("the world has code")
    }

    pub(crate) fn watched(&mut self, name: &str) -> &mut Watched {
        self.observations.header.services.get_mut(&format!("service.{name}")).expect("it is watched")
    }

    pub(crate) fn gap(&mut self, node: usize, from: i64, to: i64) {
        let coverage = &mut self.observations.header.coverage[node];
        let minutes = u64::try_from((to - from) / 60).expect("a length");
        coverage.blind += minutes;
        coverage.heard -= minutes;
        coverage.gaps.push(Gap { from: Moment(from), to: Moment(to) });
    }

    pub(crate) fn ran(&mut self, name: &str, finished: u64, last: i64) {
        self.watched(name).jobs =
            vec![JobRuns { workload: "CronJob/close".into(), finished, last: Some(Moment(last)) }];
    }
}

/// A tree whose policies are those that are deployed.
pub(crate) fn tree(services: impl IntoIterator<Item = String>) -> Tree {
    Tree {
        policies: services.into_iter().map(|name| (name, POLICY.to_owned())).collect(),
        catalogues: BTreeMap::from([(CATALOGUE.to_owned(), WithRules::No)]),
        labelling: Some(LABELLING.to_owned()),
    }
}

pub(crate) fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
