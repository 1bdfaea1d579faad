//! A generated monorepo of a hundred services: every call is found, and nothing else.
#![allow(clippy::unwrap_used, reason = "tests")]

mod generate;

use generate::{Monorepo, Size, generate, slug};
use hedgerow_scan::{CodeFile, Outcome, PlainFile, ScanConfig, Service, Tree, Want, in_parallel, rules, scan, wants};
use std::collections::BTreeSet;
use std::sync::Arc;

fn outcome(repo: &Monorepo) -> Outcome {
    let config = ScanConfig::default();
    let services: Vec<Service> = repo
        .services
        .iter()
        .map(|name| Service { name: name.clone(), slug: slug(name), directory: name.clone() })
        .collect();
    let (mut code, mut texts) = (Vec::new(), Vec::new());
    for (path, text) in &repo.files {
        match wants(path, &config) {
            Want::Code(language) => {
                let facts = Arc::new(language.frontend().unwrap().facts(text));
                code.push(CodeFile { path: path.clone(), language, facts });
            }
            Want::Text | Want::IfText => texts.push(PlainFile { path: path.clone(), text: Arc::from(text.as_str()) }),
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
    in_parallel(|| scan(&tree)).unwrap()
}

#[test]
fn every_call_of_a_generated_monorepo_is_found_and_nothing_else() {
    for seed in [1, 20_261_121] {
        let repo = generate(seed, Size { services: 100, edges: 620, libraries: 8, domains: 2 });
        let outcome = outcome(&repo);
        let found = rules(&outcome);
        let found: BTreeSet<(String, String)> = found
            .into_iter()
            .flat_map(|(caller, callees)| callees.into_iter().map(move |callee| (caller.to_owned(), callee.to_owned())))
            .collect();
        let missed: Vec<_> = repo.edges.difference(&found).collect();
        let extra: Vec<_> = found.difference(&repo.edges).collect();
        assert!(missed.is_empty() && extra.is_empty(), "seed {seed}: missed {missed:?}, extra {extra:?}");
        assert_eq!(repo.edges.len(), 620);
        // Comments beside calls that are found as well are said to be redundant, and what code names that nobody reaches is asked about. Of
        // a call that is found nothing is asked.
        for finding in outcome.findings.iter().filter(|finding| finding.code.as_str() != "redundant-comment") {
            assert_eq!(finding.code.as_str(), "unexplained-mention", "{finding:?}");
            let pairs =
                finding.services.iter().flat_map(|caller| finding.callees.iter().map(move |callee| (caller, callee)));
            for (caller, callee) in pairs {
                assert!(!repo.edges.contains(&(caller.clone(), callee.clone())), "{finding:?}");
            }
        }
    }
}
