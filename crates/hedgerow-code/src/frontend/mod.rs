//! From the text of a file to its [`Facts`]: one module per language behind one trait.

pub(crate) mod build;
pub mod comment;
#[cfg(feature = "csharp")]
mod csharp;
pub mod foreign;
#[cfg(feature = "go")]
mod go;
pub(crate) mod grammar;
#[cfg(feature = "java")]
mod java;
#[cfg(feature = "javascript")]
mod javascript;
#[cfg(feature = "kotlin")]
mod kotlin;
#[cfg(feature = "php")]
mod php;
#[cfg(feature = "python")]
mod python;
#[cfg(feature = "ruby")]
mod ruby;
#[cfg(feature = "rust")]
mod rust;

use crate::ir::{Facts, Range};
use serde::{Deserialize, Serialize};

/// What the compiler of C# calls the function that holds the statements at the top of a file.
pub const MAIN: &str = "<Main>$";

/// The field of a type that stands for the part of the configuration that fills it.
pub const OPTIONS: &str = "<options>";

/// Annotations that say of a field that a framework puts a client of its type there: Dubbo's, MicroProfile's, SOFA's, Motan's.
pub const REFERENCES: &[&str] =
    &["DubboReference", "Reference", "RestClient", "SofaReference", "MotanReferer", "RpcReference"];

/// Whether an annotation of a field says that.
pub(crate) fn is_reference(note: &str) -> bool {
    REFERENCES.contains(&note)
}

/// What stands before the path of a `using` that holds for all files of a project.
pub const GLOBAL: &str = "*.";

/// A language the scan reads in depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// C#.
    CSharp,
    /// Go.
    Go,
    /// Python.
    Python,
    /// Java.
    Java,
    /// JavaScript.
    JavaScript,
    /// Kotlin.
    Kotlin,
    /// TypeScript.
    TypeScript,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// Rust.
    Rust,
}

/// One language's way from text to facts. A front end sees one file and nothing else.
pub trait Frontend: Sync {
    /// The facts of `text`. What cannot be parsed is listed in [`Facts::faults`]; the rest is still there.
    fn facts(&self, text: &str) -> Facts;
}

/// The first places in the tree that could not be parsed, at most ten.
#[cfg_attr(
    not(any(
        feature = "csharp",
        feature = "go",
        feature = "python",
        feature = "java",
        feature = "javascript",
        feature = "kotlin"
    )),
    allow(dead_code, reason = "a build without any language parses nothing")
)]
fn first_fault(root: tree_sitter::Node) -> Vec<Range> {
    let mut found = Vec::new();
    let mut stack = if root.has_error() { vec![root] } else { Vec::new() };
    while let Some(node) = stack.pop() {
        if node.is_error() || node.is_missing() {
            found.push(build::range(node));
            if found.len() == 10 {
                break;
            }
        } else if node.has_error() {
            let mut cursor = node.walk();
            let mut below: Vec<_> = node.children(&mut cursor).collect();
            below.reverse();
            stack.append(&mut below);
        }
    }
    found
}

/// A front end, on a stack that is deep enough for what it reads.
#[derive(Clone, Copy)]
pub struct Reader(&'static dyn Frontend);

impl Reader {
    /// The facts of `text`, see [`Frontend::facts`].
    #[must_use]
    pub fn facts(self, text: &str) -> Facts {
        crate::room::alone(|| self.0.facts(text))
    }
}

impl Language {
    /// The language as people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.semantics().name()
    }

    /// The language of a file, by its name; none for a file the scan does not read or was built without.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        Self::by_name(path).filter(|language| language.frontend().is_some())
    }

    /// The front end of the language; none if this build leaves it out.
    #[must_use]
    pub fn frontend(self) -> Option<Reader> {
        self.reader().map(Reader)
    }

    fn reader(self) -> Option<&'static dyn Frontend> {
        match self {
            #[cfg(feature = "csharp")]
            Self::CSharp => Some(&csharp::CSharp),
            #[cfg(feature = "go")]
            Self::Go => Some(&go::Go),
            #[cfg(feature = "python")]
            Self::Python => Some(&python::Python),
            #[cfg(feature = "java")]
            Self::Java => Some(&java::Java),
            #[cfg(feature = "kotlin")]
            Self::Kotlin => Some(&kotlin::Kotlin),
            #[cfg(feature = "javascript")]
            Self::JavaScript => Some(&javascript::JavaScript),
            #[cfg(feature = "javascript")]
            Self::TypeScript => Some(&javascript::TypeScript),
            #[cfg(feature = "ruby")]
            Self::Ruby => Some(&ruby::Ruby),
            #[cfg(feature = "php")]
            Self::Php => Some(&php::Php),
            #[cfg(feature = "rust")]
            Self::Rust => Some(&rust::Rust),
            #[cfg(not(all(
                feature = "csharp",
                feature = "go",
                feature = "python",
                feature = "java",
                feature = "javascript",
                feature = "kotlin",
                feature = "ruby",
                feature = "php",
                feature = "rust"
            )))]
            _ => None,
        }
    }
}

/// The namespace that an import of C# takes in whole, and whether it does for all files of the project.
pub fn csharp_using(import: &crate::ir::Import) -> Option<(&str, bool)> {
    if import.alias.as_deref() != Some(".") {
        return None;
    }
    Some(match import.path.strip_prefix(GLOBAL) {
        Some(path) => (path, true),
        None => (&import.path, false),
    })
}
