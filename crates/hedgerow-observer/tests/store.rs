//! The collector's file: kills at any moment, damage at any byte, a full volume, a lost one.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "files and processes are what is tested"
)]

use hedgerow_observe::Protocol;
use hedgerow_observe::ledger::{DAY, Edge, Effect, Heard, Perch, Question, Spans, Tally, Waiting};
use hedgerow_observe::naming::Micros;
use hedgerow_observe::observations::{End, Observations, Verdict, Watched};
use hedgerow_observer::store::{BatchId, Opened, Store, StoreError};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// 2026-11-28T00:00:00Z.
const MIDNIGHT: Micros = 1_795_824_000_000_000;
const SECOND: Micros = 1_000_000;
/// How many batches a child writes before it gives up: a test that waits for it does not wait for ever.
const MOST: u64 = 20_000;
/// Tells this program that it is the child that writes: the store's path.
const CHILD: &str = "HEDGEROW_STORE_CHILD";
/// That its batches are to fill the volume.
const FAT: &str = "HEDGEROW_STORE_CHILD_FAT";

fn edge(number: u64) -> Edge {
    Edge {
        callee: format!("service.callee-{}", number % 7),
        caller: End::Service(format!("service.caller-{}", number % 97)),
        port: 8080,
        protocol: Protocol::TCP,
        verdict: Verdict::Permitted,
    }
}

fn batch(sequence: u64) -> BatchId {
    BatchId { node: "a".to_owned(), life: 1, sequence }
}

/// One call, and one second that was heard: both are there, or none.
fn effect(sequence: u64) -> Effect {
    let offset = i64::try_from(sequence).unwrap();
    let at = MIDNIGHT + offset * SECOND;
    let day = hedgerow_observe::ledger::day_of(at);
    let millis = u32::try_from(at.rem_euclid(DAY) / 1000).unwrap();
    let mut effect = Effect::default();
    effect.calls.insert((day, edge(sequence)), Tally { count: 1, first: at, last: at });
    let heard = Heard { spans: Spans::of(millis, millis + 1000), lost: 0 };
    effect.heard.insert((day, "a".to_owned(), "conntrack".to_owned()), heard);
    effect.sources.insert(("a".to_owned(), "conntrack".to_owned()), at);
    effect
}

/// What a store holds: calls, seconds that were heard, and the last batch. It may only be all of the same batches.
fn held(store: &Store) -> u64 {
    let question = Question { since: MIDNIGHT, until: MIDNIGHT + 30 * DAY, callee: None };
    let told = store.observations(&question, None, &BTreeMap::new()).unwrap();
    let calls: u64 = told.observed.iter().map(|line| line.count).sum();
    let open: i64 = told.header.coverage.iter().flat_map(|it| &it.gaps).map(|gap| gap.to.0 - gap.from.0).sum();
    let all = 30 * DAY / SECOND;
    let begin = told.header.from.0 - MIDNIGHT / SECOND;
    let heard = if told.header.coverage.is_empty() { 0 } else { all - begin.max(1) - open };
    assert_eq!(i64::try_from(calls).unwrap(), heard, "calls and what was heard are of the same batches");
    assert!(calls == 0 || store.has(&batch(calls)), "the last batch is known");
    assert!(!store.has(&batch(calls + 1)));
    let totals: u64 = store.ledger(Micros::MIN).unwrap().edges().map(|(_, tally)| tally.count).sum();
    assert_eq!(totals, calls);
    calls
}

/// Small, and the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

