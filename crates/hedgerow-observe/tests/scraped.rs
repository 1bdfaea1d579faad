//! Observations from a Prometheus: against one that has every sample and answers as Prometheus does.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "shared/cases.rs"]
mod cases;

use cases::cases;
use hedgerow_observe::naming::Micros;
use hedgerow_observe::observations::{End, Moment, Observations, Verdict};
use hedgerow_observe::scraped::{self, Fault, NoAnswer, Query, Scraped, Selector, Series, Window};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::convert::Infallible;

const SECOND: Micros = 1_000_000;
const HOUR: Micros = 3600 * SECOND;
const DAY: Micros = 24 * HOUR;
/// A midnight.
const START: Micros = 20_000 * DAY;

type Labels = BTreeMap<String, String>;
type Samples = BTreeMap<Micros, f64>;

fn labels(name: &str, pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    pairs.chain([("__name__".to_owned(), name.to_owned())]).collect()
}

/// A Prometheus with its samples.
#[derive(Debug, Default)]
struct Prometheus {
    series: BTreeMap<Labels, Samples>,
    asked: usize,
}

impl Prometheus {
    fn scrape(&mut self, at: Micros, instance: &str, name: &str, pairs: &[(&str, &str)], value: f64) {
        let pairs = [pairs, &[("instance", instance)]].concat();
        self.series.entry(labels(name, &pairs)).or_default().insert(at, value);
    }

    /// As Prometheus answers: the last sample of five minutes, windows that are open on the left.
    fn answer(&mut self, query: &Query) -> Vec<Series> {
        self.asked += 1;
        let of = |selector: &Selector, value: &dyn Fn(&Samples) -> Vec<(Micros, f64)>| {
            let series = self.series.iter().filter(|(labels, _)| selector.fits(labels));
            let series = series.map(|(labels, all)| Series { labels: labels.clone(), samples: value(all) });
            series.filter(|series| !series.samples.is_empty()).collect::<Vec<_>>()
        };
        fn within(all: &Samples, from: Micros, to: Micros) -> Vec<(Micros, f64)> {
            if from >= to { Vec::new() } else { all.range(from + 1..=to).map(|(at, value)| (*at, *value)).collect() }
        }
        match query {
            Query::At { selector, from, to, step } => of(selector, &|all| {
                let moments = (0..).map(|n| from + n * step).take_while(|at| at <= to);
                moments.filter_map(|at| Some((at, within(all, at - 300 * SECOND, at).last()?.1))).collect()
            }),
            Query::Raw { selector, from, to } => of(selector, &|all| within(all, *from, *to)),
            Query::Last { selector, from, to } => of(selector, &|all| {
                within(all, *from, *to).last().map(|(_, value)| (*to, *value)).into_iter().collect()
            }),
            Query::Present { selector, from, to } => of(selector, &|all| {
                let count = within(all, *from, *to).len();
                (count > 0).then_some((*to, count as f64)).into_iter().collect()
            }),
            Query::Resets { selector, from, to, step } => of(selector, &|all| {
                let moments = (0..).map(|n| from + n * step).take_while(|at| at <= to);
                let fell = |at: Micros| {
                    within(all, at - step - 300 * SECOND, at).windows(2).filter(|pair| pair[1].1 < pair[0].1).count()
                };
                moments.map(|at| (at, fell(at) as f64)).filter(|(_, times)| *times > 0.0).collect()
            }),
        }
    }

    fn ask(&mut self, from: Micros, to: Micros) -> Result<Scraped, Fault<Infallible>> {
        let window = Window { from, to, callee: None, labels: BTreeMap::new() };
        scraped::observations(&window, &mut |query| Ok(self.answer(query)))
    }
}

/// A collector that is scraped.
#[derive(Debug, Clone)]
struct Collector {
    instance: String,
    store: String,
    since: Micros,
    /// By caller: how many calls.
    calls: BTreeMap<&'static str, f64>,
    /// By node: since when and until when it was heard.
    heard: BTreeMap<&'static str, (Micros, Micros)>,
}

impl Collector {
    fn new(number: u8, since: Micros) -> Self {
        Self {
            instance: format!("10.0.0.{number}:9464"),
            store: format!("store-{number}"),
            since,
            calls: BTreeMap::new(),
            heard: BTreeMap::new(),
        }
    }

