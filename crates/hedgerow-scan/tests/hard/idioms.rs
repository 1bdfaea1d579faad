//! Every idiom of every built-in pack, each in the forms in which it meets the scan: with its address written out, through a
//! constant of another file, through an environment variable, through a function of another file; and in code that is
//! never run.

use crate::{outcome, summary};

mod csharp;
mod go;
mod java;
mod javascript;
mod kotlin;
mod php;
mod python;
mod ruby;
mod rust;

/// The callee and a manifest that gives the caller `LEDGER`.
fn deploy(address: &str) -> String {
    format!(
        "-- service.ledger/x.txt\n-- k8s/emoji.yaml\nkind: Deployment\nmetadata: {{name: s-emoji}}\n\
         spec: {{template: {{spec: {{containers: [{{env: [{{name: LEDGER, value: '{address}'}}]}}]}}}}}}\n"
    )
}

/// Scans each tree and says which did not find what they should, all of them at once.
#[derive(Default)]
struct Forms {
    wrong: Vec<String>,
}

impl Forms {
    /// Scans the form `name` of an idiom.
    fn check(&mut self, idiom: &str, name: &str, tree: &str, expected: &[&str]) {
        let found = summary(&outcome(tree));
        if found != expected {
            self.wrong.push(format!("{name}: {idiom}\n    found {found:?}, expected {expected:?}"));
        }
    }

    #[track_caller]
    fn all_right(self) {
        assert!(self.wrong.is_empty(), "\n{}", self.wrong.join("\n"));
    }
}
