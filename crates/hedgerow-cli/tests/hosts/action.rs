//! The composite action of `action.yml`, run step by step as a runner of GitHub runs it. GitHub itself is not asked: `gh` is a program of the
//! test's that notes what it was told.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::program::{Outcome, Sandbox, repository, run};

fn action() -> Value {
    let text = std::fs::read_to_string(repository().join("action.yml")).expect("the action is there");
    serde_yaml::from_str(&text).expect("YAML")
}

/// `${{ inputs.x }}` and the like in a text, by what the workflow and the event say.
fn filled(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    while let Some(start) = text.find("${{") {
        let end = start + text[start..].find("}}").expect("an end") + 2;
        let name = text[start + 3..end - 2].trim().to_owned();
        let value = known.get(&name).unwrap_or_else(|| panic!("nobody says `{name}`"));
        text.replace_range(start..end, value);
    }
    text
}

/// The conditions that the action uses: all of `a == 'b'`, `a != 'b'`; and that a step runs after a failure.
fn holds(condition: &str, known: &BTreeMap<String, String>, has_failed: bool) -> bool {
    let after_failure = condition.contains("(success() || failure())");
    let mut parts = condition.split("&&").map(str::trim).filter(|part| *part != "(success() || failure())");
    let is_true = |part: &str| {
        let (name, value, wanted) = match part.split_once("==") {
            Some((name, value)) => (name, value, true),
            None => {
                let (name, value) = part.split_once("!=").unwrap_or_else(|| panic!("not understood: {part}"));
                (name, value, false)
            }
        };
        (known[name.trim()] == value.trim().trim_matches('\'')) == wanted
    };
    (after_failure || !has_failed) && parts.all(is_true)
}

struct Ran {
    steps: Vec<(String, Outcome)>,
}

impl Ran {
    fn step(&self, name: &str) -> &Outcome {
        &self.steps.iter().find(|(step, _)| step == name).unwrap_or_else(|| panic!("{name} did not run")).1
    }

