//! Values that charts are given from elsewhere in the tree.

use crate::finds;

/// A service that calls where `LEDGER_ADDR` leads, which its chart leaves to whoever installs it.
const TREE: &str = "-- service.emoji/main.go\npackage main\nimport (\"net/http\"; \"os\")\nfunc main() { http.Get(\"http://\" + os.Getenv(\"LEDGER_ADDR\") + \"/x\") }\n\
     -- service.ledger/x.txt\n-- service.card/x.txt\n\
     -- charts/emoji/Chart.yaml\nname: s-emoji\nversion: 0.1.0\n-- charts/emoji/values.yaml\nurl:\n\
     -- charts/emoji/templates/all.yaml\nkind: Deployment\nmetadata: {name: '{{ .Chart.Name }}'}\nspec: {template: {spec: {containers: [{name: main, env: [{name: LEDGER_ADDR, value: '{{ .Values.url }}'}]}]}}}\n";

#[test]
fn what_a_release_gives_to_a_chart_is_joined() {
    finds(TREE, &["unresolved-call service.emoji/main.go"]);
    for release in [
        "-- helmfile.yaml\nreleases: [{name: x, chart: ./charts/emoji, values: [{url: s-ledger}]}]\n",
        "-- skaffold.yaml\napiVersion: skaffold/v2beta29\ndeploy: {helm: {releases: [{name: x, chartPath: charts/emoji, setValues: {url: s-ledger}}]}}\n",
        "-- apps/x.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\nspec: {source: {path: charts/emoji, helm: {valuesObject: {url: s-ledger}}}}\n",
        "-- flux/x.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: x}\nspec: {chart: {spec: {chart: ./charts/emoji}}, values: {url: s-ledger}}\n",
        "-- Makefile\nup:\n\thelm upgrade --install x charts/emoji --set url=s-ledger\n",
        "-- deploy/up.sh\nhelm upgrade --install x \"$ROOT/charts/emoji\" -f deploy/x.yaml\n-- deploy/x.yaml\nurl: s-ledger\n",
    ] {
        finds(&format!("{TREE}{release}"), &["emoji -> ledger joined"]);
    }
    // As Helm and a shell read calls, whatever the order of flags; each call where the script is then.
    for release in [
        "-- up.sh\nhelm upgrade --install x charts/emoji --set url=s-ledger -f v.yaml\n-- v.yaml\nurl: s-card\n",
        "-- up.sh\nHOST=s-ledger\nCHART=charts/emoji\n/usr/local/bin/helm upgrade x $CHART --set url=$HOST\n",
        "-- Makefile\nSVC ?= none\nup:\n\t$(HELM) upgrade x charts/$(SVC) --set url=s-ledger\n",
        "-- .github/workflows/d.yml\njobs: {d: {steps: [{working-directory: charts, run: helm upgrade x ./emoji --set url=s-ledger}]}}\n",
        "-- a.yaml\napiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: {generators: [{matrix: {generators: [{git: {directories: [{path: charts/*}]}}, {clusters: {}}]}}], template: {spec: {source: {path: '{{path}}', helm: {valuesObject: {url: s-ledger}}}}}}\n",
    ] {
        finds(&format!("{TREE}{release}"), &["emoji -> ledger joined"]);
    }
    // What no shell runs, and what Helm does not use.
    for release in [
        "-- docs/x.json\n{\"usage\": \"helm upgrade --install x charts/emoji --set url=s-ledger\"}\n",
        "-- up.sh\nusage() {\n  cat <<EOF\nhelm upgrade --install x charts/emoji --set url=s-ledger\nEOF\n}\n",
        "-- test/e2e/run.sh\nhelm upgrade --install x charts/emoji --set url=s-ledger\n",
        "-- helmfile.yaml\nreleases: [{name: x, installed: false, chart: ./charts/emoji, values: [{url: s-ledger}]}]\n",
    ] {
        finds(&format!("{TREE}{release}"), &["unresolved-call service.emoji/main.go"]);
    }
    // Another chart's values.
    let card = "-- charts/card/Chart.yaml\nname: s-card\n-- helmfile.yaml\nreleases: [{name: x, chart: ./charts/card, values: [{url: s-ledger}]}]\n";
    finds(&format!("{TREE}{card}"), &["unresolved-call service.emoji/main.go"]);
}

