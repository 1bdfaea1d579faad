//! `hedgerow init --deploy`: the deployment that a person wants.

use crate::common::tree;
use crate::deployments::{GO, runs};
use crate::init::proposed;

#[test]
fn a_person_says_which_deployment_it_is() {
    let files = |wanted: &str| {
        let ledger = runs("ledger", "shop/ledger:1");
        let base = runs("card", "shop/card:1");
        let root = tree(&[
            ("k8s/base/kustomization.yaml", b"resources: [card.yaml]\n"),
            ("k8s/base/card.yaml", base.as_bytes()),
            ("k8s/prod/kustomization.yaml", b"resources: [../base]\n"),
            ("old/ledger.yaml", ledger.as_bytes()),
            ("compose.yaml", b"services: {books: {build: ledger}, cards: {build: card}, db: {image: postgres}}\n"),
            ("ledger/Dockerfile", b""),
            ("ledger/main.go", GO.as_bytes()),
            ("card/Dockerfile", b""),
            ("card/main.go", GO.as_bytes()),
            ("extra/Dockerfile", b""),
            ("extra/main.go", GO.as_bytes()),
        ]);
        proposed(root.path(), wanted).replace("\n#     ", " ")
    };
    for (wanted, said, unsaid) in [
        (
            "--deploy compose.yaml",
            &[
                "# 3 services:\n#   books: ",
                "  deploy:                         # the deployment that is read; others are not\n    - \"compose.yaml\"\n",
                "    - {path: \"card\", name: cards}\n    - {path: \"ledger\", name: books}\n",
                "    books: [ledger]\n    cards: [card]\n",
                "programs that the wanted deployment does not run, and not proposed: extra\n",
                "for its names run `hedgerow init --deploy ",
            ][..],
            &["#   extra", "#   ledger:"][..],
        ),
        (
            "--deploy ./k8s/prod/",
            &[
                "# 1 service:\n#   card: card; k8s/base/card.yaml",
                "    - \"k8s/base/**\"\n    - \"k8s/prod/**\"\n",
                "    card: [cards]\n",
            ],
            &["#   ledger", "#   db"],
        ),
        (
            "--deploy old --deploy k8s/*/*.yaml",
            &[
                "# 2 services:\n#   card: card",
                "    - \"k8s/*/*.yaml\"\n",
                "    - \"old/**\"\n",
                "    card: [cards]\n    ledger: [books]\n",
            ],
            &["#   db"],
        ),
        (
            "--deploy old --deploy compose.yaml",
            &[
                "# 3 services:\n#   books: ",
                "#   db: ",
                "    books: [ledger]\n",
                "    - \"compose.yaml\"\n    - \"old/**\"\n",
            ],
            &["#   ledger:"],
        ),
    ] {
        let text = files(wanted);
        for line in said {
            assert!(text.contains(line), "{wanted}: no `{line}` in\n{text}");
        }
        for line in unsaid {
            assert!(!text.contains(line), "{wanted}: `{line}` in\n{text}");
        }
    }
}

#[test]
fn a_kustomization_is_what_it_takes_in_and_nothing_beside_it() {
    let of = |name: &str| runs(name, &format!("shop/{name}:1"));
    let (card, ledger, db) = (of("card"), of("ledger"), of("db"));
    let (old, stray, seed, other) = (of("old"), of("stray"), of("seed"), of("other"));
    let files: &[(&str, &[u8])] = &[
        (
            "k8s/base/kustomization.yaml",
            b"resources: [card.yaml, ledger]\nconfigMapGenerator: [{name: m, files: [x=conf/m.toml]}]\n",
        ),
        ("k8s/base/conf/m.toml", b""),
        ("k8s/base/card.yaml", card.as_bytes()),
        ("k8s/base/ledger/kustomization.yaml", b"resources: [ledger.yaml]\n"),
        ("k8s/base/ledger/ledger.yaml", ledger.as_bytes()),
        ("k8s/base/old/old.yaml", old.as_bytes()),
        (
            "k8s/dev/kustomization.yaml",
            b"resources: [../base]\ncomponents: [../parts/db]\npatches: [{path: patches/card.yaml}]\n",
        ),
        ("k8s/dev/patches/card.yaml", card.as_bytes()),
        ("k8s/dev/patches/stray.yaml", stray.as_bytes()),
        ("k8s/dev/jobs/seed.yaml", seed.as_bytes()),
        ("k8s/parts/db/other.yaml", other.as_bytes()),
        ("k8s/parts/db/kustomization.yaml", b"kind: Component\nresources: [db.yaml]\n"),
        ("k8s/parts/db/db.yaml", db.as_bytes()),
    ];
    let globs = "others are not\n    - \"k8s/base/card.yaml\"\n    - \"k8s/base/conf/m.toml\"\n    - \"k8s/base/kustomization.yaml\"\n    \
                 - \"k8s/base/ledger/**\"\n    - \"k8s/dev/kustomization.yaml\"\n    - \"k8s/dev/patches/card.yaml\"\n    - \"k8s/parts/db/db.yaml\"\n    - \"k8s/parts/db/kustomization.yaml\"\n";
    for wanted in ["--deploy k8s/dev", "--deploy ./k8s/dev/", "--deploy k8s/dev/kustomization.yaml"] {
        let text = proposed(tree(files).path(), wanted);
        assert!(text.contains("# 3 services:\n#   card: ") && text.contains(globs), "{wanted}: {text}");
        assert!(
            !text.contains("#   seed:") && !text.contains("#   stray:") && !text.contains("#   old:"),
            "{wanted}: {text}"
        );
    }
    // A directory above several kustomizations, and files that a person names, are what they are.
    let text = proposed(tree(files).path(), "--deploy k8s");
    assert!(text.contains("others are not\n    - \"k8s/**\"\n"), "{text}");
    let text = proposed(tree(files).path(), "--deploy k8s/dev/jobs");
    assert!(text.contains("# 1 service:\n#   seed: ") && text.contains("    - \"k8s/dev/jobs/**\"\n"), "{text}");
    // Where nothing lies beside what it takes in, its directory says it all; a base that is no kustomization is taken as it is.
    let files: &[(&str, &[u8])] = &[
        ("k8s/base/card.yaml", card.as_bytes()),
        ("k8s/dev/kustomization.yaml", b"resources: [../base, ledger.yaml]\npatches: [{path: patch.yaml}]\n"),
        ("k8s/dev/ledger.yaml", ledger.as_bytes()),
        ("k8s/dev/patch.yaml", ledger.as_bytes()),
    ];
    let text = proposed(tree(files).path(), "--deploy k8s/dev");
    assert!(text.contains("others are not\n    - \"k8s/base/**\"\n    - \"k8s/dev/**\"\n"), "{text}");
}

