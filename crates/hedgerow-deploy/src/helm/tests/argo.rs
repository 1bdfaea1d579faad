//! Values that applications of Argo CD give to charts, and sets of them.

use super::outside::{CHARTS, VALUES, gives, gives_nothing, read, tells, told, variable};
use std::collections::BTreeSet;

#[test]
fn applications_of_argo_give_values() {
    let application = |source: &str| {
        format!(
            "-- apps/emoji.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: smile}}\nspec:\n{source}"
        )
    };
    let helm =
        |helm: &str| application(&format!("  source:\n    repoURL: x\n    path: charts/emoji\n    helm:\n{helm}"));
    gives(
        &format!("-- charts/emoji/prod.yaml\nurl: http://ledger\n{}", helm("      valueFiles: [prod.yaml]\n")),
        Some("smile"),
    );
    gives(&format!("{VALUES}{}", helm("      valueFiles: [../../deploy/emoji.yaml]\n")), Some("smile"));
    gives(&format!("{VALUES}{}", helm("      valueFiles: [/deploy/emoji.yaml]\n")), Some("smile"));
    gives(&helm("      values: |\n        url: http://ledger\n"), Some("smile"));
    gives(&helm("      valuesObject: {url: 'http://ledger'}\n"), Some("smile"));
    gives(&helm("      releaseName: grin\n      parameters: [{name: url, value: 'http://ledger'}]\n"), Some("grin"));
    gives(
        &format!(
            "{VALUES}{}",
            application(
                "  sources:\n  - {repoURL: x, path: ./charts/emoji/, helm: {valueFiles: ['$values/deploy/emoji.yaml']}}\n  - {repoURL: x, ref: values}\n"
            )
        ),
        Some("smile"),
    );
    // A parameter wins over values, and those over files.
    let deploy = read(&format!(
        "{CHARTS}{VALUES}{}",
        helm(
            "      valueFiles: [/deploy/emoji.yaml]\n      values: 'url: x'\n      parameters: [{name: url, value: last}]\n"
        )
    ));
    assert_eq!(variable(&deploy, "emoji", "URL"), ["", "last"].map(str::to_owned).into());
    // A set of applications.
    let set = "-- apps/all.yaml\napiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec:\n  generators: [{git: {directories: [{path: charts/*}]}}]\n  template:\n    metadata: {name: '{{path.basename}}-x'}\n    spec: {source: {path: '{{path}}', helm: {valueFiles: ['/deploy/{{path.basename}}.yaml']}}}\n";
    gives(&format!("{VALUES}{set}-- deploy/card.yaml\nurl: http://other\n"), Some("emoji-x"));
    let filled = "-- apps/all.yaml\napiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec:\n  template:\n    metadata: {name: '{{name}}'}\n    spec: {source: {path: 'charts/{{name}}', helm: {values: 'url: http://{{zone}}'}}}\n";
    assert!(variable(&read(&format!("{CHARTS}{filled}")), "emoji", "URL").contains("http://?"));
    tells(
        &helm("      valueFiles: [none.yaml]\n"),
        "apps/emoji.yaml",
        "the values file `none.yaml` is not in the tree",
    );
    tells(&helm("      values: '- a'\n"), "apps/emoji.yaml", "its values cannot be read");
}

