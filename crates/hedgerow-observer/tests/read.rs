//! `hedgerow-observer read` as a program: what it prints where, and with which exit code.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a program is run on files"
)]

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

struct Ran {
    code: i32,
    lines: Vec<Value>,
    told: String,
}

fn read(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer"))
        .arg("read")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        let _closed = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let lines =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Ran { code: output.status.code().unwrap(), lines, told: String::from_utf8(output.stderr).unwrap() }
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/observation")
}

fn path(name: &str) -> String {
    testdata().join(name).display().to_string()
}

/// Every recording is recognised, read in full, and printed as the schema promises.
#[test]
fn recordings_become_lines_of_the_schema() {
    let schema: Value = serde_json::from_slice(
        &std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas/record.json")).unwrap(),
    )
    .unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for (file, format, kind, count) in [
        ("counters/v3.28.5-iptables-audit.after.iptables-save-c", "iptables-save", "counter", 87),
        ("counters/v3.30.6-nft-audit.after.nft.json", "nft-json", "counter", 132),
        ("counters/rules.nl.bin", "rules-netlink", "counter", 247),
        ("kernel/v3.28.5-iptables-audit.klog", "kernel-log", "packet", 16),
        ("kernel/kmsg1.txt", "kmsg", "packet", 11),
        ("conntrack/master-iptables-audit.nl.bin", "conntrack-netlink", "connection", 52),
        ("conntrack/master-iptables-audit.conntrack-E.txt", "conntrack", "connection", 52),
        ("flows/master-iptables-c-enforce.pb", "calico-flows", "flow", 37),
        ("flows/master-iptables-c-enforce.json", "calico-json", "flow", 37),
    ] {
        let ran = read(&["--strict", &path(file)], b"");
        assert_eq!(ran.code, 0, "{file}: {}", ran.told);
        let (tally, records) = ran.lines.split_last().unwrap();
        assert_eq!(
            (&tally["format"], &tally["records"]),
            (&Value::from(format), &Value::from(records.len())),
            "{file}"
        );
        assert_eq!(records.len(), count, "{file}");
        assert!(records.iter().all(|record| record["record"] == kind), "{file}");
        for line in &ran.lines {
            if let Err(error) = schema.validate(line) {
                panic!("{file}: {error}: {line}");
            }
        }
        assert!(ran.told.contains("0 not understood"), "{}", ran.told);
    }
}

#[test]
fn what_is_not_understood_is_told_and_strict_fails() {
    let input = b"5,1,10,-;calico-packet: IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 PROTO=UDP SPT=1 DPT=53 LEN=9 \n5,5,20,-;calico-packet: IN=a OUT=b SRC=10.0\nnonsense\n";
    for (strict, code) in [(&["-"][..], 0), (&["--strict", "-"][..], 1)] {
        let ran = read(strict, input);
        assert_eq!(ran.code, code);
        let kinds: Vec<&str> = ran.lines.iter().map(|line| line["record"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["packet", "lost", "tally"]);
        assert_eq!(ran.lines[1]["count"], 3);
        assert_eq!(ran.lines[2]["not_understood"]["truncated"]["count"], 1);
        assert!(
            ran.told.contains("-: not understood, 1 ×: not of this format; first at piece 3: nonsense"),
            "{}",
            ran.told
        );
    }
}

#[test]
fn an_unknown_format_a_packed_file_and_a_missing_file_are_the_command_s_fault() {
    let mut packed = tempfile::NamedTempFile::new().unwrap();
    packed.write_all(&[0x1f, 0x8b, 8, 0]).unwrap();
    for (arguments, input, message) in [
        (vec!["-"], &b"hello\n"[..], "cannot tell the format of -"),
        (vec!["-"], b"", "- is empty"),
        (vec!["--format", "carrier-pigeon", "-"], b"", "there is no such format"),
        (vec!["/nowhere/at/all"], b"", "cannot open /nowhere/at/all"),
        (vec![packed.path().to_str().unwrap()], b"", "is compressed"),
        (vec![], b"", "required"),
    ] {
        let ran = read(&arguments, input);
        assert_eq!((ran.code, ran.lines.len()), (2, 0), "{arguments:?}");
        assert!(ran.told.contains(message), "{}", ran.told);
    }
}

/// A file that is named by its format is read so, whatever it looks like; several files have a tally each.
#[test]
fn several_files_are_read_one_after_another() {
    let ran = read(
        &[
            "--format",
            "kernel-log",
            &path("kernel/v3.28.5-iptables-audit.klog"),
            &path("kernel/v3.30.6-nft-audit.klog"),
        ],
        b"",
    );
    assert_eq!(ran.code, 0);
    let tallies: Vec<&Value> = ran.lines.iter().filter(|line| line["record"] == "tally").collect();
    assert_eq!(tallies.len(), 2);
    assert!(tallies.iter().all(|tally| tally["records"] == 16));
    let ran = read(&["--format", "kmsg", "-"], b"");
    assert_eq!((ran.code, ran.lines.len()), (0, 1), "nothing is nothing, where the format is named");
}
