//! The schemas of the files that people write hold what their readers hold, key by key.
//!
//! The table is walked: for each key of each mapping a file is made that is right but for that key, which has in turn each value of
//! its form and each of a row of wrong ones. What the schema refuses the reader refuses; keys that the reader refuses, and keys that
//! it misses, the schema refuses too.

use crate::common::{Command, testdata};
use hedgerow::core::diag::{Code, Diagnostic};
use hedgerow::core::fleet::Scope;
use hedgerow::core::read::form::{Bond, Form, HEDGEROW, Key, RULE, SERVICE, Value};
use hedgerow::core::read::{Directories, Reader};
use hedgerow::core::tree::{Directory, File};
use hedgerow_scan::ScanConfig;
use hedgerow_scan::form::SCAN;
use jsonschema::Validator;
use std::path::Path;

/// Values that are wrong nearly everywhere, each right somewhere.
const ODD: [&str; 14] =
    ["17", "0", "70000", "\"\"", "zz", "true", "~", "[]", "{}", "[zz]", "[[zz]]", "{zz: 1}", "[{zz: 1}]", "{prod: zz}"];

struct Case {
    /// The way to the key.
    way: String,
    text: String,
    /// Whether it should be right.
    is_right: bool,
}

fn schema(name: &str) -> Validator {
    let ran = Command::new(Path::new("."), &format!("schema {name}")).run();
    let schema = serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{name}: {error}: {}", ran.stderr));
    jsonschema::draft7::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    jsonschema::draft7::new(&schema).unwrap()
}

/// Texts of flow YAML that are right for a value.
fn right(value: &Value, depth: usize) -> Vec<String> {
    let quoted = |text: &str| hedgerow::yaml::quote_always(text);
    match value {
        Value::Text(text) => vec![quoted(text.example)],
        Value::Word(words) => words().into_iter().map(str::to_owned).collect(),
        Value::Boolean => vec!["true".to_owned(), "false".to_owned()],
        Value::Number(least, most) => vec![least.to_string(), most.to_string()],
        Value::List(element) | Value::Many(element) => {
            right(element, depth).into_iter().map(|one| format!("[{one}]")).collect()
        }
        Value::Map(keys, value, _) => {
            right(value, depth).into_iter().map(|one| format!("{{{}: {one}}}", quoted(keys.example))).collect()
        }
        Value::Form(form) => rows(form, depth + 1).into_iter().filter(|row| row.is_right).map(|row| row.text).collect(),
        Value::Either(values) => values.iter().flat_map(|value| right(value, depth)).collect(),
        Value::PortReference => ["http", "1", "65535", "'8080'"].map(str::to_owned).to_vec(),
        Value::Null => vec!["~".to_owned()],
        Value::Any => vec!["0".to_owned()],
        Value::Section("scan") => {
            rows(&SCAN, depth + 1).into_iter().filter(|row| row.is_right).map(|row| row.text).collect()
        }
        Value::Section(other) => panic!("who reads the section {other}?"),
    }
}

/// The least that a mapping of this form needs beside `key`.
fn beside(form: &Form, key: Option<&str>) -> Vec<String> {
    let mut others: Vec<&Key> = form.keys.iter().filter(|other| other.is_needed && Some(other.name) != key).collect();
    let find =
        |name: &str| form.keys.iter().find(|other| other.name == name).unwrap_or_else(|| panic!("a bond of `{name}`"));
    for bond in form.bonds {
        if let Bond::Needs(one, other) = bond
            && key == Some(one)
        {
            others.push(find(other));
        }
    }
    for bond in form.bonds {
        if let Bond::OneOf(names) = bond
            && !names.iter().any(|name| key == Some(name) || others.iter().any(|other| other.name == *name))
        {
            others.push(find(names[0]));
        }
    }
    others.into_iter().map(|other| format!("{}: {}", other.name, right(&other.value, 9).swap_remove(0))).collect()
}

