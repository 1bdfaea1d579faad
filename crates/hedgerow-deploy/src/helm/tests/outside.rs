//! Values that charts are given from elsewhere in the tree.

use crate::{Deploy, Hosts, Text, Unreadable};
use std::collections::{BTreeMap, BTreeSet};

/// The chart of a service, whose address its own values do not say, and another chart that has the same values.
pub(super) const CHARTS: &str = "-- charts/emoji/Chart.yaml
name: emoji
version: 0.1.0
-- charts/emoji/values.yaml
url: ''
-- charts/emoji/templates/all.yaml
kind: Deployment
metadata: {name: '{{ .Release.Name }}-web'}
spec: {template: {metadata: {labels: {app: emoji}}, spec: {containers: [{name: main, env: [{name: URL, value: '{{ .Values.url }}'}, {name: RELEASE, value: '{{ .Release.Name }}'}]}]}}}
-- charts/card/Chart.yaml
name: card
version: 0.1.0
-- charts/card/templates/all.yaml
kind: Deployment
metadata: {name: web}
spec: {template: {metadata: {labels: {app: card}}, spec: {containers: [{name: main, env: [{name: URL, value: '{{ .Values.url }}'}]}]}}}
";

pub(super) fn files(tree: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in tree.split_inclusive('\n') {
        match line.strip_prefix("-- ") {
            Some(path) => files.push((path.trim().to_owned(), String::new())),
            None => files.last_mut().unwrap().1.push_str(line),
        }
    }
    files
}

pub(super) fn read(tree: &str) -> Deploy {
    let files = files(tree);
    let texts = files.iter().map(|(path, text)| Text { path, text });
    let services = [("emoji", "emoji"), ("card", "card"), ("ledger", "ledger")];
    let mut hosts = Hosts::new(services.into_iter(), BTreeSet::new(), &BTreeMap::new(), &[]);
    let yaml = texts.clone().filter(|text| text.path.ends_with(".yaml") || text.path.ends_with(".yml"));
    Deploy::read(yaml, (texts, &[]), &mut hosts, |_| None)
}

/// The values of a variable of a service, with `?` for what is not known of them.
pub(super) fn variable(deploy: &Deploy, service: &str, name: &str) -> BTreeSet<String> {
    let values = deploy.of(service).and_then(|given| given.environment.get(name)).into_iter().flatten();
    values.map(|value| value.shown('?')).collect()
}

/// What is told of the values of charts.
pub(super) fn told(deploy: &Deploy) -> BTreeSet<(String, String)> {
    let values = deploy.unread().filter(|(_, unread)| unread.kind == Unreadable::Values);
    values
        .flat_map(|(path, unread)| unread.lacks.iter().map(|lack| (path.to_owned(), lack.clone())).collect::<Vec<_>>())
        .collect()
}

/// The address of the ledger is one of emoji's, and none of card's; `release` is a name of emoji's release, if it is known.
#[track_caller]
pub(super) fn gives(tree: &str, release: Option<&str>) {
    let deploy = read(&format!("{CHARTS}{tree}"));
    let urls = variable(&deploy, "emoji", "URL");
    assert!(urls.contains("http://ledger"), "{tree}\n{urls:?}");
    assert!(!variable(&deploy, "card", "URL").contains("http://ledger"), "{tree}: the values are another chart's");
    if let Some(release) = release {
        let releases = variable(&deploy, "emoji", "RELEASE");
        assert!(releases.contains(release), "{tree}\n{releases:?}");
    }
    assert_eq!(told(&deploy), BTreeSet::new(), "{tree}");
}

#[track_caller]
pub(super) fn gives_nothing(tree: &str) {
    let deploy = read(&format!("{CHARTS}{tree}"));
    for service in ["emoji", "card"] {
        assert!(!variable(&deploy, service, "URL").contains("http://ledger"), "{tree}: {service}");
    }
}

/// A file is told, with what of it is not known.
#[track_caller]
pub(super) fn tells(tree: &str, path: &str, what: &str) {
    let deploy = read(&format!("{CHARTS}{tree}"));
    let told = told(&deploy);
    assert_eq!(told, BTreeSet::from([(path.to_owned(), what.to_owned())]), "{tree}");
    let (_, unread) = deploy.unread().find(|(at, _)| *at == path).unwrap();
    assert_eq!(unread.services, BTreeSet::from(["emoji".to_owned()]), "{tree}");
    assert!(!deploy.of("emoji").unwrap().is_open, "that a file is not there opens nothing");
}

pub(super) const VALUES: &str = "-- deploy/emoji.yaml\nurl: http://ledger\n";

