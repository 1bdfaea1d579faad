//! Any text as a tree of code, charts, compose files and manifests: the scan ends, and the facts of each file hold together.
//! The input is a tree: a line `-- path` and the file's text below it.
#![no_main]

mod tree;

use hedgerow_scan::{CodeFile, PlainFile, ScanConfig, Service, Tree, Want, in_parallel, scan, wants};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;
use std::sync::Arc;

fuzz_target!(|text: &str| {
    let config = ScanConfig::default();
    let services = ["service.a", "service.b"].map(|name| Service {
        name: name.to_owned(),
        slug: name.replace("service.", "s-"),
        directory: name.to_owned(),
    });
    in_parallel(|| {
        let (mut code, mut texts) = (Vec::new(), Vec::new());
        for (path, text) in tree::files(text) {
            match wants(&path, &config) {
                Want::Code(language) => {
                    let Some(frontend) = language.frontend() else { continue };
                    let facts = frontend.facts(&text);
                    assert!(facts.is_sound(), "{path}");
                    code.push(CodeFile { path, language, facts: Arc::new(facts) });
                }
                Want::Text | Want::IfText => texts.push(PlainFile { path, text: Arc::from(text.as_str()) }),
                Want::Nothing => {}
            }
        }
        let tree = Tree {
            services: &services,
            namespaces: BTreeSet::new(),
            config: &config,
            code: &code,
            texts: &texts,
            lost: &[],
        };
        scan(&tree).expect("the built-in packs can be read");
    });
});
