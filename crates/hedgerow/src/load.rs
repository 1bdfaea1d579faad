//! From a directory to a fleet: finds the services, reads their files, lists what it read.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the disk")]

mod directories;
mod files;
#[cfg(feature = "git")]
mod revision;
mod unread;

use crate::error::Error;
use directories::{ServiceDirectories, excludes};
use files::{Files, Tree};
pub use files::{LeftOut, read_catalogue};
use hedgerow_core::date::Date;
use hedgerow_core::diag::{Code, Diagnostic, nearest_service};
use hedgerow_core::fleet::{Config, Scope};
use hedgerow_core::name::ServiceName;
use hedgerow_core::read::{Directories, Reader, Reading};
use hedgerow_core::tree::{Directory, File, Looks};
use rayon::prelude::*;
#[cfg(feature = "git")]
pub use revision::{Repository, RevisionError};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What to load.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The fleet's root: the directory of `hedgerow.yaml`, below which the services lie.
    pub root: PathBuf,
    /// The configuration, where it is not `hedgerow.yaml` in the root.
    pub config: Option<PathBuf>,
    /// The whole fleet or one service.
    pub scope: Scope,
    /// Decides which rules have expired; without it none has.
    pub today: Option<Date>,
    /// Which files of a service are read.
    pub parts: Parts,
    /// A catalogue that is read instead of the one that the configuration names, where it names one.
    pub catalogue: Option<PathBuf>,
    /// Rule files that are read as if they stood there, in place of those that do: what somebody is about to write. Their paths are relative to
    /// the root. Only where the whole fleet is read.
    pub drafts: Vec<File>,
}

/// Which files of a service are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parts {
    /// All: its metadata and its rules, checked against the catalogue where there is one.
    #[default]
    All,
    /// All, and the rest of the tree is searched for what looks as if it were meant to be read and is not.
    Searched,
    /// Its metadata alone, as far as the whole fleet is read: what others may know of it without knowing whom it calls.
    Metadata,
}

impl Request {
    /// A request for the whole fleet below `root`.
    pub fn whole(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            config: None,
            scope: Scope::Whole,
            today: None,
            parts: Parts::All,
            catalogue: None,
            drafts: Vec::new(),
        }
    }

    /// A request for what a deploy of one service needs: its own directory, the metadata of the services it calls, and
    /// the names of the others. A fault in a stranger's directory does not show.
    ///
    /// # Errors
    /// When `name` cannot be a service's.
    pub fn service(root: impl Into<PathBuf>, name: &str) -> Result<Self, Error> {
        match ServiceName::new(name) {
            Ok(name) => Ok(Self { scope: Scope::One(name), ..Self::whole(root) }),
            Err(reason) => Err(Error::BadName { name: name.to_owned(), reason }),
        }
    }
}

/// What was read, faulty or not.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Read {
    /// The fleet, what is wrong with it, and the texts.
    pub reading: Reading,
    /// Every file that was read and every directory that was listed, as paths that begin with the request's root: what
    /// a build depends on.
    pub inputs: Vec<PathBuf>,
}

/// Reads a fleet from disk and keeps what is wrong with it beside what could be understood. A deploy wants [`load`](crate::load).
///
/// # Errors
/// When there is no configuration or the root cannot be read. Everything else that is wrong is among the diagnostics.
pub fn read(request: &Request) -> Result<Read, Error> {
    read_except(request, None)
}

