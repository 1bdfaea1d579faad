//! Any text as the files of a fleet: reading ends, and what it accepts can be planned for every environment.
//! The input is a tree: a line `-- path` and the file's text below it.
#![no_main]

mod tree;

use hedgerow_core::fleet::Scope;
use hedgerow_core::plan::Plan;
use hedgerow_core::read::{Directories, Reader};
use hedgerow_core::tree::{Directory, File};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use std::sync::Arc;

fuzz_target!(|text: &str| {
    let mut config = File::new("hedgerow.yaml", "");
    let mut read: BTreeMap<String, Directory> = BTreeMap::new();
    for (path, text) in tree::files(text) {
        if path == "hedgerow.yaml" {
            config = File::new(path, text);
            continue;
        }
        let Some((directory, below)) = path.split_once('/') else { continue };
        let (name, path) = (directory.to_owned(), path.clone());
        let directory = read.entry(name.clone()).or_insert_with(|| Directory {
            path: name,
            file: None,
            rules: Vec::new(),
            faults: Vec::new(),
            unread: Vec::new(),
        });
        match below {
            "service.yaml" => directory.file = Some(File::new(path, text)),
            _ => directory.rules.push(File::new(path, text)),
        }
    }
    let directories =
        Directories::new(Scope::Whole, read.into_values().collect());
    let mut reader = Reader::new();
    let config = reader.config(config);
    let reading = reader.fleet(config, directories, None);
    let Some(fleet) = reading.fleet.map(Arc::new) else {
        assert!(!reading.diagnostics.is_empty(), "refused without a word");
        return;
    };
    for environment in fleet.config().environments.keys() {
        assert!(Plan::new(Arc::clone(&fleet), environment).is_some());
    }
});
