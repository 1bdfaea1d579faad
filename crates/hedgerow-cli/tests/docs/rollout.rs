//! The weekly job of `docs/rollout.md`: its last step, run by the shell that GitHub runs it with, in a repository with a remote. `gh` is a program of
//! the test's that notes what it was told.

use crate::page::{Part, parts, repository};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// The script of the step that opens the pull request.
fn script() -> String {
    let text = std::fs::read_to_string(repository().join("docs/rollout.md")).unwrap();
    let blocks = parts(&text).into_iter().filter_map(|part| match part {
        Part::Block(block) if block.language == "yaml" => serde_yaml::from_str::<serde_json::Value>(&block.text).ok(),
        Part::Block(_) | Part::Empty(_) | Part::Absent(_) => None,
    });
    let steps = blocks.filter_map(|job| job.pointer("/jobs/ready/steps")?.as_array().cloned()).flatten();
    let scripts = steps.filter_map(|step| step["run"].as_str().map(str::to_owned));
    scripts.into_iter().find(|script| script.contains("gh pr create")).expect("a step opens a pull request")
}

fn shell(directory: &Path, script: &str, path: &str) -> String {
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(directory);
    // As on a new runner: nobody has a name there yet.
    bash.env_clear().env("PATH", path).env("HOME", directory.parent().unwrap()).env("RUNNER_TEMP", "/tmp");
    let output = bash.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{script}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_weekly_job_sees_changed_and_new_files() {
    let root = tempfile::tempdir().unwrap();
    let gh = root.path().join("bin/gh");
    std::fs::create_dir_all(gh.parent().unwrap()).unwrap();
    std::fs::write(&gh, "#!/bin/sh\necho \"$*\" >>\"$HOME/noted\"\n").unwrap();
    std::fs::set_permissions(&gh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", root.path().join("bin").display(), std::env::var("PATH").unwrap());
    let tree = root.path().join("tree");
    shell(root.path(), "git init -q --bare remote && git init -q -b main tree", &path);
    std::fs::create_dir_all(tree.join("service.a")).unwrap();
    std::fs::write(tree.join("service.a/service.yaml"), "owner: x\n").unwrap();
    let begin = "git -c user.name=t -c user.email=t@t.example commit -q --allow-empty -m begin; git add -A; git -c user.name=t -c user.email=t@t.example commit -q -m a; git remote add origin ../remote";
    shell(&tree, begin, &path);
    let branches = |tree: &Path| shell(tree, "git ls-remote --heads origin | cut -f2", &path);
    // Nothing is ready: nothing is pushed.
    shell(&tree, &script(), &path);
    assert_eq!((branches(&tree).as_str(), root.path().join("noted").exists()), ("", false));
    // One service had a file, the other gets its first.
    std::fs::write(tree.join("service.a/service.yaml"), "owner: x\nstage: {prod: enforce}\n").unwrap();
    std::fs::create_dir_all(tree.join("service.b")).unwrap();
    std::fs::write(tree.join("service.b/service.yaml"), "stage: {prod: enforce}\n").unwrap();
    shell(&tree, &script(), &path);
    assert!(branches(&tree).starts_with("refs/heads/ready-"), "{}", branches(&tree));
    let pushed = shell(&tree, "git show --name-only --format= HEAD", &path);
    assert_eq!(pushed, "service.a/service.yaml\nservice.b/service.yaml\n");
    assert_eq!(shell(&tree, "git status --porcelain", &path), "");
    let noted = std::fs::read_to_string(root.path().join("noted")).unwrap();
    assert!(noted.starts_with("pr create --title Enforce what is ready --body-file /tmp/request.md"), "{noted}");
}