    fn scraped(&self, at: Micros, by: &mut Prometheus) {
        let seconds = |at: Micros| at as f64 / 1e6;
        by.scrape(at, &self.instance, scraped::SINCE, &[("store", &self.store)], seconds(self.since));
        for (caller, count) in &self.calls {
            let edge =
                [("caller", *caller), ("callee", "service.ledger"), ("port", "8080"), ("verdict", "unpermitted")];
            by.scrape(at, &self.instance, scraped::CALLS, &edge, *count);
        }
        for (node, (since, until)) in &self.heard {
            let source = [("node", *node), ("source", "conntrack")];
            by.scrape(at, &self.instance, scraped::HEARD_SINCE, &source, seconds(*since));
            by.scrape(at, &self.instance, scraped::HEARD_UNTIL, &source, seconds(*until));
            by.scrape(at, &self.instance, scraped::PODS, &[("service", "service.ledger"), ("node", node)], 1.0);
        }
    }
}

fn count(observations: &Observations, caller: &str) -> u64 {
    let of = |end: &End| matches!(end, End::Service(name) if name == caller);
    observations.observed.iter().filter(|line| of(&line.caller)).map(|line| line.count).sum()
}

#[test]
fn calls_of_two_collectors_over_days_with_a_restart_in_between() {
    let mut prometheus = Prometheus::default();
    let (mut one, mut two) = (Collector::new(1, START - 90 * DAY), Collector::new(2, START + 12 * HOUR));
    one.calls.insert("service.old", 1000.0);
    let mut at = START - 2 * HOUR;
    while at <= START + 3 * DAY {
        // An hour after the beginning, and once more in the last hour.
        if at == START + HOUR + 15 * SECOND || at == START + 2 * DAY + 30 * SECOND {
            *one.calls.get_mut("service.old").unwrap() += 2.0;
        }
        if at == START + 25 * HOUR {
            one.calls.insert("service.new", 3.0);
        }
        if at == START + 30 * HOUR {
            // Another address, the same store.
            one.instance = "10.0.0.9:9464".to_owned();
        }
        one.heard.insert("a", (START - 80 * DAY, at - 5 * SECOND));
        one.scraped(at, &mut prometheus);
        if at >= START + 12 * HOUR {
            *two.calls.entry("service.two").or_default() += 1.0;
            two.heard.insert("b", (START + 12 * HOUR, at));
            two.scraped(at, &mut prometheus);
        }
        at += 15 * SECOND;
    }
    let Scraped { observations, notes } = prometheus.ask(START, START + 3 * DAY).unwrap();
    assert_eq!(count(&observations, "service.old"), 4, "what was counted before is not of this window");
    assert_eq!(count(&observations, "service.new"), 3);
    assert_eq!(count(&observations, "service.two"), (60 * 3600) / 15 + 1, "its store was begun within the window");
    let old = observations.observed.iter().find(|line| line.caller == End::Service("service.old".into())).unwrap();
    assert_eq!(old.verdict, Verdict::Unpermitted);
    // To one scrape.
    assert_eq!(
        (old.first, old.last),
        (Moment((START + HOUR) / SECOND), Moment((START + 2 * DAY + 30 * SECOND) / SECOND))
    );
    assert_eq!(old.days, 2);
    let coverage: Vec<_> =
        observations.header.coverage.iter().map(|it| (&*it.node, it.heard, it.blind, it.gaps.len())).collect();
    // The last seconds are on their way.
    assert_eq!(coverage, [("a", 3 * 1440 - 1, 1, 1), ("b", 60 * 60, 0, 0)]);
    assert_eq!(observations.header.services["service.ledger"].nodes, ["a", "b"]);
    assert_eq!(
        (observations.header.from, observations.header.to),
        (Moment(START / SECOND), Moment((START + 3 * DAY) / SECOND))
    );
    assert_eq!(notes, Vec::<String>::new());
    // Not each sample: that would be 17,280 of each series.
    assert!(prometheus.asked < 100, "{}", prometheus.asked);
}

