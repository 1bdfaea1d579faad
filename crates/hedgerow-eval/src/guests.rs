//! Who else comes in: callers that are not among the manifests and that policies let through all the same.
//!
//! For every rule that lets somebody in, somebody is made whom it means; where another rule stops that one, or the plan
//! permits it, somebody else is tried who differs in just that, until one comes in that nobody permits or there is none.

use std::collections::BTreeSet;

use crate::claim::{
    Claim, Clause, Stranger, Wearers, asked, asks_for, asks_pods, clauses, implies, solve, wearers, words,
};
use crate::network::{Compiled, CompiledRule, DecidedBy, Decision, Network, Peer, PeerId, Question};
use crate::policy::{Action, Direction, Party, PolicyId, TierDefault, Way};
use crate::port::{Flow, PortRange};

/// Who is permitted to come in, on which ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// Who.
    pub who: Claim,
    /// On which ports; absent for all.
    pub ports: Option<Vec<PortRange>>,
}

/// Somebody who is not among the manifests and who comes in, or is shut out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guest {
    /// Who it is, in words.
    pub who: String,
    /// The same as labels, where labels alone say it.
    pub wearers: Option<Wearers>,
    /// On which ports.
    pub ports: Vec<PortRange>,
    /// What decided it.
    pub by: DecidedBy,
}

/// What was found about callers that are not among the manifests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guests {
    /// Those who should not come in, or should.
    pub found: Vec<Guest>,
    /// Policies that were too intricate to be searched to the end.
    pub unfinished: Vec<PolicyId>,
}

/// More tries for one rule than any policy of people's needs.
const MOST_TRIES: usize = 2000;

/// Which policies are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// All.
    All,
    /// All but those that let through whatever the others have not decided.
    WithoutBackstops,
}

/// The pods that are among the manifests, to compare others with.
pub struct Listed {
    pods: Vec<Stranger>,
}

impl Permit {
    fn covers(&self, range: PortRange) -> bool {
        self.ports.as_ref().is_none_or(|ports| {
            ports
                .iter()
                .any(|mine| mine.protocol == range.protocol && mine.first <= range.first && range.last <= mine.last)
        })
    }
}

/// How the search for one stranger ended.
enum Ended<T> {
    Found(T),
    Nobody,
    TooMany,
}

impl Network {
    /// Who comes in to `destination` that is not among the manifests and that no permit is for. `ports` are ports that matter
    /// beside those that policies name.
    #[must_use]
    pub fn guests(&self, destination: PeerId, ports: &[PortRange], permits: &[&Permit], asked: Asked) -> Guests {
        self.search(destination, ports, permits, asked, &|_| false)
    }

    /// The pods that are among the manifests.
    #[must_use]
    pub fn listed(&self) -> Listed {
        let pods = self.pods().filter_map(|id| match self.peer(id) {
            Peer::Pods(pods) => Some(Stranger::like(pods, &self.world)),
            Peer::Outside(_) => None,
        });
        Listed { pods: pods.collect() }
    }

    /// Who comes in to `destination` by what pods wear, and not because somebody among the manifests is meant by his name: a label that
    /// `is_name` calls one, and that pods wear who are let in by it, names them. A rule about namespaces alone is told by whoever
    /// is in them, so it counts only where nobody is.
    #[must_use]
    pub fn unlisted(
        &self,
        destination: PeerId,
        ports: &[PortRange],
        permits: &[&Permit],
        listed: &Listed,
        is_name: &dyn Fn(&str, &str) -> bool,
    ) -> Guests {
        let is_told = |start: &Clause| {
            (!asks_pods(start) || asks_for(start, is_name)) && listed.pods.iter().any(|pod| pod.meets(start))
        };
        self.search(destination, ports, permits, Asked::All, &is_told)
    }

