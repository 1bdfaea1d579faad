//! ConfigMaps that kustomize makes.

use crate::finds;

const CODE: &str = "-- service.emoji/main.go\npackage main\nimport (\"net/http\"; \"os\")\nfunc main() { http.Get(os.Getenv(\"LEDGER_URL\") + \"/x\") }\n\
                    -- service.ledger/x.txt\n-- service.card/x.txt\n";

const LEDGER: &str = "emoji -> ledger joined";

const CARD: &str = "emoji -> card joined";

const UNRESOLVED: &str = "unresolved-call service.emoji/main.go";

/// A workload of emoji with the whole of the map `config`.
fn deployment(path: &str) -> String {
    container(path, "envFrom: [{configMapRef: {name: config}}]")
}

fn container(path: &str, container: &str) -> String {
    format!(
        "-- {path}\nkind: Deployment\nmetadata: {{name: s-emoji}}\nspec: {{template: {{spec: {{containers: [{{{container}}}]}}}}}}\n"
    )
}

/// What emoji is found to call.
#[track_caller]
fn calls(deploy: &str, expected: &[&str]) {
    finds(&format!("{CODE}{deploy}"), expected);
}

/// A kustomization that makes a map `config` in which the ledger's address is `url`.
fn makes(path: &str, takes: &str, url: &str) -> String {
    format!("-- {path}\n{takes}\nconfigMapGenerator: [{{name: config, literals: ['LEDGER_URL={url}']}}]\n")
}

#[test]
fn what_generators_make_is_joined() {
    let workload = deployment("k8s/emoji.yaml");
    for (generator, files, expected) in [
        ("literals: ['LEDGER_URL=http://s-ledger']", "", LEDGER),
        ("literals: ['LEDGER_URL=\"http://s-ledger\"']", "", LEDGER),
        ("envs: [conf/x.env]", "-- k8s/conf/x.env\n\n# LEDGER_URL=x\n  LEDGER_URL=http://s-ledger\n", LEDGER),
        ("env: x.properties", "-- k8s/x.properties\nLEDGER_URL=http://s-ledger\n", LEDGER),
        ("envs: [x.env]", "-- k8s/x.env\nLEDGER_URL\n", UNRESOLVED),
        ("envs: [gone.env]", "", UNRESOLVED),
        ("files: [LEDGER_URL=x.conf]", "-- k8s/x.conf\nhttp://s-ledger", LEDGER),
        ("literals: [LEDGER_URL, 3]", "", UNRESOLVED),
    ] {
        let made = format!(
            "-- k8s/kustomization.yaml\nresources: [./emoji.yaml]\nconfigMapGenerator: [{{name: config, {generator}}}]\n"
        );
        calls(&format!("{workload}{made}{files}"), &[expected]);
    }
    let key = "env: [{name: LEDGER_URL, valueFrom: {configMapKeyRef: {name: config, key: LEDGER_URL}}}]";
    for file in ["kustomization.yml", "Kustomization"] {
        let made = makes(&format!("k8s/{file}"), "resources: [emoji.yaml]", "http://s-ledger");
        calls(&format!("{}{made}", container("k8s/emoji.yaml", key)), &[LEDGER]);
    }
    let secret = "-- k8s/kustomization.yaml\nresources: [emoji.yaml]\nsecretGenerator: [{name: config, literals: ['LEDGER_URL=http://s-ledger']}]\n";
    let from = container("k8s/emoji.yaml", "envFrom: [{secretRef: {name: config}}]");
    calls(&format!("{from}{secret}"), &[UNRESOLVED]);
}

#[test]
fn overlays_bases_components_and_patches_belong_together() {
    let base = "-- base/kustomization.yaml\nresources: [emoji.yaml]\n";
    let workload = deployment("base/emoji.yaml");
    let over = makes("prod/kustomization.yaml", "resources: [../base]", "http://s-ledger");
    calls(&format!("{workload}{base}{over}"), &[LEDGER]);
    let made = makes("base/kustomization.yaml", "resources: [emoji.yaml]", "http://s-card");
    calls(&format!("{workload}{made}{over}"), &[CARD, LEDGER]);
    let component = makes("parts/kustomization.yaml", "kind: Component", "http://s-ledger");
    let takes = "-- prod/kustomization.yaml\nbases: [../base/]\ncomponents: [../parts]\n";
    calls(&format!("{workload}{base}{component}{takes}"), &[LEDGER]);
    let patch = deployment("prod/patch.yaml");
    for key in ["patchesStrategicMerge: [patch.yaml]", "patches: [{path: patch.yaml}]"] {
        let takes = format!("-- prod/kustomization.yaml\nresources: [../base]\n{key}\n");
        let base = makes("base/kustomization.yaml", "", "http://s-ledger");
        calls(&format!("{patch}{base}{takes}"), &[LEDGER]);
    }
}

