//! The way to the collector: nothing that fits is lost, whoever ends; and who may speak is proven, by files that change.

use crate::collector::{Collector, Kept, Keys};
use hedgerow_observer::link::{Batch, Source, Sum};
use hedgerow_observer::uplink::{Link, Options, run};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

fn batch(count: u64) -> Batch {
    Batch {
        node: "n1".into(),
        sums: vec![Sum { source: "conntrack".into(), count, ..Sum::default() }],
        sources: vec![Source { name: "conntrack".into(), heard: true, ..Source::default() }],
        ..Batch::default()
    }
}

fn options(url: &str) -> Options {
    Options { collector: url.to_owned(), ca: None, certificate: None, key: None, token: None, server_name: None }
}

/// A link that is quick, kept by a thread until the test ends.
fn link(options: Options, queue: usize) -> Arc<Link> {
    let millis = Duration::from_millis;
    let link = Arc::new(Link::with_times(9, queue, (millis(20), millis(200)), millis(100)));
    let kept = Arc::clone(&link);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(options, kept));
    });
    link
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_collector_that_comes_late_and_is_killed_again_and_again_gets_everything_once() {
    let address = crate::port::free_port();
    let link = link(options(&format!("http://{address}")), 1 << 20);
    let mut kept = Kept::default();
    let mut sent = 0;
    for round in 0..6 {
        for count in 1..=20 {
            link.push(batch(count));
            sent += count;
        }
        // It takes batches, gives no receipt, and is killed: all of them come again.
        kept.is_silent.store(round % 2 == 1, Ordering::Relaxed);
        let collector = Collector::with(address, kept, None);
        let kept_now = collector.kept.clone();
        if round % 2 == 0 {
            until("all receipts", || link.is_empty());
        } else {
            let before = *kept_now.arrived.lock().unwrap();
            until("batches under way", || *kept_now.arrived.lock().unwrap() > before);
        }
        (_, kept) = collector.kill();
    }
    kept.is_silent.store(false, Ordering::Relaxed);
    let collector = Collector::with(address, kept, None);
    until("all receipts", || link.is_empty());
    assert_eq!(collector.kept.counted("conntrack", |_| true), sent);
    assert!(*collector.kept.arrived.lock().unwrap() > 6 * 20, "some came twice, and were kept once");
    let mut sequences: Vec<u64> = collector.kept.batches().iter().map(|batch| batch.sequence).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=120).collect::<Vec<u64>>());
    assert!(collector.kept.batches().iter().all(|batch| batch.life == 9 && batch.sent > 1_700_000_000_000_000));
}

#[test]
fn a_collector_that_is_away_too_long_is_told_what_had_no_room() {
    let address = crate::port::free_port();
    let link = link(options(&format!("http://{address}")), 4_000);
    for count in 1..=300 {
        link.push(batch(count));
        assert!(link.size().1 <= 4_000);
    }
    let status = link.status();
    until("it is said", || status.borrow().fault.as_deref().is_some_and(|fault| fault.contains("cannot connect to")));
    let collector = Collector::with(address, Kept::default(), None);
    until("all receipts", || link.is_empty());
    link.push(batch(0));
    until("all receipts", || link.is_empty());
    let (counted, lost) = (collector.kept.counted("conntrack", |_| true), collector.kept.lost("conntrack"));
    assert!(lost > 0 && counted > 0);
    assert_eq!(counted + lost, 300 * 301 / 2);
}

// ── Who speaks ────────────────────────────────────────────────────────────────────────────────────────────────────────

/// `openssl` with these arguments; false if it is not here, which is said.
fn openssl(folder: &Path, script: &str) -> bool {
    let status = Command::new("bash")
        .args(["-euc", script])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    if status.success() {
        return true;
    }
    assert!(std::env::var("HEDGEROW_REQUIRE_TOOLS").as_deref() != Ok("1"), "openssl cannot make certificates");
    eprintln!("skipped: openssl is not here to make certificates");
    false
}

/// An authority, and a certificate of it.
const AUTHORITY: &str = r#"
authority() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout $1.key -out $1.crt; }
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout $2.key -out $2.csr
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3" > $2.ext
  openssl x509 -req -in $2.csr -CA $1.crt -CAkey $1.key -CAcreateserial -days 2 -extfile $2.ext -out $2.crt
}
"#;

fn file(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}