#[test]
fn a_compose_file_has_the_services_of_those_that_it_takes_in() {
    for compose in [
        "include: [parts/one.yaml, two.yaml]\n",
        "include:\n- path: parts/one.yaml\n- path: [two.yaml]\n",
        "include: [two.yaml]\nservices: {ledger: {build: ledger, extends: {file: parts/one.yaml, service: ledger}}}\n",
    ] {
        let root = tree(&[
            ("compose.yaml", compose.as_bytes()),
            ("parts/one.yaml", b"services: {ledger: {build: ../ledger}}\n"),
            ("two.yaml", b"services: {db: {image: postgres}}\n"),
            ("other/compose.yaml", b"services: {card: {build: ../card}}\n"),
            ("ledger/Dockerfile", b""),
            ("ledger/main.go", GO.as_bytes()),
            ("card/Dockerfile", b""),
            ("card/main.go", GO.as_bytes()),
        ]);
        let text = proposed(root.path(), "--deploy compose.yaml");
        assert!(text.contains("# 2 services:\n#   db: ") && text.contains("#   ledger: ledger"), "{compose}{text}");
        let globs = "    - \"compose.yaml\"\n    - \"parts/one.yaml\"\n    - \"two.yaml\"\n";
        assert!(text.contains(globs), "{compose}{text}");
    }
}

#[test]
fn directories_may_be_named_by_a_glob_and_nothing_is_named_twice() {
    let ledger = runs("ledger", "shop/ledger:1");
    let card = runs("card", "shop/card:1");
    for (wanted, globs) in [
        ("--deploy parts/*/prod", "    - \"parts/*/prod/**\"\n    - \"parts/ledger/base/**\"\n"),
        (
            "--deploy parts/{ledger,card}/prod/",
            "    - \"parts/ledger/base/**\"\n    - \"parts/{ledger,card}/prod/**\"\n",
        ),
        ("--deploy parts --deploy parts/ledger/base", "others are not\n    - \"parts/**\"\n"),
        // What lies deeper than a glob goes is not said by it.
        ("--deploy parts/*/* --deploy parts/ledger/base --deploy parts/card/prod", "    - \"parts/*/*/**\"\n"),
        (
            "--deploy parts/*/base/*.yaml --deploy parts/ledger --deploy parts/card/prod",
            "    - \"parts/*/base/*.yaml\"\n    - \"parts/card/prod/**\"\n    - \"parts/ledger/**\"\n",
        ),
        (
            "--deploy parts/* --deploy parts/ledger --deploy parts/card/prod",
            "    - \"parts/*\"\n    - \"parts/card/prod/**\"\n    - \"parts/ledger/**\"\n",
        ),
        ("--deploy parts --deploy parts/ledger/base/ledger.yaml", "others are not\n    - \"parts/**\"\n"),
    ] {
        let root = tree(&[
            ("parts/ledger/prod/kustomization.yaml", b"resources: [../base]\n"),
            ("parts/ledger/base/kustomization.yaml", b"resources: [ledger.yaml]\n"),
            ("parts/ledger/base/ledger.yaml", ledger.as_bytes()),
            ("parts/top.yaml", card.as_bytes()),
            ("parts/card/prod/card.yaml", card.as_bytes()),
            ("parts/card/test/card.yaml", card.as_bytes()),
        ]);
        let text = proposed(root.path(), wanted);
        assert!(text.contains("# 2 services:\n") && text.contains(globs), "{wanted}: {text}");
    }
}