    /// Who comes in by the rules' clauses that are not `left` out.
    fn search(
        &self,
        destination: PeerId,
        ports: &[PortRange],
        permits: &[&Permit],
        asked: Asked,
        left: &dyn Fn(&Clause) -> bool,
    ) -> Guests {
        let mut guests = Guests::default();
        let ranges = self.port_ranges(destination, ports);
        for (compiled, rule) in self.rules_for(destination).filter(|(_, rule)| rule.rule.action == Action::Allow) {
            if asked == Asked::WithoutBackstops && compiled.is_backstop {
                continue;
            }
            // Whoever has no labels to meet is outside, and there everybody is asked already.
            let Some(starts) = rule.means() else {
                guests.unfinished.push(compiled.policy.id.clone());
                continue;
            };
            for start in starts.iter().filter(|start| !left(start)) {
                let mut found: Option<Guest> = None;
                for range in &ranges {
                    let flow = Flow { protocol: range.protocol, port: range.last };
                    let permits: Vec<_> = permits.iter().copied().filter(|permit| permit.covers(*range)).collect();
                    if permits.iter().any(|permit| implies(start, permit.who.clause())) {
                        continue;
                    }
                    match self.guest(destination, flow, (compiled, rule), start, &permits, asked) {
                        Ended::Nobody => {}
                        Ended::TooMany => guests.unfinished.push(compiled.policy.id.clone()),
                        Ended::Found(one) => one.add(*range, &mut found, &mut guests.found),
                    }
                }
                guests.found.extend(found);
            }
        }
        guests.found.sort();
        guests.found.dedup();
        guests.unfinished.sort();
        guests.unfinished.dedup();
        guests
    }

    /// Somebody whom a permit is for and who cannot come in to `destination`, for each of the permit's ports.
    #[must_use]
    pub fn shut_out(&self, destination: PeerId, permit: &Permit, asked: Asked) -> Guests {
        let mut guests = Guests::default();
        let mut found: Option<Guest> = None;
        let is_simple = self.is_union(destination);
        for range in self.port_ranges(destination, permit.ports.as_deref().unwrap_or_default()) {
            if !permit.covers(range) || !range.protocol.has_ports() {
                continue;
            }
            let flow = Flow { protocol: range.protocol, port: range.last };
            // Where rules only ever add, one that says what the permit says is enough.
            if is_simple && self.has_rule_for(destination, flow, permit.who.clause(), asked) {
                continue;
            }
            match self.shut_out_on(destination, flow, permit, asked) {
                Ended::Nobody => {}
                Ended::TooMany => {
                    guests.unfinished.extend(self.guards(destination, Direction::Ingress).cloned());
                }
                Ended::Found(one) => one.add(range, &mut found, &mut guests.found),
            }
        }
        guests.found.extend(found);
        guests
    }

    /// Which labels the rule asks about that lets pods in: their keys, and whether everybody of their namespace who wears the same is let
    /// in, too. Nothing where no rule lets them in by what they are.
    #[must_use]
    pub fn asked_of(&self, source: PeerId, destination: PeerId, flow: Flow) -> Option<(BTreeSet<String>, bool)> {
        let Peer::Pods(pods) = self.peer(source) else { return None };
        let DecidedBy::Rule { policy, index } = self.verdict(source, destination, flow).ingress.by else { return None };
        if !self.is_union(destination) {
            // An earlier rule may drop others whom this one means: what any policy asks about tells them apart.
            let asked = self.asked().map(|(key, _)| key).filter(|key| pods.labels.contains_key(*key));
            return Some((asked.map(str::to_owned).collect(), false));
        }
        let who = Stranger::like(pods, &self.world);
        let rules = self.rules_for(destination);
        let rules = rules.filter(|(compiled, rule)| compiled.policy.id == policy && rule.rule.index == index);
        let met = rules.filter_map(|(_, rule)| rule.means()).flatten().filter(|clause| who.meets(clause));
        met.map(|clause| asked(clause, &who)).max_by_key(|(_, is_all)| *is_all)
    }

