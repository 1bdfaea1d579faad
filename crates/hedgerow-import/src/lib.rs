//! Rule files from what other tools say of who may call whom: texts in; rules, and what rules cannot say, out.
//!
//! Each [`Source`] has a reader of its own behind one trait. A reader turns its texts into statements (*this one may call that one on
//! these ports, it is said here*) and into leftovers (*this cannot be said by a rule file*). Names become services as they do in a
//! deploy, statements about one pair become one rule, and what is there already stays as it is.
//!
//! ```
//! use hedgerow_core::fleet::Scope;
//! use hedgerow_core::name::EnvironmentName;
//! use hedgerow_core::plan::Plan;
//! use hedgerow_core::read::{Directories, Reader};
//! use hedgerow_core::source::Sources;
//! use hedgerow_core::tree::{Directory, File};
//! use hedgerow_import::{Options, Source, Why, import};
//!
//! let config = "{version: 1, labels: {domain: bank.example}, services: {include: ['service.*']}, environments: {prod: {stage: enforce}}}";
//! let service = |name: &str| Directory {
//!     path: name.to_owned(),
//!     file: Some(File::new(format!("{name}/service.yaml"), "ports: [{name: http, port: 8080}]")),
//!     rules: Vec::new(),
//!     faults: Vec::new(),
//!     unread: Vec::new(),
//! };
//! let directories = Directories::new(Scope::Whole, vec![service("service.emoji"), service("service.ledger")]);
//! let mut reader = Reader::new();
//! let config = reader.config(File::new("hedgerow.yaml", config));
//! let fleet = reader.fleet(config, directories, None).fleet.expect("nothing is wrong with it");
//! let plan = Plan::new(fleet.into(), &EnvironmentName::new("prod")?).expect("it is declared");
//!
//! let mut texts = Sources::default();
//! texts.add("pairs.csv", "service.emoji,service.ledger,http\nmonolith,service.ledger\n");
//! let imported = import(&plan, Source::Csv, &texts, &Options::default());
//! assert_eq!(imported.rules[0].callee.as_str(), "service.ledger");
//! assert_eq!((imported.leftovers[0].why, imported.leftovers[0].place.line), (Why::OutsideCaller, 2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What this crate does not do
//! It reads no file and writes none. It does not guess: what is in doubt is a [`Leftover`] with its place. Policies are not read
//! selector by selector; the evaluator is asked who reaches whom. Traffic alone makes no rule: what it showed is marked
//! [`Rule::seen`], and whoever writes files asks a person first.

mod access;
mod connlist;
mod csv;
mod istio;
mod objects;
mod otterize;
mod pods;
mod policies;
mod ports;
mod said;
mod settle;
mod templates;
mod traffic;
mod whose;

use hedgerow_core::diag::Diagnostic;
use hedgerow_core::name::ServiceName;
use hedgerow_core::plan::Plan;
use hedgerow_core::policy::RulePorts;
use hedgerow_core::source::{SourceId, Sources, Span};
use hedgerow_observe::Format;
use said::Found;
use whose::Names;

pub use said::{Leftover, Place, Seen, Why};

macro_rules! sources {
    ($($(#[doc = $doc:literal])+ $name:ident $word:literal => $reader:expr;)+) => {
        /// What rules can be imported from.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Source {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Source {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name on the command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// What it is, in one sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)+ }
            }

            fn reader(self) -> Box<dyn Reader> {
                match self { $(Self::$name => Box::new($reader),)+ }
            }
        }
    };
}

sources! {
    /// Policies in manifests, of Kubernetes, Calico and the network policy API: who reaches whom today
    Policies "policies" => policies::Policies;
    /// ClientIntents of Otterize, all versions
    Otterize "otterize" => otterize::Otterize;
    /// `accessPolicy` of Nais and Skiperator applications and jobs
    AccessPolicy "access-policy" => access::AccessPolicy;
    /// AuthorizationPolicies of Istio
    Istio "istio" => istio::Istio;
    /// What np-guard's netpol-analyzer lists: `netpol-analyzer list -o json`
    Connlist "connlist" => connlist::Connlist;
    /// Flows of Hubble: `hubble observe -o json`, its export file
    Hubble "hubble" => traffic::Traffic(Format::Hubble);
    /// Flows of Calico as JSON: Goldmane, Whisker
    Goldmane "goldmane" => traffic::Traffic(Format::CalicoJson);
    /// Lines `caller,callee`, with ports and a reason where there are any
    Csv "csv" => csv::Csv;
}

