//! `hedgerow doctor`, with the real programs where they are there and with programs that misbehave.

use crate::common::{Command, Ran, testdata, tree};
use hedgerow_cli::Exit;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

const BIN: &str = env!("CARGO_BIN_EXE_hedgerow");

fn tool(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/bin").join(name);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var_os("HEDGEROW_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(!required, "{name} is missing: run scripts/tools");
    let _ = writeln!(std::io::stderr(), "SKIPPED: {name} is not in .tools/bin; run scripts/tools");
    None
}

fn link(root: &Path, name: &str, program: &Path) {
    std::fs::create_dir_all(root.join("bin")).unwrap();
    symlink(program, root.join("bin").join(name)).unwrap();
}

fn script(root: &Path, name: &str, text: &str) {
    std::fs::create_dir_all(root.join("bin")).unwrap();
    let path = root.join("bin").join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn doctor(root: &Path, arguments: &str, input: &str) -> Ran {
    let path = root.join("bin").display().to_string();
    let home = root.join("home").display().to_string();
    let command = Command::new(root, &format!("doctor {arguments}")).variable("PATH", &path).variable("HOME", &home);
    command.stdin(input).run()
}

#[test]
fn the_real_hosts_are_asked_and_a_missing_plugin_is_a_problem() {
    let root = tree(&[]);
    link(root.path(), "hedgerow", Path::new(BIN));
    let (Some(helm3), Some(helm4)) = (tool("helm3"), tool("helm4")) else { return };
    link(root.path(), "helm", &helm3);
    for name in ["kubectl", "kustomize"] {
        let Some(path) = tool(name) else { return };
        link(root.path(), name, &path);
    }
    let ran = doctor(root.path(), "", "");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.out());
    for said in [
        "ok      hedgerow 0.1.0 at ",
        "note    helm 3.",
        "ok      kustomize 5.",
        "note    kubectl 1.",
        "`hedgerow init`",
    ] {
        assert!(ran.out().contains(said), "{said}: {}", ran.out());
    }
    std::fs::remove_file(root.path().join("bin/helm")).unwrap();
    link(root.path(), "helm", &helm4);
    let ran = doctor(root.path(), "", "");
    assert_eq!(ran.exit, Exit::Findings);
    assert!(ran.out().contains("problem Helm 4 has no plugin `hedgerow`"), "{}", ran.out());
    assert!(ran.stderr.contains("1 problem\n"), "{}", ran.stderr);
    // Where Helm itself says that its plugins are.
    let shipped = shipped();
    let plugins = root.path().join("home/.local/share/helm/plugins");
    for (directory, problems) in [("hedgerow", 0), ("hedgerow-again", 1)] {
        std::fs::create_dir_all(plugins.join(directory)).unwrap();
        std::fs::write(plugins.join(directory).join("plugin.yaml"), &shipped).unwrap();
        let ran = doctor(root.path(), "", "");
        assert_eq!(ran.out().matches("problem ").count(), problems, "{directory}: {}", ran.out());
    }
    assert!(doctor(root.path(), "", "").out().contains("the Helm plugin hedgerow is installed 2 times"));
    // Helm 3 finds the plugin in the same directory, and refuses it and all others.
    std::fs::remove_dir_all(plugins.join("hedgerow-again")).unwrap();
    std::fs::remove_file(root.path().join("bin/helm")).unwrap();
    link(root.path(), "helm", &helm3);
    let listed = std::process::Command::new(&helm3).args(["plugin", "list"]).env("HELM_PLUGINS", &plugins).output();
    let listed = listed.unwrap();
    assert!(
        !listed.status.success() && String::from_utf8_lossy(&listed.stderr).contains("unknown field"),
        "{listed:?}"
    );
    let ran = doctor(root.path(), "", "");
    assert!(ran.exit == Exit::Findings && ran.out().contains("is for Helm 4: Helm 3 at "), "{}", ran.out());
}

