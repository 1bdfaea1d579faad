//! Observations as text come back as they went out, and hostile text is refused or counted.

use hedgerow_observe::observations::{
    Canary, Coverage, End, Faults, Gap, Header, JobRuns, JudgedBy, Moment, NotObservations, Observation, Observations,
    VERSION, Verdict, Watched,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn header() -> Header {
    Header {
        version: VERSION,
        from: Moment(1_793_491_200),
        to: Moment(1_796_083_200),
        catalogue: Some("sha256:00".to_owned()),
        labelling: None,
        environment: None,
        earlier: 0,
        coverage: vec![Coverage {
            node: "node-a".into(),
            source: "conntrack".into(),
            heard: 43_199,
            blind: 1,
            lost: 0,
            since: None,
            until: None,
            gaps: Vec::new(),
        }],
        canaries: vec![Canary { callee: "service.ledger".into(), sent: 30, seen: 30, missed: None, since: None }],
        services: BTreeMap::new(),
    }
}

fn observation() -> Observation {
    Observation {
        caller: End::Service("service.emoji".into()),
        callee: "service.ledger".into(),
        port: 8080,
        protocol: "TCP".into(),
        verdict: Verdict::Unpermitted,
        first: Moment(1_793_491_210),
        last: Moment(1_796_083_140),
        count: 7,
        days: 0,
    }
}

#[test]
fn the_form_is_what_its_page_shows() {
    let all = Observations { header: header(), observed: vec![observation()], faults: Faults::default() };
    let text = all.to_text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines,
        [
            r#"{"version":1,"from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z","catalogue":"sha256:00","coverage":[{"node":"node-a","source":"conntrack","heard":43199,"blind":1}],"canaries":[{"callee":"service.ledger","sent":30,"seen":30}]}"#,
            r#"{"caller":{"service":"service.emoji"},"callee":"service.ledger","port":8080,"protocol":"TCP","verdict":"unpermitted","first":"2026-11-01T00:00:10Z","last":"2026-11-30T23:59:00Z","count":7}"#,
        ]
    );
    assert_eq!(Observations::read(&text), Ok(all));
}

#[test]
fn what_was_watched_besides_comes_back() {
    let mut all = Observations { header: header(), observed: vec![observation()], faults: Faults::default() };
    all.header.environment = Some("prod".into());
    all.header.earlier = 7;
    all.header.labelling = Some("sha256:02".into());
    all.header.coverage[0].since = Some(Moment(1_793_491_200));
    all.header.coverage[0].until = Some(Moment(1_793_491_260));
    all.header.coverage[0].lost = 3;
    all.header.coverage[0].gaps = vec![Gap { from: Moment(1_793_491_200), to: Moment(1_793_491_260) }];
    all.header.canaries[0].missed = Some(Moment(1_793_491_230));
    all.header.canaries[0].since = Some(Moment(1_793_491_200));
    all.observed[0].days = 2;
    let one = |callee: &str, count| BTreeMap::from([(callee.to_owned(), count)]);
    let watched = Watched {
        nodes: vec!["node-a".into()],
        pods: Some(2),
        unlabelled: one("service.ledger", 1),
        forged: one("service.emoji", 1),
        strangers: 4,
        types: Some(one("core", 2)),
        policy: Some(JudgedBy { digest: "sha256:01".into(), since: Moment(1_793_491_200) }),
        longest_open: Some(0),
        jobs: vec![JobRuns { workload: "CronJob/close".into(), finished: 2, last: Some(Moment(1_796_083_140)) }],
    };
    all.header.services = BTreeMap::from([("service.ledger".to_owned(), watched)]);
    let text = all.to_text();
    assert!(text.contains(
        r#""catalogue":"sha256:00","labelling":"sha256:02","environment":"prod","earlier":7,"coverage":[{"node":"node-a","source":"conntrack","heard":43199,"blind":1,"lost":3,"since":"2026-11-01T00:00:00Z","until":"2026-11-01T00:01:00Z","gaps":[{"from":"2026-11-01T00:00:00Z","to":"2026-11-01T00:01:00Z"}]}],"canaries":[{"callee":"service.ledger","sent":30,"seen":30,"missed":"2026-11-01T00:00:30Z","since":"2026-11-01T00:00:00Z"}],"services":{"service.ledger":{"nodes":["node-a"],"pods":2,"unlabelled":{"service.ledger":1},"forged":{"service.emoji":1},"strangers":4,"types":{"core":2},"policy":{"digest":"sha256:01","since":"2026-11-01T00:00:00Z"},"longest_open":0,"jobs":[{"workload":"CronJob/close","finished":2,"last":"2026-11-30T23:59:00Z"}]}}}"#
    ), "{text}");
    assert_eq!(Observations::read(&text), Ok(all));
}

#[test]
fn what_is_not_understood_is_refused_or_counted() {
    let good = Observations { header: header(), observed: vec![observation()], faults: Faults::default() }.to_text();
    assert_eq!(Observations::read(""), Err(NotObservations::Empty));
    assert_eq!(Observations::read("\n \n"), Err(NotObservations::Empty));
    assert_eq!(Observations::read(&good.replace("\"version\":1", "\"version\":2")), Err(NotObservations::Version(2)));
    let turned = good.replacen("2026-12-01T00", "2025-12-01T00", 1);
    assert_eq!(Observations::read(&turned), Err(NotObservations::Window));
    let (_, rest) = good.split_once('\n').expect("two lines");
    assert!(matches!(Observations::read(rest), Err(NotObservations::Header(_))), "a header is needed");
    for bad in [
        rest.replace("unpermitted", "fine"),
        rest.replace("8080", "80800"),
        rest.replace("\"count\":7", "\"count\":-7"),
        rest.replace("\"count\"", "\"cuont\""),
        rest.replace("2026-11-30", "2026-10-30"),
        "[".repeat(100_000),
        rest[..40].to_owned(),
    ] {
        let read = Observations::read(&format!("{good}\r\n{bad}")).expect("the header is sound");
        assert_eq!((read.observed.len(), read.faults.count), (1, 1), "{bad:.80}");
        assert_eq!(read.faults.first.expect("it is named").0, 4);
    }
}

proptest! {
    #[test]
    fn text_comes_back(counts in vec((any::<u16>(), any::<u64>(), 0_i64..4_000_000_000, 0_i64..1_000_000, ".{0,8}"), 0..20)) {
        let observed = counts.into_iter().map(|(port, count, first, length, name)| Observation {
            caller: match port % 3 {
                0 => End::Service(name),
                1 => End::Outsider(name),
                _ => End::Unknown(vec![name, "service.a".to_owned()]),
            },
            port,
            count,
            days: count % 9,
            first: Moment(first),
            last: Moment(first + length),
            ..observation()
        });
        let all = Observations { header: header(), observed: observed.collect(), faults: Faults::default() };
        prop_assert_eq!(Observations::read(&all.to_text()), Ok(all));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", cut in 0_usize..600) {
        let good = Observations { header: header(), observed: vec![observation()], faults: Faults::default() }.to_text();
        let _any = Observations::read(&text);
        let _any = Observations::read(&format!("{}{text}", good.get(..cut).unwrap_or(&good)));
    }
}