#[test]
fn maps_of_one_name_are_told_apart_by_who_takes_the_workload_in() {
    let all = "-- kustomization.yaml\nresources: [a, b]\n";
    let emoji = makes("a/kustomization.yaml", "resources: [emoji.yaml]", "http://s-ledger");
    let other = makes("b/kustomization.yaml", "resources: [other.yaml]", "http://s-card");
    calls(&format!("{}{all}{emoji}{other}", deployment("a/emoji.yaml")), &[LEDGER]);
    calls(&format!("{}{other}", deployment("a/emoji.yaml")), &[UNRESOLVED]);
    // Where nothing nearer makes it, it is the one beside.
    let base = "-- a/kustomization.yaml\nresources: [emoji.yaml]\n";
    calls(&format!("{}{all}{base}{other}", deployment("a/emoji.yaml")), &[CARD]);
    let dev = makes("dev/kustomization.yaml", "resources: [../a]", "http://s-ledger");
    calls(&format!("{}{all}{base}{other}{dev}", deployment("a/emoji.yaml")), &[CARD, LEDGER]);
}

#[test]
fn paths_out_of_the_tree_lead_to_nothing_in_it() {
    let made = |path: &str| {
        format!(
            "-- k8s/kustomization.yaml\nresources: [emoji.yaml]\nconfigMapGenerator: [{{name: config, envs: ['{path}']}}]\n-- x.env\nLEDGER_URL=http://s-ledger\n"
        )
    };
    for (path, expected) in [("../x.env", LEDGER), ("../../x.env", UNRESOLVED), ("/x.env", UNRESOLVED)] {
        calls(&format!("{}{}", deployment("k8s/emoji.yaml"), made(path)), &[expected]);
    }
}

#[test]
fn kustomizations_in_a_ring_come_to_an_end() {
    let ring =
        "-- b/kustomization.yaml\nresources: [../a, ../b, ..]\n-- kustomization.yaml\nresources: [a, 3, {x: y}]\n";
    let made = makes("a/kustomization.yaml", "resources: [emoji.yaml, ../b]", "http://s-ledger");
    calls(&format!("{}{ring}{made}", deployment("a/emoji.yaml")), &[LEDGER]);
}

#[test]
fn a_map_of_another_namespace_is_not_the_workloads() {
    let map = |path: &str, namespace: &str| {
        format!(
            "-- {path}\nkind: ConfigMap\nmetadata: {{name: config{namespace}}}\ndata: {{LEDGER_URL: http://s-ledger}}\n"
        )
    };
    let take =
        |path: &str, namespace: &str, takes: &str| format!("-- {path}\nnamespace: {namespace}\nresources: [{takes}]\n");
    let workload = deployment("a/emoji.yaml");
    let in_b = map("b/map.yaml", "") + &take("b/kustomization.yaml", "b", "map.yaml");
    let in_a = take("a/kustomization.yaml", "a", "emoji.yaml");
    for (deploy, expected) in [
        (format!("{workload}{in_a}{in_b}"), UNRESOLVED),
        (format!("{workload}{}{in_b}", take("a/kustomization.yaml", "b", "emoji.yaml")), LEDGER),
        // Where one says no namespace, it may be the other's.
        (format!("{workload}{in_b}"), LEDGER),
        (format!("{workload}{in_a}{}", map("b/map.yaml", "")), LEDGER),
        (format!("{workload}{in_a}{}", map("b/map.yaml", ", namespace: b")), UNRESOLVED),
        (format!("{workload}{in_a}{}", map("b/map.yaml", ", namespace: a")), LEDGER),
        // An overlay puts its own namespace in the place of those below it.
        (format!("{workload}{in_a}{in_b}{}", take("over/kustomization.yaml", "c", "../a, ../b")), LEDGER),
    ] {
        calls(&deploy, &[expected]);
    }
}
