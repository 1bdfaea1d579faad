//! JavaScript and TypeScript.

use super::{Begins, Semantics};
use crate::frontend::Language;
use crate::testcode::is_script_test;

/// JavaScript.
pub(super) struct JavaScript;

/// TypeScript: JavaScript with types.
pub(super) struct TypeScript;

/// What browsers and runtimes give without an import, as far as packs speak about it.
const GLOBALS: &[&str] = &[
    "fetch",
    "globalThis",
    "window",
    "self",
    "Request",
    "process",
    "URL",
    "WebSocket",
    "EventSource",
    "String",
    "Map",
    "WeakMap",
    "Object",
    "Array",
    "Deno",
    "__ENV",
];

impl Semantics for JavaScript {
    fn calls_parts(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        "JavaScript"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["js", "mjs", "cjs", "jsx"]
    }

    fn loads(&self) -> &'static [Language] {
        &[Language::TypeScript]
    }

    fn is_test(&self, stem: &str, _directories: &[&str]) -> bool {
        is_script_test(stem)
    }

    fn hands_on_settings(&self) -> bool {
        true
    }

    fn begins(&self) -> Begins {
        Begins::Scripts
    }

    fn global(&self, name: &str) -> Option<&'static str> {
        GLOBALS.iter().find(|global| **global == name).copied()
    }

    fn exports_by_name(&self) -> bool {
        true
    }

    fn may_leave_out_arguments(&self) -> bool {
        true
    }
}

impl Semantics for TypeScript {
    fn calls_parts(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        "TypeScript"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["ts", "mts", "cts", "tsx"]
    }

    fn shares_libraries_with(&self) -> &'static [Language] {
        &[Language::JavaScript]
    }

    fn loads(&self) -> &'static [Language] {
        &[Language::JavaScript]
    }

    fn is_test(&self, stem: &str, directories: &[&str]) -> bool {
        JavaScript.is_test(stem, directories)
    }

    fn hands_on_settings(&self) -> bool {
        true
    }

    fn begins(&self) -> Begins {
        JavaScript.begins()
    }

    fn global(&self, name: &str) -> Option<&'static str> {
        JavaScript.global(name)
    }

    fn exports_by_name(&self) -> bool {
        JavaScript.exports_by_name()
    }

    fn may_leave_out_arguments(&self) -> bool {
        JavaScript.may_leave_out_arguments()
    }
}
