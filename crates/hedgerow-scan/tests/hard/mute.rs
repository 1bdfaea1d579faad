//! Charts that `scan.deploy` names and that may give nothing to any service.

use crate::{finds, finds_all};

/// A service that calls where `LEDGER_ADDR` leads, and a chart in `deploy` with two workloads of these names.
fn tree(first: &str, second: &str) -> String {
    let workload = |name: &str| {
        format!(
            "kind: Deployment\nmetadata: {{name: '{name}'}}\nspec: {{template: {{spec: {{containers: [{{env: [{{name: LEDGER_ADDR, value: 's-ledger:80'}}]}}]}}}}}}\n"
        )
    };
    format!(
        "-- service.emoji/main.go\npackage main\nimport (\"net/http\"; \"os\")\nfunc main() {{ http.Get(\"http://\" + os.Getenv(\"LEDGER_ADDR\") + \"/x\") }}\n\
         -- service.ledger/x.txt\n-- service.card/x.txt\n\
         -- deploy/Chart.yaml\nname: a-chart-of-another-name\n\
         -- deploy/templates/_helpers.tpl\n{{{{- define \"shop.fullname\" -}}}}\n{{{{- .Release.Name | trunc 63 | trimSuffix \"-\" -}}}}\n{{{{- end -}}}}\n\
         -- deploy/templates/all.yaml\n{}---\n{}",
        workload(first),
        workload(second)
    )
}

const NAMED: &str = "-- hedgerow.yaml\nscan: {deploy: ['deploy/**/*.yaml']}\n";
const TOLD: &[&str] = &["unparsed-code deploy/templates/all.yaml", "unresolved-call service.emoji/main.go"];
const OPEN: &[&str] = &["unresolved-call service.emoji/main.go"];

/// The name of a release begins and ends with a letter or a digit, so cutting dashes off leaves it.
#[test]
fn a_release_that_is_freed_of_dashes_is_the_release() {
    let found: &[&str] =
        &["card -> ledger addressed", "emoji -> ledger wildcard", "unresolved-call service.emoji/main.go"];
    let rows = [
        r#"{{ include "shop.fullname" . }}"#,
        r#"{{ template "shop.fullname" . }}"#,
        r#"{{ .Release.Name | trunc 63 | trimSuffix "-" }}"#,
        r#"{{ trimSuffix "-" (lower .Release.Name) }}"#,
        r#"{{ .Release.Name | trimAll "-" }}"#,
        r#"{{ printf "-%s" .Release.Name | trimPrefix "-" | trimPrefix "-" }}"#,
        r#"{{ printf "%s" .Release.Name | trunc 53 | trimSuffix "-" | trimSuffix "." }}"#,
    ]
    .map(|release| (release, format!("{}{NAMED}", tree(&format!("{release}-emoji"), &format!("{release}-card")))));
    let rows: Vec<(&str, String, &[&str])> = rows.iter().map(|(what, tree)| (*what, tree.clone(), found)).collect();
    finds_all(&rows);
    // It may end with a letter.
    for release in [r#"{{ .Release.Name | trimSuffix "s" }}"#, r#"{{ .Release.Name | trimAll "x" }}"#] {
        finds(&format!("{}{NAMED}", tree(&format!("{release}-emoji"), &format!("{release}-card"))), TOLD);
    }
}

#[test]
fn a_chart_that_gives_nothing_to_any_service_is_told() {
    for (first, second) in [
        ("{{ .Release.Name }}-emoji", "{{ .Release.Name }}-other"),
        ("{{ .Values.name }}", "{{ .Values.name }}-cart"),
        ("{{ include \"gone\" . }}", "other"),
        ("{{ .Release.Name }}", "{{ .Release.Name }}-web"),
    ] {
        finds(&format!("{}{NAMED}", tree(first, second)), TOLD);
    }
    let deaf = tree("{{ .Release.Name }}-emoji", "{{ .Release.Name }}-other");
    // What it is called that is installed makes no service of it.
    finds(&format!("{deaf}{NAMED}-- up.sh\nhelm upgrade --install zzz deploy\n"), TOLD);
    // A chart in another one is a part of it, and told once.
    let part = "-- deploy/charts/store/Chart.yaml\nname: store\n-- deploy/charts/store/templates/all.yaml\nkind: StatefulSet\nmetadata: {name: '{{ .Release.Name }}-db'}\nspec: {template: {spec: {containers: [{image: x}]}}}\n";
    let parted = crate::summary(&crate::outcome(&format!("{deaf}{NAMED}{part}")));
    assert_eq!(parted.iter().filter(|line| line.starts_with("unparsed-code")).count(), 1, "{parted:?}");
    // The message says which chart it is, and what to do.
    let found = crate::outcome(&format!("{deaf}{NAMED}")).findings;
    let told = found.iter().find(|finding| finding.message.contains("`deploy`")).unwrap();
    assert!(told.help[0].contains("scan.deploy") && told.services.len() == 3, "{told:?}");
}

#[test]
fn a_chart_that_gives_something_or_is_nobodys_is_not_told() {
    let deaf = tree("{{ .Release.Name }}-emoji", "{{ .Release.Name }}-other");
    let part = "-- deploy/charts/store/Chart.yaml\nname: store\n-- deploy/charts/store/templates/all.yaml\nkind: StatefulSet\nmetadata: {name: '{{ .Release.Name }}-db'}\nspec: {template: {spec: {containers: [{image: x}]}}}\n";
    // Nobody says that it is the deploy: it stands in the account alone.
    finds(&deaf, OPEN);
    let other = "-- hedgerow.yaml\nscan: {deploy: ['other/**/*.yaml']}\n-- other/x.yaml\na: b\n";
    finds(&format!("{deaf}{other}"), OPEN);
    // Names that are known are those of others.
    finds(&format!("{}{NAMED}", tree("web", "other")), OPEN);
    // What installs it says the name.
    let installed = format!("{deaf}{NAMED}-- up.sh\nhelm upgrade --install s deploy\n");
    finds(&installed, &["emoji -> ledger joined"]);
    // One workload is a service's, and a store beside it is nobody's.
    let emoji = tree("s-emoji", "{{ .Release.Name }}-other");
    finds(&format!("{emoji}{NAMED}"), &["emoji -> ledger joined"]);
    finds(&format!("{emoji}{NAMED}{part}"), &["emoji -> ledger joined"]);
    // No workload at all.
    let empty = "-- deploy/Chart.yaml\nname: x\n-- deploy/templates/all.yaml\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\ndata: {A: b}\n-- service.emoji/x.txt\n";
    finds(&format!("{empty}{NAMED}"), &[]);
}