#[test]
fn helmfiles_give_values() {
    let release =
        |more: &str| format!("-- deploy/helmfile.yaml\nreleases:\n- name: smile\n  chart: ../charts/emoji\n{more}");
    let with_file = |more: &str| format!("{VALUES}{}", release(more));
    gives(&with_file("  values: [emoji.yaml]\n"), Some("smile"));
    gives(&release("  values: [{url: 'http://ledger'}]\n"), Some("smile"));
    gives(&release("  values:\n  - url: x\n  set:\n  - {name: url, value: 'http://ledger'}\n"), Some("smile"));
    gives(&release("  setString:\n  - {name: url, value: 'http://ledger'}\n"), None);
    gives(
        "-- helmfile.d/10-emoji.yaml.gotmpl\n{{ $x := env \"X\" }}\ntemplates:\n  common:\n    values: [emoji.yaml]\nreleases:\n- name: smile\n  chart: ./../charts/emoji\n  inherit: [{template: common}]\n  version: {{ $x }}\n-- helmfile.d/emoji.yaml\nurl: http://ledger\n",
        Some("smile"),
    );
    // Branches of the file, the files of every environment, and the release's own name.
    gives(
        "-- helmfile.yaml\nreleases:\n{{ if eq .Environment.Name \"x\" }}\n- name: other\n  chart: ./charts/card\n{{ else }}\n- name: smile\n  chart: ./charts/emoji\n  values: [{url: 'http://ledger'}]\n{{ end }}\n",
        Some("smile"),
    );
    let by_name = "-- helmfile.yaml\nreleases:\n- name: smile\n  chart: ./charts/emoji\n  values: ['env/{{ .Environment.Name }}/{{`{{ .Release.Name }}`}}.yaml']\n";
    gives(
        &format!("{by_name}-- env/prod/smile.yaml\nurl: http://ledger\n-- env/dev/smile.yaml\nurl: http://x\n"),
        Some("smile"),
    );
    gives_nothing(&format!("{by_name}-- env/prod/frown.yaml\nurl: http://ledger\n"));
    // What a template of values makes of what is known.
    let made = "-- deploy/emoji.yaml.gotmpl\nurl: http://{{ .Values.zone }}\n{{ if .Values.x }}\nurl: http://x\n{{ else }}\nother: {{ .Release.Name }}\n{{ end }}\n";
    let deploy = read(&format!("{CHARTS}{made}{}", release("  values: [emoji.yaml.gotmpl]\n")));
    assert!(variable(&deploy, "emoji", "URL").contains("http://?"), "{:?}", variable(&deploy, "emoji", "URL"));
    let made = "-- deploy/emoji.yaml.gotmpl\nurl: http://{{ .Release.Name | replace \"smile\" \"ledger\" }}\n";
    gives(&format!("{made}{}", release("  values: [emoji.yaml.gotmpl]\n")), Some("smile"));
    tells(
        &release("  values: [emoji.yaml]\n"),
        "deploy/helmfile.yaml",
        "the values file `emoji.yaml` is not in the tree",
    );
    tells(
        &format!("-- deploy/emoji.yaml\n[a, b]\n{}", release("  values: [emoji.yaml]\n")),
        "deploy/helmfile.yaml",
        "the values file `deploy/emoji.yaml` cannot be read",
    );
    // What is secret is in no tree, and a chart from elsewhere is nobody's here.
    let quiet = read(&format!(
        "{CHARTS}{}- name: db\n  chart: bitnami/postgresql\n  values: [db.yaml]\n",
        release("  values: [secrets.yaml]\n")
    ));
    assert_eq!(told(&quiet), BTreeSet::new());
    // What is taken away, or may not be there.
    gives_nothing(&release("  installed: false\n  values: [{url: 'http://ledger'}]\n"));
    gives_nothing(&release(
        "  inherit: [{template: off}]\n  values: [{url: 'http://ledger'}]\ntemplates: {off: {installed: false}}\n",
    ));
    gives(&release("  installed: true\n  values: [{url: 'http://ledger'}]\n"), Some("smile"));
    gives(&release("  installed: {{ .Values.on }}\n  values: [{url: 'http://ledger'}]\n"), Some("smile"));
    gives(&release("  missingFileHandler: Info\n  values: [none.yaml, {url: 'http://ledger'}]\n"), Some("smile"));
    gives(&release("  values: [none.yaml, {url: 'http://ledger'}]\nmissingFileHandler: Warn\n"), Some("smile"));
    tells(
        &release("  missingFileHandler: Error\n  values: [none.yaml, {url: 'http://ledger'}]\n"),
        "deploy/helmfile.yaml",
        "the values file `none.yaml` is not in the tree",
    );
    // What is set comes behind all files, also what is inherited.
    gives(
        &release(
            "  inherit: [{template: set}]\n  values: [{url: 'http://other'}]\ntemplates: {set: {set: [{name: url, value: 'http://ledger'}]}}\n",
        ),
        Some("smile"),
    );
    let broken = read(&format!("{CHARTS}-- helmfile.yaml\nreleases:\n- {{a: b\nx: [\n"));
    assert!(broken.broken().any(|(path, _)| path == "helmfile.yaml"));
}