#[test]
fn a_gap_in_scrapes_was_not_heard_and_nothing_in_it_is_lost() {
    let mut prometheus = Prometheus::default();
    let mut one = Collector::new(1, START - DAY);
    one.calls.insert("service.old", 10.0);
    for number in 0..=4 * 60 {
        let at = START + number * 60 * SECOND;
        one.heard.insert("a", (START - DAY, at));
        if number == 100 {
            *one.calls.get_mut("service.old").unwrap() += 5.0;
        }
        if !(90..=120).contains(&number) {
            one.scraped(at, &mut prometheus);
        }
    }
    let Scraped { observations, notes } = prometheus.ask(START, START + 4 * HOUR).unwrap();
    assert_eq!(count(&observations, "service.old"), 5);
    let coverage = &observations.header.coverage[0];
    assert_eq!((coverage.heard, coverage.blind), (4 * 60 - 32, 32));
    let gap = coverage.gaps[0];
    assert_eq!((gap.from.0, gap.to.0), ((START / SECOND) + 89 * 60, (START / SECOND) + 121 * 60));
    assert_eq!(notes.len(), 1, "{notes:?}");
}

#[test]
fn a_source_that_breaks_comes_and_goes() {
    let mut prometheus = Prometheus::default();
    let mut one = Collector::new(1, START - DAY);
    let minutes = 24 * 60;
    for number in 0..=minutes {
        let at = START + number * 60 * SECOND;
        // It is silent for two minutes.
        let (quiet, loud) = (START + 100 * 60 * SECOND, START + 102 * 60 * SECOND);
        let run = if at < quiet {
            (START - DAY, at)
        } else if at < loud {
            (START - DAY, quiet)
        } else {
            (loud, at)
        };
        one.heard.insert("a", run);
        // A node that is there for half an hour.
        match number {
            200 => drop(one.heard.insert("short", (at - 30 * SECOND, at))),
            201..230 => drop(one.heard.insert("short", (START + 200 * 60 * SECOND - 30 * SECOND, at))),
            230 => drop(one.heard.remove("short")),
            _ => {}
        }
        one.scraped(at, &mut prometheus);
    }
    let observations = prometheus.ask(START, START + DAY).unwrap().observations;
    let of = |node: &str| observations.header.coverage.iter().find(|it| it.node == node).unwrap();
    assert_eq!((of("a").heard, of("a").blind), (1440 - 2, 2));
    assert_eq!(of("a").gaps.len(), 1);
    // From the scrape before it was there to that after it was.
    assert_eq!((of("short").heard, of("short").blind), (29, 2), "{:?}", of("short"));
}

#[test]
fn a_store_that_was_lost_is_another_one() {
    let mut prometheus = Prometheus::default();
    let mut one = Collector::new(1, START - DAY);
    one.calls.insert("service.old", 100.0);
    for number in 0..=240 {
        let at = START + number * 60 * SECOND;
        if number == 77 {
            one = Collector { store: "store-7".to_owned(), since: at - SECOND, calls: BTreeMap::new(), ..one };
        }
        if number == 80 {
            // More than ever before.
            one.calls.insert("service.old", 500.0);
        }
        one.heard.insert("a", (one.since, at));
        one.scraped(at, &mut prometheus);
    }
    let observations = prometheus.ask(START, START + 4 * HOUR).unwrap().observations;
    assert_eq!(count(&observations, "service.old"), 500);
    assert_eq!(observations.header.coverage[0].blind, 1, "{:?}", observations.header.coverage);
}

/// What is told of a node: until when, and its gaps, in minutes after the beginning.
fn told_of(observations: &Observations, node: &str) -> (Option<i64>, Vec<(i64, i64)>) {
    let of = observations.header.coverage.iter().find(|it| it.node == node).unwrap();
    let minute = |at: Moment| (at.0 - START / SECOND) / 60;
    (of.until.map(minute), of.gaps.iter().map(|gap| (minute(gap.from), minute(gap.to))).collect())
}

#[test]
fn a_node_whose_part_is_dead_when_the_store_is_lost_was_not_heard_since() {
    let mut prometheus = Prometheus::default();
    let mut one = Collector::new(1, START - DAY);
    for number in 0..=2880 {
        let at = START + number * 60 * SECOND;
        for node in ["a", "n"] {
            // The new store never hears of `n`; its pods run.
            if node == "a" || number < 600 {
                one.heard.insert(node, (one.since, at));
            }
            if number < 2000 || node == "a" {
                let pods = [("service", "service.ledger"), ("node", node)];
                prometheus.scrape(at, &one.instance, scraped::PODS, &pods, 1.0);
            }
        }
        if number == 660 {
            one = Collector { store: "store-7".to_owned(), since: at - SECOND, ..one };
            one.heard.remove("n");
        }
        one.scraped(at, &mut prometheus);
    }
    let observations = prometheus.ask(START, START + 2 * DAY).unwrap().observations;
    assert_eq!(told_of(&observations, "n"), (Some(2000), vec![(599, 2000)]));
    let observations = prometheus.ask(START, START + 1900 * 60 * SECOND).unwrap().observations;
    assert_eq!(told_of(&observations, "n"), (None, vec![(599, 1900)]));
}