/// The plugin as it is shipped.
fn shipped() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../integrations/helm4/plugin.yaml");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_plugin_of_the_other_helm_is_a_problem() {
    let shipped = shipped();
    let older = shipped.replace("version: 0.1.0", "version: 0.0.9");
    let old = "name: hedgerow\nversion: 0.1.0\ncommand: hedgerow\n";
    let command = shipped.replace("postrenderer/v1", "cli/v1");
    let foreign = shipped.replace("name: hedgerow", "name: secrets");
    let refused = "problem the Helm plugin hedgerow 0.1.0 at ";
    let good = "ok      the Helm plugin hedgerow 0.1.0 at ";
    let lacks = "Helm 4 has no plugin `hedgerow`";
    // Each Helm on PATH with its version, the plugins in the directory that they share, what is said, and how many problems.
    type Pairs<'r> = &'r [(&'r str, &'r str)];
    let rows: [(Pairs<'_>, Pairs<'_>, &[&str], usize); 14] = [
        (&[("helm", "v3.17.3")], &[("hedgerow", &shipped)], &[refused, "loads no plugin at all", "help: remove "], 1),
        (&[("helm", "v3.19.0+g1")], &[("hedgerow", &older)], &["hedgerow 0.0.9 at ", "is for Helm 4"], 1),
        (&[("helm", "v3.17.3")], &[("secrets", &foreign)], &["the Helm plugin secrets 0.1.0 at ", "HELM_PLUGINS"], 1),
        (&[("helm", "v3.17.3")], &[("hedgerow", old)], &[good], 0),
        (&[("helm", "v3.17.3")], &[("diff", "name: diff\nversion: 3.9.0\n")], &["none is installed"], 0),
        (&[("helm3", "v3.17.3")], &[("hedgerow", &shipped)], &[refused], 1),
        (&[("helm", "v4.1.4")], &[("hedgerow", &shipped)], &[good], 0),
        (&[("helm", "v4.1.4")], &[("hedgerow", &older)], &["note    the Helm plugin hedgerow 0.0.9"], 0),
        (&[("helm", "v4.1.4")], &[("hedgerow", &shipped), ("secrets", &foreign)], &[good], 0),
        (&[("helm", "v4.1.4")], &[("hedgerow", old)], &[refused, "is not for Helm 4", "helm plugin install"], 1),
        (&[("helm", "v4.1.4")], &[("hedgerow", &command)], &[refused, "is not for Helm 4"], 1),
        (
            &[("helm", "v3.17.3"), ("helm4", "v4.3.1")],
            &[("hedgerow", &shipped)],
            &[refused, "is for Helm 4: Helm 4 at "],
            1,
        ),
        (&[("helm", "v3.17.3"), ("helm4", "v4.3.1")], &[], &[lacks, "integrations/helm4/helm4"], 0),
        (&[("helm", "v4.3.1"), ("helm3", "v3.17.3")], &[], &[lacks, "integrations/helm4/helm4"], 1),
    ];
    for (helms, plugins, said, problems) in rows {
        let root = tree(&[]);
        link(root.path(), "hedgerow", Path::new(BIN));
        let place = root.path().join("plugins");
        for (name, version) in helms {
            let text = format!("case $1 in env) echo {} ;; *) echo {version} ;; esac", place.display());
            script(root.path(), name, &text);
        }
        for (name, manifest) in plugins {
            std::fs::create_dir_all(place.join(name)).unwrap();
            std::fs::write(place.join(name).join("plugin.yaml"), manifest).unwrap();
        }
        let ran = doctor(root.path(), "", "");
        for said in said {
            assert!(ran.out().contains(said), "{said}: {helms:?}: {}", ran.out());
        }
        assert_eq!(ran.out().matches("  problem ").count(), problems, "{helms:?}, {plugins:?}: {}", ran.out());
        assert_eq!(ran.exit, if problems == 0 { Exit::Done } else { Exit::Findings }, "{}", ran.out());
    }
}

#[test]
fn programs_that_misbehave_are_named_and_stop_nothing() {
    let root = tree(&[]);
    script(root.path(), "helm", "echo broken >&2; exit 1");
    script(root.path(), "kustomize", "echo no number here");
    script(root.path(), "hedgerow", "echo hedgerow 9.9.9");
    let ran = doctor(root.path(), "", "");
    assert_eq!(ran.exit, Exit::Findings);
    for said in ["does not say its version: broken", "says no version: no number here", "is another: hedgerow 9.9.9"] {
        assert!(ran.out().contains(said), "{said}: {}", ran.out());
    }
    let nobody = tree(&[]);
    assert!(doctor(nobody.path(), "", "").out().contains("hedgerow is not on PATH"));
}

