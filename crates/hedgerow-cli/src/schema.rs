//! JSON Schemas of the files that people write, out of the table that the readers read by.
//!
//! They are of draft 7, which is what `yaml-language-server` and the schema store understand in full. A schema says what a file by
//! itself may say; what several files say together is for `check`.

use crate::embedded::SCHEMAS;
use hedgerow_core::read::form::{self, Bond, Form, Text, Value};
use serde_json::{Map, Value as Json, json};

/// The files that people write: the schema's name, the file's, and its form.
const FILES: [(&str, &str, &Form); 3] = [
    ("hedgerow", "hedgerow.yaml", &form::HEDGEROW),
    ("service", "service.yaml", &form::SERVICE),
    ("rule", "Rule file", &form::RULE),
];

/// The name of a port, or a number from 1 to 65535.
const PORT_REFERENCE: &str = "^((?=.{1,15}$)(?=.*[a-z])[a-z0-9](-?[a-z0-9])*|0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))$";

/// The names of all schemas: of files that people write, and of what commands print.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let printed = SCHEMAS.iter().map(|(name, _)| *name).filter(|name| FILES.iter().all(|(file, ..)| file != name));
    FILES.iter().map(|(name, ..)| *name).chain(printed)
}

/// The schema of a file that people write, as text; nothing where there is none of that name.
#[must_use]
pub(crate) fn schema(name: &str) -> Option<String> {
    let (_, title, form) = FILES.iter().find(|(known, ..)| *known == name)?;
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    schema
        .insert("$id".to_owned(), json!(format!("{}/raw/main/docs/schemas/{name}.json", env!("CARGO_PKG_REPOSITORY"))));
    schema.insert("title".to_owned(), json!(title));
    schema.append(&mut mapping(form));
    // A file of these may be empty, which YAML calls null.
    if name != "hedgerow" {
        schema.insert("type".to_owned(), json!(["object", "null"]));
    }
    let mut schema = Json::Object(schema);
    schema.sort_all_objects();
    let text = serde_json::to_string_pretty(&schema).ok()?;
    Some(format!("{text}\n"))
}

fn mapping(form: &Form) -> Map<String, Json> {
    let properties: Map<_, _> = form
        .keys
        .iter()
        .map(|key| {
            let mut value = of(&key.value);
            // The sentence on the key says more than the one on the mapping that stands there.
            value.insert("description".to_owned(), json!(key.about));
            (key.name.to_owned(), Json::Object(value))
        })
        .collect();
    let mut schema = object(json!({"description": form.about, "type": "object", "properties": properties}));
    schema.insert("additionalProperties".to_owned(), json!(false));
    let needed: Vec<_> = form.keys.iter().filter(|key| key.is_needed).map(|key| key.name).collect();
    if !needed.is_empty() {
        schema.insert("required".to_owned(), json!(needed));
    }
    let mut bonds = Vec::new();
    for bond in form.bonds {
        bonds.push(match *bond {
            Bond::OneOf(keys) => {
                let any: Vec<_> = keys.iter().map(|key| json!({"required": [key]})).collect();
                json!({"anyOf": any})
            }
            Bond::Apart(one, other) => json!({"not": {"required": [one, other]}}),
            Bond::Needs(one, other) => json!({"dependencies": {one: [other]}}),
        });
    }
    if !bonds.is_empty() {
        schema.insert("allOf".to_owned(), Json::Array(bonds));
    }
    schema
}

fn of(value: &Value) -> Map<String, Json> {
    match value {
        Value::Text(text) => string(text),
        Value::Word(words) => object(json!({"enum": words()})),
        Value::Boolean => object(json!({"type": "boolean"})),
        Value::Number(least, most) if least == most => object(json!({"const": least})),
        Value::Number(least, most) => object(json!({"type": "integer", "minimum": least, "maximum": most})),
        Value::List(element) => object(json!({"type": "array", "minItems": 1, "items": of(element)})),
        Value::Many(element) => object(json!({"type": "array", "items": of(element)})),
        Value::Map(keys, value, is_needed) => {
            let names = object(json!({"pattern": keys.pattern}));
            let mut schema =
                object(json!({"type": "object", "propertyNames": names, "additionalProperties": of(value)}));
            if *is_needed {
                schema.insert("minProperties".to_owned(), json!(1));
            }
            schema
        }
        Value::Form(form) => mapping(form),
        Value::Either(values) => {
            let any: Vec<_> = values.iter().map(|value| Json::Object(of(value))).collect();
            object(json!({"anyOf": any}))
        }
        Value::PortReference => {
            let mut schema = string(&Text { pattern: PORT_REFERENCE, example: "http" });
            schema.append(&mut object(json!({"minimum": 1, "maximum": 65_535})));
            schema
        }
        Value::Null => object(json!({"type": "null"})),
        Value::Any => Map::new(),
        Value::Section("scan") => mapping(&hedgerow_scan::form::SCAN),
        Value::Section(_) => object(json!({"type": "object"})),
    }
}

/// What people write without quotes is text to the readers, whatever YAML takes it for.
fn string(text: &Text) -> Map<String, Json> {
    object(json!({"type": ["string", "number", "boolean"], "pattern": text.pattern, "examples": [text.example]}))
}

fn object(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => Map::new(),
    }
}
