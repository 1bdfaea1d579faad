//! The scripted month of `scripts/rollout-demo`: each way in which a service is not ready, with its words, until all are enforced.

use std::path::Path;
use std::process::Command;

#[test]
fn a_month_in_audit_ends_in_enforce() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/rollout-demo");
    let ran = Command::new("python3").arg(script).env("HEDGEROW", env!("CARGO_BIN_EXE_hedgerow")).output();
    let ran = ran.expect("python3 is needed for this test, as for scripts/demo");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.ends_with("every step said what it should.\n"), "{said}");
}
