//! A test in a network namespace of its own, with the kernel's log open to it.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs the rest of a test, which needs these programs, in a network namespace of its own. False if this process is not the one in it.
pub(crate) fn in_namespace(test: &str, programs: &[&str]) -> bool {
    if std::env::var("HEDGEROW_TEST_NAMESPACE").as_deref() == Ok(test) {
        return true;
    }
    let succeeds =
        |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success();
    let is_there = |program: &&str| succeeds(Command::new("sh").args(["-c", &format!("command -v {program}")]));
    let missing: Vec<&str> = programs.iter().filter(|program| !is_there(program)).copied().collect();
    if !missing.is_empty() || !succeeds(Command::new("unshare").args(["--net", "true"])) {
        let why = if missing.is_empty() {
            "no network namespace can be made (not root?)".to_owned()
        } else {
            missing.join(", ")
        };
        let required = std::env::var("HEDGEROW_REQUIRE_TOOLS").as_deref() == Ok("1");
        assert!(!required, "{test} cannot run, it needs {why}; scripts/tools kernel");
        let _ = writeln!(std::io::stderr(), "SKIPPED: {test} needs {why}; scripts/tools kernel");
        return false;
    }
    let status = Command::new("unshare")
        .args(["--net", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("HEDGEROW_TEST_NAMESPACE", test)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "it failed in its namespace; the lines above say why");
    false
}

/// The kernel logs packets of other namespaces than the first for as long as this lives. The setting is the machine's and can only be seen from
/// there, so whoever changes it holds a lock, and puts it back.
pub(crate) struct LogsAllNamespaces {
    before: String,
    _lock: std::fs::File,
}

impl LogsAllNamespaces {
    const SETTING: &str = "/proc/sys/net/netfilter/nf_log_all_netns";

    pub(crate) fn new() -> Option<Self> {
        let lock = std::fs::File::create(std::env::temp_dir().join("hedgerow-nf_log_all_netns.lock")).ok()?;
        lock.lock().ok()?;
        let before = std::fs::read_to_string(Self::SETTING).ok()?;
        std::fs::write(Self::SETTING, "1").ok()?;
        Some(Self { before, _lock: lock })
    }
}

impl Drop for LogsAllNamespaces {
    fn drop(&mut self) {
        let _gone = std::fs::write(Self::SETTING, &self.before);
    }
}
