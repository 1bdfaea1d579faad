//! What differs between languages beside how they are written, as answers to questions: one trait, and a file for each language.
//!
//! Whoever needs to know asks `language.semantics()`. No code outside of this module and of the front ends asks which language it is,
//! but where files of one are looked for ([`Semantics::begins`], the resolution of imports).

mod csharp;
mod go;
mod java;
mod javascript;
mod kotlin;
mod php;
mod python;
mod ruby;
mod rust;

use crate::frontend::Language;
use crate::ir::Function;
use std::collections::BTreeSet;

/// What a class, handed on as a value, says about who makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedClass {
    /// Nothing: a type is no value.
    Unmade,
    /// A container makes it by its constructor.
    Contained,
    /// Whoever gets it makes it.
    Made,
}

/// Where programs begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// In `main` of a package, or in what its packages show to a program elsewhere.
    Packages,
    /// In `main` of a crate.
    Crates,
    /// In every file that no other loads.
    Scripts,
    /// In `main` of a class, and in classes with annotations, which a container calls.
    Classes,
    /// In `Main` or the statements of a file, and in the classes of the same project that extend something from outside.
    Projects,
}

/// The answers of one language. An answer that is given here is that of most languages.
pub trait Semantics: Sync {
    /// The language as people call it.
    fn name(&self) -> &'static str;