#[test]
fn values_that_argo_does_not_use_count_for_nothing() {
    let application = |helm: &str| {
        format!(
            "-- a.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: smile}}\nspec: {{source: {{path: charts/emoji, helm: {{{helm}}}}}}}\n"
        )
    };
    gives(&application("values: 'url: http://other', valuesObject: {url: 'http://ledger'}"), Some("smile"));
    gives_nothing(&application("values: 'url: http://ledger', valuesObject: {a: b}"));
    gives(&application("values: 'url: http://ledger', valuesObject: null"), Some("smile"));
    gives(
        &application("ignoreMissingValueFiles: true, valueFiles: [none.yaml], values: 'url: http://ledger'"),
        Some("smile"),
    );
    tells(
        &application("ignoreMissingValueFiles: false, valueFiles: [none.yaml]"),
        "a.yaml",
        "the values file `none.yaml` is not in the tree",
    );
    // A repository of which the tree has fewer paths is another one.
    let of = |name: &str, repository: &str, path: &str, url: &str| {
        format!(
            "-- apps/{name}.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec: {{source: {{repoURL: '{repository}', path: {path}, helm: {{valuesObject: {{url: '{url}'}}}}}}}}\n"
        )
    };
    let own = "https://git.example/shop/deploy.git";
    let card = of("card", own, "charts/card", "x");
    let two = format!("{card}{}", of("other", own, "charts/emoji", "x"));
    let foreign = of("smile", "git@git.example:else/where", "charts/emoji", "http://ledger");
    tells(&format!("{two}{foreign}"), "apps/smile.yaml", "a release that may be of another chart");
    gives_nothing(&format!("{two}{foreign}"));
    for same in ["git@git.example:shop/deploy", "ssh://git@git.example/Shop/deploy/"] {
        gives(&format!("{two}{}", of("smile", same, "charts/emoji", "http://ledger")), Some("smile"));
    }
    gives(&format!("{card}{foreign}"), Some("smile"));
    gives(&foreign, Some("smile"));
}

#[test]
fn sets_of_applications_are_those_that_their_generators_make() {
    let set = |generators: &str, source: &str| {
        format!(
            "-- all.yaml\napiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec:\n  generators: {generators}\n  template: {{metadata: {{name: smile}}, spec: {{source: {source}}}}}\n"
        )
    };
    let source = "{path: '{{path}}', helm: {valuesObject: {url: 'http://ledger'}}}";
    let go = "{path: '{{ .path.path }}', helm: {values: 'url: http://{{ .path.basename | replace \"emoji\" \"x\" }}ledger'}}";
    let both = "[{git: {directories: [{path: charts/*}]}}]";
    let out = "{path: charts/card, exclude: true}";
    for generators in [
        &format!("[{{git: {{directories: [{{path: charts/*}}, {out}]}}}}]"),
        "[{git: {directories: [{path: './charts/em*'}]}}]",
        "[{git: {directories: [{path: '*/emoji'}]}}]",
        "[{git: {directories: [{path: charts/emoji}, {path: none/*}]}}]",
        &format!(
            "[{{matrix: {{generators: [{{git: {{directories: [{{path: charts/*}}, {out}]}}}}, {{clusters: {{}}}}]}}}}]"
        ),
        &format!(
            "[{{matrix: {{generators: [{{list: {{elements: [{{a: b}}, {{a: c}}]}}}}, {{git: {{directories: [{{path: charts/*}}, {out}]}}}}]}}}}]"
        ),
        "[{merge: {mergeKeys: [n], generators: [{list: {elements: [{n: '1', path: none}, {n: '2', path: charts/none}]}}, {list: {elements: [{n: '1', path: charts/emoji}, {n: '3', path: charts/card}]}}]}}]",
        "[{list: {elements: [{path: charts/emoji}, {path: none}]}}]",
    ] {
        gives(&set(generators, source), Some("smile"));
    }
    gives(
        &set(
            "[{list: {elements: [{at: charts, name: emoji, zone: ledger}]}}]",
            "{path: '{{ .at }}/{{ .name }}', helm: {values: 'url: http://{{ .zone }}'}}",
        ),
        Some("smile"),
    );
    gives(
        &set(
            "[{list: {elements: [{host: {name: ledger}}]}}]",
            "{path: charts/emoji, helm: {parameters: [{name: url, value: 'http://{{host.name}}'}]}}",
        ),
        Some("smile"),
    );
    // Files of a generator have what they say and where they lie.
    let file = "-- charts/emoji/config.yaml\nzone: {host: ledger}\n";
    let at = "[{git: {files: [{path: 'charts/*/config.yaml'}]}}]";
    gives(
        &format!("{file}{}", set(at, "{path: '{{path}}', helm: {values: 'url: http://{{zone.host}}'}}")),
        Some("smile"),
    );
    gives(
        &format!("{file}{}", set(at, "{path: '{{ .path.path }}', helm: {values: 'url: http://{{ .zone.host }}'}}")),
        Some("smile"),
    );
    gives_nothing(&set("[{git: {directories: [{path: charts/emoji}, {path: charts/e*, exclude: true}]}}]", source));
    gives_nothing(&set("[{git: {directories: [{path: charts/none}]}}]", source));
    // What is not known of an element is a gap.
    let deploy = read(&format!("{CHARTS}{}", set(both, go)));
    assert!(variable(&deploy, "emoji", "URL").contains("http://?ledger"));
    assert_eq!(told(&deploy), BTreeSet::new());
    let broken =
        |tree: &str| read(&format!("{CHARTS}{tree}")).broken().map(|(_, what)| what.to_owned()).collect::<Vec<_>>();
    assert_eq!(broken(&set("[{clusters: {}}]", source)), ["a set of applications whose directories are not known"]);
    assert_eq!(broken(&set(both, source)), Vec::<String>::new());
    let many: String = (0..300).map(|at| format!("{{a: '{at}'}},")).collect();
    assert_eq!(
        broken(&set(&format!("[{{list: {{elements: [{many}]}}}}]"), "{path: 'charts/{{a}}'}")),
        ["a set of more than 256 applications"]
    );
    let deep =
        (0..9).fold("{list: {elements: []}}".to_owned(), |inner, _| format!("{{matrix: {{generators: [{inner}]}}}}"));
    assert_eq!(broken(&set(&format!("[{deep}]"), "{path: charts/emoji}")), ["a set of more than 256 applications"]);
    assert_eq!(
        broken("-- a.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: [\n"),
        ["an object of Argo CD, Flux or skaffold that is no YAML"]
    );
}

