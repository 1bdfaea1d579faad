//! A scan that takes over what an earlier one found says the same as one that begins anew.

use hedgerow_code::ir::Facts;
use hedgerow_scan::{CodeFile, Known, Outcome, Parts, Sum, Tree, rescan, scan};
use std::sync::Arc;
use std::sync::Mutex;

/// Stands for the hash of a file's text: the same facts, the same sum.
fn sum(file: &CodeFile) -> Sum {
    let mut sum: Sum = [0; 32];
    for (at, byte) in format!("{:?}", file.facts).bytes().enumerate() {
        sum[at % 32] = sum[at % 32].wrapping_mul(31).wrapping_add(byte);
    }
    sum
}

/// Scans a tree with what an earlier scan kept; with the answer come the files whose facts were asked for.
fn again(tree: &Tree, parts: &Parts) -> (Outcome, Parts, Vec<String>) {
    let sums: Vec<Sum> = tree.code.iter().map(sum).collect();
    let header = |file: &CodeFile| CodeFile { facts: Arc::new(file.facts.header()), ..file.clone() };
    let headers: Vec<CodeFile> = tree.code.iter().map(header).collect();
    let asked = Mutex::new(Vec::new());
    let facts = |at: usize| -> Arc<Facts> {
        asked.lock().unwrap().push(tree.code[at].path.clone());
        Arc::clone(&tree.code[at].facts)
    };
    let known = Known { sums: &sums, rest: [0; 32], parts, facts: &facts };
    let (outcome, parts) = rescan(&Tree { code: &headers, ..tree.clone() }, &known).unwrap();
    let mut asked = asked.into_inner().unwrap();
    asked.sort();
    (outcome, parts, asked)
}

/// Takes each file out of a tree, scans, puts it back, and scans again with what was kept.
pub(crate) fn says_the_same_again(tree: &Tree) {
    let whole = scan(tree).unwrap();
    let (outcome, kept, _) = again(tree, &Parts::default());
    assert_eq!(outcome, whole);
    let (outcome, same, none) = again(tree, &kept);
    assert_eq!((outcome, &same, none.as_slice()), (whole.clone(), &kept, &[][..]));
    for at in 0..tree.code.len() + tree.texts.len() {
        let (mut code, mut texts) = (tree.code.to_vec(), tree.texts.to_vec());
        let path = match at.checked_sub(code.len()) {
            None => code.remove(at).path,
            Some(at) => texts.remove(at).path,
        };
        let less = Tree { code: &code, texts: &texts, ..tree.clone() };
        let (_, kept, _) = again(&less, &Parts::default());
        let (outcome, parts, _) = again(tree, &kept);
        assert_eq!((&outcome, &parts), (&whole, &same), "with {path} again");
    }
}