    fn guest(
        &self,
        destination: PeerId,
        flow: Flow,
        (compiled, rule): (&Compiled, &CompiledRule),
        start: &Clause,
        permits: &[&Permit],
        asked: Asked,
    ) -> Ended<One> {
        for way in self.ways_to(destination) {
            if !rule.destination.contains(destination, way.family)
                || !rule.rule.admits(flow, way, self.named_ports(destination))
            {
                continue;
            }
            let question = Question { to: destination, flow, way, asked };
            let mut tries = vec![start.clone()];
            let mut tried = 0;
            while let Some(clause) = tries.pop() {
                tried += 1;
                if tried > MOST_TRIES {
                    return Ended::TooMany;
                }
                let Some(stranger) = solve(&clause, &self.world) else { continue };
                let ingress = self.judge(Direction::Ingress, &stranger, question);
                if !ingress.decision.allows {
                    let Some(more) = self.otherwise(&ingress, compiled, question) else {
                        return Ended::TooMany;
                    };
                    tries.extend(extend(&[clause], &more));
                    continue;
                }
                if let Some(permit) = permits.iter().find(|permit| stranger.meets(permit.who.clause())) {
                    tries.extend(extend(&[clause], &permit.who.denied()));
                    continue;
                }
                let egress = self.judge(Direction::Egress, &stranger, question);
                if !egress.decision.allows {
                    let Some(more) = self.unselected(&egress) else { return Ended::TooMany };
                    tries.extend(extend(&[clause], &more));
                    continue;
                }
                return Ended::Found(One::new(&clause, &stranger, ingress.decision.by));
            }
        }
        Ended::Nobody
    }

    fn shut_out_on(&self, destination: PeerId, flow: Flow, permit: &Permit, asked: Asked) -> Ended<One> {
        for way in self.ways_to(destination) {
            let question = Question { to: destination, flow, way, asked };
            let wanted = permit.who.clause().to_vec();
            let mut tries = vec![wanted.clone()];
            // Whoever an earlier rule drops, and whoever no earlier tier lets pass.
            for (_, rule) in self.rules_for(destination) {
                let more = match rule.rule.action {
                    Action::Deny => rule.means().map(<[_]>::to_vec),
                    Action::Pass => self.denials(&rule.rule.source),
                    Action::Allow | Action::Log => continue,
                };
                let Some(more) = more else { return Ended::TooMany };
                tries.extend(extend(std::slice::from_ref(&wanted), &more));
            }
            let mut tried = 0;
            while let Some(clause) = tries.pop() {
                tried += 1;
                if tried > MOST_TRIES {
                    return Ended::TooMany;
                }
                let Some(stranger) = solve(&clause, &self.world).filter(Stranger::is_pod) else { continue };
                let ingress = self.judge(Direction::Ingress, &stranger, question);
                if !ingress.decision.allows {
                    return Ended::Found(One::new(&clause, &stranger, ingress.decision.by));
                }
                // Somebody else, whom this rule does not mean.
                let Some(rule) = ingress.rule else { continue };
                match self.denials(&rule.rule.source) {
                    Some(more) => tries.extend(extend(&[clause], &more)),
                    None => return Ended::TooMany,
                }
            }
        }
        Ended::Nobody
    }

    /// Whether the policies of a destination are a union of rules that allow, with nothing before or after them.
    fn is_union(&self, destination: PeerId) -> bool {
        let tiers = self.guards[Direction::Ingress as usize]
            .get(destination.index())
            .map_or(0, |guards| self.tiers(guards).count());
        tiers <= 1
            && self.rules_for(destination).all(|(_, rule)| matches!(rule.rule.action, Action::Allow | Action::Log))
    }