impl Source {
    /// Whether it shows calls that were made, which alone make no rule.
    #[must_use]
    pub const fn is_traffic(self) -> bool {
        matches!(self, Self::Hubble | Self::Goldmane)
    }

    /// Whether it is said by Kubernetes objects.
    #[must_use]
    pub const fn is_of_objects(self) -> bool {
        matches!(self, Self::Policies | Self::Otterize | Self::AccessPolicy | Self::Istio)
    }
}

/// How callers are let in that a source lets in as one of many: with a whole namespace, or with everybody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Many {
    /// An `allow` entry is suggested.
    #[default]
    Suggest,
    /// Each service gets a rule.
    Each,
}

/// How to import.
#[derive(Debug, Clone)]
pub struct Options {
    /// The namespace of objects that name none.
    pub namespace: String,
    /// What to do with those that come in as one of many.
    pub many: Many,
}

impl Default for Options {
    fn default() -> Self {
        Self { namespace: "default".to_owned(), many: Many::Suggest }
    }
}

/// A rule that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Who may call; a service with a directory in this fleet.
    pub caller: ServiceName,
    /// Who may be called.
    pub callee: ServiceName,
    /// On which ports.
    pub ports: RulePorts,
    /// Why, in one line.
    pub reason: String,
    /// Where it is said, in order.
    pub places: Vec<Place>,
    /// What traffic showed; nothing where the source gives permissions.
    pub seen: Option<Seen>,
}

/// Somebody whom an `allow` entry lets in already.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allowed {
    /// Who is called.
    pub callee: ServiceName,
    /// The entry that would have been suggested, as one line of YAML.
    pub entry: String,
}

/// What came of an import.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// Rules to write, by caller and callee.
    pub rules: Vec<Rule>,
    /// Pairs that are permitted already, by caller and callee.
    pub present: Vec<(ServiceName, ServiceName)>,
    /// What `allow` entries of the callees say already, by callee.
    pub allowed: Vec<Allowed>,
    /// What rules do not say, by kind and place.
    pub leftovers: Vec<Leftover>,
    /// What is wrong with the texts. Where one is an error, nothing else holds.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads one kind of source.
trait Reader {
    /// Says what the texts say. What is wrong with a text as a whole is a diagnostic.
    fn read(&self, input: &Input<'_>, found: &mut Found) -> Vec<Diagnostic>;
}

/// What a reader is given.
struct Input<'a> {
    texts: &'a Sources,
    names: &'a Names<'a>,
    options: &'a Options,
}

impl Input<'_> {
    /// The place of a span, in an object that is called so.
    fn place(&self, span: Span, what: impl Into<String>) -> Place {
        let source = self.texts.get(span.source);
        Place { path: source.path.clone(), line: source.position(span.start).line, what: what.into() }
    }

    /// A line of a text, from 1.
    fn line(&self, id: SourceId, line: usize) -> Place {
        Place { path: self.texts.get(id).path.clone(), line, what: String::new() }
    }
}

/// Reads `texts` as one kind of source, and says which rules they ask for in the plan's fleet.
#[must_use]
pub fn import(plan: &Plan, source: Source, texts: &Sources, options: &Options) -> Imported {
    let names = Names::new(plan);
    let mut found = Found::default();
    let input = Input { texts, names: &names, options };
    let diagnostics = source.reader().read(&input, &mut found);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Imported { diagnostics, ..Imported::default() };
    }
    let imported = settle::settle(&names, found);
    Imported { diagnostics, ..imported }
}