/// Mappings of a form, right and wrong.
fn rows(form: &Form, depth: usize) -> Vec<Case> {
    let mut rows = Vec::new();
    let row = |key: Option<&str>, more: &str, way: &str, is_right: bool| {
        let mut parts = beside(form, key);
        parts.extend((!more.is_empty()).then(|| more.to_owned()));
        Case { way: way.to_owned(), text: format!("{{{}}}", parts.join(", ")), is_right }
    };
    rows.push(row(None, "", "", true));
    // Deep down one right example is enough: what is there was walked from nearer.
    if depth > 8 {
        return rows;
    }
    for key in form.keys {
        for value in right(&key.value, depth) {
            rows.push(row(Some(key.name), &format!("{}: {value}", key.name), key.name, true));
        }
        for value in ODD {
            rows.push(row(Some(key.name), &format!("{}: {value}", key.name), key.name, false));
        }
        rows.push(row(None, &format!("{}x: 1", key.name), &format!("{}x", key.name), false));
        if key.is_needed {
            rows.push(row(Some(key.name), "", &format!("without {}", key.name), false));
        }
        let nested = |value: &Value| -> Vec<String> { wrong(value, depth) };
        for value in nested(&key.value) {
            rows.push(row(Some(key.name), &format!("{}: {value}", key.name), key.name, false));
        }
    }
    for bond in form.bonds {
        let sample = |name: &str| {
            let key = form.keys.iter().find(|key| key.name == name).unwrap();
            format!("{name}: {}", right(&key.value, 9).swap_remove(0))
        };
        let text = match bond {
            Bond::OneOf(_) => "{}".to_owned(),
            Bond::Apart(one, other) => format!("{{{}, {}}}", sample(one), sample(other)),
            Bond::Needs(one, _) => {
                let first = form
                    .bonds
                    .iter()
                    .find_map(|bond| if let Bond::OneOf(names) = bond { Some(names[0]) } else { None });
                format!("{{{}, {}}}", sample(one), first.map(sample).unwrap_or_default())
            }
        };
        rows.push(Case { way: format!("{bond:?}"), text, is_right: false });
    }
    rows
}

/// Wrong values of what is inside of a value.
fn wrong(value: &Value, depth: usize) -> Vec<String> {
    match value {
        Value::Form(form) => {
            rows(form, depth + 1).into_iter().filter(|row| !row.is_right).map(|row| row.text).collect()
        }
        Value::Section(_) => {
            rows(&SCAN, depth + 1).into_iter().filter(|row| !row.is_right).map(|row| row.text).collect()
        }
        Value::List(element) | Value::Many(element) => {
            wrong(element, depth).into_iter().map(|one| format!("[{one}]")).collect()
        }
        Value::Map(keys, value, _) => wrong(value, depth)
            .into_iter()
            .map(|one| format!("{{{}: {one}}}", hedgerow::yaml::quote_always(keys.example)))
            .collect(),
        Value::Either(values) => values.iter().flat_map(|value| wrong(value, depth)).collect(),
        Value::Text(_)
        | Value::Word(_)
        | Value::Boolean
        | Value::Number(..)
        | Value::PortReference
        | Value::Null
        | Value::Any => Vec::new(),
    }
}

/// What the readers say of a file of that name.
fn read(name: &str, text: &str) -> Vec<Diagnostic> {
    let config = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*']}\nnamespaces: [default, bank]\ntypes: {backend: ~}\nenvironments: {prod: {stage: off}}\n";
    let mut reader = Reader::new();
    let (config, own) = if name == "hedgerow" { (text, None) } else { (config, Some(text)) };
    let mut scan = Vec::new();
    let mut sources = hedgerow::core::source::Sources::default();
    let source = sources.add("hedgerow.yaml", config);
    ScanConfig::read(source, config, &mut scan);
    let read = reader.config(File::new("hedgerow.yaml", config));
    let mut directory = Directory {
        path: "service.a".to_owned(),
        file: None,
        rules: Vec::new(),
        faults: Vec::new(),
        unread: Vec::new(),
    };
    match (name, own) {
        ("service", Some(text)) => directory.file = Some(File::new("service.a/service.yaml", text)),
        ("rule", Some(text)) => directory.rules.push(File::new("service.a/egress/service.b.rule", text)),
        _ => {}
    }
    let directories = Directories {
        scope: Scope::Whole,
        read: vec![directory],
        names: Vec::new(),
        faults: Vec::new(),
        unread: Vec::new(),
        idle: Vec::new(),
    };
    let mut found = reader.fleet(read, directories, None).diagnostics;
    found.extend(scan);
    found
}

/// What only the whole fleet can tell, or nothing but the reader.
fn is_of_the_file(diagnostic: &Diagnostic) -> bool {
    use Code::{BadName, DuplicateKey, EmptyList, InvalidValue, InvalidYaml, MissingKey, UnknownKey};
    diagnostic.is_error()
        && matches!(
            diagnostic.code,
            BadName | DuplicateKey | EmptyList | InvalidValue | InvalidYaml | MissingKey | UnknownKey
        )
}

