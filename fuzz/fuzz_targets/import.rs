//! Any text, as the source after which the target is named: reading ends, it says the same each time, and every rule is between two services.
#![no_main]

use hedgerow_core::fleet::Scope;
use hedgerow_core::name::EnvironmentName;
use hedgerow_core::plan::Plan;
use hedgerow_core::read::{Directories, Reader};
use hedgerow_core::source::Sources;
use hedgerow_core::tree::{Directory, File};
use hedgerow_import::{Many, Options, Source, import};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

const CONFIG: &str = "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\n";

/// `service.a` and `service.b`.
static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let directory = |name: &str| Directory {
        path: format!("service.{name}"),
        file: Some(File::new(
            format!("service.{name}/service.yaml"),
            format!("ports: [{{name: http, port: 8080}}]\nworkloads: [\"*/{name}\"]\n"),
        )),
        rules: Vec::new(),
        faults: Vec::new(),
        unread: Vec::new(),
    };
    let mut reader = Reader::new();
    let config = reader.config(File::new("hedgerow.yaml", CONFIG));
    let directories = Directories::new(Scope::Whole, vec![directory("a"), directory("b")]);
    let fleet = reader.fleet(config, directories, None).fleet.expect("the fleet is right");
    let environment = EnvironmentName::new("prod").expect("a name");
    Plan::new(Arc::new(fleet), &environment).expect("it is declared")
});

fuzz_target!(|text: &str| {
    let name = env!("CARGO_BIN_NAME").trim_start_matches("import-");
    let source = Source::ALL.iter().find(|source| source.name() == name).expect("the target is named after a source");
    let mut texts = Sources::default();
    texts.add("in", text);
    for many in [Many::Suggest, Many::Each] {
        let options = Options { many, ..Options::default() };
        let imported = import(&PLAN, *source, &texts, &options);
        let again = import(&PLAN, *source, &texts, &options);
        assert_eq!((&imported.rules, &imported.leftovers), (&again.rules, &again.leftovers));
        for rule in &imported.rules {
            assert!(rule.caller != rule.callee && !rule.reason.chars().any(char::is_control));
        }
    }
});
