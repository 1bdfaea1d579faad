//! What can be asked of somebody who is not among the manifests: claims about labels, and somebody who meets them.
//!
//! A selector becomes a list of clauses of which one holds; a clause is a list of tests that all hold. [`solve`] makes
//! somebody who passes every test of a clause and who could be added to the cluster at any time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::cluster::{CALICO_NAME, Cluster, Endpoint, Labels, NAMESPACE_NAME};
use crate::grammar::is_label_value;
use crate::selector::{Fact, Key, Selector, Space};

/// One thing that is known of somebody: absent, or a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Var {
    /// The name of the namespace.
    Namespace,
    /// The name of the service account.
    Account,
    /// `k8s` for a pod; absent for a network set.
    Orchestrator,
    Own(String),
    OfNamespace(String),
    OfAccount(String),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Test {
    Has,
    In(BTreeSet<String>),
    Contains(String),
    StartsWith(String),
    EndsWith(String),
}

/// A test, and whether it is to be passed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Literal {
    var: Var,
    test: Test,
    holds: bool,
}

/// All of these.
pub(crate) type Clause = Vec<Literal>;

/// More clauses than any policy means; beyond, the answer is that there is none.
const MOST_CLAUSES: usize = 512;

/// Somebody who is not among the manifests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stranger {
    known: BTreeMap<Var, String>,
}

impl Var {
    fn of(key: &Key) -> Self {
        match (key.space, key.name.as_str()) {
            (Space::Fact, Fact::NAMESPACE) | (Space::Namespace, NAMESPACE_NAME | CALICO_NAME) => Self::Namespace,
            (Space::Fact, Fact::SERVICE_ACCOUNT) | (Space::ServiceAccount, CALICO_NAME) => Self::Account,
            (Space::Fact, _) => Self::Orchestrator,
            (Space::Own, name) => Self::Own(name.to_owned()),
            (Space::Namespace, name) => Self::OfNamespace(name.to_owned()),
            (Space::ServiceAccount, name) => Self::OfAccount(name.to_owned()),
        }
    }
}

impl Test {
    fn passes(&self, value: Option<&str>) -> bool {
        value.is_some_and(|value| match self {
            Self::Has => true,
            Self::In(values) => values.contains(value),
            Self::Contains(part) => value.contains(part.as_str()),
            Self::StartsWith(part) => value.starts_with(part.as_str()),
            Self::EndsWith(part) => value.ends_with(part.as_str()),
        })
    }
}

impl Literal {
    fn is(var: Var, values: impl IntoIterator<Item = String>) -> Self {
        Self { var, test: Test::In(values.into_iter().collect()), holds: true }
    }

    fn accepts(&self, value: Option<&str>) -> bool {
        self.test.passes(value) == self.holds
    }

    /// Whether everybody who passes this passes `other`, as far as the two alone tell.
    fn implies(&self, other: &Self) -> bool {
        if self.var != other.var {
            return false;
        }
        if self == other {
            return true;
        }
        match (&self.test, self.holds) {
            (Test::In(values), true) => values.iter().all(|value| other.accepts(Some(value))),
            (Test::Has, false) => other.accepts(None),
            (_, true) => other.test == Test::Has && other.holds,
            (_, false) => false,
        }
    }
}

/// That it is a pod.
pub(crate) fn pod() -> Literal {
    Literal::is(Var::Orchestrator, [Fact::KUBERNETES.to_owned()])
}

/// Whether everybody who meets `clause` meets `other`, as far as single tests tell.
pub(crate) fn implies(clause: &[Literal], other: &[Literal]) -> bool {
    other.iter().all(|wanted| clause.iter().any(|literal| literal.implies(wanted)))
}

/// The clauses of which one holds exactly where the selector holds; nothing where there are too many.
pub(crate) fn clauses(selector: &Selector, holds: bool) -> Option<Vec<Clause>> {
    let atom = |key: &Key, test| Some(vec![vec![Literal { var: Var::of(key), test, holds }]]);
    match selector {
        Selector::Has(key) => atom(key, Test::Has),
        Selector::In(key, values) => atom(key, Test::In(values.clone())),
        Selector::Contains(key, part) => atom(key, Test::Contains(part.clone())),
        Selector::StartsWith(key, part) => atom(key, Test::StartsWith(part.clone())),
        Selector::EndsWith(key, part) => atom(key, Test::EndsWith(part.clone())),
        Selector::Not(inner) => clauses(inner, !holds),
        Selector::Every(parts) if holds => every(parts, holds),
        Selector::Any(parts) if !holds => every(parts, holds),
        Selector::Every(parts) | Selector::Any(parts) => {
            let mut any = Vec::new();
            for part in parts {
                any.extend(clauses(part, holds)?);
                if any.len() > MOST_CLAUSES {
                    return None;
                }
            }
            Some(any)
        }
    }
}