/// The same, and what is left out is not searched for what nothing reads: what tools made and people do not keep. Services and their rules are
/// read wherever they lie.
///
/// # Errors
/// As [`read`].
pub fn read_except(request: &Request, left_out: Option<LeftOut>) -> Result<Read, Error> {
    let tree =
        Tree::open(&request.root, left_out).map_err(|source| Error::Root { path: request.root.clone(), source })?;
    let config_path = request.config.clone().unwrap_or_else(|| request.root.join("hedgerow.yaml"));
    let no_config = || {
        let is_ours = config_path.file_name().is_some_and(|name| name == "hedgerow.yaml");
        match config_path.parent().filter(|_| is_ours).and_then(misnamed_config) {
            Some(found) => Error::MisnamedConfig { path: config_path.clone(), found },
            None => Error::NoConfig(config_path.clone()),
        }
    };
    let config_file = tree.config(&config_path).ok_or_else(no_config)?;
    let mut reader = Reader::new();
    let mut config = reader.config(config_file);
    if request.parts == Parts::Metadata {
        config.layout.catalogue = None;
    }
    if let Some(catalogue) = &config.layout.catalogue {
        let named = request.catalogue.as_ref().map(|path| path.to_string_lossy().into_owned());
        reader.catalogue(tree.catalogue(named.as_ref().unwrap_or(&catalogue.value)));
    }
    let found = ServiceDirectories::find(&tree, &config);
    let directories = match &request.scope {
        Scope::Whole => {
            let read = |path: &String| match request.parts {
                Parts::All | Parts::Searched => read_directory(&tree, &config, path),
                Parts::Metadata => read_metadata(&tree, path),
            };
            let mut read: Vec<Directory> = found.paths.par_iter().map(read).collect();
            let exclude = excludes(&config.layout);
            let mut searched = unread::Found::default();
            if request.parts == Parts::Searched {
                searched = unread::outside(&tree, &config.layout, &found.paths, &exclude);
                let below = read.par_iter().map(|directory| {
                    unread::below_service(&tree, &config.layout, &directory.path, &exclude, &directory.unread)
                });
                for below in below.collect::<Vec<_>>() {
                    searched.unread.extend(below.unread);
                    searched.excludes.extend(below.excludes);
                }
            }
            unread::forget_linked(&tree, &found.paths, read.iter_mut().map(|directory| &mut directory.unread));
            unread::forget_linked(&tree, &found.paths, [&mut searched.unread]);
            for draft in &request.drafts {
                let is_below = |path: &str| draft.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
                let Some(directory) = read.iter_mut().find(|directory| is_below(&directory.path)) else { continue };
                directory.rules.retain(|file| file.path != draft.path);
                directory.rules.push(draft.clone());
            }
            // A catalogue is made where many repositories may share one hedgerow.yaml.
            let is_shared = request.parts == Parts::Metadata;
            let mut idle = if is_shared { Vec::new() } else { found.idle_includes(&tree, &config.layout) };
            if !is_shared {
                idle.extend(unread::idle_rules(&tree, &config.layout, &found.paths));
            }
            if request.parts == Parts::Searched {
                idle.extend(found.idle_excludes(&config.layout, &searched.excludes));
            }
            Directories { faults: found.faults, unread: searched.unread, idle, ..Directories::new(Scope::Whole, read) }
        }
        Scope::One(name) => {
            let services = found.paths.clone();
            let mut directories = one(&tree, &config, found, name);
            let unread = directories.read.iter_mut().map(|directory| &mut directory.unread);
            unread::forget_linked(&tree, &services, unread);
            directories
        }
    };
    let missing = missing_service(&directories);
    let mut reading = reader.fleet(config, directories, request.today);
    if let Some(mut diagnostic) = missing {
        if let (Some(fleet), Scope::One(name)) = (&reading.fleet, &request.scope)
            && fleet.slug(name).is_some()
        {
            diagnostic.help = vec![format!("`{name}` is a service of another repository; only the catalogue knows it")];
        }
        // A fault in the service's own name explains why it was not found.
        if reading.diagnostics.is_empty() || reading.fleet.is_some() {
            reading.diagnostics.push(diagnostic);
        }
        reading.fleet = None;
    }
    let mut inputs = tree.into_inputs();
    inputs.push(config_path);
    // As bytes: paths compare part by part, which took a quarter of reading a fleet of a thousand services.
    inputs.sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    inputs.dedup_by(|a, b| a.as_os_str() == b.as_os_str());
    Ok(Read { reading, inputs })
}

/// The names in a fleet, as far as they can be told: what a person may mean while the fleet has faults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Names {
    /// The services with directories here, sorted.
    pub services: Vec<String>,
    /// The environments, sorted.
    pub environments: Vec<String>,
}

/// The names in the fleet below a root. Faults in its files hide nothing but what they make unreadable.
///
/// # Errors
/// When there is no `hedgerow.yaml` in the root or the root cannot be read.
pub fn names_below(root: &Path) -> Result<Names, Error> {
    let tree = Tree::open(root, None).map_err(|source| Error::Root { path: root.to_path_buf(), source })?;
    let path = root.join("hedgerow.yaml");
    let file = tree.config(&path).ok_or(Error::NoConfig(path))?;
    let config = Reader::new().config(file);
    let found = ServiceDirectories::find(&tree, &config);
    let name = |path: &String| own_name(&tree, path).unwrap_or_else(|| last_part(path).to_owned());
    let services: BTreeSet<String> = found.paths.par_iter().map(name).collect();
    let environments = config.environments.keys().map(ToString::to_string).collect();
    Ok(Names { services: services.into_iter().filter(|name| ServiceName::new(name).is_ok()).collect(), environments })
}

fn read_directory(tree: &dyn Files, config: &Config, path: &str) -> Directory {
    let mut directory = read_metadata(tree, path);
    for rules in config.layout.rules.iter() {
        tree.rules(&format!("{path}/{rules}"), &mut directory);
    }
    directory.unread.retain(|unread| matches!(unread.looks, Looks::Outside(_)));
    directory.unread.extend(unread::in_service(tree, &config.layout, path, directory.file.is_some()));
    directory
}

fn read_metadata(tree: &dyn Files, path: &str) -> Directory {
    let file = tree.file_if_present(&format!("{path}/service.yaml"));
    let unread = if file.is_none() { unread::metadata(tree, path) } else { Vec::new() };
    Directory { path: path.to_owned(), file, rules: Vec::new(), faults: Vec::new(), unread }
}