#[test]
fn helms_under_other_names_are_one_story() {
    let root = tree(&[]);
    link(root.path(), "hedgerow", Path::new(BIN));
    let place = root.path().join("plugins");
    for (name, version) in [("helm3", "v3.17.3"), ("helm4", "v4.3.1")] {
        script(root.path(), name, &format!("case $1 in env) echo {} ;; *) echo {version} ;; esac", place.display()));
    }
    std::fs::create_dir_all(place.join("hedgerow")).unwrap();
    std::fs::write(place.join("hedgerow/plugin.yaml"), shipped()).unwrap();
    let ran = doctor(root.path(), "", "");
    let absent = ran.out().lines().find(|line| line.contains("not on PATH: ")).unwrap_or_default();
    assert!(absent.contains("kubectl") && !absent.contains("helm,"), "{absent}");
    assert!(ran.out().contains("note    helm 3.17 at ") && ran.out().contains("ok      helm 4.3 at "), "{}", ran.out());
    assert_eq!(ran.out().matches("the Helm plugin hedgerow").count(), 1, "{}", ran.out());
    assert!(ran.out().contains("/helm4 takes it, and Helm 3 at "), "{}", ran.out());
    // None at all is said.
    let none = tree(&[]);
    link(none.path(), "hedgerow", Path::new(BIN));
    assert!(doctor(none.path(), "", "").out().contains("not on PATH: helm, "));
}

#[test]
fn a_second_helm_on_the_path_is_looked_at() {
    let root = tree(&[]);
    link(root.path(), "hedgerow", Path::new(BIN));
    script(root.path(), "helm", "case $1 in env) echo /nowhere ;; *) echo v3.17.3 ;; esac");
    let other = root.path().join("other");
    let place = root.path().join("plugins");
    script(&other, "helm", &format!("case $1 in env) echo {} ;; *) echo v4.3.1 ;; esac", place.display()));
    std::fs::create_dir_all(place.join("hedgerow")).unwrap();
    std::fs::write(place.join("hedgerow/plugin.yaml"), shipped().replace("postrenderer/v1", "cli/v1")).unwrap();
    let path = format!("{}:{}", root.path().join("bin").display(), other.join("bin").display());
    let ran = Command::new(root.path(), "doctor").variable("PATH", &path).run();
    for said in
        ["note    helm 3.17 at ", "ok      helm 4.3 at ", "helm is on PATH more than once: also ", "is not for Helm 4"]
    {
        assert!(ran.out().contains(said), "{said}: {}", ran.out());
    }
}

#[test]
fn a_kubectl_without_plugins_is_not_told_to_use_them() {
    let function = b"apiVersion: hedgerow.dev/v1\nkind: Hedgerow\nmetadata:\n  name: hedgerow\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: hedgerow}\n";
    for (version, has_plugins) in [("v1.14.0", false), ("v1.20.15", false), ("v1.21.0", true), ("v1.34.1", true)] {
        let root = tree(&[("prod/transformer.yaml", function)]);
        link(root.path(), "hedgerow", Path::new(BIN));
        let minor = version.split('.').nth(1).unwrap();
        let text =
            format!("echo 'Client Version: version.Info{{Major:\"1\", Minor:\"{minor}\", GitVersion:\"{version}\"}}'");
        script(root.path(), "kubectl", &text);
        let ran = doctor(root.path(), "", "");
        assert_eq!(ran.out().contains("use the legacy plugin"), has_plugins, "{version}: {}", ran.out());
        assert_eq!(ran.out().contains("kubectl 1.21 or later"), !has_plugins, "{version}: {}", ran.out());
    }
}