#[test]
fn what_was_queued_before_a_store_was_begun_is_counted_and_no_call_of_its_window() {
    let directory = tempfile::tempdir().unwrap();
    let since = MIDNIGHT + 3600 * SECOND;
    let (mut store, _) = Store::open(&directory.path().join("store"), since).unwrap();
    for at in [MIDNIGHT - DAY, MIDNIGHT + 60 * SECOND, since, since + SECOND] {
        let mut effect = Effect::default();
        let number = u64::try_from((at - MIDNIGHT + DAY) / SECOND).unwrap();
        let tally = Tally { count: 3, first: at, last: at };
        effect.calls.insert((hedgerow_observe::ledger::day_of(at), edge(number)), tally);
        store.commit(&[batch(number + 1)], &effect).unwrap();
    }
    let tell = |since: Micros| {
        let question = Question { since, until: MIDNIGHT + DAY, callee: None };
        let told = store.observations(&question, None, &BTreeMap::new()).unwrap();
        assert!(told.observed.iter().all(|line| line.last >= told.header.from), "{told:?}");
        (told.header.from.0, told.header.earlier, told.observed.len())
    };
    assert_eq!(tell(MIDNIGHT - 30 * DAY), (since / SECOND, 6, 2));
    assert_eq!(tell(since), (since / SECOND, 3, 2));
    // Nothing of it is lost.
    let totals: u64 = store.totals().unwrap().iter().map(|(_, tally)| tally.count).sum();
    assert_eq!(totals, 12);
}

/// The child: keeps batch after batch and says of each that it is kept, until it is killed or the volume is full.
#[test]
fn writes_as_a_child() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let mut out = std::io::stdout();
    let (mut store, _) = Store::open(Path::new(&path), MIDNIGHT).unwrap();
    let mut sequence = held(&store);
    let ballast = Path::new(&path).with_file_name("ballast");
    let fat = |sequence: u64| {
        let mut effect = effect(sequence);
        if std::env::var_os(FAT).is_some() {
            effect.capped.extend((0..40).map(|at| (format!("{sequence:0300}-{at}"), 1)));
        }
        effect
    };
    while sequence < MOST {
        sequence += 1;
        match store.commit(&[batch(sequence)], &fat(sequence)) {
            Ok(()) => writeln!(out, "kept {sequence}").unwrap(),
            Err(StoreError::Full(_)) => {
                writeln!(out, "full {sequence}").unwrap();
                // It is full still, and says so again; nothing is kept by halves.
                assert!(matches!(store.commit(&[batch(sequence)], &fat(sequence)), Err(StoreError::Full(_))));
                if std::fs::remove_file(&ballast).is_err() {
                    return;
                }
                store.commit(&[batch(sequence)], &fat(sequence)).unwrap();
                assert_eq!(held(&store), sequence);
                writeln!(out, "kept {sequence}").unwrap();
                writeln!(out, "again").unwrap();
                return;
            }
            Err(error) => panic!("{error}"),
        }
        out.flush().unwrap();
    }
}

fn child(path: &Path, before: &str) -> Command {
    let mut command = Command::new("sh");
    let program = std::env::current_exe().unwrap();
    command
        .args(["-c", &format!("{before} exec \"$0\" --exact writes_as_a_child --nocapture"), program.to_str().unwrap()])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    command
}

#[test]
fn what_a_receipt_was_given_for_survives_every_kill() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let mut dice = Dice(0x5eed_1d0b);
    let (mut last, mut kills) = (0, 0);
    for round in 0..40 {
        let mut running = child(&path, "").spawn().unwrap();
        let out = running.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let lines = BufReader::new(out).lines().map_while(Result::ok);
            // Other tests of this program print there, too.
            lines.filter_map(|line| line.split("kept ").nth(1)?.parse::<u64>().ok()).last()
        });
        std::thread::sleep(Duration::from_micros(20_000 + dice.roll(130_000)));
        running.kill().unwrap();
        running.wait().unwrap();
        let receipt = reader.join().unwrap().unwrap_or(last);
        if !path.exists() {
            assert_eq!(receipt, 0, "killed before it was made");
            continue;
        }
        let (store, opened) = Store::open(&path, MIDNIGHT + 99 * DAY).unwrap();
        assert_eq!(opened, Opened::Kept, "{round}");
        kills += 1;
        let now = held(&store);
        assert!(now >= receipt && now <= receipt + 1, "{round}: a receipt for {receipt}, and {now} are there");
        assert!(now >= last);
        last = now;
        store.close().unwrap();
    }
    assert!(last > 20 && kills > 5, "{last} batches, {kills} kills: they came too early");
}

