//! kpt, which runs KRM functions over files. It takes minutes to build, so that `scripts/test` does not bring it:
//! `scripts/tools kpt` does. Where it is neither there nor on PATH, the test says so.

use std::io::Write as _;
use std::path::PathBuf;

use crate::manifest::{assert_deployed, documents};
use crate::program::{Sandbox, repository, run};

fn kpt() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = vec![repository().join(".tools/bin")];
    places.extend(std::env::split_paths(&on_path));
    let found = places.into_iter().map(|place| place.join("kpt")).find(|path| path.is_file());
    if found.is_none() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: kpt is not on PATH; scripts/tools kpt builds it");
    }
    found
}

/// The base of card's kustomization, as a package of files.
fn package(sandbox: &Sandbox) -> PathBuf {
    let base = repository().join("testdata/bank/service.card/deploy/base");
    for file in ["deployment.yaml", "expiry.yaml", "service.yaml"] {
        sandbox.write(&format!("deploy/{file}"), std::fs::read(base.join(file)).expect("a manifest"));
    }
    sandbox.path("deploy")
}

fn written(sandbox: &Sandbox) -> String {
    let mut files: Vec<_> = std::fs::read_dir(sandbox.path("deploy"))
        .expect("the package")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.file_name().is_some_and(|name| name != "Kptfile"))
        .collect();
    files.sort();
    files.iter().map(|path| format!("---\n{}\n", std::fs::read_to_string(path).expect("a manifest"))).collect()
}

#[test]
fn kpt_runs_hedgerow_over_a_package_and_keeps_the_rest() {
    let Some(kpt) = kpt() else { return };
    let fleet = repository().join("testdata/bank");
    let fleet = fleet.to_str().expect("UTF-8");
    // Both ways of docs/integrations.md: by the command line, and by a Kptfile.
    let by_command = Sandbox::new();
    let package_directory = package(&by_command);
    let before = written(&by_command);
    let mut eval = by_command.command(&kpt);
    eval.args(["fn", "eval"]).arg(&package_directory).args(["--exec", "hedgerow", "--"]);
    eval.args([format!("fleet={fleet}"), "environment=prod".into(), "service=service.card".into()]);
    let ran = run(&mut eval, b"");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let after = written(&by_command);
    assert_deployed("service.card", "prod", &documents(&after), |_| true);
    let kept = before.lines().filter(|line| !after.lines().any(|other| other == *line)).collect::<Vec<_>>();
    assert!(kept.is_empty(), "kpt and Hedgerow took lines away: {kept:?}");

    let by_file = Sandbox::new();
    let package_directory = package(&by_file);
    by_file.write(
        "deploy/Kptfile",
        format!("apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {{name: card}}\npipeline:\n  mutators:\n    - exec: hedgerow\n      configMap: {{fleet: {fleet}, environment: prod, service: service.card}}\n"),
    );
    let mut render = by_file.command(&kpt);
    render.args(["fn", "render", "--allow-exec"]).arg(&package_directory);
    let ran = run(&mut render, b"");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_deployed("service.card", "prod", &documents(&written(&by_file)), |_| true);

    // A refusal leaves the files as they were, and says why.
    let refused = Sandbox::new();
    let package_directory = package(&refused);
    let mut eval = refused.command(&kpt);
    eval.args(["fn", "eval"]).arg(&package_directory).args(["--exec", "hedgerow", "--"]);
    eval.args([format!("fleet={fleet}"), "environment=prod".into(), "service=service.cart".into()]);
    let ran = run(&mut eval, b"");
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("there is no service `service.cart`"), "{}", ran.stderr);
    assert_eq!(written(&refused), before);
}