#[test]
fn a_node_that_is_gone_is_not_expected_until_midnight_and_one_of_which_nobody_tells_is() {
    let mut prometheus = Prometheus::default();
    let mut one = Collector::new(1, START - DAY);
    for number in 0..=2000 {
        let at = START + number * 60 * SECOND;
        one.heard.insert("a", (START - DAY, at));
        if number < 610 {
            one.heard.insert("short", (START - DAY, at));
        } else {
            one.heard.remove("short");
        }
        one.scraped(at, &mut prometheus);
    }
    for minutes in [2000, 1000] {
        let observations = prometheus.ask(START, START + minutes * 60 * SECOND).unwrap().observations;
        assert_eq!(told_of(&observations, "short"), (Some(610), vec![(609, 610)]), "{minutes}");
        assert_eq!(told_of(&observations, "a"), (None, vec![]), "{minutes}");
    }
    // The collector is scraped no longer: that its nodes are gone, nobody says.
    let observations = prometheus.ask(START, START + 2500 * 60 * SECOND).unwrap().observations;
    assert_eq!(told_of(&observations, "a"), (None, vec![(2000, 2500)]));
}

#[test]
fn what_a_store_had_last_is_counted_although_its_step_did_not_end() {
    let mut prometheus = Prometheus::default();
    let mut one = Collector::new(1, START - DAY);
    let callee = [("callee", "service.ledger")];
    let source = [("node", "a"), ("source", "conntrack")];
    let missed = START + 10 * HOUR + 25 * 60 * SECOND;
    // Until 10:50, and from 11:20.
    for number in (0..=650).chain(680..=900) {
        let at = START + number * 60 * SECOND;
        let hits = f64::from(u8::from((620..=650).contains(&number)));
        if number == 620 {
            one.calls.insert("service.new", 3.0);
        }
        if number == 680 {
            one = Collector { store: "store-7".to_owned(), since: at - SECOND, calls: BTreeMap::new(), ..one };
        }
        one.heard.insert("a", (one.since, at));
        one.scraped(at, &mut prometheus);
        let sent = if number < 680 { number } else { number - 680 };
        prometheus.scrape(at, &one.instance, scraped::CANARY_SENT, &callee, sent as f64);
        prometheus.scrape(at, &one.instance, scraped::CANARY_MISSED, &callee, hits * (missed / SECOND) as f64);
        prometheus.scrape(at, &one.instance, scraped::LOST, &source, hits * 4.0);
        let job = [("service", "service.ledger"), ("workload", "CronJob/x")];
        let finished = if hits > 0.0 { missed } else { START };
        prometheus.scrape(at, &one.instance, scraped::FINISHED, &job, (finished / SECOND) as f64);
    }
    let observations = prometheus.ask(START, START + 15 * HOUR).unwrap().observations;
    assert_eq!(count(&observations, "service.new"), 3);
    assert_eq!(observations.observed[0].last, Moment((START + 620 * 60 * SECOND) / SECOND));
    assert_eq!(observations.header.canaries[0].sent, 650 + 220);
    assert_eq!(observations.header.canaries[0].missed, Some(Moment(missed / SECOND)));
    assert_eq!(observations.header.coverage[0].lost, 4);
    assert_eq!(observations.header.services["service.ledger"].jobs[0].finished, 2);
}

