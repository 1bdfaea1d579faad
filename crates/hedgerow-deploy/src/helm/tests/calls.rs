//! Values that scripts, makefiles and pipelines give to charts by calling Helm.

use super::outside::{CHARTS, VALUES, gives, gives_nothing, read, tells, told, variable};

#[test]
fn scripts_give_values() {
    for (path, text) in [
        ("deploy.sh", "helm upgrade --install smile ./charts/emoji -n shop -f deploy/emoji.yaml --wait\n"),
        ("scripts/deploy.sh", "helm upgrade --install smile \\\n  charts/emoji \\\n  --values=deploy/emoji.yaml\n"),
        ("scripts/deploy.sh", "cd \"$(dirname \"$0\")/..\"\nhelm install smile charts/emoji --set url=http://ledger\n"),
        (
            "Makefile",
            "CHART := ./charts/emoji\ndeploy:\n\t@helm upgrade -i smile $(CHART) --set-string \"url=http://ledger\" --atomic --timeout 5m\n",
        ),
        ("justfile", "up:\n  helm template smile charts/emoji --set 'url=http://ledger' | kubectl apply -f -\n"),
        (
            ".github/workflows/x.yml",
            "jobs:\n  a:\n    steps:\n    - run: helm upgrade smile ./charts/emoji --install --set url=http://ledger\n",
        ),
        (
            ".github/workflows/x.yml",
            "env:\n  CHART: charts/emoji\njobs:\n  a:\n    steps:\n    - run: |\n        helm upgrade smile ${{ env.CHART }} --install -f deploy/emoji.yaml\n",
        ),
        (
            "ci/run.sh",
            "ROOT=$(git rev-parse --show-toplevel)\nif true; then helm upgrade --install smile \"$ROOT/charts/emoji\" --set=url=http://ledger; fi\n",
        ),
        (
            "ci/run.sh",
            "pushd charts\nhelm upgrade --install smile emoji --set a=b,url=http://ledger --kube-context x\n",
        ),
        ("charts/emoji/run.sh", "helm install smile . --set url=http://ledger\n"),
        ("run.sh", "for s in smile; do helm upgrade --install smile ./charts/emoji -f deploy/${s}.yaml; done\n"),
        (
            "Jenkinsfile",
            "steps { sh(script: \"helm upgrade --install smile charts/emoji -n x --set url=http://ledger\") }\n",
        ),
        (
            "scripts/up.sh",
            "(\n\tcd \"$APPS_DIR/charts\"\n\thelm upgrade --install smile ./emoji --values ../deploy/emoji.yaml --create-namespace\n)\n",
        ),
        ("deploy/up.sh", "helm upgrade --install -n x smile charts/emoji -f $(dirname $0)/emoji.yaml\n"),
        (
            "run.sh",
            "helm --kube-context x upgrade smile ./charts/emoji --set-json 'url=\"http://ledger\"' && echo done\n",
        ),
    ] {
        let values = if path == "run.sh" { VALUES.replace("emoji.yaml", "a.yaml") } else { VALUES.to_owned() };
        gives(&format!("{VALUES}{values}-- {path}\n{text}"), Some("smile"));
    }
    // The variable of the chart is that of the file.
    let looped = "-- run.sh\nfor s in emoji card; do\n  helm upgrade --install \"$s-x\" \"./charts/$s\" -f \"deploy/$s.yaml\"\ndone\n";
    gives(&format!("{VALUES}-- deploy/card.yaml\nurl: http://other\n{looped}"), Some("emoji-x"));
    let open =
        read(&format!("{CHARTS}-- run.sh\nhelm upgrade --install smile ./charts/emoji --set url=http://$ZONE\n"));
    assert!(variable(&open, "emoji", "URL").contains("http://?"));
    for text in [
        "# helm upgrade smile ./charts/emoji --set url=http://ledger\n",
        "helm uninstall smile ./charts/emoji --set url=http://ledger\n",
        "helm upgrade smile ./charts/none --set url=http://ledger\n",
        "helm upgrade smile ./charts/emoji\necho --set url=http://ledger\n",
        "echo \"helm upgrade smile ./charts/emoji --set url=http://ledger\"\n",
        "echo say helm upgrade smile ./charts/emoji --set url=http://ledger\n",
        "helm upgrade smile ./charts/emoji -n --set url=http://ledger\n",
    ] {
        gives_nothing(&format!("-- run.sh\n{text}"));
    }
    gives_nothing("-- README.md\nhelm upgrade smile ./charts/emoji --set url=http://ledger\n");
    tells(
        "-- run.sh\nhelm upgrade smile ./charts/emoji -f none.yaml\n",
        "run.sh",
        "the values file `none.yaml` is not in the tree",
    );
    for file in ["-", "<(yq x a.yaml)"] {
        let what = match file {
            "-" => "it reads values from another command".to_owned(),
            file => format!("the values file `{file}` is not in the tree"),
        };
        tells(&format!("-- run.sh\ncat x | helm upgrade smile ./charts/emoji -f {file} --set a=b\n"), "run.sh", &what);
    }
    tells("-- run.sh\nhelm upgrade smile ./charts/emoji --set url\n", "run.sh", "`--set url` cannot be read");
}