    fn has_rule_for(&self, destination: PeerId, flow: Flow, wanted: &[crate::claim::Literal], asked: Asked) -> bool {
        let ways = self.ways_to(destination);
        let wanted: Vec<_> = wanted.iter().cloned().chain([crate::claim::pod()]).collect();
        self.rules_for(destination).any(|(compiled, rule)| {
            let is_about = |way: &Way| {
                rule.destination.contains(destination, way.family)
                    && rule.rule.admits(flow, *way, self.named_ports(destination))
            };
            rule.rule.action == Action::Allow
                && (asked == Asked::All || !compiled.is_backstop)
                && ways.iter().all(is_about)
                && (rule.rule.source == Party::default()
                    || rule.rule.source.is_selector_alone()
                        && rule.means().is_some_and(|all| all.iter().any(|clause| implies(&wanted, clause))))
        })
    }

    /// The rules for ingress of the policies that guard a destination, as they are asked.
    fn rules_for(&self, destination: PeerId) -> impl Iterator<Item = (&Compiled, &CompiledRule)> {
        let guards = self.guards[Direction::Ingress as usize].get(destination.index()).into_iter().flatten();
        guards.flat_map(|at| {
            let compiled = &self.policies[*at];
            compiled.rules[Direction::Ingress as usize].iter().map(move |rule| (compiled, rule))
        })
    }

    /// The ways in which a stranger may come to a destination.
    fn ways_to(&self, destination: PeerId) -> Vec<Way> {
        self.ways(destination)
            .into_iter()
            .filter(|(way, _)| self.may_meet(destination, way.family))
            .map(|(way, _)| way)
            .collect()
    }

    /// What one end's policies do with a stranger's flow.
    fn judge<'a>(&'a self, direction: Direction, stranger: &Stranger, question: Question) -> Judgement<'a> {
        let Question { to: destination, flow, way, asked } = question;
        let guards: Vec<usize> = match direction {
            Direction::Ingress => self.guards[direction as usize].get(destination.index()).cloned().unwrap_or_default(),
            Direction::Egress => self
                .of_egress
                .iter()
                .copied()
                .filter(|at| stranger.is_pod() && stranger.is_selected(&self.policies[*at].policy.selects))
                .collect(),
        };
        let done = |allows, by, rule, tier| Judgement { decision: Decision { allows, by }, rule, tier };
        if guards.is_empty() {
            return done(true, DecidedBy::Unguarded, None, Vec::new());
        }
        let named = self.named_ports(destination);
        'tiers: for (tier, guards) in self.tiers(&guards) {
            let here: Vec<_> = guards.iter().map(|at| &self.policies[*at]).collect();
            for compiled in &here {
                if asked == Asked::WithoutBackstops && compiled.is_backstop {
                    continue;
                }
                for rule in &compiled.rules[direction as usize] {
                    if !rule.rule.admits(flow, way, named)
                        || !rule.destination.contains(destination, way.family)
                        || !is_meant(&rule.rule.source, stranger, rule.rule.action, way)
                    {
                        continue;
                    }
                    let by = DecidedBy::Rule { policy: compiled.policy.id.clone(), index: rule.rule.index };
                    match rule.rule.action {
                        Action::Allow => return done(true, by, Some(rule), here),
                        Action::Deny => return done(false, by, Some(rule), here),
                        Action::Pass => continue 'tiers,
                        Action::Log => {}
                    }
                }
            }
            if tier.default == TierDefault::Deny {
                let policies = here.iter().map(|compiled| compiled.policy.id.clone()).collect();
                let by = DecidedBy::EndOfTier { tier: tier.name.clone(), policies };
                return done(false, by, None, here);
            }
        }
        done(true, DecidedBy::EndOfTiers, None, Vec::new())
    }

    /// What somebody has to be for another outcome than this one: not what the rule that dropped it means, or what an
    /// earlier tier lets pass. Nothing where there are too many.
    fn otherwise(&self, ended: &Judgement<'_>, start: &Compiled, question: Question) -> Option<Vec<Clause>> {
        let Question { to: destination, flow, way, .. } = question;
        if let Some(rule) = ended.rule {
            return self.denials(&rule.rule.source);
        }
        let mut more = Vec::new();
        let named = self.named_ports(destination);
        for compiled in ended.tier.iter().filter(|compiled| compiled.tier.name != start.tier.name) {
            for rule in &compiled.rules[Direction::Ingress as usize] {
                if matches!(rule.rule.action, Action::Allow | Action::Pass) && rule.rule.admits(flow, way, named) {
                    more.extend(rule.means()?.to_vec());
                }
            }
        }
        Some(more)
    }

    /// Whom a rule's source does not mean. One that means everybody leaves nobody.
    fn denials(&self, source: &Party) -> Option<Vec<Clause>> {
        let mut others = match &source.selector {
            Some(selector) => clauses(selector, false)?,
            None => Vec::new(),
        };
        if let Some(without) = &source.not_selector {
            others.extend(clauses(without, true)?);
        }
        Some(others)
    }

    /// Whom none of the policies selects that stopped somebody on the way out.
    fn unselected(&self, ended: &Judgement<'_>) -> Option<Vec<Clause>> {
        ended.tier.iter().try_fold(vec![Clause::new()], |all, compiled| {
            let more = clauses(&compiled.policy.selects, false)?;
            (all.len() * more.len() <= MOST_TRIES).then(|| extend(&all, &more))
        })
    }
}