/// What a deploy of one service needs.
fn one(tree: &Tree, config: &Config, found: ServiceDirectories, name: &ServiceName) -> Directories {
    let named =
        |wanted: &str| -> Vec<&String> { found.paths.iter().filter(|path| last_part(path) == wanted).collect() };
    // A service is nearly always named after its directory; only one that is not costs a look into the others' files.
    let mut others = OtherNames { tree, paths: &found.paths, read: None };
    let own: Vec<_> = match named(name.as_str()) {
        own if own.iter().any(|path| others.is_named_after_directory(path)) => own,
        mut own => {
            own.extend(others.find(name.as_str()));
            own
        }
    };
    let own: BTreeSet<&String> = own.into_iter().collect();
    let mut read: Vec<_> = own.iter().map(|path| read_directory(tree, config, path)).collect();
    let callees: BTreeSet<String> =
        read.iter().flat_map(|directory| &directory.rules).filter_map(|file| callee_of(&file.path)).collect();
    let mut metadata: BTreeSet<&String> = BTreeSet::new();
    for callee in &callees {
        let paths = named(callee);
        if !paths.iter().any(|path| others.is_named_after_directory(path)) {
            metadata.extend(others.find(callee));
        }
        metadata.extend(paths);
    }
    // A directory that seems to share a short name with one of these may hold a service of another name.
    let slug = |name: &str| ServiceName::new(name).ok().and_then(|name| config.scheme.slug(&name).ok());
    let taken: BTreeSet<_> = callees.iter().map(String::as_str).chain([name.as_str()]).filter_map(slug).collect();
    let is_alike = |path: &&String| slug(last_part(path)).is_some_and(|slug| taken.contains(&slug));
    metadata.extend(found.paths.iter().filter(is_alike));
    let metadata: Vec<_> = metadata.difference(&own).copied().collect();
    read.extend(metadata.iter().map(|path| read_metadata(tree, path)));
    let is_read = |path: &String| own.contains(path) || metadata.contains(&path);
    let names = found.paths.iter().filter(|path| !is_read(path)).cloned().collect();
    // What could not be read above the services concerns this one only where it may be why it was not found.
    let faults = if own.is_empty() { found.faults } else { Vec::new() };
    Directories { names, faults, ..Directories::new(Scope::One(name.clone()), read) }
}

/// The names that services give themselves in files of theirs, read at most once.
struct OtherNames<'a> {
    tree: &'a Tree,
    paths: &'a [String],
    read: Option<Vec<(String, &'a String)>>,
}

impl<'a> OtherNames<'a> {
    fn find(&mut self, wanted: &str) -> Vec<&'a String> {
        let (tree, paths) = (self.tree, self.paths);
        let named = self.read.get_or_insert_with(|| {
            paths.iter().filter_map(|path| own_name(tree, path).map(|name| (name, path))).collect()
        });
        named.iter().filter(|(name, _)| name == wanted).map(|(_, path)| *path).collect()
    }

    fn is_named_after_directory(&self, path: &str) -> bool {
        own_name(self.tree, path).is_none_or(|name| name == last_part(path))
    }
}

fn own_name(tree: &Tree, path: &str) -> Option<String> {
    let text = tree.file_if_present(&format!("{path}/service.yaml"))?.text.ok()?;
    hedgerow_core::read::service_name(&text)
}

fn missing_service(directories: &Directories) -> Option<Diagnostic> {
    let Scope::One(name) = &directories.scope else { return None };
    let is_it = |directory: &Directory| {
        let own = directory.file.as_ref().and_then(|file| file.text.as_deref().ok());
        own.and_then(|text| hedgerow_core::read::service_name(text))
            .as_deref()
            .unwrap_or_else(|| last_part(&directory.path))
            == name.as_str()
    };
    if directories.read.iter().any(is_it) {
        return None;
    }
    let known = directories.names.iter().map(|path| last_part(path));
    let diagnostic = Diagnostic::new(Code::UnknownService, format!("there is no service `{name}`"));
    Some(match nearest_service(name.as_str(), known) {
        Some(near) => diagnostic.help(format!("a service with a similar name exists: `{near}`")),
        None => diagnostic.help("services are the directories that `services.include` in hedgerow.yaml matches"),
    })
}

fn callee_of(path: &str) -> Option<String> {
    last_part(path).strip_suffix(".rule").map(str::to_owned)
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A fleet from texts instead of a disk, for tools that have them already. A configuration that names a catalogue needs its
/// text too: [`Reader::catalogue`] takes it.
pub fn read_texts(config: File, directories: Directories, today: Option<Date>) -> Reading {
    let mut reader = Reader::new();
    let config = reader.config(config);
    reader.fleet(config, directories, today)
}

/// Where `hedgerow.yaml` lies: in `start` or the nearest directory above it.
#[must_use]
pub fn find_root(start: &Path) -> Option<PathBuf> {
    let start = start.canonicalize().ok()?;
    start.ancestors().find(|directory| directory.join("hedgerow.yaml").is_file()).map(Path::to_path_buf)
}

/// The file in `directory` that is called nearly `hedgerow.yaml` and says what one says: nobody reads it under that name. It is for whoever has
/// found that no `hedgerow.yaml` is there.
#[must_use]
pub fn misnamed_config(directory: &Path) -> Option<PathBuf> {
    files::misnamed_config(directory)
}
