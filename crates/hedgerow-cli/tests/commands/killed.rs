//! `ready --write` and `reconcile --write` that are killed in the middle: no file is torn, and the next run does the rest and clears up.
#![cfg(unix)]

use super::common::{Ran, told};
use super::ready::{call, fleet, go, run};
use hedgerow_cli::Exit;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const MANY: usize = 80;

fn name(number: usize) -> String {
    format!("service.s{number:02}")
}

/// The fleet with many more services, each of which is ready, and whose calls of ledger nobody knows where `calls` is set.
fn many(calls: bool) -> TempDir {
    let lines: Vec<String> = (0..MANY).filter(|_| calls).map(|number| call(&name(number), "unpermitted", 3)).collect();
    let root = fleet(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let seen = root.path().join("seen.jsonl");
    let mut text = fs::read_to_string(&seen).unwrap();
    let watched =
        r#"{"nodes":["a"],"pods":2,"policy":{"digest":"sha256:0","since":"2026-10-01T00:00:00Z"},"longest_open":60}"#;
    for number in 0..MANY {
        let name = name(number);
        text = text.replacen(
            r#""canaries":["#,
            &format!(r#""canaries":[{{"callee":"{name}","sent":50,"seen":50,"since":"2026-10-01T00:00:00Z"}},"#),
            1,
        );
        text = text.replacen(r#""services":{"#, &format!(r#""services":{{"{name}":{watched},"#), 1);
        fs::create_dir(root.path().join(&name)).unwrap();
        fs::write(root.path().join(&name).join("main.go"), go("")).unwrap();
        fs::write(root.path().join(&name).join("service.yaml"), BEFORE).unwrap();
    }
    fs::write(seen, text).unwrap();
    told(root.path(), "seen.jsonl");
    root
}

const BEFORE: &str = "# ours\nowner: a\n";
const AFTER: &str = "# ours\nstage:\n  prod: \"enforce\"\nowner: a\n";
const RULE: &str = "origin: observed\nfirst-seen: 2026-10-02\nlast-seen: 2026-11-20\n";

/// A fleet in which a run was killed when it had written some files and not all, and how many. On a busy machine a run may end before it is killed,
/// or be killed before it began: then it is tried again.
fn in_the_middle(
    make: impl Fn() -> TempDir,
    command: &str,
    file: impl Fn(&Path, usize) -> PathBuf,
    (before, after): (Option<&str>, &str),
) -> TempDir {
    for _ in 0..50 {
        let root = make();
        let read = |number| fs::read_to_string(file(root.path(), number)).ok();
        killed(root.path(), command, || read(0).as_deref() != before);
        let done = (0..MANY).filter(|number| read(*number).as_deref() == Some(after)).count();
        let not_yet = (0..MANY).filter(|number| read(*number).as_deref() == before).count();
        assert_eq!(done + not_yet, MANY, "none is torn");
        if done > 0 && not_yet > 0 {
            return root;
        }
    }
    panic!("no run was killed in the middle")
}

/// Starts the program and kills it as soon as `is_at_work`.
fn killed(root: &Path, arguments: &str, is_at_work: impl Fn() -> bool) {
    let mut child = Process::new(env!("CARGO_BIN_EXE_hedgerow"))
        .args(arguments.split_whitespace())
        .current_dir(root)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !is_at_work() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(100));
    }
    let _gone = child.kill();
    child.wait().unwrap();
}

/// A temporary file as a run leaves it that was killed so long ago.
fn left(directory: &Path, name: &str, seconds: u64) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, "half of").unwrap();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(SystemTime::now() - Duration::from_secs(seconds))
        .unwrap();
    path
}

fn cleared(ran: &Ran, old: &Path, young: &Path) {
    assert_eq!(
        (old.exists(), young.exists()),
        (false, true),
        "a young one may be of a run that writes now: {}",
        ran.stderr
    );
    assert!(ran.stderr.contains(".hedgerow-old, which a killed run left"), "{}", ran.stderr);
}

#[test]
fn ready_leaves_whole_files_and_the_next_run_does_the_rest() {
    let file = |root: &Path, number| root.join(name(number)).join("service.yaml");
    let command = "ready --observations seen.jsonl --write --today 2026-11-21";
    let root = in_the_middle(|| many(false), command, file, (Some(BEFORE), AFTER));
    let directory = root.path().join(name(7));
    let (old, young) = (left(&directory, ".hedgerow-old", 61), left(&directory, ".hedgerow-young", 1));
    let ran = run(root.path(), command);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert!((0..MANY).all(|number| fs::read_to_string(file(root.path(), number)).unwrap() == AFTER));
    cleared(&ran, &old, &young);
}

#[test]
fn reconcile_leaves_whole_files_and_the_next_run_does_the_rest() {
    let file = |root: &Path, number| root.join(name(number)).join("egress/service.ledger.rule");
    let accept: Vec<String> = (0..MANY).map(|number| format!("--accept {} service.ledger", name(number))).collect();
    let command = format!("reconcile --observations seen.jsonl --write {}", accept.join(" "));
    let root = in_the_middle(|| many(true), &command, file, (None, RULE));
    let directory = root.path().join(name(MANY - 1)).join("egress");
    fs::create_dir_all(&directory).unwrap();
    let (old, young) = (left(&directory, ".hedgerow-old", 61), left(&directory, ".hedgerow-young", 1));
    // The same command again: what is there already is what was meant.
    let ran = run(root.path(), &command);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert!((0..MANY).all(|number| fs::read_to_string(file(root.path(), number)).unwrap() == RULE));
    assert!(ran.stderr.contains("`service.s00` may call `service.ledger` already"), "{}", ran.stderr);
    cleared(&ran, &old, &young);
    let ran = run(root.path(), "check");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
}