#[test]
fn readers_and_schemas_agree_on_every_key() {
    for (name, form) in [("hedgerow", &HEDGEROW), ("service", &SERVICE), ("rule", &RULE)] {
        let schema = schema(name);
        let (mut right_ones, mut refused, mut lenient) = (0, 0, 0);
        for case in rows(form, 0) {
            let value: serde_json::Value =
                serde_yaml::from_str(&case.text).unwrap_or_else(|error| panic!("{}: {error}", case.text));
            let faults: Vec<_> = read(name, &case.text).into_iter().filter(is_of_the_file).collect();
            let says = schema.validate(&value);
            let shown = || {
                format!(
                    "{name} at {}:\n{}\nreader: {faults:#?}\nschema: {:?}",
                    case.way,
                    case.text,
                    schema.validate(&value).err().map(|error| error.to_string())
                )
            };
            if case.is_right {
                assert!(says.is_ok() && faults.is_empty(), "this should be right: {}", shown());
                right_ones += 1;
            }
            if says.is_err() {
                assert!(!faults.is_empty(), "the schema refuses what the reader takes: {}", shown());
                refused += 1;
            } else if !faults.is_empty() {
                let is_of_keys =
                    |fault: &Diagnostic| matches!(fault.code, Code::UnknownKey | Code::MissingKey | Code::EmptyList);
                assert!(!faults.iter().any(is_of_keys), "the reader refuses keys that the schema takes: {}", shown());
                lenient += 1;
            }
        }
        assert!(
            right_ones > form.keys.len() && refused > 5 * form.keys.len(),
            "{name}: {right_ones} right, {refused} refused"
        );
        // Names, globs and blocks of addresses are finer than patterns.
        assert!(lenient * 4 < refused, "{name}: the schema takes {lenient} of the wrong ones and refuses {refused}");
    }
}

/// What a pattern can say, the schema says: an editor marks it before anything is run.
#[test]
fn names_paths_and_ports_are_as_fine_in_the_schema_as_in_the_reader() {
    let fleet = |labels: &str, services: &str| {
        let domain = if labels.contains("domain") { "" } else { "domain: bank.example, " };
        let include = if services.contains("include") { "" } else { "include: ['service.*'], " };
        format!(
            "version: 1\nlabels: {{{domain}{labels}}}\nservices: {{{include}{services}}}\nenvironments: {{prod: {{stage: 'off'}}}}\n"
        )
    };
    let long = |length: usize| "a".repeat(length);
    let rows: Vec<(&str, String, bool)> = [
        ("include: ['service.*']", true),
        ("include: ['apps/*/', '**/service.*', 'a/...b', .hidden]", true),
        ("include: ['.']", false),
        ("include: ['../x']", false),
        ("include: ['x/..']", false),
        ("include: ['/x']", false),
        ("include: ['./x']", false),
        ("include: ['a//b']", false),
        ("include: ['a\\b']", false),
        ("exclude: ['/x']", false),
        ("rules: [egress, deploy/egress]", true),
        ("rules: ['.']", false),
        ("rules: ['../egress']", false),
        ("rules: ['egress*']", false),
    ]
    .into_iter()
    .map(|(services, is_right)| ("hedgerow", fleet("", services), is_right))
    .chain(
        [
            ("identity: routing-name", true),
            ("identity: team.example/egress-x", true),
            ("identity: egress-x", false),
            ("identity: network-policy", false),
            ("identity: service-type", false),
            ("identity: policy-of", false),
            ("domain: kubernetes.io", false),
            ("domain: app.k8s.io", false),
            ("domain: myk8s.io", true),
        ]
        .into_iter()
        .map(|(labels, is_right)| ("hedgerow", fleet(labels, ""), is_right)),
    )
    .chain(
        [
            (format!("name: {}", long(250)), true),
            (format!("name: {}", long(251)), false),
            ("ports: [{name: fifteen-letters, port: 1}]".to_owned(), true),
            ("ports: [{name: sixteen-letters-, port: 1}]".to_owned(), false),
            ("ports: [{name: sixteen-lettersx, port: 1}]".to_owned(), false),
            (format!("identity: {{app: {}}}", long(64)), false),
            (format!("identity: {{{}: x}}", long(64)), false),
            ("allow: [{from: {namespace: any}}]".to_owned(), false),
            ("allow: [{from: {namespace: anybody}}]".to_owned(), true),
            ("allow: [{from: {namespaces: [any]}}]".to_owned(), true),
            ("allow: [{from: anybody, ports: [0]}]".to_owned(), false),
        ]
        .into_iter()
        .map(|(text, is_right)| ("service", text, is_right)),
    )
    .chain(
        [
            ("[http, 8080, '8081']", true),
            ("[h2c-1]", true),
            ("[HTTP]", false),
            ("[0]", false),
            ("['0']", false),
            ("[70000]", false),
            ("['65536']", false),
            ("[65535, '065535']", true),
            ("[-1]", false),
            ("[a--b]", false),
            ("[sixteen-lettersx]", false),
        ]
        .into_iter()
        .map(|(ports, is_right)| ("rule", format!("ports: {ports}"), is_right)),
    )
    .collect();
    for (name, text, is_right) in rows {
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(schema(name).validate(&value).is_ok(), is_right, "the schema {name} of {text}");
        let faults: Vec<_> = read(name, &text).into_iter().filter(is_of_schema).collect();
        assert_eq!(faults.is_empty(), is_right, "the reader of {text}: {faults:#?}");
    }
}