#[test]
fn a_program_that_hangs_costs_one_wait() {
    for text in ["exec sleep 100", "sleep 100 & echo v3.17.3"] {
        let root = tree(&[]);
        link(root.path(), "hedgerow", Path::new(BIN));
        let sleep = ["/bin/sleep", "/usr/bin/sleep"].into_iter().find(|path| Path::new(path).exists()).unwrap();
        script(root.path(), "helm", &format!("echo >>\"$HOME/asked\"; {}", text.replace("sleep", sleep)));
        std::fs::create_dir_all(root.path().join("home")).unwrap();
        let ran = doctor(root.path(), "", "");
        assert!(ran.out().contains("does not say its version: no answer within 8 seconds"), "{}", ran.out());
        let asked = std::fs::read_to_string(root.path().join("home/asked")).unwrap();
        assert_eq!(asked.lines().count(), 1, "{text}");
    }
}

#[test]
fn a_program_that_says_nothing_is_told_so() {
    for (text, said) in [
        ("exit 3", "does not say its version: it says nothing (exit status: 3)\n"),
        ("kill -9 $$", "does not say its version: it says nothing (signal: 9 (SIGKILL))\n"),
        ("echo; exit 1", "does not say its version: it says nothing (exit status: 1)\n"),
        ("exit 0", "says no version: it says nothing\n"),
    ] {
        let root = tree(&[]);
        link(root.path(), "hedgerow", Path::new(BIN));
        script(root.path(), "kubectl", text);
        assert!(doctor(root.path(), "", "").out().contains(said), "{text}: {}", doctor(root.path(), "", "").out());
    }
}

/// `docs/` is beside nobody's program, and the command for a dump is one.
#[test]
fn advice_leads_to_addresses_and_a_dump_is_made_one_way() {
    let root = tree(&[]);
    link(root.path(), "hedgerow", Path::new(BIN));
    script(root.path(), "helm", "echo v3.17.3");
    let ran = doctor(root.path(), "", "");
    let page = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/integrations.md#helm-3");
    assert!(ran.out().contains(page), "{}", ran.out());
    let dump = "kubectl get crd,apiservice,daemonset,deployment,node -A -o yaml | hedgerow doctor -";
    let asked = doctor(&testdata("bank"), "", "");
    assert!(asked.out().contains(dump), "{}", asked.out());
    let help = doctor(root.path(), "--help", "").out().split_whitespace().collect::<Vec<_>>().join(" ");
    let page = std::fs::read_to_string(testdata("../docs/rollout.md")).unwrap();
    assert!(help.contains(dump) && page.contains(dump), "{help}");
}

#[test]
fn plugins_of_kustomize_are_found_broken_and_twice() {
    let root = tree(&[]);
    link(root.path(), "hedgerow", Path::new(BIN));
    let place = |at: &str| root.path().join("home").join(at).join("hedgerow.dev/v1/hedgerow");
    std::fs::create_dir_all(place(".config/kustomize/plugin")).unwrap();
    symlink(BIN, place(".config/kustomize/plugin").join("Hedgerow")).unwrap();
    let ran = doctor(root.path(), "", "");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.out());
    assert!(ran.out().contains("ok      the plugin of kustomize at "), "{}", ran.out());
    std::fs::create_dir_all(place("kustomize/plugin")).unwrap();
    symlink("/nowhere/hedgerow", place("kustomize/plugin").join("Hedgerow")).unwrap();
    let ran = doctor(root.path(), "", "");
    assert_eq!(ran.exit, Exit::Findings);
    assert!(
        ran.out().contains("is a link to nothing") && ran.out().contains("installed more than once"),
        "{}",
        ran.out()
    );
}

#[test]
fn a_function_that_kubectl_would_skip_is_named() {
    let root = tree(&[(
        "prod/transformer.yaml",
        b"apiVersion: hedgerow.dev/v1\nkind: Hedgerow\nmetadata:\n  name: hedgerow\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: hedgerow}\n",
    )]);
    link(root.path(), "hedgerow", Path::new(BIN));
    script(root.path(), "kubectl", "printf 'Client Version: v1.34.1\\nKustomize Version: v5.7.1\\n'");
    let ran = doctor(root.path(), "", "");
    assert_eq!(ran.exit, Exit::Findings, "{}", ran.out());
    assert!(ran.out().contains("problem prod/transformer.yaml runs Hedgerow as a function"), "{}", ran.out());
    script(root.path(), "kustomize", "echo v5.7.1");
    let ran = doctor(root.path(), "", "");
    assert!(ran.out().contains("note    prod/transformer.yaml"), "{}", ran.out());
}

