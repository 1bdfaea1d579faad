//! Text → draft: reads `hedgerow.yaml`, `service.yaml` and rule files and reports every fault in them.
//!
//! Reading never fails: what cannot be understood is reported and left out, so that one run finds everything. The texts
//! are read by the lossless parser instead of serde, because serde stops at the first fault and knows no spans.

mod catalogue;
mod config;
pub mod decode;
pub mod domain;
pub mod form;
mod guard;
mod rare;
mod rule;
mod service;
pub mod unread;

pub(crate) use config::collision;

use crate::catalogue::CatalogueDraft;
use crate::check::{Draft, check};
use crate::date::Date;
use crate::diag::{Code, Diagnostic, Severity, sort};
use crate::draft::{AllowDraft, Spanned};
use crate::fleet::{Config, Fleet, Layout, Scope};
use crate::name::ServiceName;
use crate::source::{SourceId, Sources};
use crate::tree::{Directory, File, FileFault, IdleGlob, Loaded, Unread};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Collects the texts of a fleet and what is wrong with them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reader {
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
    catalogue: Option<File>,
}

/// What a reader found.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The fleet, where no error was found.
    pub fleet: Option<Fleet>,
    /// All faults, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts, for printing the faults.
    pub sources: Sources,
}

/// What is read beside `hedgerow.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Directories {
    /// How much of the fleet it is.
    pub scope: Scope,
    /// The service directories that were read.
    pub read: Vec<Directory>,
    /// The paths of the others; their last parts are their services' names.
    pub names: Vec<String>,
    /// What could not be read above the services: paths with the reason.
    pub faults: Vec<(String, FileFault)>,
    /// What lies outside of the services and looks as if it were meant to be read.
    pub unread: Vec<Unread>,
    /// Globs without an effect.
    pub idle: Vec<IdleGlob>,
}

impl Directories {
    /// Directories that were read, with nothing besides.
    #[must_use]
    pub const fn new(scope: Scope, read: Vec<Directory>) -> Self {
        Self { scope, read, names: Vec::new(), faults: Vec::new(), unread: Vec::new(), idle: Vec::new() }
    }
}

/// The name that a `service.yaml` gives its service, if it gives one. Faults are nobody's business here: whoever reads
/// the service reports them.
#[must_use]
pub fn service_name(text: &str) -> Option<String> {
    let node = hedgerow_yaml::parse(text).ok()??;
    node.as_mapping()?.get("name")?.as_str().map(str::to_owned)
}

/// One entry of `allow`, as a `service.yaml` has it; nothing where the text is none.
#[must_use]
pub fn allow_entry(text: &str) -> Option<AllowDraft> {
    let mut reader = Reader::new();
    let loaded = reader.load(File::new("entry", format!("[{text}]")));
    let entries = service::allow_entries(&loaded, &mut reader.diagnostics);
    let [only] = <[AllowDraft; 1]>::try_from(entries).ok()?;
    reader.diagnostics.is_empty().then_some(only)
}

/// What catalogues that are to be merged say, and what is wrong with them.
#[must_use]
pub fn catalogues(files: Vec<File>) -> (Vec<CatalogueDraft>, Vec<Diagnostic>, Sources) {
    let mut reader = Reader::new();
    let read = |file| {
        let loaded = reader.load(file);
        catalogue::read(&loaded, catalogue::Wanted::All, &mut reader.diagnostics)
    };
    let drafts = files.into_iter().filter_map(read).collect();
    (drafts, reader.diagnostics, reader.sources)
}

/// What can be done about a file or a directory that has no text.
fn mend(path: &str, fault: &FileFault) -> String {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    match fault {
        // ENOENT, and the same number on Windows.
        FileFault::Unreadable(why) if why.contains("(os error 2)") => {
            "there is no file of that name: correct the path, or make the file first".to_owned()
        }
        FileFault::Unreadable(_) => "let whoever runs Hedgerow read it".to_owned(),
        FileFault::Encoding(_) => "save it as UTF-8".to_owned(),
        FileFault::LeadsOut => {
            "put a copy in the place of the link: only what lies below the directory of hedgerow.yaml is read"
                .to_owned()
        }
        FileFault::LeadsNowhere => "let the link lead to what is meant, or remove it".to_owned(),
        FileFault::NotAFile => "put a file in its place, or remove it".to_owned(),
        FileFault::NotADirectory => format!(
            "give the file another name, and make a directory `{path}` for the rules, or none where the service calls nobody"
        ),
        FileFault::IsADirectory if matches!(name, "service.yaml" | "hedgerow.yaml") => {
            "put a file in its place, or give the directory another name".to_owned()
        }
        FileFault::IsADirectory => {
            format!("move the rules in it to `{directory}`, where rule files lie side by side, and remove it")
        }
        FileFault::TooLarge(_) => "take out what is not for Hedgerow".to_owned(),
    }
}