fn every(parts: &[Selector], holds: bool) -> Option<Vec<Clause>> {
    let mut all: Vec<Clause> = vec![Vec::new()];
    for part in parts {
        let more = clauses(part, holds)?;
        if all.len() * more.len() > MOST_CLAUSES {
            return None;
        }
        all = all
            .iter()
            .flat_map(|clause| more.iter().map(|more| clause.iter().chain(more).cloned().collect()))
            .collect();
    }
    Some(all)
}

impl Stranger {
    /// Somebody who is like pods that are there.
    pub(crate) fn like(pods: &Endpoint, cluster: &Cluster) -> Self {
        let mut known = BTreeMap::from([
            (Var::Orchestrator, Fact::KUBERNETES.to_owned()),
            (Var::Namespace, pods.namespace.clone()),
            (Var::Account, pods.service_account.clone()),
        ]);
        let account = (pods.namespace.clone(), pods.service_account.clone());
        let mut add = |labels: Option<&Labels>, var: fn(String) -> Var| {
            known.extend(labels.into_iter().flatten().map(|(key, value)| (var(key.clone()), value.clone())));
        };
        add(Some(&pods.labels), Var::Own);
        add(cluster.namespaces.get(&pods.namespace), Var::OfNamespace);
        add(cluster.service_accounts.get(&account), Var::OfAccount);
        Self { known }
    }

    fn value(&self, var: &Var) -> Option<&str> {
        self.known.get(var).map(String::as_str)
    }

    /// Whether a selector selects it.
    pub(crate) fn is_selected(&self, selector: &Selector) -> bool {
        let passes = |key: &Key, test: &dyn Fn(&str) -> bool| self.value(&Var::of(key)).is_some_and(test);
        match selector {
            Selector::Has(key) => passes(key, &|_| true),
            Selector::In(key, values) => passes(key, &|value| values.contains(value)),
            Selector::Contains(key, part) => passes(key, &|value| value.contains(part.as_str())),
            Selector::StartsWith(key, part) => passes(key, &|value| value.starts_with(part.as_str())),
            Selector::EndsWith(key, part) => passes(key, &|value| value.ends_with(part.as_str())),
            Selector::Not(inner) => !self.is_selected(inner),
            Selector::Every(parts) => parts.iter().all(|part| self.is_selected(part)),
            Selector::Any(parts) => parts.iter().any(|part| self.is_selected(part)),
        }
    }

    pub(crate) fn meets(&self, clause: &[Literal]) -> bool {
        clause.iter().all(|literal| literal.accepts(self.value(&literal.var)))
    }

    /// Whether it is a pod; else it is a network set.
    pub(crate) fn is_pod(&self) -> bool {
        self.known.contains_key(&Var::Orchestrator)
    }
}

/// A name that nobody has chosen yet.
const FRESH: &str = "unknown";

/// A value that passes all tests of one variable; `Err` where there is none. Absence comes first, then what the tests name.
fn choose(literals: &[&Literal], may_be_absent: bool) -> Result<Option<String>, ()> {
    let accepts = |value: Option<&str>| literals.iter().all(|literal| literal.accepts(value));
    if may_be_absent && accepts(None) {
        return Ok(None);
    }
    let named = literals.iter().filter(|literal| literal.holds).filter_map(|literal| match &literal.test {
        Test::In(values) => Some(values.iter().cloned().collect::<Vec<_>>()),
        Test::Has | Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_) => None,
    });
    let (mut start, mut middle, mut end) = (String::new(), String::new(), String::new());
    for literal in literals.iter().filter(|literal| literal.holds) {
        match &literal.test {
            // Of two prefixes the longer one begins with the shorter one, or both cannot be passed.
            Test::StartsWith(part) if part.len() > start.len() => start.clone_from(part),
            Test::EndsWith(part) if part.len() > end.len() => end.clone_from(part),
            Test::Contains(part) if !middle.contains(part.as_str()) => middle.push_str(part),
            Test::Has | Test::In(_) | Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_) => {}
        }
    }
    let made = ["", FRESH, "x", "0", "unknown-1", "unknown-2"].iter().flat_map(|fresh| {
        [format!("{start}{middle}{fresh}{end}"), format!("{start}{fresh}{middle}{end}"), format!("{start}{end}")]
    });
    // Something plain reads best where nothing is asked of it.
    let plain = [FRESH.to_owned()];
    let is_one = |value: &String| is_label_value(value) && accepts(Some(value));
    named.flatten().chain(plain).chain(made).find(is_one).map(Some).ok_or(())
}