const CALL: &str = "helm upgrade --install smile charts/emoji --set url=http://ledger";

#[test]
fn words_of_a_call_are_read_as_helm_reads_them() {
    for call in [
        "/usr/local/bin/helm upgrade --install smile charts/emoji --set url=http://ledger",
        "./bin/helm3 upgrade --install smile charts/emoji --set url=http://ledger",
        "helm upgrade smile charts/emoji -fdeploy/emoji.yaml",
        "helm upgrade smile charts/emoji -f=deploy/emoji.yaml",
        "helm upgrade -if deploy/emoji.yaml smile charts/emoji",
        "helm upgrade -in shop smile charts/emoji -f deploy/emoji.yaml",
        "helm --burst-limit 100 --qps 2.5 upgrade smile charts/emoji -f deploy/emoji.yaml",
        "helm --kube-tls-server-name x --tiller-namespace y upgrade smile charts/emoji -f deploy/emoji.yaml",
        "helm upgrade --wait=false --dry-run smile charts/emoji -f deploy/emoji.yaml",
        "helm template --release-name smile charts/emoji -f deploy/emoji.yaml",
        "helm upgrade -f deploy/emoji.yaml -- smile charts/emoji",
        "helm upgrade smile charts/emoji --set url=x -f deploy/other.yaml --set url=http://ledger",
        // All files come first, then what is set, by the kinds of flags.
        "helm upgrade smile charts/emoji --set url=http://ledger -f deploy/other.yaml",
        "helm upgrade smile charts/emoji --set-string url=http://ledger --set url=x --set-json 'url=\"y\"'",
        "helm upgrade smile charts/emoji --set-literal url=http://ledger --set-string url=x -f deploy/other.yaml",
        "helm upgrade smile charts/emoji --set-json '{\"url\": \"http://ledger\"}'",
        "OUT=$(helm template smile charts/emoji --set url=http://ledger)",
        "echo \"$(helm template smile charts/emoji --set url=http://ledger)\" | kubectl apply -f -",
        "out=`helm template smile charts/emoji --set url=http://ledger`",
        "sudo -E helm upgrade smile charts/emoji --set url=http://ledger",
        "timeout 10m helm upgrade smile charts/emoji --set url=http://ledger",
        "A=b X=\"c d\" helm upgrade smile charts/emoji --set url=http://ledger",
        "if ! helm upgrade smile charts/emoji --set url=http://ledger; then exit 1; fi",
        "x || helm upgrade smile charts/emoji --set url=http://ledger 2>&1 >log",
        "bash -ec 'helm upgrade smile charts/emoji --set url=http://ledger'",
        "ssh host \"cd x && helm upgrade smile charts/emoji --set url=http://ledger\"",
        "ssh host <<EOF\nhelm upgrade smile charts/emoji --set url=http://ledger\nEOF",
        "helm upgrade smile charts/emoji \\\r\n  --set url=http://ledger",
        "helm upgrade smile charts/emoji -f - <<EOF\nurl: http://ledger\nit: don't\nEOF\necho 'done'",
        "L=ledger\nhelm upgrade smile charts/emoji \\\n  --values - <<EOF && echo\nurl: http://$L\nEOF",
        "helm upgrade smile charts/emoji -f - <<<'url: http://ledger'",
        "helm upgrade smile charts/emoji -f deploy/emoji.yaml <<EOF\nurl: http://other\nEOF",
    ] {
        gives(&format!("{VALUES}-- deploy/other.yaml\nurl: http://other\n-- run.sh\n{call}\n"), Some("smile"));
    }
    for call in [
        "helm upgrade smile charts/emoji --set url=http://ledger --set-string url=x",
        "helm upgrade smile charts/emoji --set-literal url=x,url=http://ledger",
        "helm upgrade smile charts/emoji -f deploy/emoji.yaml -f deploy/other.yaml",
        "helm upgrade smile charts/emoji --set url=x -f deploy/emoji.yaml",
        "helm upgrade --description --set url=http://ledger smile charts/emoji",
        "helm lint charts/emoji --set url=http://ledger",
    ] {
        gives_nothing(&format!("{VALUES}-- deploy/other.yaml\nurl: http://other\n-- run.sh\n{call}\n"));
    }
}