#[test]
fn several_catalogues_are_all_named_and_several_environments_are_refused() {
    for (catalogues, digest, environment) in [
        (&[("sha256:a", "prod")][..], Some("sha256:a"), Some("prod")),
        (&[("sha256:b", "prod"), ("sha256:a", "prod")], Some("sha256:a+sha256:b"), Some("prod")),
        (&[("sha256:a", "prod"), ("sha256:a", "")], Some("sha256:a"), None),
        (&[], None, None),
    ] {
        let mut prometheus = Prometheus::default();
        let mut scrape = |catalogues: &[(&str, &str)]| {
            for (number, (digest, environment)) in (1..).zip(catalogues) {
                let labels = [("digest", *digest), ("environment", *environment)];
                prometheus.scrape(START, &format!("10.0.0.{number}:9464"), scraped::CATALOGUE, &labels, 1.0);
            }
            Collector::new(1, START - DAY).scraped(START, &mut prometheus);
            prometheus.ask(START - HOUR, START)
        };
        let header = scrape(catalogues).unwrap().observations.header;
        assert_eq!((header.catalogue.as_deref(), header.environment.as_deref()), (digest, environment));
        let both = ["prod".to_owned(), "test".to_owned()];
        assert_eq!(scrape(&[("sha256:a", "prod"), ("sha256:b", "test")]), Err(Fault::Environments(both.into())));
    }
}

#[test]
fn nothing_is_no_silence() {
    assert_eq!(Prometheus::default().ask(START, START + DAY), Err(Fault::Nothing));
    for (text, expected) in [
        ("", "form"),
        ("{}", "form"),
        (r#"{"status":"success"}"#, "form"),
        (r#"{"status":"error","errorType":"bad_data","error":"no"}"#, "refused"),
        (
            r#"{"status":"success","warnings":["a store is away"],"data":{"resultType":"matrix","result":[]}}"#,
            "partial",
        ),
        (r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]}}"#, "good"),
    ] {
        let is = match scraped::read(text) {
            Ok(_) => "good",
            Err(NoAnswer::Form(_)) => "form",
            Err(NoAnswer::Refused(_)) => "refused",
            Err(NoAnswer::Partial(_)) => "partial",
        };
        assert_eq!(is, expected, "{text}");
    }
    let text = r#"{"status":"success","infos":["x"],"data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[2.5,"7"],[1,"+Inf"],[1.25,"3e2"]]}]}}"#;
    let series = Series {
        labels: [("a".to_owned(), "b".to_owned())].into(),
        samples: vec![(1_250_000, 300.0), (2_500_000, 7.0)],
    };
    assert_eq!(scraped::read(text), Ok(vec![series]));
}

#[test]
fn questions_are_written_in_promql() {
    let selector = Selector::all(scraped::CALLS).with("callee", ["a\"b".to_owned()]);
    let many = Selector::all(scraped::CALLS).with("callee", ["service.a".to_owned(), "s-b".to_owned()]);
    let step = HOUR;
    for (query, path, text) in [
        (
            Query::At { selector: Selector::all(scraped::SINCE), from: START, to: START + DAY, step },
            "/api/v1/query_range",
            "hedgerow_store_since_timestamp_seconds",
        ),
        (
            Query::Raw { selector, from: START, to: START + HOUR },
            "/api/v1/query",
            r#"hedgerow_calls_total{callee="a\"b"}[3600s]"#,
        ),
        (
            Query::Resets { selector: many.clone(), from: START, to: START, step },
            "/api/v1/query_range",
            r#"resets(hedgerow_calls_total{callee=~"service\\.a|s-b"}[3900s]) > 0"#,
        ),
        (
            Query::Last { selector: many, from: START, to: START + DAY },
            "/api/v1/query",
            r#"last_over_time(hedgerow_calls_total{callee=~"service\\.a|s-b"}[86400s])"#,
        ),
        (
            Query::Present { selector: Selector::all(scraped::PODS), from: START, to: START + DAY },
            "/api/v1/query",
            "count_over_time(hedgerow_service_pods[86400s])",
        ),
    ] {
        let (at, parameters) = query.request();
        assert_eq!((at, parameters[0].1.as_str()), (path, text), "{query:?}");
    }
}

/// What happens between two scrapes.
#[derive(Debug, Clone, Copy)]
enum Event {
    Calls(u8),
    /// The collector is started again, at the same address or another one.
    Again(bool),
    /// Its counters are begun anew.
    Reset,
    /// Nobody scrapes for so many intervals.
    Away(u8),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0u8..4).prop_map(Event::Calls),
        1 => any::<bool>().prop_map(Event::Again),
        1 => Just(Event::Reset),
        1 => (1u8..60).prop_map(Event::Away),
    ]
}

