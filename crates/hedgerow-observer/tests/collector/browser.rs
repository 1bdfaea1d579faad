//! The collector's page in a real Chromium: `tests/browser/page.py`.

use super::bank;
use super::harness::{Collector, NodePart, Shows, TOKEN, calls, catalogue, collector_account, now};
use hedgerow_observer::link::{End, Sum};
use hedgerow_testcluster::{Cluster, Said, repository};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// A Chromium, or nothing, said aloud.
fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let on_path = std::env::split_paths(&path).flat_map(|directory| names.map(|name| directory.join(name)));
    let found = named.into_iter().chain(on_path).find(|program| program.exists());
    if found.is_none() {
        let required = std::env::var_os("HEDGEROW_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        assert!(!required, "Chromium is missing: run scripts/tools browser");
        // Not `eprintln`, which the test harness swallows when a test passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED: there is no Chromium; run scripts/tools browser");
    }
    found
}

#[test]
fn the_page_is_used_by_keyboard_in_light_and_dark_and_hostile_names_do_no_harm() {
    let (Some(cluster), Some(chromium)) = (Cluster::shared(), chromium()) else { return };
    bank(cluster, "looked-at", 23);
    let collector = Collector::start(&collector_account(cluster), &catalogue("looked-at"), &[]);
    std::thread::sleep(std::time::Duration::from_secs(2));
    let labels = [("bank.example/routing-name".to_owned(), "service.ledger".to_owned())].into();
    let callee = Some(End { namespace: "looked-at".into(), name: "ledger-1".into(), labels, ..End::default() });
    let hostile = |name: &str| Sum {
        caller: Some(End { namespace: "looked-at".into(), name: name.into(), ..End::default() }),
        callee: callee.clone(),
        source: "flows".into(),
        ..calls("10.23.0.3", "10.23.0.1", 8080, now(), 1)
    };
    let sums = vec![
        calls("10.23.0.3", "10.23.0.1", 8080, now(), 1_234),
        calls("198.51.100.7", "10.23.0.1", 8080, now(), 2),
        calls("192.0.2.2", "10.23.0.1", 9090, now(), 1),
        hostile("<script>window.broken=1</script>"),
        hostile("'\"></td><img src=x onerror=window.broken=1>"),
        hostile("</style></table><h1>\u{202e}"),
        hostile(&"w".repeat(250)),
    ];
    let mut part = NodePart::new("a", Shows::Certificate("node-a"));
    let batch = part.batch(sums);
    part.send(&collector, vec![batch]).unwrap();
    let script = repository().join("crates/hedgerow-observer/tests/browser/page.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(chromium).arg(format!("https://127.0.0.1:{}/", collector.web)).arg(TOKEN);
    // Where somebody wants to look at the page.
    command.args(std::env::var_os("OBSERVER_SCREENSHOTS"));
    Said::of(&mut command, b"").text();
}