fn filled(path: &Path, batches: u64) {
    let (mut store, opened) = Store::open(path, MIDNIGHT).unwrap();
    assert_eq!(opened, Opened::New);
    for sequence in 1..=batches {
        store.commit(&[batch(sequence)], &effect(sequence)).unwrap();
    }
    assert_eq!(held(&store), batches);
    store.close().unwrap();
}

/// Bytes that somebody else changed, and a file that was cut: it is as it was, or of an earlier moment in all that it says, or set aside.
#[test]
fn damage_is_repaired_or_said() {
    let directory = tempfile::tempdir().unwrap();
    let (whole, path) = (directory.path().join("whole"), directory.path().join("store.redb"));
    filled(&whole, 60);
    let bytes = std::fs::read(&whole).unwrap();
    let mut dice = Dice(0x00da_117a_6e5e);
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for round in 0..240_u64 {
        let mut damaged = bytes.clone();
        let length = u64::try_from(bytes.len()).unwrap();
        match round % 4 {
            0 => damaged.truncate(usize::try_from(dice.roll(length)).unwrap()),
            // The first page says where everything is.
            1 => damaged[usize::try_from(dice.roll(512)).unwrap()] ^= 1 << dice.roll(8),
            2 => damaged[usize::try_from(dice.roll(length)).unwrap()] ^= 1 << dice.roll(8),
            _ => {
                let start = usize::try_from(dice.roll(length)).unwrap();
                let end = (start + 4096).min(damaged.len());
                damaged[start..end].fill(u8::try_from(dice.roll(256)).unwrap());
            }
        }
        let is_changed = damaged != bytes;
        std::fs::write(&path, &damaged).unwrap();
        let now = MIDNIGHT + 10 * DAY;
        let outcome = match Store::open(&path, now) {
            Ok((store, Opened::Replaced { aside, .. })) => {
                assert_eq!(std::fs::read(&aside).unwrap().len(), damaged.len());
                assert_eq!(store.since(), now, "of the time before nothing is claimed");
                let question = Question { since: MIDNIGHT, until: now + DAY, callee: None };
                let told = store.observations(&question, None, &BTreeMap::new()).unwrap();
                assert_eq!((told.header.from.0, told.observed.len()), (now / SECOND, 0));
                "replaced"
            }
            Ok((store, Opened::Kept)) => match held(&store) {
                60 => "whole",
                _ => "earlier",
            },
            Ok((_, Opened::New)) => panic!("{round}: damage was taken for a new volume"),
            Err(_) => "refused",
        };
        assert!(is_changed || outcome == "whole");
        *outcomes.entry(outcome).or_default() += 1;
    }
    eprintln!("{outcomes:?}");
    assert!(outcomes["replaced"] > 100, "{outcomes:?}");
}

#[test]
fn a_lost_volume_is_new_and_claims_nothing_of_before() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    filled(&path, 3);
    std::fs::remove_file(&path).unwrap();
    let now = MIDNIGHT + 5 * DAY;
    let (store, opened) = Store::open(&path, now).unwrap();
    assert_eq!((opened, store.since()), (Opened::New, now));
    assert!(!store.has(&batch(1)), "the node may send it again");
    // One that another program has open is not touched.
    assert!(matches!(Store::open(&path, now), Err(StoreError::InUse)));
    drop(store);
    std::fs::write(&path, b"").unwrap();
    assert!(matches!(Store::open(&path, now).unwrap().1, Opened::Replaced { .. }), "an empty file was a store once");
    std::fs::write(&path, b"not a store").unwrap();
    assert!(matches!(Store::open(&path, now).unwrap().1, Opened::Replaced { .. }));
}