/// The faults of one file, and the domains that are refused.
fn is_of_schema(diagnostic: &Diagnostic) -> bool {
    is_of_the_file(diagnostic) || diagnostic.is_error() && diagnostic.code == Code::ForeignDomain
}

#[test]
fn the_example_fleet_fits_its_schemas() {
    fn walk(directory: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut files = Vec::new();
    walk(&testdata("bank"), &mut files);
    let schemas = [("hedgerow", schema("hedgerow")), ("service", schema("service")), ("rule", schema("rule"))];
    let mut counts = [0; 3];
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        // Charts and bases have manifests of that name.
        if path.components().any(|part| part.as_os_str() == "chart" || part.as_os_str() == "deploy") {
            continue;
        }
        let at = if name == "hedgerow.yaml" {
            0
        } else if name == "service.yaml" {
            1
        } else if name.ends_with(".rule") {
            2
        } else {
            continue;
        };
        let value: serde_json::Value = serde_yaml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        schemas[at].1.validate(&value).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        counts[at] += 1;
    }
    assert!(counts[0] == 1 && counts[1] > 5 && counts[2] > 20, "{counts:?}");
}

#[test]
fn the_schemas_in_the_docs_are_those_that_are_printed() {
    for name in ["hedgerow", "service", "rule"] {
        let path = testdata("../docs/schemas").join(format!("{name}.json"));
        let printed = Command::new(Path::new("."), &format!("schema {name}")).run();
        if std::env::var_os("HEDGEROW_BLESS").is_some() {
            std::fs::write(&path, &printed.stdout).unwrap();
        }
        let written = std::fs::read(&path).unwrap_or_default();
        assert!(
            written == printed.stdout,
            "docs/schemas/{name}.json is not what `hedgerow schema {name}` prints; `just bless` writes it"
        );
    }
}

/// The keys of all mappings of a form.
fn keys(form: &'static Form, found: &mut Vec<&'static Key>) {
    fn inside(value: &'static Value, found: &mut Vec<&'static Key>) {
        match value {
            Value::List(value) | Value::Many(value) | Value::Map(_, value, _) => inside(value, found),
            Value::Form(form) => keys(form, found),
            Value::Either(values) => values.iter().for_each(|value| inside(value, found)),
            // What is inside of these is the form of the packs.
            Value::Section(_) => found.extend(SCAN.keys),
            Value::Text(_)
            | Value::Word(_)
            | Value::Boolean
            | Value::Number(..)
            | Value::PortReference
            | Value::Null
            | Value::Any => {}
        }
    }
    for key in form.keys {
        found.push(key);
        inside(&key.value, found);
    }
}

#[test]
fn the_pages_name_every_key() {
    let page = |name: &str| std::fs::read_to_string(testdata("../docs").join(name)).unwrap();
    let pages =
        ["configuration.md", "rules.md", "scan.md", "scan-clients.md", "guard.md", "rollout.md"].map(page).concat();
    for form in [&HEDGEROW, &SERVICE, &RULE] {
        let mut found = Vec::new();
        keys(form, &mut found);
        for key in found {
            let is_named = pages.contains(&format!("`{}`", key.name)) || pages.contains(&format!("{}:", key.name));
            assert!(is_named, "no page names the key `{}`", key.name);
            assert!(key.about.ends_with(['.', '`']), "`{}`: {}", key.name, key.about);
        }
    }
}

#[test]
fn the_editor_files_name_schemas_that_are_there() {
    let store: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(testdata("../integrations/editors/schemastore.json")).unwrap())
            .unwrap();
    for entry in store.as_array().unwrap() {
        let name = entry["url"]
            .as_str()
            .unwrap()
            .strip_prefix("https://github.com/hedgerow-dev/hedgerow/raw/main/docs/schemas/")
            .unwrap()
            .strip_suffix(".json")
            .unwrap();
        let ran = Command::new(Path::new("."), &format!("schema {name}")).run();
        let schema: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
        assert_eq!(schema["$id"], entry["url"]);
    }
    let ran = Command::new(Path::new("."), "schema verify").run();
    assert!(ran.out().contains("\"$schema\""), "what commands print has schemas too: {}", ran.stderr);
}