impl Reader {
    /// A reader that has read nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `hedgerow.yaml`. Where something in it is faulty, the configuration holds what could be understood, so that
    /// the rest can be read and reported too; a fleet never comes of it.
    pub fn config(&mut self, file: File) -> Config {
        let loaded = self.load(file);
        config::read(&loaded, &mut self.diagnostics)
    }

    /// Hands in the catalogue that the configuration names, [`crate::fleet::Layout::catalogue`]. It is read with the rest,
    /// when it is known whom it has to tell of.
    pub fn catalogue(&mut self, file: File) {
        self.catalogue = Some(file);
    }

    /// Reads the directories and checks everything together. `today` decides which rules have expired.
    #[must_use]
    pub fn fleet(mut self, config: Config, mut directories: Directories, today: Option<Date>) -> Reading {
        directories.read.sort_by(|a, b| a.path.cmp(&b.path));
        directories.names.sort();
        for (path, fault) in directories.faults {
            self.fault(&path, &fault);
        }
        let scope = directories.scope;
        let whole = scope == Scope::Whole;
        let services: BTreeSet<&str> = directories.read.iter().map(|directory| directory.path.as_str()).collect();
        let known = unread::Known { layout: &config.layout, services: &services, idle: &directories.idle };
        for unread in &directories.unread {
            self.diagnostics.extend(unread::judge(unread, &known, &mut self.sources));
        }
        // Where one hedgerow.yaml serves many repositories, not each glob has something to match in each of them.
        if whole && config.layout.catalogue.is_none() {
            self.diagnostics
                .extend(directories.idle.iter().filter_map(|glob| unread::globs::idle(glob, &config.layout)));
        }
        if whole && directories.read.is_empty() && !config.layout.include.is_empty() {
            self.diagnostics.push(unread::globs::empty(&known));
        }
        let mut services = Vec::new();
        let mut names: Vec<_> = directories.names.iter().filter_map(|path| self.name(path, whole)).collect();
        for directory in directories.read {
            let path = directory.path.clone();
            let before = self.diagnostics.len();
            let draft = self.directory(directory, &config.layout);
            let is_own = match &scope {
                Scope::Whole => true,
                Scope::One(own) => {
                    service::last_part(&path) == own.as_str() || draft.as_ref().is_some_and(|d| d.name.value == *own)
                }
            };
            let found = self.diagnostics.get_mut(before..).unwrap_or_default();
            if is_own || !found.iter().any(Diagnostic::is_error) {
                services.extend(draft);
                continue;
            }
            // Faults in a callee's files are others' to mend; half understood, they count for its name alone.
            found.iter_mut().for_each(|diagnostic| diagnostic.severity = Severity::Warning);
            names.extend(draft.map(|draft| draft.name).or_else(|| self.name(&path, false)));
        }
        let catalogue = self.read_catalogue(&config, &scope, &services);
        let draft = Draft { scope, services, names, catalogue };
        let fleet = check(config, draft, today, &mut self.diagnostics);
        sort(&mut self.diagnostics);
        Reading { fleet, diagnostics: self.diagnostics, sources: self.sources }
    }

    /// Gives up without a fleet: what was found so far.
    #[must_use]
    pub fn finish(mut self) -> Reading {
        sort(&mut self.diagnostics);
        Reading { fleet: None, diagnostics: self.diagnostics, sources: self.sources }
    }