    fn names(&self) -> Vec<&str> {
        self.steps.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// Runs the action in a directory with these inputs.
fn run_action(sandbox: &Sandbox, directory: &Path, inputs: &[(&str, &str)], event: &[(&str, &str)]) -> Ran {
    let action = action();
    let mut known: BTreeMap<String, String> =
        event.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (name, input) in action["inputs"].as_object().expect("inputs") {
        let given = inputs.iter().find(|(given, _)| given == name).map(|(_, value)| (*value).to_owned());
        let default = filled(input["default"].as_str().expect("a default"), &known);
        known.insert(format!("inputs.{name}"), given.unwrap_or(default));
    }
    for (name, _) in inputs {
        assert!(known.contains_key(&format!("inputs.{name}")), "no input `{name}`");
    }
    let path_file = sandbox.write("github-path", "");
    let mut steps = Vec::new();
    let mut has_failed = false;
    for step in action["runs"]["steps"].as_array().expect("steps") {
        let name = step["name"].as_str().expect("a name").to_owned();
        if step["if"].as_str().is_some_and(|condition| !holds(condition, &known, has_failed))
            || (step["if"].is_null() && has_failed)
        {
            continue;
        }
        // As GitHub starts `shell: bash`.
        let script = sandbox.write("step.sh", step["run"].as_str().expect("a script"));
        let mut command = sandbox.command("bash");
        let added = std::fs::read_to_string(&path_file).expect("the path file");
        let inherited = command.get_envs().find(|(key, _)| *key == "PATH").and_then(|(_, value)| value).expect("PATH");
        let search = added.lines().rev().chain([inherited.to_str().expect("UTF-8")]).collect::<Vec<_>>().join(":");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(&script).current_dir(directory);
        command.env("PATH", search).env("GITHUB_ACTION_PATH", repository()).env("GITHUB_PATH", &path_file);
        command.env("GITHUB_REPOSITORY", "bank/bank").env("GITHUB_STEP_SUMMARY", sandbox.path("summary.md"));
        command.env("RUNNER_TEMP", sandbox.path("")).env("NOTED", sandbox.path("noted"));
        command.env("HEDGEROW_RELEASES", sandbox.path("releases"));
        for (key, value) in step["env"].as_object().into_iter().flatten() {
            command.env(key, filled(value.as_str().expect("a text"), &known));
        }
        let outcome = run(&mut command, b"");
        has_failed |= outcome.code != 0;
        if let Some(id) = step["id"].as_str() {
            let ended = if outcome.code == 0 { "success" } else { "failure" };
            known.insert(format!("steps.{id}.outcome"), ended.to_owned());
        }
        steps.push((name, outcome));
    }
    Ran { steps }
}

const CONFIG: &str = "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\n";
const MAIN: &str =
    "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.Get(\"http://service.ledger:8080/x\")\n}\n";

fn git(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let mut git = sandbox.command("git");
    git.current_dir(sandbox.path("bank")).args([
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@t.example",
        "-c",
        "init.defaultBranch=main",
    ]);
    run(git.args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null"), b"").text()
}

/// A repository with a base, and a head in which emoji may call ledger.
fn bank(sandbox: &Sandbox) -> String {
    for (path, text) in [
        ("bank/hedgerow.yaml", CONFIG),
        ("bank/service.ledger/service.yaml", "owner: money\nports: [{name: http, port: 8080}]\n"),
        ("bank/service.emoji/main.go", MAIN),
    ] {
        sandbox.write(path, text);
    }
    git(sandbox, &["init", "--quiet"]);
    git(sandbox, &["add", "--all"]);
    git(sandbox, &["commit", "--quiet", "--message", "base"]);
    let base = git(sandbox, &["rev-parse", "HEAD"]).trim().to_owned();
    sandbox.write("bank/service.emoji/egress/service.ledger.rule", "");
    base
}

/// A `gh` that knows of the comments in the file `comments`, and notes what it is told.
fn gh(sandbox: &Sandbox, comments: &str) {
    let program = sandbox.write(
        "gh",
        format!("#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$NOTED\"\ncase \"$*\" in *--jq*) printf '{comments}' ;; esac\n"),
    );
    make_executable(&program);
    sandbox.link("gh", &program);
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("permissions");
}

const EVENT: [(&str, &str); 2] = [("github.token", "secret"), ("github.event.pull_request.number", "7")];

#[test]
fn the_action_scans_compares_comments_and_verifies() {
    let sandbox = Sandbox::new();
    let base = bank(&sandbox);
    gh(&sandbox, "");
    let directory = sandbox.path("bank");
    let manifests =
        sandbox.hedgerow(&["-C", directory.to_str().expect("UTF-8"), "render", "--env", "prod"], b"").text();
    sandbox.write("bank/rendered.yaml", manifests);
    let inputs =
        [("version", "path"), ("base", base.as_str()), ("manifests", "rendered.yaml"), ("environment", "prod")];
    let ran = run_action(&sandbox, &directory, &inputs, &EVENT);
    assert_eq!(ran.names(), ["Bring Hedgerow", "Check", "Scan", "What the change opens", "Verify manifests"]);
    for (name, outcome) in &ran.steps {
        assert_eq!(outcome.code, 0, "{name}: {}{}", String::from_utf8_lossy(&outcome.stdout), outcome.stderr);
    }
    let summary = std::fs::read_to_string(sandbox.path("summary.md")).expect("a summary");
    assert!(summary.contains("service.emoji") && summary.contains("service.ledger"), "{summary}");
    let noted = std::fs::read_to_string(sandbox.path("noted")).expect("gh was told something");
    assert!(noted.contains("--method POST repos/bank/bank/issues/7/comments"), "{noted}");
    assert!(noted.contains("<!-- hedgerow diff -->") && !noted.contains("secret"), "{noted}");

    // A rule less: the scan fails, and what comes after it runs all the same.
    std::fs::remove_file(sandbox.path("bank/service.emoji/egress/service.ledger.rule")).expect("it is there");
    let ran = run_action(&sandbox, &directory, &inputs, &EVENT);
    let scan = ran.step("Scan");
    assert_eq!(scan.code, 1);
    assert!(String::from_utf8_lossy(&scan.stdout).contains("::error file=service.emoji/main.go"), "{scan:?}");
    assert_eq!(ran.step("What the change opens").code, 0);
    assert_eq!(ran.names().len(), 5);
}

/// Every option of a command that a workflow may need is an input, and reaches that command.
#[test]
fn inputs_are_options_of_the_commands() {
    let sandbox = Sandbox::new();
    let base = bank(&sandbox);
    gh(&sandbox, "");
    let directory = sandbox.path("bank");
    // Notes what it is told, and does nothing.
    let noted = sandbox.path("told");
    let program =
        sandbox.write("stand-in", format!("#!/bin/sh\nprintf '%s|' \"$@\" >>'{0}'\necho >>'{0}'\n", noted.display()));
    make_executable(&program);
    sandbox.link("hedgerow", &program);
    let told = |inputs: &[(&str, &str)]| -> String {
        let _earlier = std::fs::remove_file(&noted);
        let ran = run_action(&sandbox, &directory, &[&[("version", "path")], inputs].concat(), &EVENT);
        assert!(ran.steps.iter().all(|(_, outcome)| outcome.code == 0), "{inputs:?}: {:?}", ran.steps);
        std::fs::read_to_string(&noted).expect("it was called").replace(&base, "BASE")
    };
    let off = [("check", "false"), ("scan", "false")];
    let rows: [(&[(&str, &str)], &str); 8] = [
        (&[], "--version|\n-C|.|check|--format|github|\n-C|.|scan|--check|--format|github|\n"),
        (&[("check", "false")], "--version|\n-C|.|scan|--check|--format|github|\n"),
        (
            &[("scan", "false"), ("config", "other one.yaml")],
            "--version|\n-C|.|--config|other one.yaml|check|--format|github|\n",
        ),
        (
            &[off[0], ("config", "c.yaml"), ("directory", "net work")],
            "--version|\n-C|net work|--config|c.yaml|scan|--check|--format|github|\n",
        ),
        (
            &[off[0], off[1], ("base", &base), ("base-catalogue", "before it.json"), ("config", "c.yaml")],
            "--version|\n-C|.|--config|c.yaml|diff|BASE|--format|markdown|--base-catalogue|before it.json|\n",
        ),
        (
            &[off[0], off[1], ("manifests", "a b"), ("complete", "true")],
            "--version|\n-C|.|verify|--complete|--format|github|a|b|\n",
        ),
        (
            &[off[0], off[1], ("manifests", "a"), ("complete", "false"), ("config", "c.yaml")],
            "--version|\n-C|.|--config|c.yaml|verify|--format|github|a|\n",
        ),
        (
            &[off[0], off[1], ("manifests", "a"), ("environment", "prod"), ("namespaces", "shop=shop-7, bank=bank-7")],
            "--version|\n-C|.|verify|--env|prod|--namespaces|shop=shop-7|--namespaces|bank=bank-7|--format|github|a|\n",
        ),
    ];
    for (inputs, expected) in rows {
        assert_eq!(told(inputs), expected, "{inputs:?}");
    }
}

/// A faulty rule file fails the first step, with its place, and the other steps run.
#[test]
fn the_action_checks_rule_files() {
    let sandbox = Sandbox::new();
    bank(&sandbox);
    sandbox.write("bank/service.emoji/egress/service.ledgre.rule", "");
    let ran = run_action(&sandbox, &sandbox.path("bank"), &[("version", "path")], &EVENT);
    assert_eq!(ran.names(), ["Bring Hedgerow", "Check", "Scan"]);
    let check = ran.step("Check");
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(check.code != 0 && said.contains("::error file=service.emoji/egress/service.ledgre.rule"), "{said}");
    let table = std::fs::read_to_string(repository().join("integrations/ci/README.md")).expect("the page is there");
    for (input, _) in action()["inputs"].as_object().expect("inputs") {
        assert!(table.contains(&format!("`{input}`")), "the page does not name `{input}`");
    }
}

#[test]
fn the_action_keeps_one_comment_and_fails_on_what_it_is_told_to() {
    let sandbox = Sandbox::new();
    let base = bank(&sandbox);
    gh(&sandbox, "41\\n42\\n");
    let directory = sandbox.path("bank");
    let inputs = [
        ("version", "path"),
        ("check", "false"),
        ("scan", "false"),
        ("base", base.as_str()),
        ("fail-on", "added, exposed"),
    ];
    let ran = run_action(&sandbox, &directory, &inputs, &EVENT);
    assert_eq!(ran.names(), ["Bring Hedgerow", "What the change opens"]);
    assert_eq!(ran.step("What the change opens").code, 1, "a rule was added");
    let noted = std::fs::read_to_string(sandbox.path("noted")).expect("gh was told something");
    assert!(noted.contains("--method PATCH repos/bank/bank/issues/comments/41") && !noted.contains("POST"), "{noted}");
    // What a stranger writes into a branch's name is never a command.
    let nasty = [("version", "path"), ("check", "false"), ("scan", "false"), ("base", "$(touch pwned); `touch pwned`")];
    let ran = run_action(&sandbox, &directory, &nasty, &EVENT);
    assert_eq!(ran.step("What the change opens").code, 2);
    assert!(!directory.join("pwned").exists());
    // Without a pull request nothing is written to one.
    std::fs::remove_file(sandbox.path("noted")).expect("it is there");
    let event = [("github.token", "secret"), ("github.event.pull_request.number", "")];
    let ran = run_action(&sandbox, &directory, &inputs[..4], &event);
    assert_eq!(ran.step("What the change opens").code, 0);
    assert!(!sandbox.path("noted").exists());
}

/// A token that may not read or write comments costs the comment, not the job, and hides no finding.
#[test]
fn a_refused_comment_is_a_warning_and_the_comparison_decides() {
    let sandbox = Sandbox::new();
    let base = bank(&sandbox);
    let directory = sandbox.path("bank");
    for refused in ["--jq", "POST", "api"] {
        let text = format!("#!/bin/sh\ncase \"$*\" in *{refused}*) echo 'HTTP 403' >&2; exit 1 ;; esac\n");
        let program = sandbox.write(&format!("refuses{refused}"), text);
        make_executable(&program);
        let _earlier = std::fs::remove_file(sandbox.path("bin/gh"));
        sandbox.link("gh", &program);
        for (fail_on, code) in [("", 0), ("added", 1)] {
            let inputs = [
                ("version", "path"),
                ("check", "false"),
                ("scan", "false"),
                ("base", base.as_str()),
                ("fail-on", fail_on),
            ];
            let ran = run_action(&sandbox, &directory, &inputs, &EVENT);
            let step = ran.step("What the change opens");
            let said = String::from_utf8_lossy(&step.stdout);
            assert_eq!(step.code, code, "{refused}: {said}{}", step.stderr);
            assert!(said.contains("::warning::the comment could not be written"), "{refused}: {said}{}", step.stderr);
            assert!(said.contains("service.ledger"), "{refused}: {said}");
        }
    }
}

/// What is released under one version says that version everywhere, and `scripts/release` stops where it does not.
#[test]
fn everything_that_names_a_version_names_the_one_of_cargo() {
    let sandbox = Sandbox::new();
    for path in
        ["Cargo.toml", "action.yml", "scripts/release", "scripts/release-notes", "CHANGELOG.md", "docs/rollout.md"]
    {
        sandbox.write(&format!("tree/{path}"), std::fs::read(repository().join(path)).expect("it is there"));
    }
    make_executable(&sandbox.path("tree/scripts/release"));
    let integrations = repository().join("integrations");
    let copied = run(sandbox.command("cp").args(["-r"]).arg(integrations).arg(sandbox.path("tree")), b"");
    assert_eq!(copied.code, 0, "{}", copied.stderr);
    let versions = |sandbox: &Sandbox| {
        let mut release = sandbox.command("bash");
        run(release.arg(sandbox.path("tree/scripts/release")).arg("--versions"), b"")
    };
    let right = versions(&sandbox);
    assert_eq!(right.code, 0, "{}", right.stderr);
    for (path, wrong) in [
        ("action.yml", ("default: \"0.1.0\"", "default: \"0.0.9\"")),
        ("action.yml", ("hedgerow@v0.1.0", "hedgerow@v0.0.9")),
        ("action.yml", ("default: \"0.1.0\"", "default: path")),
        ("integrations/ci/github-scan.yml", ("hedgerow@v0.1.0", "hedgerow@v1.0.0")),
        ("integrations/helm4/plugin.yaml", ("version: 0.1.0", "version: 0.1.1")),
        ("integrations/observer/base/kustomization.yaml", ("newTag: 0.1.0", "newTag: 0.1.0-rc1")),
        ("integrations/observer/values.yaml", ("tag: 0.1.0", "tag: latest")),
        ("integrations/editors/README.md", ("rev: v0.1.0", "rev: v0.2.0")),
    ] {
        let (now, then) = (wrong.0.replace("0.1.0", env!("CARGO_PKG_VERSION")), wrong.1);
        let text = std::fs::read_to_string(sandbox.path(&format!("tree/{path}"))).expect("it is there");
        assert!(text.contains(&now), "{path} does not say {now}");
        sandbox.write(&format!("tree/{path}"), text.replace(&now, then));
        let refused = versions(&sandbox);
        assert!(refused.code != 0 && refused.stderr.contains(path), "{path}, {then}: {}", refused.stderr);
        sandbox.write(&format!("tree/{path}"), text);
    }
}

#[test]
fn the_action_uses_no_program_that_is_not_the_released_one() {
    let sandbox = Sandbox::new();
    bank(&sandbox);
    let machine = std::env::consts::ARCH;
    let name = format!("hedgerow-1.2.3-{machine}-unknown-linux-musl");
    let program = sandbox.write(
        &format!("releases/{name}/hedgerow"),
        format!(
            "#!/bin/sh\n[ \"$1\" != --version ] || exec echo released\nexec '{}' \"$@\"\n",
            env!("CARGO_BIN_EXE_hedgerow")
        ),
    );
    make_executable(&program);
    let mut pack = sandbox.command("sh");
    let script = "tar -czf \"$1.tar.gz\" \"$1\" && sha256sum \"$1.tar.gz\" >SHA256SUMS";
    run(pack.args(["-c", script, "sh", &name]).current_dir(sandbox.path("releases")), b"").text();
    let directory = sandbox.path("bank");
    let ran = run_action(&sandbox, &directory, &[("version", "1.2.3")], &EVENT);
    let install = ran.step("Bring Hedgerow");
    assert_eq!(String::from_utf8_lossy(&install.stdout), "released\n", "{install:?}");
    assert_eq!(ran.step("Scan").code, 0, "{:?}", ran.step("Scan"));
    // One byte more.
    let archive = sandbox.path(&format!("releases/{name}.tar.gz"));
    let mut bytes = std::fs::read(&archive).expect("the archive");
    bytes.push(0);
    std::fs::write(&archive, bytes).expect("the archive");
    let all = [("version", "1.2.3"), ("base", "HEAD"), ("manifests", ".")];
    let ran = run_action(&sandbox, &directory, &all, &EVENT);
    assert_eq!(ran.names(), ["Bring Hedgerow"]);
    let install = ran.step("Bring Hedgerow");
    assert!(install.code == 2 && String::from_utf8_lossy(&install.stdout).contains("is not what SHA256SUMS says"));
    let ran = run_action(&sandbox, &directory, &[("version", "../../x")], &EVENT);
    assert_eq!(ran.step("Bring Hedgerow").code, 2);
}

/// The workflows of this repository run scripts of this repository; nothing is done in them alone.
#[test]
fn workflows_call_scripts_that_are_there() {
    let directory = repository().join(".github/workflows");
    let mut calls = Vec::new();
    for entry in std::fs::read_dir(directory).expect("workflows") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a workflow");
        let workflow: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(workflow["permissions"].is_object(), "{}: says what it may", path.display());
        for (name, job) in workflow["jobs"].as_object().expect("jobs") {
            for step in job["steps"].as_array().into_iter().flatten() {
                if let Some(uses) = step["uses"].as_str() {
                    assert!(uses.contains('@') || uses.starts_with("./"), "{name}: {uses}");
                }
                let words = step["run"].as_str().unwrap_or_default().split_whitespace();
                calls.extend(words.filter(|word| word.contains('/')).map(str::to_owned));
            }
        }
    }
    for script in [".ci/run", "scripts/release", "scripts/tools"] {
        assert!(calls.iter().any(|call| call == script), "no workflow calls {script}: {calls:?}");
        assert!(repository().join(script).exists(), "{script}");
    }
}