#[test]
fn what_is_said_beside_the_template_of_a_set_counts() {
    let set = |generators: &str, source: &str, more: &str| {
        format!(
            "-- all.yaml\napiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec:\n  generators: {generators}\n  template: {{metadata: {{name: smile}}, spec: {{source: {source}}}}}\n{more}"
        )
    };
    let own = "template: {spec: {source: {path: charts/emoji, helm: {values: 'url: http://{{h}}'}}}}";
    let elements = "elements: [{h: ledger}]";
    for generators in [
        format!("[{{list: {{{elements}, {own}}}}}]"),
        format!("[{{list: {{elements: [{{h: x}}]}}}}, {{list: {{{elements}, {own}}}}}]"),
        format!("[{{matrix: {{generators: [{{list: {{{elements}}}}}, {{clusters: {{}}}}], {own}}}}}]"),
        format!("[{{merge: {{mergeKeys: [h], generators: [{{list: {{{elements}}}}}], {own}}}}}]"),
    ] {
        gives(&set(&generators, "{path: none, helm: {values: 'url: x', releaseName: smile}}", ""), Some("smile"));
        gives(&set(&generators, "{repoURL: x}", ""), None);
    }
    // That of a generator below another one counts for nothing.
    let below = format!("[{{matrix: {{generators: [{{list: {{{elements}, {own}}}}}]}}}}]");
    gives_nothing(&set(&below, "{path: charts/emoji, helm: {values: 'url: x'}}", ""));
    let broken =
        |tree: &str| read(&format!("{CHARTS}{tree}")).broken().map(|(_, what)| what.to_owned()).collect::<Vec<_>>();
    let source = "{path: charts/emoji, helm: {values: 'url: x'}}";
    let patch = "  templatePatch: 'spec: {source: {helm: {values: \"url: y\"}}}'\n";
    assert_eq!(broken(&set("[]", source, patch)), ["a set of applications whose template is patched"]);
    assert_eq!(broken(&set("[]", source, "  templatePatch: null\n")), Vec::<String>::new());
    // What a file of parameters holds is not known, and comes last.
    for more in ["", ", parameters: [{name: url, value: x}]", ", values: 'url: x'"] {
        let file = format!("{{path: charts/emoji, helm: {{fileParameters: [{{name: url, path: files/u}}]{more}}}}}");
        let deploy = read(&format!("{CHARTS}{}", set("[]", &file, "")));
        assert_eq!(variable(&deploy, "emoji", "URL"), ["", "?"].map(str::to_owned).into(), "{more}");
    }
}