#[test]
fn calls_are_found_where_files_have_commands() {
    for (path, text) in [
        ("Makefile", "HELM ?= helm\nup:\n\t$(HELM) upgrade smile charts/emoji --set url=http://ledger\n"),
        ("Makefile", "HELM := bin/helm --debug\nup:\n\t-@${HELM} upgrade smile charts/emoji --set url=http://ledger\n"),
        ("Makefile", "FLAGS := --set url=http://ledger -n x\nup:\n\thelm upgrade smile charts/emoji $(FLAGS)\n"),
        ("up.ps1", "helm upgrade smile charts/emoji `\r\n  --set url=http://ledger\r\n"),
        ("up.ps1", "helm upgrade smile .\\charts\\emoji --set 'a\\.b=c,url=http://ledger'\n"),
        (
            "ci/up.cmd",
            "helm upgrade smile ..\\charts\\emoji -f ..\\deploy\\emoji.yaml\n-- deploy/emoji.yaml\nurl: http://ledger\n",
        ),
        ("ci/x/up.bat", "cd ..\\..\\charts\nhelm upgrade smile emoji --set url=http://ledger\n"),
        ("up.ps1", "$chart = \"charts/emoji\"\n& helm upgrade smile $chart --set url=http://ledger\n"),
        ("up.cmd", "call helm upgrade smile charts/emoji ^\r\n --set url=http://ledger\r\n"),
        (
            ".github/workflows/x.yml",
            "jobs:\n  a:\n    steps:\n    - run: >\n        helm upgrade smile charts/emoji\n        -f v.yaml\n        --set url=http://ledger\n-- v.yaml\na: b\n",
        ),
        (
            ".gitlab-ci.yml",
            "x:\n  before_script: [cd charts]\n  script:\n  - helm upgrade smile emoji --set url=http://ledger\n",
        ),
        (
            ".gitlab-ci.yml",
            "variables: {CHART: {value: charts/emoji}}\nx:\n  variables: {URL: 'http://ledger'}\n  script: helm upgrade smile $CHART --set url=$URL\n",
        ),
        (
            "ci/task.yaml",
            "steps:\n- {name: x, command: [helm], args: [x]}\n- command: [helm, upgrade, smile, charts/emoji, --set, 'url=http://ledger']\n",
        ),
        (
            "ci/job.yaml",
            "containers: [{command: [sh, -c], args: ['helm upgrade smile charts/emoji --set url=http://ledger']}]\n",
        ),
        (
            "Taskfile.yml",
            "tasks:\n  up:\n    vars: {CHART: charts/emoji}\n    cmds:\n    - cmd: helm upgrade smile {{.CHART}} --set url=http://ledger\n",
        ),
        ("package.json", "{\"scripts\": {\"up\": \"helm upgrade smile charts/emoji --set url=http://ledger\"}}\n"),
        ("mise.toml", "[tasks.up]\nrun = \"helm upgrade smile charts/emoji --set url=http://ledger\"\n"),
        ("pyproject.toml", "[tool.x.scripts]\nup = 'helm upgrade smile charts/emoji --set url=http://ledger'\n"),
        (
            "Makefile.toml",
            "[tasks.up]\nscript = '''\ncd charts\nhelm upgrade smile emoji --set url=http://ledger\n'''\n",
        ),
        (
            "Jenkinsfile",
            "stage('x') {\n  dir('charts') {\n    sh \"\"\"\n      helm upgrade smile emoji \\\n        --set url=http://ledger\n    \"\"\"\n  }\n}\n",
        ),
        (
            "Jenkinsfile",
            "dir('charts') {\n  sh 'ls'\n}\nsh 'helm upgrade smile ./charts/emoji --set url=http://ledger'\n",
        ),
        ("Tiltfile", "k8s_yaml(local('helm template smile charts/emoji --set url=http://ledger'))\n"),
        ("bin/up", "#!/bin/sh\nhelm upgrade smile charts/emoji --set url=http://ledger\n"),
        // An environment.
        ("deploy/test/up.sh", "helm upgrade smile charts/emoji --set url=http://ledger\n"),
        ("test/up.sh", "helm upgrade smile charts/emoji --set url=http://ledger\n-- prod/x.yaml\na: b\n"),
        ("test/x/up.sh", "helm upgrade smile charts/emoji --set url=http://ledger\n-- qa/x/y\na: b\n"),
        ("run.sh", "CMD=\"helm upgrade smile charts/emoji --set url=http://ledger\"\n$CMD\n"),
        ("run.sh", "CMD=\"helm upgrade smile charts/emoji --set url=http://ledger\"\neval \"$CMD\"\n"),
    ] {
        gives(&format!("-- {path}\n{text}"), Some("smile"));
    }
    let call = format!("{CALL}\n");
    for (path, text) in [
        // What is printed, explained or a test is not run.
        ("docs/x.json", format!("{{\"usage\": \"{CALL}\"}}\n")),
        ("docs/x.yaml", format!("description: {CALL}\nexamples: ['{CALL}']\n")),
        ("x.toml", format!("about = \"{CALL}\"\n")),
        ("run.sh", format!("usage() {{\n  cat <<EOF\n{CALL}\nEOF\n}}\n")),
        ("run.sh", format!("cat <<-'END' | less\n\t{CALL}\n\tEND\n")),
        ("run.sh", format!("die \"usage: {CALL}\"\n")),
        ("run.sh", format!("log 'now {CALL}'\necho {CALL}\nprintf '%s' \"{CALL}\"\n")),
        ("run.sh", format!("echo \"call this:\n{CALL}\n\"\n")),
        ("run.sh", format!("USAGE=\"{CALL}\"\n: # {CALL}\n")),
        ("Jenkinsfile", format!("// sh '{CALL}'\n/* {CALL} */\n")),
        ("up.ps1", format!("# {CALL}\n<# {CALL} #>\nWrite-Host \"{CALL}\"\n")),
        ("test/run.sh", call.clone()),
        ("test/e2e/run.sh", call.clone()),
        ("dev/e2e/run.sh", call.clone()),
        ("charts/emoji/tests/run.sh", call.clone()),
        ("tests/up.sh", call.clone()),
        ("ci/test-up.sh", call.clone()),
        ("e2e/Makefile", format!("up:\n\t{call}")),
        ("NOTES", call.clone()),
    ] {
        gives_nothing(&format!("-- {path}\n{text}"));
    }
}