/// A file that may not grow (a quota), and a small volume of which room comes free again.
#[test]
fn a_full_volume_keeps_nothing_by_halves_and_goes_on_when_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    filled(&path, 1);
    let size = std::fs::metadata(&path).unwrap().len();
    // `ulimit -f` counts in 512 bytes. The signal would end the program before it can say anything.
    let before = format!("trap '' XFSZ; ulimit -f {};", size / 512);
    let (full, _) = run_full(&path, &before);
    let (store, _) = Store::open(&path, MIDNIGHT).unwrap();
    assert_eq!(held(&store), full - 1);
    drop(store);

    let mount = directory.path().join("volume");
    std::fs::create_dir(&mount).unwrap();
    let quoted = mount.display().to_string();
    let is_there =
        Command::new("unshare").args(["-m", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", &quoted]).status();
    if !is_there.is_ok_and(|status| status.success()) {
        let required = std::env::var_os("HEDGEROW_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        assert!(!required, "no file system can be mounted here: root is needed");
        // Not `eprintln`, which the test harness swallows when a test passes.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: no file system can be mounted here, so that only the quota was tried"
        );
        return;
    }
    let program = std::env::current_exe().unwrap();
    let script = format!(
        "mount -t tmpfs -o size=4m tmpfs '{quoted}' && head -c 1200000 /dev/zero > '{quoted}/ballast' && exec '{}' --exact writes_as_a_child --nocapture",
        program.display()
    );
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", &script])
        .env(CHILD, mount.join("store.redb"))
        .env(FAT, "1")
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("full ") && said.contains("again"), "{said}");
}

/// Runs the child until the volume is full: at which batch.
fn run_full(path: &Path, before: &str) -> (u64, PathBuf) {
    let output = child(path, before).env(FAT, "1").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let full = said.lines().find_map(|line| line.split("full ").nth(1)?.parse().ok());
    (full.unwrap_or_else(|| panic!("it was never full: {said}")), path.to_owned())
}

#[test]
fn a_batch_counts_once_and_lives_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let (mut store, _) = Store::open(&path, MIDNIGHT).unwrap();
    let id = |life, sequence| BatchId { node: "a".to_owned(), life, sequence };
    store.commit(&[id(7, 1), id(7, 2)], &effect(1)).unwrap();
    assert!(store.has(&id(7, 1)) && store.has(&id(7, 2)) && !store.has(&id(7, 3)) && !store.has(&id(8, 1)));
    assert!(!store.has(&BatchId { node: "b".to_owned(), life: 7, sequence: 1 }));
    for life in 8..30 {
        store.commit(&[id(life, 5)], &Effect::default()).unwrap();
    }
    assert!(store.has(&id(29, 5)) && store.has(&id(22, 1)) && !store.has(&id(8, 5)), "the last lives are told apart");
    store.close().unwrap();
    let (store, opened) = Store::open(&path, MIDNIGHT).unwrap();
    assert_eq!(opened, Opened::Kept);
    assert!(store.has(&id(29, 5)) && !store.has(&id(29, 6)) && !store.has(&id(8, 5)));
}

/// A commit may be on the disk although it was said to have failed, and is tried again.
#[test]
fn what_was_kept_although_its_commit_failed_is_not_kept_twice() {
    let directory = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(&directory.path().join("s"), MIDNIGHT).unwrap();
    store.commit(&[batch(1), batch(2)], &effect(1)).unwrap();
    store.commit(&[batch(1), batch(2)], &effect(1)).unwrap();
    let count = |store: &Store| -> u64 {
        let question = Question { since: MIDNIGHT, until: MIDNIGHT + DAY, callee: None };
        store.observations(&question, None, &BTreeMap::new()).unwrap().observed.iter().map(|it| it.count).sum()
    };
    assert_eq!((count(&store), store.has(&batch(2)), store.has(&batch(3))), (1, true, false));
    // Nothing of it was kept, or a part is new: all of it is kept.
    store.commit(&[batch(2), batch(3)], &effect(2)).unwrap();
    assert_eq!(count(&store), 2);
    // What is watched has no batches, and is told as often as it is.
    let mut watched = Effect::default();
    watched.runs_on("service.callee-1", "a", MIDNIGHT);
    store.commit(&[], &watched).unwrap();
    assert_eq!(store.nodes().collect::<Vec<_>>(), ["a"]);
}

