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