/// Somebody who was found for one port.
struct One {
    who: String,
    wearers: Option<Wearers>,
    by: DecidedBy,
}

impl One {
    fn new(clause: &Clause, stranger: &Stranger, by: DecidedBy) -> Self {
        Self { who: words(clause, stranger), wearers: wearers(clause).filter(|_| stranger.is_pod()), by }
    }

    /// Counts it to the one that was found last, where it is the same one on another port.
    fn add(self, range: PortRange, last: &mut Option<Guest>, found: &mut Vec<Guest>) {
        match last {
            Some(guest) if guest.who == self.who && guest.by == self.by => guest.ports.push(range),
            _ => {
                let Self { who, wearers, by } = self;
                found.extend(last.replace(Guest { who, wearers, ports: vec![range], by }));
            }
        }
    }
}

/// What became of a stranger's flow, and what decided.
struct Judgement<'a> {
    decision: Decision,
    rule: Option<&'a CompiledRule>,
    /// The policies of the tier that decided.
    tier: Vec<&'a Compiled>,
}

/// Whether a rule's source means somebody whose address is not known. Where the address matters, a rule that lets in may
/// mean it and one that does not may not: nobody who comes in is missed.
fn is_meant(source: &Party, stranger: &Stranger, action: Action, way: Way) -> bool {
    let is_selected = source.selector.as_ref().is_none_or(|selector| stranger.is_selected(selector));
    let is_left_out = source.not_selector.as_ref().is_some_and(|selector| stranger.is_selected(selector));
    let is_everywhere =
        |nets: &[crate::net::Cidr]| nets.iter().any(|net| net.is_whole_family() && net.family() == way.family);
    let lets_in = matches!(action, Action::Allow);
    let has_labels = source.selector.is_some() || source.not_selector.is_some();
    is_selected
        && !is_left_out
        // Blocks alone are asked about as addresses.
        && source.nets.as_ref().is_none_or(|nets| is_everywhere(nets) || lets_in && has_labels)
        && (source.not_nets.is_empty() || lets_in && has_labels)
}

/// The clauses of a rule's source; nothing where there are too many. Empty where it is about addresses alone.
pub(crate) fn meant(source: &Party) -> Option<Vec<Clause>> {
    let mut meant = match &source.selector {
        Some(selector) => clauses(selector, true)?,
        None if source.not_selector.is_some() => vec![Clause::new()],
        None => return Some(Vec::new()),
    };
    if let Some(without) = &source.not_selector {
        meant = extend(&meant, &clauses(without, false)?);
    }
    Some(meant)
}

fn extend(all: &[Clause], more: &[Clause]) -> Vec<Clause> {
    all.iter().flat_map(|clause| more.iter().map(|more| clause.iter().chain(more).cloned().collect())).collect()
}