#[test]
fn a_node_that_is_long_gone_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let (mut store, _) = Store::open(&path, MIDNIGHT).unwrap();
    let mut both = effect(1);
    both.runs_on("service.callee-1", "a", MIDNIGHT);
    both.runs_on("service.callee-1", "b", MIDNIGHT);
    both.heard.insert((hedgerow_observe::ledger::day_of(MIDNIGHT), "b".into(), "conntrack".into()), Heard::default());
    store.commit(&[batch(1)], &both).unwrap();
    store.remove_node("b", MIDNIGHT + DAY).unwrap();
    let day = hedgerow_observe::ledger::day_of(MIDNIGHT);
    store.forget(day).unwrap();
    let sources = |store: &Store| {
        let ledger = store.ledger(0).unwrap();
        let of_ledger: Vec<String> = ledger.sources().map(|(node, ..)| node.to_owned()).collect();
        let question = Question { since: MIDNIGHT, until: MIDNIGHT + 9 * DAY, callee: None };
        let told = store.observations(&question, None, &BTreeMap::new()).unwrap();
        (of_ledger, told.header.coverage.iter().map(|it| it.node.clone()).collect::<Vec<_>>())
    };
    assert_eq!(sources(&store).1, ["a", "b"], "its days are kept");
    store.forget(day + 2).unwrap();
    assert_eq!(sources(&store), (vec!["a".to_owned()], vec!["a".to_owned()]));
    assert_eq!(store.nodes().collect::<Vec<_>>(), ["a"]);
    drop(store);
    let (mut store, _) = Store::open(&path, 0).unwrap();
    assert_eq!(store.nodes().collect::<Vec<_>>(), ["a"]);
    // It may come again.
    let mut again = Effect::default();
    again.runs_on("service.callee-1", "b", MIDNIGHT + 5 * DAY);
    store.commit(&[batch(2)], &again).unwrap();
    assert_eq!(sources(&store).1, ["a", "b"]);
}

/// A node of the same name runs pods, and its node part never starts.
#[test]
fn a_node_that_comes_back_without_its_part_is_not_heard() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let (mut store, _) = Store::open(&path, MIDNIGHT).unwrap();
    let mut first = effect(1);
    first.runs_on("service.callee-1", "a", MIDNIGHT);
    store.commit(&[batch(1)], &first).unwrap();
    store.remove_node("a", MIDNIGHT + SECOND * 2).unwrap();
    let told = |store: &Store| {
        let question = Question { since: MIDNIGHT, until: MIDNIGHT + 2 * DAY, callee: None };
        let told = store.observations(&question, None, &BTreeMap::new()).unwrap();
        let of = told.header.coverage.first().unwrap();
        (of.until.map(|it| it.0 - MIDNIGHT / SECOND), of.gaps.last().map(|gap| gap.to.0 - MIDNIGHT / SECOND))
    };
    assert_eq!(told(&store), (Some(2), Some(1)));
    let mut again = Effect::default();
    again.runs_on("service.callee-1", "a", MIDNIGHT + DAY);
    store.commit(&[], &again).unwrap();
    assert_eq!(told(&store), (None, Some(2 * 86_400)));
    // Its sources are those of a node that is there: a restart expects them.
    drop(store);
    let (store, _) = Store::open(&path, 0).unwrap();
    assert_eq!(store.ledger(0).unwrap().sources().count(), 1);
}