#[test]
fn skaffold_gives_values() {
    let config = |more: &str| {
        format!(
            "-- deploy/skaffold.yaml\napiVersion: skaffold/v2beta29\nkind: Config\ndeploy:\n  helm:\n    releases:\n    - name: smile\n      chartPath: ../charts/emoji\n{more}"
        )
    };
    gives(&format!("{VALUES}{}", config("      valuesFiles: [emoji.yaml]\n")), Some("smile"));
    gives(&config("      setValues: {url: 'http://ledger'}\n"), Some("smile"));
    gives(&config("      overrides: {url: 'http://ledger'}\n"), Some("smile"));
    gives(
        "-- skaffold.yaml\napiVersion: skaffold/v4beta6\nkind: Config\nprofiles:\n- name: dev\n  manifests:\n    helm:\n      releases: [{name: smile, chartPath: charts/emoji, setValues: {url: 'http://ledger'}}]\n",
        Some("smile"),
    );
    gives_nothing(&config("      setValueTemplates: {url: '{{.X}}'}\n"));
    tells(
        &config("      valuesFiles: [none.yaml]\n"),
        "deploy/skaffold.yaml",
        "the values file `none.yaml` is not in the tree",
    );
}

#[test]
fn releases_of_flux_give_values() {
    let release = |spec: &str| {
        format!(
            "-- flux/emoji.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: smile, namespace: shop}}\nspec:\n  chart: {{spec: {{chart: ./charts/emoji, sourceRef: {{kind: GitRepository, name: x}}}}}}\n{spec}"
        )
    };
    gives(&release("  values: {url: 'http://ledger'}\n"), Some("smile"));
    gives(&release("  targetNamespace: shop\n  values: {url: 'http://ledger'}\n"), Some("shop-smile"));
    gives(&release("  releaseName: grin\n  values: {url: 'http://ledger'}\n"), Some("grin"));
    let from = "  valuesFrom: [{kind: ConfigMap, name: emoji-values}, {kind: Secret, name: s}]\n";
    gives(
        &format!(
            "{}-- flux/map.yaml\nkind: ConfigMap\nmetadata: {{name: emoji-values}}\ndata:\n  values.yaml: |\n    url: http://ledger\n",
            release(from)
        ),
        Some("smile"),
    );
    gives(
        &format!(
            "{}-- flux/kustomization.yaml\nconfigMapGenerator: [{{name: emoji-values, files: [values.yaml=own.yaml]}}]\n-- flux/own.yaml\nurl: http://ledger\n",
            release(from)
        ),
        Some("smile"),
    );
    gives(
        &format!(
            "{}-- flux/map.yaml\nkind: ConfigMap\nmetadata: {{name: emoji-values}}\ndata: {{address: 'http://ledger'}}\n",
            release("  valuesFrom: [{kind: ConfigMap, name: emoji-values, valuesKey: address, targetPath: url}]\n")
        ),
        None,
    );
    gives_nothing(&format!(
        "{}-- flux/map.yaml\nkind: ConfigMap\nmetadata: {{name: others}}\ndata: {{values.yaml: 'url: http://ledger'}}\n",
        release(from)
    ));
    let open = read(&format!("{CHARTS}{}", release("  values: {url: 'http://${zone}'}\n")));
    assert!(variable(&open, "emoji", "URL").contains("http://?"));
    tells(
        &release(from),
        "flux/emoji.yaml",
        "the key `values.yaml` of the ConfigMap `emoji-values` is not in the tree",
    );
}

#[test]
fn whose_a_workload_of_a_named_release_is_can_be_told() {
    // One chart for all services.
    let chart = |name: &str| {
        format!(
            "-- charts/app/Chart.yaml\nname: app\n-- charts/app/templates/all.yaml\nkind: Deployment\nmetadata: {{name: '{name}'}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: x, env: [{{name: URL, value: '{{{{ .Values.url }}}}'}}]}}]}}}}}}\n"
        )
    };
    let installed = |release: &str| {
        format!(
            "-- helmfile.yaml\nreleases: [{{name: {release}, chart: ./charts/app, values: [{{url: 'http://ledger'}}]}}]\n"
        )
    };
    for (name, release, service) in [
        ("{{ .Release.Name }}", "emoji", "emoji"),
        ("{{ .Release.Name }}-app", "emoji", "emoji"),
        ("{{ .Release.Name }}-emoji", "shop", "emoji"),
        ("emoji-{{ .Release.Name }}", "shop", "emoji"),
    ] {
        let deploy = read(&format!("{}{}", chart(name), installed(release)));
        assert_eq!(variable(&deploy, service, "URL"), BTreeSet::from(["http://ledger".to_owned()]), "{name} {release}");
    }
    for (name, release) in [("{{ .Release.Name }}-web", "emoji"), ("web", "emoji"), ("{{ .Release.Name }}ish", "emoji")]
    {
        let deploy = read(&format!("{}{}", chart(name), installed(release)));
        assert_eq!(variable(&deploy, "emoji", "URL"), BTreeSet::new(), "{name} {release}");
    }
}

#[test]
fn charts_below_are_given_what_the_release_of_the_chart_above_says() {
    let tree = "-- charts/all/Chart.yaml\nname: all\ndependencies: [{name: emoji, repository: 'file://../emoji'}]\n-- helmfile.yaml\nreleases: [{name: smile, chart: ./charts/all, values: [{emoji: {url: 'http://ledger'}}]}]\n";
    gives(tree, Some("smile"));
}