    fn read_catalogue(
        &mut self,
        config: &Config,
        scope: &Scope,
        services: &[crate::draft::ServiceDraft],
    ) -> Option<CatalogueDraft> {
        let named = config.layout.catalogue.as_ref()?;
        let Some(file) = self.catalogue.take() else {
            let message = format!("the catalogue `{}` was not handed in", named.value);
            self.diagnostics.push(Diagnostic::new(Code::Unreadable, message).mark(named.span, ""));
            return None;
        };
        if let Err(FileFault::Unreadable(why)) = &file.text {
            let message = format!("cannot read the catalogue `{}`: {why}", file.path);
            let help = "fetch it before Hedgerow runs; the path is relative to hedgerow.yaml";
            self.diagnostics.push(Diagnostic::new(Code::Unreadable, message).mark(named.span, "").help(help));
            return None;
        }
        let file = self.load(file);
        let own = |draft: &&crate::draft::ServiceDraft| match scope {
            Scope::Whole => true,
            Scope::One(name) => draft.name.value == *name,
        };
        let callees = services.iter().filter(own).flat_map(|draft| &draft.rules).map(|rule| rule.callee.as_str());
        let only: BTreeSet<&str> = callees.collect();
        let wanted = match scope {
            Scope::Whole => catalogue::Wanted::All,
            Scope::One(_) => catalogue::Wanted::Only(&only),
        };
        catalogue::read(&file, wanted, &mut self.diagnostics)
    }

    fn load(&mut self, file: File) -> Loaded {
        let is_json = file.path.to_lowercase().ends_with(".json");
        match file.text {
            Ok(text) => {
                let source = self.sources.add_shared(file.path, text.clone());
                Loaded { source, text, is_missing: false, is_json }
            }
            Err(fault) => {
                Loaded { source: self.fault(&file.path, &fault), text: Arc::default(), is_missing: true, is_json }
            }
        }
    }

    fn fault(&mut self, path: &str, fault: &FileFault) -> SourceId {
        let source = self.sources.add(path, "");
        let (code, message) = match fault {
            FileFault::Unreadable(why) => (Code::Unreadable, format!("cannot read `{path}`: {why}")),
            FileFault::Encoding(why) => (Code::InvalidEncoding, format!("`{path}` is not UTF-8 text: {why}")),
            FileFault::LeadsOut => (Code::Unreadable, format!("`{path}` is a link that leads out of the tree")),
            FileFault::LeadsNowhere => (Code::Unreadable, format!("`{path}` is a link that leads nowhere")),
            FileFault::NotAFile => (Code::Unreadable, format!("`{path}` is not a regular file")),
            FileFault::NotADirectory => {
                (Code::Unreadable, format!("`{path}` is a file, and a directory is expected there"))
            }
            FileFault::IsADirectory => {
                (Code::Unreadable, format!("`{path}` is a directory, and a file is expected there"))
            }
            FileFault::TooLarge(limit) => (Code::Unreadable, format!("`{path}` is larger than {limit} bytes")),
        };
        self.diagnostics.push(Diagnostic::new(code, message).mark(source.span(0, 0), "").help(mend(path, fault)));
        source
    }

    fn directory(&mut self, directory: Directory, layout: &Layout) -> Option<crate::draft::ServiceDraft> {
        let known = unread::Known { layout, services: &BTreeSet::new(), idle: &[] };
        for unread in &directory.unread {
            self.diagnostics.extend(unread::judge(unread, &known, &mut self.sources));
        }
        for (path, fault) in &directory.faults {
            self.fault(path, fault);
        }
        let file = directory.file.map(|file| self.load(file));
        let mut files = directory.rules;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let files: Vec<_> = files.into_iter().map(|file| (file.path.clone(), self.load(file))).collect();
        let rules = files.iter().filter_map(|(path, file)| rule::read(path, file, &mut self.diagnostics)).collect();
        let source = match &file {
            Some(file) => file.source,
            None => self.sources.add(directory.path.clone(), ""),
        };
        service::read(&directory.path, source, file.as_ref(), rules, &mut self.diagnostics)
    }

    /// The name of a service whose directory was not read; a bad one is reported where the whole fleet is asked for.
    fn name(&mut self, path: &str, report: bool) -> Option<Spanned<ServiceName>> {
        let name = ServiceName::new(service::last_part(path));
        let span = self.sources.add(path, "").span(0, 0);
        match name {
            Ok(value) => Some(Spanned { value, span }),
            Err(error) => {
                if report {
                    self.diagnostics.push(service::bad_directory(path, span, &error));
                }
                None
            }
        }
    }
}