#[test]
fn a_token_is_shown_and_one_that_is_replaced_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    if !openssl(
        at,
        &format!("{AUTHORITY} authority ca; authority stranger; certificate ca collector DNS:collector.hedgerow"),
    ) {
        return;
    }
    let kept = Kept::default();
    *kept.token.lock().unwrap() = Some("first".to_owned());
    let keys = Keys { certificate: file(at, "collector.crt"), key: file(at, "collector.key"), clients: None };
    let collector = Collector::with("127.0.0.1:0".parse().unwrap(), kept.clone(), Some(keys));
    std::fs::write(at.join("token"), "first\n").unwrap();
    let mut with = options(&format!("https://{}", collector.address));
    with.ca = Some(at.join("ca.crt"));
    with.token = Some(at.join("token"));
    // The certificate is for another name than the address: refused, and said.
    let nameless = link(with.clone(), 1 << 20);
    let status = nameless.status();
    until("refused", || status.borrow().fault.as_deref().is_some_and(|fault| fault.contains("not valid for name")));
    // Of an authority that is not believed.
    with.server_name = Some("collector.hedgerow".to_owned());
    let mut strange = with.clone();
    strange.ca = Some(at.join("stranger.crt"));
    let stranger = link(strange, 1 << 20);
    stranger.push(batch(1));
    let status = stranger.status();
    until("refused", || {
        status.borrow().fault.as_deref().is_some_and(|fault| fault.contains("invalid peer certificate"))
    });
    assert_eq!(*kept.arrived.lock().unwrap(), 0, "nothing is told to a stranger");
    // Right.
    let link = link(with, 1 << 20);
    link.push(batch(1));
    until("the receipt", || link.is_empty());
    // The kubelet replaces the token; the collector believes only the new one from then on.
    *kept.token.lock().unwrap() = Some("second".to_owned());
    std::fs::write(at.join("next"), "second\n").unwrap();
    std::fs::rename(at.join("next"), at.join("token")).unwrap();
    let status = link.status();
    until("a new connection", || status.borrow().connections == 2 && status.borrow().is_connected);
    link.push(batch(1));
    until("the receipt", || link.is_empty());
    // A wrong one: said in words, kept, and sent when it is right again.
    *kept.token.lock().unwrap() = Some("third".to_owned());
    std::fs::write(at.join("token"), "wrong").unwrap();
    until("refused", || {
        status.borrow().fault.as_deref().is_some_and(|fault| fault.contains("does not believe who we are"))
    });
    link.push(batch(1));
    std::fs::write(at.join("token"), "third").unwrap();
    until("the receipt", || link.is_empty());
    assert_eq!(kept.counted("conntrack", |_| true), 3);
    assert!(kept.certificates.lock().unwrap().iter().all(|shown| !shown));
}

#[test]
fn a_certificate_is_shown_and_one_that_is_replaced_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let script = "authority ca; certificate ca collector IP:127.0.0.1; certificate ca n1 DNS:n1; cp n1.crt node.crt; cp n1.key node.key";
    if !openssl(at, &format!("{AUTHORITY} {script}")) {
        return;
    }
    let keys = Keys {
        certificate: file(at, "collector.crt"),
        key: file(at, "collector.key"),
        clients: Some(file(at, "ca.crt")),
    };
    let collector = Collector::with("127.0.0.1:0".parse().unwrap(), Kept::default(), Some(keys));
    let mut with = options(&format!("https://{}", collector.address));
    with.ca = Some(at.join("ca.crt"));
    // Nobody is heard without.
    let nobody = link(with.clone(), 1 << 20);
    nobody.push(batch(1));
    let status = nobody.status();
    until("refused", || status.borrow().fault.is_some());
    with.certificate = Some(at.join("node.crt"));
    with.key = Some(at.join("node.key"));
    let link = link(with, 1 << 20);
    link.push(batch(1));
    until("the receipt", || link.is_empty());
    assert!(openssl(at, &format!("{AUTHORITY} certificate ca n1 DNS:n1; cp n1.crt node.crt; cp n1.key node.key")));
    let status = link.status();
    until("a new connection", || status.borrow().connections >= 2 && status.borrow().is_connected);
    link.push(batch(2));
    until("the receipt", || link.is_empty());
    assert_eq!(collector.kept.counted("conntrack", |_| true), 3);
    assert!(collector.kept.certificates.lock().unwrap().iter().all(|shown| *shown));
}
