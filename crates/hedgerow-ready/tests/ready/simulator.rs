//! Histories of whole fleets, drawn from a seed: who calls whom how often, what the scan misses, what observers miss. What [`judge`] says of
//! them is held against what enforcing would have done, in the window that was watched and in the next one.

use super::world::{CATALOGUE, CONFIG, DAY, LABELLING, NOW, POLICY, World, tree};
use hedgerow_core::name::ServiceName;
use hedgerow_observe::observations::{
    Canary, Coverage, End, Faults, Gap, Header, JudgedBy, Moment, Observation, Observations, Verdict as Seen, Watched,
};
use hedgerow_ready::code::Code;
use hedgerow_ready::evidence::Verdict;
use hedgerow_ready::judge::{Question, judge};
use std::collections::{BTreeMap, BTreeSet};

/// SplitMix64: small, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to below 1.
    #[allow(clippy::cast_precision_loss)]
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn is(&mut self, chance: f64) -> bool {
        self.share() < chance
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("it is below a usize")
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    fn between(&mut self, from: i64, to: i64) -> i64 {
        from + (self.share() * (to - from) as f64) as i64
    }
}

/// A call as it is in truth.
struct Call {
    caller: usize,
    callee: usize,
    /// How often a day.
    rate: f64,
    in_code: bool,
    /// When somebody accepted it, for a call that is not in the code.
    accepted: Option<i64>,
    events: Vec<(i64, usize)>,
}

/// What a history may hold; each has to be drawn often enough to say anything.
pub(crate) const KINDS: [&str; 10] = [
    "gaps",
    "dead sources",
    "missing canaries",
    "clock jumps",
    "changed policies",
    "callers deployed late",
    "callers without their label",
    "outsiders judged by another policy",
    "minutes that nobody counted",
    "another environment",
];

/// What is wrong with what was watched of a fleet, so that nobody may be ready, or a callee may not.
#[derive(Default)]
struct Defects {
    all: Vec<&'static str>,
    of: BTreeMap<usize, Vec<&'static str>>,
    /// Which of [`KINDS`] the history holds.
    drawn: BTreeSet<&'static str>,
}

/// What came of many histories.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) histories: usize,
    pub(crate) callees: usize,
    pub(crate) ready: usize,
    /// Edges without a rule, to callees that are ready, that would be cut within the window, and within the next one.
    pub(crate) cut_now: usize,
    pub(crate) cut_next: usize,
    /// In how many histories each of [`KINDS`] was.
    pub(crate) drawn: [usize; KINDS.len()],
    /// What the bounds of those callees come to.
    pub(crate) bound: f64,
    /// Histories with ready callees and a finite bound, and those of them in which no more edges are unseen than the bound says.
    pub(crate) bounded: usize,
    pub(crate) covered: usize,
}

/// Draws histories and judges them.
///
/// # Panics
/// When a callee is ready although something speaks against it.
pub(crate) fn simulate(seeds: std::ops::Range<u64>) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        one(seed, &mut tally);
    }
    tally
}

const NODES: usize = 3;
const LENGTH: i64 = 50 * DAY;

