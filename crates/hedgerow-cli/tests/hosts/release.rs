//! What is published beside the programs.

use serde_json::Value;

use crate::program::{Sandbox, repository, run};

/// The directory of each crate that is published.
fn published() -> Vec<std::path::PathBuf> {
    let sandbox = Sandbox::new();
    let mut cargo = sandbox.command("cargo");
    // Where Cargo keeps what it has is the home that the sandbox hides; nothing is asked for that is not in the tree.
    let cargo = cargo.args(["metadata", "--no-deps", "--offline", "--locked", "--format-version=1"]);
    for (name, below) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let home = std::env::var_os("HOME").map(|home| std::path::Path::new(&home).join(below));
        cargo.envs(std::env::var_os(name).map(Into::into).or(home).map(|path| (name, path)));
    }
    let metadata: Value = serde_json::from_str(&run(cargo, b"").text()).expect("it is JSON");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    let published = packages.filter(|package| package["publish"] != Value::Array(Vec::new()));
    let manifests = published.map(|package| package["manifest_path"].as_str().expect("a path").to_owned());
    manifests.map(|path| std::path::Path::new(&path).parent().expect("a directory").to_owned()).collect()
}

/// Cargo packs what lies beside a manifest, and follows links; both licences ask that their text goes along.
#[test]
fn each_crate_that_is_published_holds_both_licences() {
    let crates = published();
    assert!(crates.len() >= 15, "{crates:?}");
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        let own = std::fs::read_to_string(repository().join(name)).expect("the licence");
        for directory in &crates {
            let path = directory.join(name);
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(text == own, "{} is not the repository's", path.display());
        }
    }
}

/// Only a dry run may leave out that each crate is built from what is packed, and then it says so.
#[test]
fn a_release_builds_its_crates_from_what_is_packed() {
    let script = std::fs::read_to_string(repository().join("scripts/release")).expect("the script");
    let lines: Vec<&str> = script.lines().map(str::trim).filter(|line| !line.starts_with('#')).collect();
    let calls = |line: &&&str| line.starts_with("cargo publish --workspace --dry-run --locked");
    assert_eq!(lines.iter().filter(calls).count(), 2, "packed only, and built");
    let without: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].contains("--no-verify")).collect();
    let [at] = without[..] else { panic!("{without:?}") };
    assert_eq!(lines[at - 2], "if $dry && ! $verify; then", "only a dry run leaves it out");
    assert!(lines[at - 1].starts_with("skip \"building each crate"), "{}", lines[at - 1]);
}
