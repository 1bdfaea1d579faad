//! A real journald, in a mount namespace of its own: lines of a real log rule come out of `journalctl` and become packets.

use crate::bank::PROGRAMS;
use crate::namespace::{LogsAllNamespaces, in_namespace};
use hedgerow_testcluster::Said;
use serde_json::Value;
use std::process::Command;

const TEST: &str = "journal::lines_of_a_log_rule_come_out_of_the_journal_as_packets";

/// The journal is what the kernel's log holds, and what comes: old lines of other tests are in it as well, so a port of our own tells ours.
/// `$1` is the port; `export` and `json` are written.
const SCRIPT: &str = r#"
set -eu
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mkdir -p /run/systemd/journal
/lib/systemd/systemd-journald >/run/journald.log 2>&1 &
journald=$!
trap 'kill $journald' EXIT
ready() { [ -n "$(journalctl -q -k -n 1 -o cat 2>/dev/null)" ]; }
for _ in $(seq 150); do if ready; then break; fi; sleep 0.2; done
ready || { cat /run/journald.log >&2; exit 1; }
for _ in 1 2 3; do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || true; done
lines() { journalctl -q -k -o cat | grep -c "calico-packet: .*DPT=$1 " || true; }
for _ in $(seq 150); do if [ "$(lines "$1")" -ge 3 ]; then break; fi; sleep 0.2; done
journalctl -q -k -o export >export
journalctl -q -k -o json >json
"#;

#[test]
fn lines_of_a_log_rule_come_out_of_the_journal_as_packets() {
    let _logs = std::env::var_os("HEDGEROW_TEST_NAMESPACE").is_none().then(LogsAllNamespaces::new);
    if !in_namespace(TEST, &PROGRAMS) {
        return;
    }
    if !std::path::Path::new("/lib/systemd/systemd-journald").exists() {
        assert!(
            std::env::var("HEDGEROW_REQUIRE_TOOLS").as_deref() != Ok("1"),
            "there is no systemd-journald; scripts/tools kernel"
        );
        crate::whole::say("SKIPPED: there is no systemd-journald; scripts/tools kernel brings it");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let port = 20_000 + std::process::id() % 20_000;
    let rules = format!(
        "*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp --dport {port} -j LOG --log-prefix \"calico-packet: \" --log-level 5\nCOMMIT\n"
    );
    Said::of(&mut Command::new("iptables-nft-restore"), rules.as_bytes()).text();
    Said::of(Command::new("ip").args(["link", "set", "lo", "up"]), b"").text();
    let mut command = Command::new("unshare");
    command.current_dir(directory.path()).args([
        "--mount",
        "--propagation",
        "private",
        "bash",
        "-c",
        SCRIPT,
        "journal",
        &port.to_string(),
    ]);
    Said::of(&mut command, b"").text();
    for (file, format) in [("export", "journal-export"), ("json", "journal-json"), ("export", "auto"), ("json", "auto")]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer"));
        command.current_dir(directory.path()).args(["read", "--format", format, file]);
        let records = Said::of(&mut command, b"").text();
        let records = records.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let is_ours = |record: &Value| record["record"] == "packet" && record["port"] == port;
        let ours: Vec<Value> = records.filter(is_ours).collect();
        assert_eq!(ours.len(), 3, "{file} as {format}");
        for packet in ours {
            assert_eq!(
                (&packet["source"], &packet["destination"]),
                (&"127.0.0.1".into(), &"127.0.0.1".into()),
                "{packet}"
            );
            assert!(packet["prefix"].as_str().unwrap().starts_with("calico-packet"), "{packet}");
        }
    }
}