#[allow(clippy::cast_precision_loss)]
fn one(seed: u64, tally: &mut Tally) {
    let random = &mut Random(seed);
    let services = 6 + random.below(10);
    let days = [7, 14, 30, 45][random.below(4)];
    let window = i64::from(days) * DAY;
    let begin = NOW - LENGTH;
    let name = |at: usize| format!("service.s{at}");
    let missed = [0.0, 0.01, 0.05, 0.15][random.below(4)];
    // Some callers are deployed late.
    let deployed: Vec<i64> =
        (0..services).map(|_| if random.is(0.1) { random.between(begin, NOW) } else { begin }).collect();
    let nodes: Vec<BTreeSet<usize>> =
        (0..services).map(|_| (0..=random.below(NODES)).map(|_| random.below(NODES)).collect()).collect();
    let mut defects = Defects::default();
    if deployed.iter().any(|since| *since > begin) {
        defects.drawn.insert("callers deployed late");
    }
    let gaps = draw_gaps(random, begin, window, &nodes, &mut defects);
    let mut calls = Vec::new();
    for (caller, since) in deployed.iter().copied().enumerate() {
        for callee in (0..services).filter(|callee| *callee != caller) {
            if !random.is(0.3) {
                continue;
            }
            let rate = 10_f64.powf(random.share() * 4.5 - 2.5);
            let mut call =
                Call { caller, callee, rate, in_code: !random.is(missed), accepted: None, events: Vec::new() };
            let at: Vec<usize> = nodes[callee].iter().copied().collect();
            for day in 0..LENGTH / DAY {
                let time = begin + day * DAY + random.between(0, DAY);
                if random.is(1.0 - (-rate).exp()) && time >= since {
                    call.events.push((time, at[random.below(at.len())]));
                }
            }
            let is_heard = |(time, node): &&(i64, usize)| !gaps[*node].iter().any(|gap| (gap.0..gap.1).contains(time));
            let first = call.events.iter().find(is_heard).map(|event| event.0);
            if !call.in_code && random.is(0.9) {
                call.accepted = first.map(|first| first + 2 * DAY).filter(|time| *time < NOW);
            }
            calls.push((call.events.iter().filter(is_heard).copied().collect::<Vec<_>>(), call));
        }
    }
    let world = world(random, &name, services, &calls, &gaps, &nodes, begin, window, days, &mut defects);
    for (count, kind) in tally.drawn.iter_mut().zip(KINDS) {
        *count += usize::from(defects.drawn.contains(kind));
    }
    let plan = world.plan();
    let callees: Vec<ServiceName> = (0..services).map(|at| ServiceName::new(&name(at)).expect("a name")).collect();
    let question = Question {
        plan: &plan,
        code: world.code.as_ref(),
        tree: &world.tree,
        jobs: &[],
        strange_jobs: &[],
        observations: &world.observations,
        now: Moment(world.now),
        days,
        program: "hedgerow",
    };
    let (mut unseen, mut bound) = (0_usize, 0.0);
    tally.histories += 1;
    for (callee, readiness) in judge(&question, &callees).into_iter().enumerate() {
        tally.callees += 1;
        if readiness.verdict != Verdict::Ready {
            continue;
        }
        tally.ready += 1;
        assert!(defects.all.is_empty(), "seed {seed}: ready in spite of {:?}", defects.all);
        let of = defects.of.get(&callee);
        assert!(of.is_none(), "seed {seed}: {} is ready in spite of {of:?}", name(callee));
        let hidden = calls.iter().filter(|(_, call)| call.callee == callee && !call.in_code && call.accepted.is_none());
        for (heard, call) in hidden {
            assert!(heard.iter().all(|(time, _)| *time < NOW - window), "seed {seed}: a call that was heard is cut");
            unseen += 1;
            tally.cut_now += usize::from(call.events.iter().any(|(time, _)| *time >= NOW - window));
            tally.cut_next += usize::from(random.is(1.0 - (-call.rate * f64::from(days)).exp()));
        }
        bound += readiness.silence.expected;
    }
    if bound > 0.0 && bound.is_finite() {
        tally.bound += bound;
        tally.bounded += 1;
        tally.covered += usize::from(unseen as f64 <= bound);
    }
}

/// Times in which nobody listened on a node.
fn draw_gaps(
    random: &mut Random,
    begin: i64,
    window: i64,
    nodes: &[BTreeSet<usize>],
    defects: &mut Defects,
) -> Vec<Vec<(i64, i64)>> {
    (0..NODES)
        .map(|node| {
            if !random.is(0.3) {
                return Vec::new();
            }
            let is_dead = random.is(0.2);
            defects.drawn.insert(if is_dead { "dead sources" } else { "gaps" });
            // Some never heard anything.
            let from = if is_dead && random.is(0.3) { begin } else { random.between(begin, NOW - 60) };
            #[allow(clippy::cast_possible_truncation)]
            let length = 10_f64.powf(1.5 + random.share() * 4.0) as i64;
            let to = if is_dead { NOW } else { (from + length).min(NOW - 1) };
            let within = to - from.max(NOW - window);
            if within > window / 1000 {
                for (callee, at) in nodes.iter().enumerate().filter(|(_, at)| at.contains(&node)) {
                    let _ = at;
                    defects.of.entry(callee).or_default().push("a gap");
                }
            }
            vec![(from, to)]
        })
        .collect()
}

