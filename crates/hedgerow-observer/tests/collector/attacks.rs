//! Nobody sends or reads without saying who it is, nobody speaks for another, and hostile names do no harm.

use super::bank;
use super::harness::{
    Collector, NODE_ACCOUNT, NodePart, OWN, Shows, TOKEN, calls, catalogue, collector_account, now, token,
};
use hedgerow_observer::link::{CANARY, End, Sum};
use hedgerow_testcluster::{Cluster, wait};
use tonic::Code;

#[test]
fn nobody_sends_without_saying_who_it_is_and_nobody_speaks_for_another() {
    let Some(cluster) = Cluster::shared() else { return };
    bank(cluster, "senders", 20);
    let mut collector = Collector::start(&collector_account(cluster), &catalogue("senders"), &[]);
    let good = token(cluster, NODE_ACCOUNT, "senders-a", "a", "hedgerow-observer");
    let others_audience = token(cluster, NODE_ACCOUNT, "senders-b", "a", "somebody-else");
    let other_account = {
        let admin = cluster.admin();
        admin.kubectl(&["create", "serviceaccount", "stranger", "-n", OWN]).text();
        token(cluster, "stranger", "senders-c", "a", "hedgerow-observer")
    };
    let unbound = cluster
        .admin()
        .kubectl(&["create", "token", NODE_ACCOUNT, "-n", OWN, "--audience", "hedgerow-observer"])
        .text();
    let canary = token(cluster, "hedgerow-observer-canary", "senders-d", "a", "hedgerow-observer");

    let try_as = |node: &str, shows: Shows, sums: Vec<Sum>| {
        let mut part = NodePart::new(node, shows);
        let mut batch = part.batch(sums);
        if batch.sums.iter().any(|sum| sum.source == CANARY) {
            batch.sources.clear();
        }
        part.send(&collector, vec![batch]).map_err(|status| status.code())
    };
    let call = || vec![calls("10.20.0.3", "10.20.0.1", 8080, now(), 1)];
    let sent = || {
        let callee = Some(End { name: "service.ledger".into(), ..End::default() });
        vec![Sum { callee, source: CANARY.into(), ..calls("10.20.0.4", "10.20.0.1", 8080, now(), 1) }]
    };
    for (what, node, shows, sums, expected) in [
        ("nothing", "a", Shows::Nothing, call(), Err(Code::Unauthenticated)),
        ("no token at all", "a", Shows::Token("nonsense".into()), call(), Err(Code::Unauthenticated)),
        ("a token that may read", "a", Shows::Token(TOKEN.into()), call(), Err(Code::Unauthenticated)),
        ("another audience", "a", Shows::Token(others_audience), call(), Err(Code::Unauthenticated)),
        ("another account", "a", Shows::Token(other_account), call(), Err(Code::PermissionDenied)),
        ("a token of no pod", "a", Shows::Token(unbound.trim().into()), call(), Err(Code::PermissionDenied)),
        ("another node", "b", Shows::Token(good.clone()), call(), Err(Code::PermissionDenied)),
        ("another node by certificate", "b", Shows::Certificate("node-a"), call(), Err(Code::PermissionDenied)),
        ("a certificate of somebody else's", "a", Shows::Certificate("stranger"), call(), Err(Code::Unavailable)),
        ("a node part as canary", "a", Shows::Token(good.clone()), sent(), Err(Code::PermissionDenied)),
        ("a canary as node part", "a", Shows::Token(canary.clone()), call(), Err(Code::PermissionDenied)),
        ("its own token", "a", Shows::Token(good), call(), Ok(1)),
        ("its own certificate", "a", Shows::Certificate("node-a"), call(), Ok(1)),
        ("a canary", "a", Shows::Token(canary), sent(), Ok(1)),
    ] {
        let found = try_as(node, shows, sums).map(|receipts| receipts.len());
        // A handshake that fails is told by the transport, in one way or another.
        let is_handshake = expected == Err(Code::Unavailable)
            && matches!(found, Err(Code::Unavailable | Code::Unknown | Code::Cancelled));
        assert!(found == expected || is_handshake, "{what}: {found:?}, not {expected:?}");
    }
    assert_eq!(collector.edges("service.ledger"), [r#"{"service":"service.other"} 8080 unpermitted 2"#]);
    assert!(collector.metric(r#"hedgerow_intake_refused_total{reason="other node"}"#) >= Some(2.0));
    assert!(collector.metric(r#"hedgerow_canary_seen_timestamp_seconds{callee="service.ledger"}"#).is_some());

    // Certificates are read again when they change: the node's of the old authority counts no more.
    let pki = &collector.pki;
    std::fs::copy(pki.path("other.crt"), pki.path("ca.crt.new")).unwrap();
    std::fs::copy(pki.path("ca.crt"), pki.path("kept.crt")).unwrap();
    std::fs::rename(pki.path("ca.crt.new"), pki.path("ca.crt")).unwrap();
    wait("the certificates to be read again", || collector.has_said("certificates were read again"));
    std::fs::copy(pki.path("kept.crt"), pki.path("ca.crt")).unwrap();
    let mut part = NodePart::new("a", Shows::Certificate("node-a"));
    let batch = part.batch(call());
    assert!(part.send(&collector, vec![batch]).is_err(), "the new authority did not sign it");
    assert!(collector.end().success());
}

#[test]
fn nobody_reads_without_a_token() {
    let Some(cluster) = Cluster::shared() else { return };
    bank(cluster, "readers", 21);
    let collector = Collector::start(&collector_account(cluster), &catalogue("readers"), &["--review-tokens"]);
    let admin = cluster.admin();
    let reader = admin.kubectl(&["create", "token", "hedgerow-observer-reader", "-n", OWN]).text();
    let nobody = admin.kubectl(&["create", "token", "default", "-n", "readers"]).text();
    let basic = format!("Basic {}", data_encoding::BASE64.encode(format!("me:{TOKEN}").as_bytes()));
    for path in ["/", "/metrics", "/v1/observations", "/?callee=x", "/-/healthy", "/nothing"] {
        let exists = !matches!(path, "/-/healthy" | "/nothing");
        let good = if exists { 200 } else { 404 };
        for (shown, expected) in [
            (None, 401),
            (Some("Bearer wrong".to_owned()), 401),
            (Some(format!("Bearer {}", nobody.trim())), 403),
            (Some(format!("Bearer {}", reader.trim())), good),
            (Some(format!("Bearer {TOKEN}")), good),
            (Some(basic.clone()), good),
            (Some(TOKEN.to_owned()), 401),
        ] {
            let header = shown.as_ref().map(|shown| format!("Authorization: {shown}"));
            let headers: Vec<&str> = header.iter().map(String::as_str).collect();
            let (status, head, body) = collector.get_with(path, &headers);
            assert_eq!(status, expected, "{path} with {shown:?}: {body}");
            assert!(
                head.contains("x-content-type-options: nosniff")
                    && head.contains("content-security-policy: default-src 'none'"),
                "{head}"
            );
            if status == 401 {
                assert!(head.contains("www-authenticate: bearer") && !body.contains("ledger"), "{head}");
            }
        }
    }
    assert_eq!(
        collector.get_with("/v1/observations?since=yesterday", &[&format!("Authorization: Bearer {TOKEN}")]).0,
        400
    );
    // Health is for anybody, and nothing else is there.
    assert_eq!((collector.get_health("/-/healthy"), collector.get_health("/-/ready")), (200, 200));
    assert_eq!((collector.get_health("/metrics"), collector.get_health("/")), (404, 404));
}

#[test]
fn hostile_names_are_harmless_on_the_page_and_in_metrics() {
    let Some(cluster) = Cluster::shared() else { return };
    bank(cluster, "hostile", 22);
    let collector = Collector::start(&collector_account(cluster), &catalogue("hostile"), &[]);
    let evil = "<script>alert(1)</script>\"'\u{202e} }} 1 hedgerow_calls_total{x=\"";
    // A name with a control character is none: what comes with it is refused, and the rest is kept.
    let lines = "a\n}} 1\nhedgerow_calls_total{x=\"";
    let labels = [("bank.example/routing-name".to_owned(), "service.ledger".to_owned())].into();
    let callee = Some(End { namespace: "hostile".into(), name: "ledger-1".into(), labels, ..End::default() });
    let named =
        |namespace: &str, name: &str| Some(End { namespace: namespace.into(), name: name.into(), ..End::default() });
    let sum = |caller| Sum {
        caller,
        callee: callee.clone(),
        source: "flows".into(),
        ..calls("10.22.0.3", "10.22.0.1", 8080, now(), 1)
    };
    let mut sums = vec![sum(named("hostile", evil)), sum(named(evil, "x")), sum(named("hostile", lines))];
    // A flood of distinct callers: series and edges stay bounded, and what is beyond is said.
    sums.extend((0..20_000u32).map(|n| {
        calls(&format!("198.{}.{}.{}", 18 + n / 65_536, n / 256 % 256, n % 256), "10.22.0.1", 8080, now(), 1)
    }));
    let mut part = NodePart::new("a", Shows::Certificate("node-a"));
    let batch = part.batch(sums);
    part.send(&collector, vec![batch]).unwrap();
    let page = collector.get("/");
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;") && !page.contains('\u{202e}'));
    let metrics = collector.get("/metrics");
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        assert!(line.starts_with("hedgerow_"), "{line}");
    }
    let series = metrics.lines().filter(|line| line.starts_with("hedgerow_calls_total{")).count();
    assert!(series <= 110, "{series}");
    assert!(collector.edges("service.ledger").len() <= 60, "callers that are no services are capped");
    assert!(collector.metric(r#"hedgerow_series_dropped_total{callee="service.ledger"}"#) > Some(19_000.0));
    assert!(page.contains("more callers or ports than are told apart"));
}