/// Two services with charts of one name in directories of their own.
fn two() -> String {
    let chart = |name: &str| {
        format!(
            "-- {name}/chart/Chart.yaml\nname: {name}\n-- {name}/chart/templates/all.yaml\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {{containers: [{{name: main, env: [{{name: URL, value: '{{{{ .Values.url }}}}'}}]}}]}}}}}}\n"
        )
    };
    format!("{}{}", chart("emoji"), chart("card"))
}

#[test]
fn a_call_is_made_where_the_script_has_gone_to() {
    let urls = |text: &str| {
        let deploy = read(&format!("{}{text}", two()));
        let of = |service: &str| variable(&deploy, service, "URL").contains("http://ledger");
        (of("emoji"), of("card"), told(&deploy).len())
    };
    for (path, text) in [
        ("up.sh", "cd card\nhelm upgrade card ./chart\ncd ../emoji\nCALL\n"),
        ("up.sh", "(cd card; helm upgrade card ./chart)\n(cd emoji && CALL)\n"),
        ("up.sh", "pushd card\nhelm upgrade card ./chart\npopd\npushd emoji\nCALL\n"),
        ("up.sh", "cd card && helm upgrade card ./chart && cd - && cd emoji && CALL\n"),
        ("up.sh", "card() {\n  cd card\n  helm upgrade card ./chart\n}\nemoji() {\n  cd emoji\n  CALL\n}\n"),
        ("up.sh", "function card {\n  cd card\n}\ncd emoji\nCALL\n"),
        ("up.sh", "if cd card; then helm upgrade card ./chart; cd ..; fi\ncd emoji || exit 1\nCALL\n"),
        ("card/up.sh", "cd \"$(dirname \"$0\")/../emoji\"\nCALL\n"),
        ("card/up.sh", "HERE=$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)\ncd $HERE\ncd ../emoji; CALL\n"),
        ("card/up.sh", "ROOT=\"$(git rev-parse --show-toplevel)\"\ncd $ROOT/emoji\nCALL\n"),
        ("card/up.sh", "cd \"${GITHUB_WORKSPACE}\"\ncd emoji\nCALL\n"),
        ("Makefile", "card:\n\tcd card && helm upgrade card ./chart\nemoji:\n\tcd emoji && CALL\n"),
        ("Makefile", "card:\n\tcd card\nemoji:\n\tFROM-HERE\n"),
        ("card/Makefile", "emoji:\n\tcd ../emoji && CALL\n"),
        (
            "justfile",
            "card:\n  #!/bin/sh\n  cd card\n  helm upgrade card ./chart\nemoji:\n  #!/bin/sh\n  cd emoji\n  CALL\n",
        ),
        (
            ".github/workflows/d.yml",
            "jobs:\n  a:\n    steps:\n    - working-directory: card\n      run: helm upgrade card ./chart\n  b:\n    steps:\n    - working-directory: emoji\n      run: CALL\n",
        ),
        (
            ".github/workflows/d.yml",
            "defaults: {run: {working-directory: card}}\njobs:\n  a:\n    defaults: {run: {working-directory: emoji}}\n    steps:\n    - run: CALL\n",
        ),
        (
            "ci/d.yml",
            "x:\n- {workingDirectory: ./card, script: helm upgrade card ./chart}\n- {workingDirectory: $(Build.SourcesDirectory)/emoji, script: CALL}\n",
        ),
        ("Jenkinsfile", "dir('card') {\n  sh 'helm upgrade card ./chart'\n}\ndir('emoji') {\n  sh 'CALL'\n}\n"),
        ("emoji/package.json", "{\"scripts\": {\"up\": \"CALL\"}}\n"),
    ] {
        let text = text.replace("CALL", "helm upgrade emoji ./chart --set url=http://ledger");
        let text = text.replace("FROM-HERE", "helm upgrade emoji emoji/chart --set url=http://ledger");
        assert_eq!(urls(&format!("-- {path}\n{text}")), (true, false, 0), "{path} {text}");
    }
    // A directory that a loop names is each of those that fit.
    let looped = "-- up.sh\nfor s in emoji card; do (cd $s && helm upgrade $s ./chart --set url=http://ledger); done\n";
    assert_eq!(urls(looped), (true, true, 0));
    // Nobody knows which one of several it is.
    let chart = "-- chart/Chart.yaml\nname: x\n";
    assert_eq!(
        urls(&format!("-- emoji/up.sh\nhelm upgrade x chart --set url=http://ledger\n{chart}")),
        (false, false, 1)
    );
    assert_eq!(urls("-- up.sh\ncd $SOMEWHERE\nhelm upgrade x ./chart --set url=http://ledger\n"), (false, false, 0));
}