#[test]
fn values_that_are_not_in_the_tree_are_told() {
    let release =
        "-- helmfile.yaml\nreleases: [{name: x, chart: ./charts/emoji, values: [{url: s-ledger}, none.yaml]}]\n";
    finds(&format!("{TREE}{release}"), &["emoji -> ledger joined", "unparsed-code helmfile.yaml"]);
}

#[test]
fn a_call_in_a_directory_is_of_the_chart_there() {
    let service = |name: &str| {
        format!(
            "-- service.{name}/main.go\npackage main\nimport (\"net/http\"; \"os\")\nfunc main() {{ http.Get(\"http://\" + os.Getenv(\"LEDGER_ADDR\") + \"/x\") }}\n\
             -- service.{name}/chart/Chart.yaml\nname: s-{name}\n-- service.{name}/chart/templates/all.yaml\nkind: Deployment\nmetadata: {{name: '{{{{ .Chart.Name }}}}'}}\nspec: {{template: {{spec: {{containers: [{{name: main, env: [{{name: LEDGER_ADDR, value: '{{{{ .Values.url }}}}'}}]}}]}}}}}}\n"
        )
    };
    let tree = format!("{}{}-- service.ledger/x.txt\n", service("emoji"), service("card"));
    for calls in [
        "-- up.sh\ncd service.card\nhelm upgrade card ./chart\ncd ../service.emoji\nhelm upgrade emoji ./chart --set url=s-ledger\n",
        "-- .github/workflows/d.yml\njobs:\n  a: {steps: [{working-directory: service.card, run: helm upgrade card ./chart}]}\n  b: {steps: [{working-directory: service.emoji, run: helm upgrade emoji ./chart --set url=s-ledger}]}\n",
    ] {
        finds(&format!("{tree}{calls}"), &["emoji -> ledger joined", "unresolved-call service.card/main.go"]);
    }
}

/// A script that gives values which are not known is named, with the line that gives them.
#[test]
fn what_gives_values_that_are_not_known_is_named_with_its_line() {
    let chart = "-- charts/emoji/Chart.yaml\nname: emoji\n-- charts/emoji/templates/d.yaml\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{name: main, image: x, env: [{name: URL, value: '{{ .Values.url }}'}]}]}}}\n-- service.emoji/x.txt\n";
    let script = |call: &str| format!("-- deploy.sh\n#!/bin/sh\n# helm is run here\necho --set url=x\n{call}\n{chart}");
    let helm = "helm upgrade smile ./charts/emoji";
    for (tree, path, expected) in [
        (script(&format!("{helm} -f none.yaml")), "deploy.sh", "none.yaml"),
        (script(&format!("{helm} --set url")), "deploy.sh", "--set url"),
        (script(&format!("{helm} -f values-$ENV.yaml")), "deploy.sh", "helm"),
        (
            format!(
                "-- helmfile.yaml\nreleases:\n- name: smile\n  chart: ./charts/emoji\n  values: [gone.yaml]\n{chart}"
            ),
            "helmfile.yaml",
            "gone.yaml",
        ),
    ] {
        let found = crate::outcome(&tree).findings;
        let finding = found.iter().find(|finding| finding.message.contains("gives to a chart")).expect("it is told");
        let (place, _) = &finding.marks[0];
        let text = tree.split("-- ").find_map(|file| file.strip_prefix(path)?.strip_prefix('\n')).unwrap_or_default();
        let said = &text[place.range.start as usize..place.range.end as usize];
        assert!(finding.message.contains(&format!("that `{path}` gives to a chart")), "{}", finding.message);
        assert_eq!((place.path.as_str(), said), (path, expected), "{tree}");
        let line = text[..place.range.start as usize].matches('\n').count();
        assert_eq!(line, 3, "{tree}");
    }
}