/// It was kept before it was refused.
#[test]
fn one_name_that_is_no_text_does_not_cost_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let (mut store, _) = Store::open(&path, MIDNIGHT).unwrap();
    let mut bad = effect(1);
    let day = hedgerow_observe::ledger::day_of(MIDNIGHT);
    for (number, name) in ["pod:bank/a\u{1b}[2J", "pod:bank/a\n"].into_iter().enumerate() {
        let tally = Tally { count: number as u64 + 2, first: MIDNIGHT, last: MIDNIGHT };
        bad.calls.insert((day, Edge { caller: End::Outsider(name.to_owned()), ..edge(1) }), tally);
    }
    store.commit(&[batch(1)], &bad).unwrap();
    drop(store);
    let (store, opened) = Store::open(&path, 0).unwrap();
    assert_eq!(opened, Opened::Kept);
    let question = Question { since: MIDNIGHT, until: MIDNIGHT + DAY, callee: None };
    let told = store.observations(&question, None, &BTreeMap::new()).unwrap();
    let mut lines: Vec<(u64, End)> = told.observed.into_iter().map(|line| (line.count, line.caller)).collect();
    lines.sort();
    let escaped = |name: &str| End::Outsider(name.to_owned());
    let expected = [(1, edge(1).caller), (2, escaped("pod:bank/a\\u{1b}[2J")), (3, escaped("pod:bank/a\\n"))];
    assert_eq!(lines, expected);
}

/// A clock that steps back: days are merged, nothing is forgotten.
#[test]
fn a_clock_that_steps_back_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(&directory.path().join("s"), MIDNIGHT - DAY).unwrap();
    for (sequence, shift) in [(1, 0), (2, -DAY), (3, DAY), (4, -DAY)] {
        let mut shifted = Effect::default();
        for ((day, edge), tally) in effect(1).calls {
            let days = i32::try_from(shift / DAY).unwrap();
            let tally = Tally { first: tally.first + shift, last: tally.last + shift, ..tally };
            shifted.calls.insert((day + days, edge), tally);
        }
        store.commit(&[batch(sequence)], &shifted).unwrap();
    }
    let question = Question { since: MIDNIGHT - 2 * DAY, until: MIDNIGHT + 3 * DAY, callee: None };
    let told = store.observations(&question, None, &BTreeMap::new()).unwrap();
    let line = &told.observed[0];
    assert_eq!((line.count, line.days), (4, 3));
    assert_eq!(line.first.0, MIDNIGHT / SECOND + 1 - 86_400);
    assert_eq!(line.last.0, MIDNIGHT / SECOND + 1 + 86_400);
}