#[allow(clippy::too_many_arguments)]
fn world(
    random: &mut Random,
    name: &dyn Fn(usize) -> String,
    services: usize,
    calls: &[(Vec<(i64, usize)>, Call)],
    gaps: &[Vec<(i64, i64)>],
    nodes: &[BTreeSet<usize>],
    begin: i64,
    window: i64,
    days: u32,
    defects: &mut Defects,
) -> World {
    let edge = |call: &Call| (name(call.caller), name(call.callee));
    let known = calls.iter().map(|(_, call)| call).filter(|call| call.in_code);
    let code = Code {
        calls: known.clone().map(|call| (edge(call), "main.go:1".to_owned())).collect(),
        read: (0..services).map(name).collect(),
        ..Code::default()
    };
    let accepted = calls.iter().map(|(_, call)| call).filter(|call| call.accepted.is_some());
    let rules = known.chain(accepted).map(|call| (edge(call), String::new())).collect();
    let mut observed = Vec::new();
    for (heard, call) in calls {
        let rule_since = if call.in_code { i64::MIN } else { call.accepted.unwrap_or(i64::MAX) };
        for verdict in [Seen::Permitted, Seen::Unpermitted] {
            let times: Vec<i64> = heard
                .iter()
                .map(|(time, _)| *time)
                .filter(|time| (*time >= rule_since) == (verdict == Seen::Permitted))
                .collect();
            let (Some(first), Some(last)) = (times.first(), times.last()) else { continue };
            let count = times.len() as u64;
            if verdict == Seen::Unpermitted && *last >= NOW - window {
                defects.of.entry(call.callee).or_default().push("a call without a rule");
            }
            observed.push(Observation {
                caller: End::Service(name(call.caller)),
                callee: name(call.callee),
                port: 8080,
                protocol: "TCP".into(),
                verdict,
                first: Moment(*first),
                last: Moment(*last),
                count,
                days: count,
            });
        }
    }
    // Minutes that no count holds: somebody's clock went back, or a record is gone.
    let uncounted: Vec<u64> =
        (0..NODES).map(|_| if random.is(0.03) { 3 + random.below(1000) as u64 } else { 0 }).collect();
    for (callee, _) in nodes.iter().enumerate().filter(|(_, at)| at.iter().any(|node| uncounted[*node] > 0)) {
        defects.of.entry(callee).or_default().push("minutes that nobody counted");
        defects.drawn.insert("minutes that nobody counted");
    }
    let coverage = gaps.iter().enumerate().map(|(node, gaps)| {
        let blind: i64 = gaps.iter().map(|(from, to)| (to - from + 59) / 60).sum();
        Coverage {
            node: format!("n{node}"),
            source: "hubble".into(),
            heard: u64::try_from(LENGTH / 60 - blind).unwrap_or(0).saturating_sub(uncounted[node]),
            blind: blind.unsigned_abs(),
            lost: 0,
            since: None,
            until: None,
            gaps: gaps.iter().map(|(from, to)| Gap { from: Moment(*from), to: Moment(*to) }).collect(),
        }
    });
    let mut header = Header {
        version: 1,
        from: Moment(begin),
        to: Moment(NOW),
        catalogue: Some(CATALOGUE.to_owned()),
        labelling: Some(LABELLING.to_owned()),
        environment: Some("prod".to_owned()),
        earlier: 0,
        coverage: coverage.collect(),
        canaries: Vec::new(),
        services: BTreeMap::new(),
    };
    let mut bare: BTreeMap<usize, BTreeMap<String, u64>> = BTreeMap::new();
    for (at, on) in nodes.iter().enumerate() {
        let mut flaw = |chance, what, applies: bool| {
            let is = random.is(chance);
            if is && applies {
                defects.of.entry(at).or_default().push(what);
            }
            is
        };
        let no_canary = flaw(0.05, "no canary", true);
        let missed = flaw(0.05, "a canary that was missed", !no_canary);
        let young = flaw(0.1, "a young policy", true);
        let untold = flaw(0.03, "an untold policy", true);
        let old = flaw(0.03, "an old connection", true);
        let other = flaw(0.03, "an outsider that another policy permitted", !untold);
        let unlabelled = calls.iter().find(|(_, call)| call.callee == at && (call.in_code || call.accepted.is_some()));
        let unlabelled =
            unlabelled.filter(|_| flaw(0.05, "a caller without its label", true)).map(|(_, call)| call.caller);
        for (is, kind) in [
            (no_canary || missed, "missing canaries"),
            (young, "changed policies"),
            (other && !untold, "outsiders judged by another policy"),
            (unlabelled.is_some(), "callers without their label"),
        ] {
            if is {
                defects.drawn.insert(kind);
            }
        }
        if other {
            observed.push(Observation {
                caller: End::Outsider("node n9".into()),
                callee: name(at),
                port: 8080,
                protocol: "TCP".into(),
                verdict: Seen::Permitted,
                first: Moment(NOW - window + 60),
                last: Moment(NOW - 60),
                count: 9,
                days: 2,
            });
        }
        if let Some(caller) = unlabelled {
            bare.entry(caller).or_default().insert(name(at), 1);
        }
        if !no_canary {
            let missed = missed.then(|| random.between(NOW - window + 1, NOW));
            let since = missed.map_or(begin, |missed| (missed.div_euclid(DAY) + 1) * DAY);
            header.canaries.push(Canary {
                callee: name(at),
                sent: 50,
                seen: 50 - u64::from(missed.is_some()),
                missed: missed.map(Moment),
                since: (since < NOW).then_some(Moment(since)),
            });
        }
        let since = if young { random.between(NOW - window + 1, NOW) } else { begin };
        let watched = Watched {
            nodes: on.iter().map(|node| format!("n{node}")).collect(),
            pods: Some(2),
            policy: (!untold).then(|| JudgedBy {
                digest: if other { "sha256:another".into() } else { POLICY.into() },
                since: Moment(since),
            }),
            longest_open: Some(if old { window.unsigned_abs() } else { 60 }),
            ..Watched::default()
        };
        header.services.insert(name(at), watched);
    }
    for (caller, callees) in bare {
        header.services.entry(name(caller)).or_default().unlabelled = callees;
    }
    if random.is(0.06) {
        header.environment = Some("test".to_owned());
        defects.all.push("another environment");
        defects.drawn.insert("another environment");
    }
    let mut now = NOW;
    if random.is(0.05) {
        defects.drawn.insert("clock jumps");
        now += [-3 * DAY, 2 * DAY][random.below(2)];
        defects.all.push("a clock that jumped");
    }
    if random.is(0.05) {
        header.from = Moment(NOW - window + 60);
        defects.all.push("a young window");
    }
    let mut faults = Faults::default();
    if random.is(0.03) {
        faults = Faults { count: 1, first: Some((2, "x".into())) };
        defects.all.push("a line that is not understood");
    }
    World {
        config: CONFIG.to_owned(),
        files: (0..services).map(|at| (name(at), "{ports: [{port: 8080}]}".to_owned())).collect(),
        rules,
        code: Some(code),
        tree: tree((0..services).map(name)),
        jobs: Vec::new(),
        strange_jobs: Vec::new(),
        observations: Observations { header, observed, faults },
        now,
        days,
    }
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn ready_cuts_no_more_than_its_bound_says() {
    let tally = simulate(0..500);
    for (count, kind) in tally.drawn.iter().zip(KINDS) {
        assert!(*count >= 20, "too few histories hold {kind}: {tally:?}");
    }
    assert!(tally.ready > 500, "too few are ready to say anything: {tally:?}");
    assert!(tally.cut_next > 0, "nothing was hidden, so nothing is tested: {tally:?}");
    assert!((tally.cut_now + tally.cut_next) as f64 <= tally.bound, "more is cut than the bound says: {tally:?}");
    assert!(tally.covered as f64 >= 0.95 * tally.bounded as f64, "the bound holds too seldom: {tally:?}");
}
