//! Flags of calls of Helm.

use super::outside::{CHARTS, VALUES, gives, read, tells, told, variable};
use std::collections::BTreeSet;

#[test]
fn flags_that_variables_hold_are_told() {
    let set = "--set url=http://ledger";
    for call in [
        "helm upgrade smile charts/emoji \"$@\" SET",
        "helm upgrade smile charts/emoji $* SET",
        "helm upgrade smile charts/emoji SET $X",
        "helm upgrade $HELM_ARGS smile charts/emoji SET",
        "helm upgrade \"$HELM_FLAGS\" smile charts/emoji SET",
        "helm upgrade $DRY_RUN smile charts/emoji SET",
        "helm upgrade smile $DRY_RUN charts/emoji SET",
        "helm $HELM_ARGS upgrade smile charts/emoji SET",
        "helm $X upgrade smile charts/emoji SET",
        "helm secrets $X upgrade smile charts/emoji SET",
        "helm upgrade smile charts/emoji SET $(flags_of smile)",
        "helm upgrade smile charts/emoji SET \"${ARGS[@]}\"",
        "helm upgrade smile charts/emoji SET ${X:+--debug}",
        "helm upgrade smile charts/emoji SET \"${@:2}\"",
        "helm upgrade smile -- charts/emoji $X",
        "C=charts/emoji\nhelm upgrade smile $C $X SET",
        "C=charts/emoji\nhelm upgrade $X smile $C SET",
        "cd charts\nhelm upgrade smile $X emoji SET",
        "helm template charts/emoji $X SET",
        "ARGS=(--set url=x)\nhelm upgrade smile charts/emoji \"${ARGS[@]}\" SET",
        "ARGS=()\nARGS+=(--set url=x)\nhelm upgrade smile charts/emoji \"${ARGS[@]}\" SET",
        "ARGS=\"--set url=x\"\nARGS=\"$ARGS --wait\"\nhelm upgrade smile charts/emoji $ARGS SET",
    ] {
        let text = call.replace("SET", set);
        tells(&format!("-- run.sh\n{text}\n"), "run.sh", "flags that a variable holds");
        let deploy = read(&format!("{CHARTS}-- run.sh\n{text}\n"));
        assert_eq!(variable(&deploy, "emoji", "URL").contains("http://ledger"), text.contains(set), "{text}");
        let release = variable(&deploy, "emoji", "RELEASE").contains("smile");
        assert_eq!(release, text.contains("smile"), "{text}");
    }
    for (path, text) in [
        ("up.ps1", "helm upgrade smile charts/emoji @flags\n"),
        ("Makefile", "up:\n\thelm upgrade smile charts/emoji $(HELM_OPTS)\n"),
        ("justfile", "up:\n  helm upgrade smile charts/emoji {{ARGS}}\n"),
        ("Taskfile.yml", "tasks: {up: {cmds: ['helm upgrade smile charts/emoji {{.CLI_ARGS}}']}}\n"),
    ] {
        tells(&format!("-- {path}\n{text}"), path, "flags that a variable holds");
    }
    // What it holds is known, or it is no flag.
    for call in [
        "helm upgrade $NAME charts/emoji SET",
        "helm upgrade $NAME \"$CHART\" SET\nhelm upgrade smile charts/emoji SET",
        "NAME=smile\nhelm upgrade $NAME charts/emoji SET",
        "NAME=smile\nX=--wait\nhelm upgrade $X $NAME charts/emoji SET",
        "X=\nhelm upgrade $X smile charts/emoji SET",
        "X=--set=url=http://ledger\nhelm upgrade smile charts/emoji $X",
        "V=upgrade\nhelm $V smile charts/emoji SET",
        "X=\"-n x\"\nhelm $X upgrade smile charts/emoji SET",
        "C=charts/emoji\nhelm upgrade $NAME $C SET",
        "C=charts/emoji\nhelm upgrade \"$NAME\" \"$C\" SET",
    ] {
        gives(&format!("-- run.sh\n{}\n", call.replace("SET", set)), None);
    }
}

/// Those of each program, as `--help` of them says: with a value that may stand behind a space, or without.
#[test]
fn what_stands_behind_a_flag_is_its_value_or_none() {
    let with = "--args --burst-limit --ca-file --cert-file --color --colour --content-cache --description --history-max --key-file --keyring --kube-apiserver \
        --kube-as-group --kube-as-user --kube-ca-file --kube-context --kube-tls-server-name --kube-token --kube-version --kubeconfig --labels -l \
        --name-template --namespace -n --output -o --output-dir --password --post-renderer --post-renderer-args --qps --registry-config --repo \
        --repository-cache --repository-config --server-side --show-only -s --api-versions -a --timeout --username --version";
    let without = "--atomic --cleanup-on-fail --create-namespace --debug --dependency-update --devel --disable-openapi-validation --dry-run --enable-dns \
        --force --force-conflicts --force-replace --hide-notes --hide-secret --include-crds --insecure-skip-tls-verify --install -i --is-upgrade \
        --kube-insecure-skip-tls-verify --no-hooks --pass-credentials --plain-http --render-subchart-notes --replace --reset-then-reuse-values \
        --reset-values --reuse-values --rollback-on-failure --skip-crds --skip-schema-validation --skip-tests --take-ownership --validate --verify \
        --wait --wait-for-jobs -q -C";
    let calls = |verb: &str, flags: &str, value: &str| -> Vec<String> {
        flags
            .split_whitespace()
            .map(|flag| format!("helm {verb} {flag}{value} smile charts/emoji -f deploy/emoji.yaml"))
            .collect()
    };
    let mut all = calls("upgrade", with, " x");
    all.extend(calls("upgrade", without, ""));
    all.extend(calls("upgrade", "--color --dry-run --wait --server-side", "=x"));
    all.extend(calls("diff upgrade", "--color --no-color --detailed-exitcode --show-secrets -q", ""));
    all.extend(calls(
        "diff upgrade",
        "-C --context -D --find-renames --suppress --suppress-annotation --suppress-output-line-regex",
        " 3",
    ));
    all.extend(calls("--color always diff upgrade", "--three-way-merge", ""));
    all.extend(
        calls("secrets", "-b --backend -a --args", " x")
            .into_iter()
            .map(|call| call.replace(" smile", " upgrade smile")),
    );
    for call in all {
        let deploy = read(&format!("{CHARTS}{VALUES}-- run.sh\n{call}\n"));
        assert_eq!(told(&deploy), BTreeSet::new(), "{call}");
        let is_given = |name: &str, value: &str| variable(&deploy, "emoji", name).contains(value);
        assert!(is_given("URL", "http://ledger") && is_given("RELEASE", "smile"), "{call}");
    }
}