    /// The endings of its files' names, without the dot.
    fn extensions(&self) -> &'static [&'static str];

    /// Files that have no ending and are of the language all the same.
    fn file_names(&self) -> &'static [&'static str] {
        &[]
    }

    /// The other languages of which what is known of libraries holds here as well.
    fn shares_libraries_with(&self) -> &'static [Language] {
        &[]
    }

    /// The other languages whose files can be loaded, and can load.
    fn loads(&self) -> &'static [Language] {
        &[]
    }

    /// Whether a file is a test, by its name without the ending and the directories above it.
    fn is_test(&self, stem: &str, directories: &[&str]) -> bool;

    /// Whether a build with these tags takes a file, by its path and the constraint that it states.
    fn is_built(&self, _path: &str, _constraint: Option<&str>, _tags: &BTreeSet<String>) -> bool {
        true
    }

    /// Where programs begin.
    fn begins(&self) -> Begins;

    /// Whether loading a file runs what stands in it. In the others a class that is loaded begins nothing.
    fn runs_files(&self) -> bool {
        true
    }

    /// Whether a function runs when its package is loaded.
    fn runs_on_load(&self, _function: &Function) -> bool {
        false
    }

    /// The path of a name that needs no import, as packs write it.
    fn global(&self, _name: &str) -> Option<&'static str> {
        None
    }

    /// Whether a name that nothing in the tree declares is taken for one from outside, because imports do not say what they bring.
    fn is_from_outside(&self, _name: &str) -> bool {
        false
    }

    /// Whether what is declared by a whole name goes by its end as well: `Client` for `Bank::Client`.
    fn goes_by_tails(&self) -> bool {
        false
    }

    /// Whether files that are loaded share all names.
    fn shares_names(&self) -> bool {
        false
    }

    /// Whether a part of the settings is handed on as a whole, without a type that says what of it is used.
    fn hands_on_settings(&self) -> bool {
        false
    }

    /// Whether what a module imports is known by the module's name as well: `bank.Client` where `bank` imports `Client`.
    fn gives_on_imports(&self) -> bool {
        false
    }

    /// Whether an import without an alias goes by the name that the package gives itself.
    fn packages_name_themselves(&self) -> bool {
        false
    }

    /// The names by which an import without an alias may be known.
    fn aliases<'p>(&self, path: &'p str) -> Vec<&'p str> {
        vec![path.split('.').next().unwrap_or(path)]
    }

    /// A package as packs write it, of its import path, the name that its files give it, and the path of its first file.
    fn library_path<'p>(&self, _import: &'p str, _package: &'p str, file: &'p str) -> &'p str {
        let name = file.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or(name)
    }

    /// Where a framework of the language keeps a program's settings beside the directory of its code: that one's name, and the other's. It
    /// loads `.env` of the directory above both by itself.
    fn settings_beside(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// Whether what a module exports is followed by the name it is imported under.
    fn exports_by_name(&self) -> bool {
        false
    }

    /// Whether a name can be used outside of its package.
    fn is_exported(&self, _name: &str) -> bool {
        true
    }

    /// Whether types are classes, which others may extend and which are values of their own.
    fn has_classes(&self) -> bool {
        true
    }

    /// Whether a type stands for an interface by having its methods, whatever it says of itself.
    fn implements_by_methods(&self) -> bool {
        false
    }

    /// Whether a class may extend several, and looks for a method in them in an order of its own.
    fn orders_bases(&self) -> bool {
        false
    }

    /// Whether what is called with each pair of a map gets the key before the value.
    fn hands_keys_first(&self) -> bool {
        false
    }

    /// Whether a loop over a map runs over its keys.
    fn loops_over_keys(&self) -> bool {
        false
    }

    /// Whether functions that lie in a value that is written out are called like its methods.
    fn calls_parts(&self) -> bool {
        false
    }

    /// Whether a class is called like a function to make a value of it.
    fn calls_classes(&self) -> bool {
        false
    }

    /// What a class that is handed on as a value says about who makes it.
    fn handed_class(&self) -> HandedClass {
        HandedClass::Made
    }

    /// Whether a container makes what stands for an interface that is asked for.
    fn has_containers(&self) -> bool {
        false
    }

    /// Whether the constructor of a class that is made out of sight is called with it.
    fn constructs_out_of_sight(&self) -> bool {
        false
    }

    /// The path of a class's constructor as packs write it, where its package does not belong to it.
    fn constructor(&self, _class: &str) -> Option<String> {
        None
    }

    /// Whether a method of a class makes a value of it: `Ledger.new`.
    fn makes_by(&self, _method: &str) -> bool {
        false
    }

    /// Whether frameworks make classes once their file is loaded.
    fn has_framed_classes(&self) -> bool {
        false
    }

    /// Whether whoever is handed a type as a value makes the class and calls its methods.
    fn calls_handed_types(&self) -> bool {
        self.has_framed_classes()
    }

    /// Whether a text or a pair of a value and a text that is handed on names a function that is called: `'render'`, `[$page, 'render']`.
    fn calls_by_text(&self) -> bool {
        false
    }

    /// Whether an interface that nobody implements may be filled from the configuration.
    fn has_filled_interfaces(&self) -> bool {
        false
    }

    /// Whether a method may be one that is read like a field.
    fn has_properties(&self) -> bool {
        false
    }

    /// Whether what is written of a type may say less than the value does.
    fn hints_types(&self) -> bool {
        false
    }

    /// Whether a class's method that gives back a value of its class gives one of the class below that it is called on.
    fn makes_called_class(&self) -> bool {
        false
    }

    /// Whether what is written beside a field may be a call that says how a library fills it.
    fn describes_fields(&self) -> bool {
        false
    }

    /// Whether a class has the methods for itself of what it takes in from outside.
    fn inherits_class_methods(&self) -> bool {
        false
    }

    /// Whether methods of one name may stand beside each other.
    fn has_overloads(&self) -> bool {
        false
    }

    /// Whether a call may leave parameters out.
    fn may_leave_out_arguments(&self) -> bool {
        false
    }

    /// Whether functions can be called like methods of what they extend.
    fn has_extensions(&self) -> bool {
        false
    }

    /// Whether a type may be called to turn a value into it, and a function carry its type arguments in brackets. A method is then a function
    /// of its receiver as well.
    fn has_conversions(&self) -> bool {
        false
    }

    /// Whether a field is read by a call that nobody declares: `client.url`.
    fn has_readers(&self) -> bool {
        false
    }

    /// Whether a field is read by a method that is called like it and that nobody writes: `getUrl()`, `url()`.
    fn has_accessors(&self) -> bool {
        false
    }

    /// Whether methods give a class fields that it does not declare.
    fn has_undeclared_fields(&self) -> bool {
        true
    }

    /// The name under which others ask for a file that lies in a library's directory.
    fn library_file<'p>(&self, _path: &'p str) -> Option<&'p str> {
        None
    }
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 10] = [
        Self::CSharp,
        Self::Go,
        Self::Python,
        Self::Java,
        Self::JavaScript,
        Self::Kotlin,
        Self::TypeScript,
        Self::Ruby,
        Self::Php,
        Self::Rust,
    ];

    /// What differs from other languages.
    #[must_use]
    pub fn semantics(self) -> &'static dyn Semantics {
        match self {
            Self::CSharp => &csharp::CSharp,
            Self::Go => &go::Go,
            Self::Python => &python::Python,
            Self::Java => &java::Java,
            Self::JavaScript => &javascript::JavaScript,
            Self::Kotlin => &kotlin::Kotlin,
            Self::TypeScript => &javascript::TypeScript,
            Self::Ruby => &ruby::Ruby,
            Self::Php => &php::Php,
            Self::Rust => &rust::Rust,
        }
    }

    /// The language of a file by its name alone, whether or not this build reads it.
    pub(crate) fn by_name(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        Self::ALL.into_iter().find(|language| {
            let semantics = language.semantics();
            match extension {
                Some(extension) => semantics.extensions().contains(&extension),
                None => semantics.file_names().contains(&name),
            }
        })
    }

    /// The path of a name that needs no import, as packs write it.
    #[must_use]
    pub fn global(self, name: &str) -> Option<&'static str> {
        self.semantics().global(name)
    }

    /// The names by which something is known that is declared by a whole name: in Ruby, whoever is inside of `Bank` says `Client` for
    /// `Bank::Client`.
    pub fn known_as(self, name: &str) -> impl Iterator<Item = &str> {
        let by_tails = self.semantics().goes_by_tails();
        let tails = name.match_indices("::").map(|(at, _)| &name[at + 2..]).filter(move |_| by_tails);
        std::iter::once(name).chain(tails)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_names() {
        for (path, expected) in [
            ("a/main.go", Some(Language::Go)),
            ("a/b.test.ts", Some(Language::TypeScript)),
            ("a/b.mjs", Some(Language::JavaScript)),
            ("Rakefile", Some(Language::Ruby)),
            ("config.ru", Some(Language::Ruby)),
            ("a.go/main", None),
            ("go", None),
            ("Rakefile.txt", None),
        ] {
            assert_eq!(Language::by_name(path), expected, "{path}");
        }
    }

    #[test]
    fn no_ending_is_of_two_languages() {
        let mut seen = BTreeSet::new();
        for language in Language::ALL {
            for extension in language.semantics().extensions() {
                assert!(seen.insert(extension), "{extension}");
            }
            // What is loaded by another loads it too.
            for other in language.semantics().loads() {
                assert!(other.semantics().loads().contains(&language), "{language:?} {other:?}");
            }
        }
    }
}