proptest! {
    #![proptest_config(cases(64))]
    /// Law 8: as with every sample in hand; never under, and never over.
    #[test]
    fn sums_are_those_of_every_sample(events in vec((event(), 1u16..400), 1..40), from in 0i64..7200, every in 5i64..60) {
        let mut prometheus = Prometheus::default();
        let mut one = Collector::new(1, START - DAY);
        one.calls.insert("service.old", 0.0);
        let window = START + from * SECOND;
        let (mut at, mut expected, mut number) = (START, 0.0, 0);
        let (mut first, mut last, mut before) = (None, None, START);
        let mut shown = 0.0;
        let mut scrape = |one: &Collector, at: Micros, prometheus: &mut Prometheus| {
            one.scraped(at, prometheus);
            let value = one.calls["service.old"];
            let more = if value < shown { value } else { value - shown };
            shown = value;
            if at > window && more > 0.0 {
                expected += more;
                first.get_or_insert(before.max(window));
                last = Some(at);
            }
            before = at;
        };
        scrape(&one, at, &mut prometheus);
        for (event, times) in events {
            match event {
                Event::Calls(more) => *one.calls.get_mut("service.old").unwrap() += f64::from(more),
                Event::Again(is_elsewhere) => {
                    number += 1;
                    if is_elsewhere {
                        one.instance = format!("10.0.1.{number}:9464");
                    }
                }
                Event::Reset => *one.calls.get_mut("service.old").unwrap() = 0.0,
                Event::Away(times) => at += i64::from(times) * every * SECOND,
            }
            for _ in 0..times {
                at += every * SECOND;
                scrape(&one, at, &mut prometheus);
            }
        }
        prop_assume!(at > window + SECOND);
        let observations = prometheus.ask(window, at).unwrap().observations;
        let line = observations.observed.first();
        prop_assert_eq!(line.map_or(0, |line| line.count), expected as u64);
        if let (Some(line), Some(first), Some(last)) = (line, first, last) {
            // Where the counter moved to another address, both are told to an hour: too late, and never too early.
            let late = |told: i64, when: Micros| (when / SECOND..=when / SECOND + 3600).contains(&told);
            prop_assert!(late(line.first.0, first), "first at {}, not {}", line.first.0, first / SECOND);
            prop_assert!(late(line.last.0, last), "last at {}, not {}", line.last.0, last / SECOND);
        }
    }

    /// Whatever a Prometheus answers: there is an end, and an answer that reads again.
    #[test]
    fn hostile_answers_are_taken_without_panic(
        answers in vec(vec((vec((0usize..12, 0usize..9), 0..6), vec((any::<i32>(), prop::sample::select(vec![0.0, 1.0, -1.0, 7.5, 1e300, -1e300, 1.8e9])), 0..5)), 0..4), 1..6),
        (from, length) in (0i64..2_000_000_000, 1i64..200_000),
    ) {
        const NAMES: [&str; 12] = ["__name__", "store", "instance", "caller", "callee", "port", "verdict", "protocol", "node", "source", "service", "digest"];
        const VALUES: [&str; 9] = ["", "a", "service.ledger", "8080", "99999", "permitted", "unpermitted", "pods:", "TCP"];
        let mut turn = 0;
        let window = Window { from: from * SECOND, to: (from + length) * SECOND, callee: None, labels: BTreeMap::new() };
        let told = scraped::observations(&window, &mut |query| -> Result<Vec<Series>, Infallible> {
            turn += 1;
            let (Query::At { from, .. } | Query::Raw { from, .. } | Query::Last { from, .. } | Query::Resets { from, .. } | Query::Present { from, .. }) = query;
            let answer = &answers[turn % answers.len()];
            Ok(answer.iter().map(|(labels, samples)| {
                let labels = labels.iter().map(|(name, value)| (NAMES[*name].to_owned(), VALUES[*value].to_owned())).collect();
                let mut samples: Vec<(Micros, f64)> = samples.iter().map(|(at, value)| (from + i64::from(*at) % 4000 * SECOND, *value)).collect();
                samples.sort_by_key(|(at, _)| *at);
                Series { labels, samples }
            }).collect())
        });
        if let Ok(told) = told {
            let text = told.observations.to_text();
            prop_assert_eq!(Observations::read(&text).map(|read| read.to_text()), Ok(text));
        }
    }
}
