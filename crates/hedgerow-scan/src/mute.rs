//! Charts that the configuration names and that give nothing to any service.

use crate::edge::{Finding, Outcome, Place};
use crate::inventory::Home;
use crate::tree::Tree;
use hedgerow_code::ir::Range;
use hedgerow_core::diag::Code;
use hedgerow_deploy::Deploy;
use std::collections::BTreeSet;

/// Tells of charts whose workloads have no names that are known, where `scan.deploy` says that they are the deploy.
pub(crate) fn ask(tree: &Tree, homes: &[Home], deploy: &Deploy, outcome: &mut Outcome) {
    let Some(globs) = &tree.config.deploy else { return };
    for (directory, path) in deploy.mute().filter(|(_, path)| globs.is_match(path)) {
        outcome.findings.push(Finding {
            code: Code::UnparsedCode,
            message: format!(
                "no workload of the chart `{}` is called like a service, as far as their names are known: the chart gives nothing to any service",
                if directory.is_empty() { "." } else { directory },
            ),
            marks: vec![(
                Place { path: path.to_owned(), range: Range::default() },
                "the name of a workload here is not known in full".to_owned(),
            )],
            help: vec![
                "if the tree says what its release is called, let a glob under `scan.deploy` name the file, such as `.github/workflows/*.yml`".to_owned(),
                "if the services have other names in the cluster, say so under `scan.aliases`".to_owned(),
                "where it is not about services, leave it out by `scan.exclude`".to_owned(),
            ],
            services: homes.iter().map(|home| home.name.clone()).collect::<BTreeSet<String>>(),
            callees: BTreeSet::new(),
        });
    }
}