fn object(kind: &str, name: &str) -> String {
    format!("---\napiVersion: x/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n")
}

#[test]
fn a_dump_is_held_against_what_the_stages_ask_for() {
    let config = |audit: &str, more: &str| {
        format!(
            "version: 1\nlabels: {{domain: bank.example}}\nservices: {{include: ['service.*']}}\nenvironments: {{prod: {{stage: audit{more}}}}}\naudit: {{backend: {audit}}}\n"
        )
    };
    let calico = object("DaemonSet", "calico-node");
    let api = object("APIService", "v3.projectcalico.org");
    let old = object("CustomResourceDefinition", "networkpolicies.crd.projectcalico.org");
    let staged = object("CustomResourceDefinition", "stagedkubernetesnetworkpolicies.crd.projectcalico.org");
    let bpf = "---\napiVersion: x/v1\nkind: FelixConfiguration\nmetadata: {name: default}\nspec: {bpfEnabled: true}\n"
        .to_owned();
    let rows = [
        ("calico-log", calico.clone() + &api, "ok      Calico is there, with its v3 API", 0),
        ("calico-log", calico.clone() + &old, "problem Calico is there, and its v3 API is not", 1),
        ("calico-log", object("DaemonSet", "cilium"), "problem there is no Calico in the dump", 1),
        ("calico-log", calico.clone() + &api + &bpf, "problem Calico runs with its eBPF data plane", 1),
        (
            "calico-staged",
            calico.clone() + &api + &old,
            "problem the cluster does not know StagedKubernetesNetworkPolicy",
            1,
        ),
        ("calico-staged", calico + &api + &staged, "note    no Goldmane", 0),
        ("observe", object("DaemonSet", "kube-flannel-ds"), "note    no DaemonSet of the observer", 0),
        ("observe", object("DaemonSet", "hedgerow-observer"), "ok      the observer is in the cluster", 0),
    ];
    for (backend, dump, said, problems) in rows {
        let root = tree(&[("hedgerow.yaml", config(backend, "").as_bytes()), ("service.a/service.yaml", b"")]);
        link(root.path(), "hedgerow", Path::new(BIN));
        let ran = doctor(root.path(), "-", &dump);
        assert!(ran.out().contains(said), "{backend}, {said}: {}", ran.out());
        assert_eq!(ran.out().matches("problem ").count(), problems, "{backend}, {said}: {}", ran.out());
    }
    // Flannel takes policies and does nothing with them.
    let text = config("observe", "").replace("audit", "enforce").replace("enforce: {backend", "audit: {backend");
    let root = tree(&[("hedgerow.yaml", text.as_bytes()), ("service.a/service.yaml", b"")]);
    link(root.path(), "hedgerow", Path::new(BIN));
    let ran = doctor(root.path(), "-", &object("DaemonSet", "kube-flannel-ds"));
    assert!(ran.out().contains("problem Flannel enforces no policies"), "{}", ran.out());
}