/// Somebody who meets a clause: a pod where a pod can, else a network set.
pub(crate) fn solve(clause: &[Literal], cluster: &Cluster) -> Option<Stranger> {
    let of = |var: &Var| clause.iter().filter(|literal| literal.var == *var).collect::<Vec<_>>();
    let accepts = |var: Var, value: Option<&str>| of(&var).iter().all(|literal| literal.accepts(value));
    let own = free(clause, &|var| matches!(var, Var::Own(_)))?;
    let namespaces = names(&of(&Var::Namespace));
    let with = |mut stranger: Stranger, more: &BTreeMap<Var, String>| {
        stranger.known.extend(more.clone());
        stranger
    };
    let of_namespace = |name: &String| {
        let known = cluster.described.contains(name).then(|| cluster.namespaces.get(name)).flatten();
        side(clause, known, Var::OfNamespace)
    };
    if accepts(Var::Orchestrator, Some(Fact::KUBERNETES)) {
        for namespace in &namespaces {
            let Some(labels) = of_namespace(namespace) else { continue };
            for account in names(&of(&Var::Account)).iter().chain([&"default".to_owned()]) {
                if !accepts(Var::Account, Some(account)) {
                    continue;
                }
                let known = cluster.service_accounts.get(&(namespace.clone(), account.clone()));
                let Some(of_account) = side(clause, known, Var::OfAccount) else { continue };
                let known = BTreeMap::from([
                    (Var::Orchestrator, Fact::KUBERNETES.to_owned()),
                    (Var::Namespace, namespace.clone()),
                    (Var::Account, account.clone()),
                ]);
                let stranger = with(with(with(Stranger { known }, &own), &labels), &of_account);
                if stranger.meets(clause) {
                    return Some(stranger);
                }
            }
        }
    }
    // A network set has no account; one of the whole cluster has no namespace either.
    let global = with(Stranger::default(), &own);
    if global.meets(clause) {
        return Some(global);
    }
    let mut namespaced = namespaces.iter().filter_map(|namespace| {
        let known = BTreeMap::from([(Var::Namespace, namespace.clone())]);
        Some(with(with(Stranger { known }, &own), &of_namespace(namespace)?))
    });
    namespaced.find(|stranger| stranger.meets(clause))
}

/// Values for the variables that are of a kind and free to choose; nothing where one of them cannot be chosen.
fn free(clause: &[Literal], is_of_kind: &dyn Fn(&Var) -> bool) -> Option<BTreeMap<Var, String>> {
    let vars: BTreeSet<_> = clause.iter().map(|literal| &literal.var).filter(|var| is_of_kind(var)).collect();
    let mut chosen = BTreeMap::new();
    for var in vars {
        let literals: Vec<_> = clause.iter().filter(|literal| literal.var == *var).collect();
        if let Some(value) = choose(&literals, true).ok()? {
            chosen.insert(var.clone(), value);
        }
    }
    Some(chosen)
}

/// The labels of a namespace or an account: as known, else free to choose.
fn side(clause: &[Literal], known: Option<&Labels>, var: fn(String) -> Var) -> Option<BTreeMap<Var, String>> {
    let is_of_kind = |it: &Var| std::mem::discriminant(it) == std::mem::discriminant(&var(String::new()));
    match known {
        Some(labels) => Some(labels.iter().map(|(key, value)| (var(key.clone()), value.clone())).collect()),
        None => free(clause, &is_of_kind),
    }
}