#[test]
fn what_was_watched_besides_calls_is_kept_and_old_days_are_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let (mut store, _) = Store::open(&path, MIDNIGHT).unwrap();
    let mut first = effect(1);
    first.runs_on("service.callee-1", "a", MIDNIGHT);
    first.runs_on("service.callee-1", "b", MIDNIGHT + DAY);
    first.judged_by("service.callee-1", "sha256:1", MIDNIGHT);
    first.finished("service.callee-1", "CronJob/x", MIDNIGHT + SECOND);
    first.finished("service.callee-1", "CronJob/x", MIDNIGHT + DAY);
    first
        .canaries
        .entry((hedgerow_observe::ledger::day_of(MIDNIGHT), "service.callee-1".to_owned()))
        .or_default()
        .sent = 4;
    store.commit(&[batch(1)], &first).unwrap();
    // Told again: a run is one run, and a policy that has not changed holds since it came.
    let mut again = Effect::default();
    again.judged_by("service.callee-1", "sha256:1", MIDNIGHT + DAY);
    again.finished("service.callee-1", "CronJob/x", MIDNIGHT + DAY);
    store.commit(&[batch(2)], &again).unwrap();
    // A collector that is started again knows where a canary calls from.
    let perch = Perch { until: MIDNIGHT + DAY, pod: Some(("u".to_owned(), "bank".to_owned(), "canary".to_owned())) };
    let mut third = Effect::default();
    third.perches.insert([10, 0, 0, 9].into(), perch.clone());
    third.waiting.insert("service.callee-1".to_owned(), Waiting(vec![(MIDNIGHT, 3)]));
    store.commit(&[], &third).unwrap();
    drop(store);
    let (mut store, _) = Store::open(&path, 0).unwrap();
    let ledger = store.ledger(0).unwrap();
    assert_eq!(ledger.perches().collect::<Vec<_>>(), [([10, 0, 0, 9].into(), &perch)]);
    // And for which of its calls it waits.
    assert_eq!(ledger.waiting("service.callee-1").collect::<Vec<_>>(), [(MIDNIGHT, 3)]);
    // What all days come to, also what a ledger leaves out; by what policies, and the last run.
    let all: u64 = store.totals().unwrap().iter().map(|(_, tally)| tally.count).sum();
    assert_eq!((all, store.knows(&edge(1)), store.knows(&edge(2))), (1, true, false));
    let (judged, finished) = store.judged_and_finished().unwrap();
    assert_eq!(judged["service.callee-1"], ("sha256:1".to_owned(), MIDNIGHT));
    assert_eq!(finished.values().collect::<Vec<_>>(), [&(MIDNIGHT + DAY)]);
    let id = store.id();
    store.forget(hedgerow_observe::ledger::day_of(MIDNIGHT) - 1).unwrap();
    assert_eq!((id.len(), store.id()), (14, id));
    let tell = |store: &Store| -> Observations {
        let watched =
            BTreeMap::from([("service.callee-1".to_owned(), Watched { pods: Some(3), ..Watched::default() })]);
        let question = Question { since: MIDNIGHT, until: MIDNIGHT + 2 * DAY, callee: None };
        store.observations(&question, Some("sha256:c"), &watched).unwrap()
    };
    let told = tell(&store);
    let service = &told.header.services["service.callee-1"];
    assert_eq!((service.pods, service.nodes.as_slice()), (Some(3), &["a".to_owned(), "b".to_owned()][..]));
    let policy = service.policy.as_ref().unwrap();
    assert_eq!((policy.digest.as_str(), policy.since.0), ("sha256:1", MIDNIGHT / SECOND));
    assert_eq!((service.jobs[0].workload.as_str(), service.jobs[0].finished), ("CronJob/x", 2));
    assert_eq!(told.header.canaries[0].sent, 4);
    assert_eq!(
        told.header.coverage.iter().map(|it| (it.node.as_str(), it.source.as_str())).collect::<Vec<_>>(),
        [("a", "conntrack"), ("b", "none")]
    );
    // A node that is gone is expected no longer; one that speaks again is.
    store.remove_node("b", MIDNIGHT + DAY).unwrap();
    assert_eq!(tell(&store).header.coverage.len(), 1);
    store.add_node("b").unwrap();
    assert_eq!(tell(&store).header.coverage.len(), 2);
    let mut change = Effect::default();
    change.judged_by("service.callee-1", "sha256:2", MIDNIGHT + DAY);
    store.commit(&[batch(3)], &change).unwrap();
    assert_eq!(
        tell(&store).header.services["service.callee-1"].policy.as_ref().unwrap().since.0,
        (MIDNIGHT + DAY) / SECOND
    );
    // Retention.
    store.forget(hedgerow_observe::ledger::day_of(MIDNIGHT) + 1).unwrap();
    let told = tell(&store);
    assert_eq!((told.observed.len(), told.header.from.0), (0, (MIDNIGHT + DAY) / SECOND));
    assert_eq!(told.header.services["service.callee-1"].nodes, ["b"]);
    assert_eq!(store.ledger(Micros::MIN).unwrap().edges().count(), 0);
    assert!(store.compact().is_ok());
    drop(store);
    let (store, _) = Store::open(&path, 0).unwrap();
    assert_eq!(store.since(), MIDNIGHT + DAY);
}