#[test]
fn of_a_dump_that_says_nothing_nothing_is_judged() {
    let text = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*']}\nenvironments: {prod: {stage: enforce}}\nguard: {wear: [{groups: [deployers]}]}\n";
    let root = tree(&[("hedgerow.yaml", text.as_bytes()), ("service.a/service.yaml", b"")]);
    link(root.path(), "hedgerow", Path::new(BIN));
    let calico = object("DaemonSet", "calico-node");
    let node = |version: &str| {
        format!(
            "---\napiVersion: v1\nkind: Node\nmetadata: {{name: n}}\nstatus: {{nodeInfo: {{kubeletVersion: {version}}}}}\n"
        )
    };
    let empty = "problem the dump holds no objects";
    let rows = [
        (String::new(), vec![empty], Exit::Findings),
        ("apiVersion: v1\nkind: List\nitems: []\n".to_owned(), vec![empty], Exit::Findings),
        ("# nothing\n---\n".to_owned(), vec![empty], Exit::Findings),
        (
            "Error from server (Forbidden)\n".to_owned(),
            vec!["problem the dump is not understood: standard input: "],
            Exit::Findings,
        ),
        // What came before the fault is not judged either.
        (
            format!("{calico}---\nkind: [\n"),
            vec!["problem the dump is not understood: standard input: "],
            Exit::Findings,
        ),
        (
            object("ConfigMap", "x"),
            vec!["note    no DaemonSet is in the dump", "note    no node is in the dump"],
            Exit::Done,
        ),
        (
            calico.clone() + &node("v1.29.4"),
            vec!["ok      Calico enforces", "problem a node runs Kubernetes 1.29"],
            Exit::Findings,
        ),
        (
            calico + &node("v1.31.0"),
            vec!["ok      Calico enforces", "ok      the oldest node runs Kubernetes 1.31"],
            Exit::Done,
        ),
    ];
    for (dump, said, exit) in rows {
        let ran = doctor(root.path(), "-", &dump);
        for said in &said {
            assert!(ran.out().contains(said), "{said}, {dump:?}: {}{}", ran.out(), ran.stderr);
        }
        assert_eq!(ran.exit, exit, "{dump:?}: {}", ran.out());
        let judged = ran.out().contains("Calico enforces policies") || ran.out().contains("no network plugin");
        assert_eq!(judged, said[0].starts_with("ok "), "{dump:?}: {}", ran.out());
    }
    // A file that is none is the caller's fault, and is said.
    let ran = doctor(root.path(), "nowhere.yaml", "");
    assert!(ran.exit == Exit::BadInput && ran.stderr.contains("cannot read `nowhere.yaml`"), "{}", ran.stderr);
}

#[test]
fn the_fleet_that_is_meant_is_the_one_that_is_looked_at() {
    let config = |stage: &str| {
        format!(
            "version: 1\nlabels: {{domain: bank.example}}\nservices: {{include: ['service.*']}}\nenvironments: {{prod: {{stage: {stage}}}}}\n"
        )
    };
    let root = tree(&[
        ("fleet/hedgerow.yaml", config("audit").as_bytes()),
        ("fleet/service.a/service.yaml", b""),
        ("off.yaml", config("'off'").as_bytes()),
    ]);
    link(root.path(), "hedgerow", Path::new(BIN));
    let said_in = |directory: &Path, arguments: &str| {
        let path = root.path().join("bin").display().to_string();
        let ran = Command::new(directory, arguments).variable("PATH", &path).run();
        ran.out().to_owned()
    };
    let said = |arguments: &str| said_in(root.path(), arguments);
    assert!(said("doctor").contains("there is no hedgerow.yaml here or above"));
    // One that is called otherwise is no fleet, and is named.
    std::fs::create_dir_all(root.path().join("other/below")).unwrap();
    for name in ["hedgerow.yml", "Hedgerow.yaml", ".hedgerow.yaml"] {
        let path = root.path().join("other").join(name);
        std::fs::write(&path, config("audit")).unwrap();
        let told = said_in(&root.path().join("other/below"), "doctor");
        assert!(told.contains(&format!("other/{name}`, which nobody reads")), "{told}");
        assert!(told.contains("rename it to `hedgerow.yaml`"), "{told}");
        std::fs::remove_file(path).unwrap();
    }
    let whole = said("-C fleet doctor");
    assert!(whole.contains("needed: Calico"), "{whole}");
    let other = said("-C fleet --config off.yaml doctor");
    assert!(other.contains("no stage needs anything of the cluster yet"), "{other}");
    // What lies there and is not read is found as `check` finds it.
    std::fs::create_dir_all(root.path().join("fleet/serivce.b")).unwrap();
    std::fs::write(root.path().join("fleet/serivce.b/service.yaml"), "owner: x\nports: [{port: 1}]\n").unwrap();
    let check = Command::new(root.path(), "-C fleet check").run();
    let faults = check.stderr.lines().last().unwrap_or_default();
    assert!(faults.starts_with("1 "), "{}", check.stderr);
    let again = said("-C fleet doctor");
    assert!(again.contains(faults), "{faults}: {again}");
}

#[test]
fn without_a_dump_what_is_needed_is_said_once() {
    let ran = doctor(&testdata("bank"), "", "");
    assert!(
        ran.out().contains("needed: Calico with its v3 API and the iptables or nftables data plane"),
        "{}",
        ran.out()
    );
    assert_eq!(ran.out().matches("kubectl get crd").count(), 1, "{}", ran.out());
}