/// Names to try: those that are asked for, else one that nobody has.
fn names(literals: &[&Literal]) -> Vec<String> {
    let asked: Vec<_> = literals
        .iter()
        .filter(|literal| literal.holds)
        .filter_map(|literal| match &literal.test {
            Test::In(values) => Some(values),
            Test::Has | Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_) => None,
        })
        .collect();
    match asked.split_first() {
        Some((first, rest)) => {
            let all = first.iter().filter(|name| rest.iter().all(|other| other.contains(*name)));
            all.filter(|name| literals.iter().all(|literal| literal.accepts(Some(name)))).cloned().collect()
        }
        None => choose(literals, false).ok().flatten().into_iter().collect(),
    }
}

fn quoted(values: &BTreeSet<String>) -> String {
    values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" or ")
}

/// The tests of one kind of variable, in words.
fn say(clause: &[Literal], key_of: &dyn Fn(&Var) -> Option<String>) -> String {
    let mut said = Vec::new();
    for literal in clause {
        let Some(key) = key_of(&literal.var) else { continue };
        let text = match (&literal.test, literal.holds) {
            (Test::Has, true) => format!("with `{key}`"),
            (Test::Has, false) => format!("without `{key}`"),
            (Test::In(values), true) => match values.first() {
                Some(value) if values.len() == 1 => format!("with `{key}: {value}`"),
                _ => format!("with `{key}` {}", quoted(values)),
            },
            (Test::In(values), false) => format!("whose `{key}` is not {}", quoted(values)),
            (Test::Contains(part), true) => format!("whose `{key}` holds `{part}`"),
            (Test::Contains(part), false) => format!("whose `{key}` does not hold `{part}`"),
            (Test::StartsWith(part), true) => format!("whose `{key}` begins with `{part}`"),
            (Test::StartsWith(part), false) => format!("whose `{key}` does not begin with `{part}`"),
            (Test::EndsWith(part), true) => format!("whose `{key}` ends with `{part}`"),
            (Test::EndsWith(part), false) => format!("whose `{key}` does not end with `{part}`"),
        };
        if !said.contains(&text) {
            said.push(text);
        }
    }
    said.join(" and ")
}

/// Who meets a clause, in words.
pub(crate) fn words(clause: &[Literal], stranger: &Stranger) -> String {
    let own = say(clause, &|var| if let Var::Own(key) = var { Some(key.clone()) } else { None });
    let of_namespace = say(clause, &|var| if let Var::OfNamespace(key) = var { Some(key.clone()) } else { None });
    let of_account = say(clause, &|var| if let Var::OfAccount(key) = var { Some(key.clone()) } else { None });
    let namespace = stranger.value(&Var::Namespace);
    let mut text = match (stranger.is_pod(), namespace) {
        (true, _) => "any pod",
        (false, Some(_)) => "any NetworkSet",
        (false, None) => "any GlobalNetworkSet or host endpoint",
    }
    .to_owned();
    let mut add = |part: &str| {
        text.push(' ');
        text.push_str(part);
    };
    if !own.is_empty() {
        add(&own);
    }
    let asks = |var: &Var| clause.iter().filter(|literal| literal.var == *var).collect::<Vec<_>>();
    if let Some(name) = stranger.value(&Var::Account).filter(|_| !asks(&Var::Account).is_empty()) {
        add(&format!("that runs as `{name}`"));
    }
    if !of_account.is_empty() {
        add(&format!("that runs as an account {of_account}"));
    }
    if let Some(name) = namespace {
        let asked = asks(&Var::Namespace);
        let is_pinned = asked.iter().any(|literal| literal.holds && matches!(literal.test, Test::In(_)));
        if is_pinned {
            add(&format!("in namespace `{name}`"));
        } else {
            let mut others = BTreeSet::new();
            for literal in asked {
                if let (Test::In(values), false) = (&literal.test, literal.holds) {
                    others.extend(values.iter().cloned());
                }
            }
            let mut place = "in any namespace".to_owned();
            if !of_namespace.is_empty() {
                let _ = write!(place, " {of_namespace}");
            }
            if !others.is_empty() {
                let _ = write!(place, " but {}", quoted(&others).replace(" or ", " and "));
            }
            add(&place);
        }
    }
    text
}

/// Whom a clause means, where labels alone say it: what an entry for them asks, no more and no less.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wearers {
    /// Where the pods are.
    pub place: WearersIn,
    /// What the pods wear.
    pub labels: Labels,
}