#[test]
fn variables_are_what_the_script_says() {
    for text in [
        "ROOT=charts\nCHART=$ROOT/emoji\nhelm upgrade smile $CHART --set url=http://ledger\n",
        "L=ledger\nU=http://$L\nhelm upgrade smile charts/emoji --set url=$U\n",
        "L=ledger\nhelm upgrade smile charts/emoji --set \"a=b,url=http://${L}\"\n",
        "helm upgrade smile charts/emoji --set url=${URL:-http://ledger}\n",
        "URL=\"${URL:-http://ledger}\"\nhelm upgrade smile charts/emoji --set url=$URL\n",
        ": ${CHART:=charts/emoji}\nhelm upgrade smile $CHART --set url=http://ledger\n",
    ] {
        gives(&format!("{VALUES}-- run.sh\n{text}"), Some("smile"));
    }
    for text in [
        "SVC ?= none\nup:\n\thelm upgrade smile charts/$(SVC) --set url=x$(SVC) -f deploy/$(SVC).yaml --set url=http://ledger\n",
        "ROOT = charts\nCHART = $(ROOT)/emoji\nup:\n\thelm upgrade smile $(CHART) --set url=http://ledger\n",
    ] {
        let deploy = read(&format!("{CHARTS}{VALUES}-- Makefile\n{text}"));
        assert!(variable(&deploy, "emoji", "URL").contains("http://ledger"), "{text}");
    }
    // What is one thing by default may be another.
    let deploy =
        read(&format!("{CHARTS}-- run.sh\nhelm upgrade smile charts/emoji --set url=${{URL:-http://ledger}}\n"));
    assert_eq!(variable(&deploy, "emoji", "URL"), ["", "?", "http://ledger"].map(str::to_owned).into());
    for text in [
        "U=http://other\nU=http://ledger\nhelm upgrade smile charts/emoji --set url=$U\n",
        "A=$B\nB=$A\nhelm upgrade smile charts/$A --set-string url=http://ledger$A\n",
    ] {
        gives_nothing(&format!("-- run.sh\n{text}"));
    }
    let deep: String = (1..200).map(|at| format!("A{at}=$A{}$A{}\n", at - 1, at - 1)).collect();
    gives_nothing(&format!("-- run.sh\nA0=http://ledger\n{deep}helm upgrade smile charts/emoji --set url=$A199\n"));
}

#[test]
fn what_is_not_read_of_calls_is_told() {
    let broken = |tree: &str| {
        let deploy = read(&format!("{CHARTS}{tree}"));
        deploy.broken().map(|(path, fault)| format!("{path}: {fault}")).collect::<Vec<_>>()
    };
    assert_eq!(broken(&format!("-- run.sh\n{CALL}\n")), Vec::<String>::new());
    let many: String = (0..300).map(|at| format!("helm upgrade r{at} charts/card\n")).collect();
    assert_eq!(broken(&format!("-- run.sh\n{many}")), ["run.sh: more than 256 calls of helm in a file"]);
    let long = format!("{CALL}\n{}", "# x\n".repeat(1 << 19));
    assert_eq!(broken(&format!("-- run.sh\n{long}")), ["run.sh: releases in a file of more than 1 MiB"]);
    let absent = "run.sh: a call of helm whose chart is not in the tree";
    assert_eq!(broken("-- run.sh\nhelm upgrade x ./charts/none\n"), [absent]);
    for chart in ["bitnami/redis", "charts/$X", "oci://x/y", "$CHART"] {
        assert_eq!(broken(&format!("-- run.sh\nhelm upgrade x {chart}\n")), Vec::<String>::new(), "{chart}");
    }
}