/// The namespaces of pods that are meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WearersIn {
    /// In any namespace.
    Any,
    /// In this one.
    Named(String),
    /// In those that wear these labels.
    Labelled(Labels),
}

/// Whom a clause means, as labels; nothing where it asks for more, or for something else, than one value of each label.
pub(crate) fn wearers(clause: &[Literal]) -> Option<Wearers> {
    let (mut labels, mut namespace, mut of_namespace) = (Labels::new(), None, Labels::new());
    for literal in clause {
        let (Test::In(values), true) = (&literal.test, literal.holds) else { return None };
        let mut values = values.iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let before = match &literal.var {
            Var::Orchestrator if value == Fact::KUBERNETES => None,
            Var::Own(key) => labels.insert(key.clone(), value.clone()),
            Var::Namespace => namespace.replace(value.clone()),
            Var::OfNamespace(key) => of_namespace.insert(key.clone(), value.clone()),
            Var::Orchestrator | Var::Account | Var::OfAccount(_) => return None,
        };
        if before.is_some_and(|before| before != *value) {
            return None;
        }
    }
    let place = match (namespace, of_namespace.is_empty()) {
        (Some(name), true) => WearersIn::Named(name),
        (None, true) => WearersIn::Any,
        (None, false) => WearersIn::Labelled(of_namespace),
        (Some(_), false) => return None,
    };
    Some(Wearers { place, labels })
}

/// Whether a clause asks the pods themselves for something that not every pod has: a label, or an account.
pub(crate) fn asks_pods(clause: &[Literal]) -> bool {
    clause.iter().any(|literal| literal.holds && matches!(literal.var, Var::Own(_) | Var::Account | Var::OfAccount(_)))
}

/// The labels of somebody who meets a clause that it asks about, by their keys, and whether everybody of the same namespace who wears
/// these meets it, too.
pub(crate) fn asked(clause: &[Literal], who: &Stranger) -> (BTreeSet<String>, bool) {
    let (mut keys, mut is_all) = (BTreeSet::new(), true);
    for literal in clause {
        match &literal.var {
            Var::Own(key) if who.value(&literal.var).is_some() => drop(keys.insert(key.clone())),
            // That a label is not there no list of labels says.
            Var::Own(_) | Var::Account | Var::OfAccount(_) => is_all = false,
            Var::Namespace | Var::OfNamespace(_) | Var::Orchestrator => {}
        }
    }
    (keys, is_all)
}

/// Whether a clause asks for one of some labels of pods: whatever value it takes, it is among them.
pub(crate) fn asks_for(clause: &[Literal], has: &dyn Fn(&str, &str) -> bool) -> bool {
    clause.iter().any(|literal| match (&literal.var, &literal.test, literal.holds) {
        (Var::Own(key), Test::In(values), true) => values.iter().all(|value| has(key, value)),
        _ => false,
    })
}

/// A claim about pods that may call: who is permitted, in the words of whoever permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    clause: Clause,
}

impl Claim {
    /// Pods anywhere that wear these labels.
    #[must_use]
    pub fn wearing(labels: &Labels) -> Self {
        let own = labels.iter().map(|(key, value)| Literal::is(Var::Own(key.clone()), [value.clone()]));
        Self { clause: own.collect() }
    }

    /// In one of these namespaces.
    #[must_use]
    pub fn in_namespaces<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.clause.push(Literal::is(Var::Namespace, names.into_iter().map(str::to_owned)));
        self
    }

    /// In a namespace with these labels.
    #[must_use]
    pub fn in_namespaces_with(mut self, labels: &Labels) -> Self {
        let theirs = labels.iter().map(|(key, value)| {
            let key = Key { space: Space::Namespace, name: key.clone() };
            Literal::is(Var::of(&key), [value.clone()])
        });
        self.clause.extend(theirs);
        self
    }

    pub(crate) fn clause(&self) -> &[Literal] {
        &self.clause
    }

    /// Everybody of whom the claim does not hold: one clause for each test that fails.
    pub(crate) fn denied(&self) -> Vec<Clause> {
        let denied = |literal: &Literal| vec![Literal { holds: !literal.holds, ..literal.clone() }];
        self.clause.iter().map(denied).collect()
    }
}
