//! From a directory to what the scan finds in it: walks the tree, reads source code and deploy files, and keeps what it made
//! of them in a cache.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the disk")]

mod cache;

use crate::ignored::Ignored;
use cache::{Cache, Key};
use hedgerow::TEMPORARY;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::Facts;
use hedgerow_code::testcode::is_test;
use hedgerow_scan::{
    CodeFile, Known, Lost, MAX_SEARCHED, Outcome, PlainFile, ScanConfig, Service, Sum, Tree, Want, code_of, is_binary,
    is_bundle, rescan, scan, settings_of, text_of, wants,
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The most bytes that a source file may have. Larger ones are made by programs.
const LIMIT: u64 = 8 << 20;

/// What was read of a tree.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// The files by path.
    pub(crate) files: Vec<ReadFile>,
    /// Files that could not be read, each with the reason.
    pub(crate) faults: Vec<(String, Fault)>,
    /// Which globs of `scan.exclude` took something out.
    pub(crate) excludes: BTreeSet<usize>,
    /// The first file of source code among that.
    pub(crate) excluded: Option<String>,
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct ReadFile {
    /// Its path below the tree's root.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// What the scan wants of it.
    want: Want,
}

/// Why a file was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The operating system's reason.
    Unreadable(String),
    /// It is not UTF-8.
    Encoding,
    /// It is larger than the limit, in bytes.
    TooLarge(u64),
    /// A `.gitignore` names it: nobody misses it.
    Ignored,
}

impl Fault {
    /// Why, in a few words.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Unreadable(reason) => reason.clone(),
            Self::Encoding => "not UTF-8".to_owned(),
            Self::TooLarge(_) => "too large".to_owned(),
            Self::Ignored => hedgerow_scan::IGNORED.to_owned(),
        }
    }
}

/// What the scan knows beside the files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet<'a> {
    /// The services of the fleet.
    pub(crate) services: &'a [Service],
    /// The namespaces they live in.
    pub(crate) namespaces: &'a BTreeSet<String>,
    /// The `scan:` section.
    pub(crate) config: &'a ScanConfig,
    /// The text that the section was read from: the same text, the same section.
    pub(crate) config_text: &'a str,
}

/// Reads everything below `root` that the scan wants, but for the cache in it. Symbolic links are not followed, so nothing
/// outside is read and no ring is walked twice.
///
/// # Errors
/// When the root cannot be listed.
pub(crate) fn read_code(root: &Path, config: &ScanConfig, cache: Option<&Path>) -> io::Result<Read> {
    fs::read_dir(root)?;
    let ours = cache.and_then(|cache| cache.canonicalize().ok());
    let ours = ours.as_deref().zip(root.canonicalize().ok());
    let ours = ours.and_then(|(cache, root)| cache.strip_prefix(root).ok()?.to_str().map(str::to_owned));
    let wanted = |path: &str| if ours.as_deref() == Some(path) { None } else { Some(wants(path, config)) };
    let Found { mut paths, faults, excludes, excluded } = walk(root, config, &wanted);
    paths.sort_by(|(a, _): &(String, Want), (b, _)| a.cmp(b));
    let files: Vec<Result<ReadFile, (String, Fault)>> = paths
        .into_par_iter()
        .filter_map(|(path, want)| {
            let place = root.join(&path);
            let text = match want {
                Want::IfText => if_text(&place).transpose()?,
                Want::Code(_) => bytes(&place).and_then(|bytes| code_of(&bytes).ok_or(Fault::Encoding)),
                Want::Text | Want::Nothing => text(&place),
            };
            Some(match text {
                Ok(text) => Ok(ReadFile { want: as_text(want, &path, &text), path, text }),
                Err(fault) => Err((path, fault)),
            })
        })
        .collect();
    let mut read = Read { files: Vec::with_capacity(files.len()), faults, excludes, excluded };
    for file in files {
        match file {
            Ok(file) => read.files.push(file),
            Err(fault) => read.faults.push(fault),
        }
    }
    Ok(read)
}

/// What is wanted of a file whose text is known: a script that was made small for browsers is a text.
fn as_text(want: Want, path: &str, text: &str) -> Want {
    if matches!(want, Want::Code(_)) && is_bundle(path, text) { Want::IfText } else { want }
}

/// Deploy files, and those that could not be read, each with the reason.
pub(crate) type DeployFiles = (Vec<PlainFile>, Vec<(String, Fault)>);

/// Reads the deploy files below `root`, and no source code. Symbolic links are not followed.
///
/// # Errors
/// When the root cannot be listed.
pub(crate) fn read_deploy(root: &Path, config: &ScanConfig) -> io::Result<DeployFiles> {
    fs::read_dir(root)?;
    let Found { paths, mut faults, .. } = walk(root, config, &|path| Some(wants(path, config)));
    let texts = paths.into_par_iter().filter(|(_, want)| *want == Want::Text);
    let texts = texts.map(|(path, _)| match text(&root.join(&path)) {
        Ok(text) => Ok(PlainFile { path, text: Arc::from(text) }),
        Err(fault) => Err((path, fault)),
    });
    let mut files = Vec::new();
    for text in texts.collect::<Vec<_>>() {
        match text {
            Ok(file) => files.push(file),
            Err(fault) => faults.push(fault),
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((files, faults))
}

/// Hears how far a scan has come.
pub(crate) trait Progress: Sync {
    /// So many files of source code are to be parsed.
    fn files(&self, count: usize);
    /// One of them is.
    fn file(&self);
}

/// Scans what was read. With a cache in `directory`, a run on the same files and the same fleet repeats what the last one
/// found; one on a few changed files parses those alone, and looks again at the services that can load them.
///
/// # Errors
/// When a built-in pack cannot be read: a fault of the scan.
pub(crate) fn find(
    fleet: Fleet<'_>,
    read: &Read,
    directory: Option<&Path>,
    progress: &dyn Progress,
) -> Result<Outcome, String> {
    let sources: Vec<(&ReadFile, Language)> = read.sources().collect();
    let texts = read.files.iter().filter(|file| matches!(file.want, Want::Text | Want::IfText));
    let texts: Vec<PlainFile> =
        texts.map(|file| PlainFile { path: file.path.clone(), text: Arc::from(file.text.as_str()) }).collect();
    let lost: Vec<Lost> =
        read.faults.iter().map(|(path, fault)| Lost { path: path.clone(), reason: fault.reason() }).collect();
    let tree = Tree {
        services: fleet.services,
        namespaces: fleet.namespaces.clone(),
        config: fleet.config,
        code: &[],
        texts: &texts,
        lost: &lost,
    };
    let (Some(directory), Some(program)) = (directory, cache::program()) else {
        progress.files(sources.len());
        let code: Vec<CodeFile> = sources
            .par_iter()
            .map(|(file, language)| {
                let facts = Arc::new(facts(file, *language));
                progress.file();
                CodeFile { path: file.path.clone(), language: *language, facts }
            })
            .collect();
        let outcome = scan(&Tree { code: &code, ..tree });
        drop_later(code);
        return outcome;
    };
    let keys = sources.par_iter().map(|(file, language)| Key::of_file(program, *language, &file.text));
    let keys: Vec<Key> = keys.collect();
    let rest = Key::of_fleet(program, fleet);
    let paths = sources.iter().map(|(file, _)| file.path.as_str());
    let tree_key = Key::of_tree(rest, paths.zip(&keys), &texts, &lost);
    if let Some(outcome) = cache::outcome(directory, tree_key) {
        return Ok(outcome);
    }
    let cache = Cache::open(directory, program);
    let missing: Vec<usize> = (0..keys.len()).filter(|at| cache.header(keys[*at]).is_none()).collect();
    progress.files(missing.len());
    let make = |at: usize| {
        let (file, language) = sources[at];
        let facts = Arc::new(facts(file, language));
        cache.keep(keys[at], &facts);
        facts
    };
    let made = missing.into_par_iter().map(|at| {
        let facts = make(at);
        progress.file();
        (at, facts)
    });
    let made: BTreeMap<usize, Arc<Facts>> = made.collect();
    let headers: Vec<CodeFile> = sources
        .par_iter()
        .enumerate()
        .map(|(at, (file, language))| {
            let header = made.get(&at).map(|facts| facts.header()).or_else(|| cache.header(keys[at]).cloned());
            CodeFile { path: file.path.clone(), language: *language, facts: Arc::new(header.unwrap_or_default()) }
        })
        .collect();
    let sums: Vec<Sum> = keys.iter().map(|key| key.0).collect();
    let facts = |at: usize| -> Arc<Facts> {
        made.get(&at).cloned().or_else(|| cache.facts(keys[at]).map(Arc::new)).unwrap_or_else(|| make(at))
    };
    let parts = cache::parts(directory, program);
    let known = Known { sums: &sums, rest: rest.0, parts: &parts, facts: &facts };
    let (outcome, parts) = rescan(&Tree { code: &headers, ..tree }, &known)?;
    cache.close(&keys);
    cache::keep_parts(directory, program, &parts);
    cache::keep_outcome(directory, tree_key, &outcome);
    Ok(outcome)
}

/// Takes something large apart while the caller goes on; nobody has to wait for it.
pub(crate) fn drop_later<T: Send + 'static>(value: T) {
    rayon::spawn(move || drop(value));
}

/// What one file of source code says.
fn facts(file: &ReadFile, language: Language) -> Facts {
    language.frontend().map(|frontend| frontend.facts(&file.text)).unwrap_or_default()
}

impl Read {
    /// The paths of all files that were wanted, also of those that could not be read.
    pub(crate) fn source_paths(&self) -> impl Iterator<Item = &str> {
        let unread = self.faults.iter().map(|(path, _)| path.as_str());
        self.files.iter().map(|file| file.path.as_str()).chain(unread)
    }

    /// The files of source code.
    fn sources(&self) -> impl Iterator<Item = (&ReadFile, Language)> {
        self.files.iter().filter_map(|file| match file.want {
            Want::Code(language) => Some((file, language)),
            Want::Text | Want::IfText | Want::Nothing => None,
        })
    }
}

/// What the walk found.
#[derive(Default)]
struct Found {
    /// The files that are wanted.
    paths: Vec<(String, Want)>,
    /// What could not be read or is left out.
    faults: Vec<(String, Fault)>,
    /// Which globs of `scan.exclude` took something out.
    excludes: BTreeSet<usize>,
    /// The first file of source code among that.
    excluded: Option<String>,
}

/// Walks a tree. What a `.gitignore` names is left out, unless the configuration says otherwise or names it itself.
fn walk(root: &Path, config: &ScanConfig, wanted: &dyn Fn(&str) -> Option<Want>) -> Found {
    // Lines of a file are about paths below its directory: all are looked at from one root.
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let ignored = config.heeds_gitignore().then(|| Ignored::above(&root));
    let mut walk =
        Walk { root: &root, config, wanted, ignored, is_left: false, is_hidden: false, found: Found::default() };
    walk.directory("");
    walk.found
}

struct Walk<'w> {
    root: &'w Path,
    config: &'w ScanConfig,
    /// What is wanted of a file; none for a directory that is left out.
    wanted: &'w dyn Fn(&str) -> Option<Want>,
    /// The `.gitignore` files above; none where they do not count.
    ignored: Option<Ignored>,
    /// Whether the walk is in a directory that is left out: only what the configuration names counts there.
    is_left: bool,
    /// Whether it is in a hidden directory: only what a glob with such a name counts there.
    is_hidden: bool,
    found: Found,
}

impl Walk<'_> {
    fn directory(&mut self, below: &str) {
        let full = self.root.join(below);
        let list = match fs::read_dir(&full) {
            Ok(list) => list,
            Err(error) => {
                self.found.faults.push((below.to_owned(), Fault::Unreadable(error.to_string())));
                return;
            }
        };
        let has_own = self.ignored.as_mut().is_some_and(|ignored| ignored.enter(&full));
        for entry in list {
            let kind = entry.and_then(|entry| Ok((entry.file_type()?, entry)));
            match kind {
                Ok((kind, entry)) => self.entry(below, &full, kind, &entry.file_name().to_string_lossy()),
                Err(error) => self.found.faults.push((below.to_owned(), Fault::Unreadable(error.to_string()))),
            }
        }
        if let Some(ignored) = self.ignored.as_mut().filter(|_| has_own) {
            ignored.leave();
        }
    }

    fn entry(&mut self, below: &str, full: &Path, kind: fs::FileType, name: &str) {
        let path = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
        let is_left = |walk: &Self| {
            walk.is_left || walk.ignored.as_ref().is_some_and(|all| all.has(&full.join(name), kind.is_dir()))
        };
        if kind.is_dir() {
            let is_hidden = name.starts_with('.');
            let is_passed = name == ".git" || name == "node_modules" || (self.wanted)(&path).is_none();
            if is_passed || (is_hidden && !self.config.has_hidden()) {
                return;
            }
            if is_hidden && !self.is_hidden {
                self.is_hidden = true;
                self.directory(&path);
                self.is_hidden = false;
                return;
            }
            let before = self.is_left;
            self.is_left = is_left(self);
            if self.is_left && !before {
                // What `.gitignore` leaves out is missed, but for what is excluded as well.
                self.config.excludes(&format!("{path}/x.go"), &mut self.found.excludes);
            }
            if !self.is_left || self.config.names_files() {
                self.directory(&path);
            }
            if self.is_left
                && !before
                && !self.is_hidden
                && wants(&format!("{path}/x.go"), self.config) != Want::Nothing
            {
                self.found.faults.push((path, Fault::Ignored));
            }
            self.is_left = before;
            return;
        }
        if kind.is_file() && self.config.excludes(&path, &mut self.found.excludes) {
            let is_code = Language::of(&path).is_some() && !is_test(&path);
            let known = self.found.excluded.as_deref();
            if is_code && known.is_none_or(|known| path.as_str() < known) {
                self.found.excluded = Some(path.clone());
            }
        }
        if kind.is_file()
            && let Some(want @ (Want::Code(_) | Want::Text | Want::IfText)) = (self.wanted)(&path)
        {
            if self.is_hidden && !self.config.names_hidden(&path, matches!(want, Want::Code(_))) {
                return;
            }
            if !self.config.names(&path) && is_left(self) {
                // What would be looked at for nothing but its being a text is not missed.
                if want != Want::IfText && !self.is_left {
                    self.found.faults.push((path, Fault::Ignored));
                }
                return;
            }
            self.found.paths.push((path, want));
        }
    }
}

/// The text of a file, without its byte order mark.
fn text(path: &Path) -> Result<String, Fault> {
    settings_of(bytes(path)?).ok_or(Fault::Encoding)
}

/// The bytes of a file. A file that grows while it is read is read up to the limit and refused there.
fn bytes(path: &Path) -> Result<Vec<u8>, Fault> {
    let unreadable = |error: io::Error| Fault::Unreadable(error.to_string());
    let file = fs::File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    if length > LIMIT {
        return Err(Fault::TooLarge(length));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
    io::Read::read_to_end(&mut io::Read::take(file, LIMIT + 1), &mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LIMIT {
        return Err(Fault::TooLarge(bytes.len() as u64));
    }
    Ok(bytes)
}

/// The text of a file that may be something else; none where it is.
fn if_text(path: &Path) -> Result<Option<String>, Fault> {
    let unreadable = |error: io::Error| Fault::Unreadable(error.to_string());
    let mut file = fs::File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(&mut file, 1 << 10), &mut bytes).map_err(unreadable)?;
    if is_binary(&bytes) {
        return Ok(None);
    }
    if length > MAX_SEARCHED {
        return Err(Fault::TooLarge(length));
    }
    io::Read::read_to_end(&mut io::Read::take(file, MAX_SEARCHED), &mut bytes).map_err(unreadable)?;
    Ok(text_of(&bytes))
}

/// Reads a file that is named on the command line.
///
/// # Errors
/// The operating system's.
pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path)
}

/// Removes a file and says whether it could.
///
/// # Errors
/// When the file cannot be removed; one that is gone already is no error.
pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// How old a temporary file must be, in seconds, before it is taken for one of a run that was killed: another run may be writing now.
const LEFT_BEHIND: u64 = 60;

/// Removes the temporary files that runs which were killed have left in a directory, and gives their names.
pub(crate) fn clear_temporaries(directory: &Path) -> Vec<String> {
    let mut removed = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_old = || {
            let changed = entry.metadata().ok()?.modified().ok()?;
            Some(changed.elapsed().ok()?.as_secs() >= LEFT_BEHIND)
        };
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && name.starts_with(TEMPORARY) && is_old() == Some(true) && fs::remove_file(entry.path()).is_ok() {
            removed.push(name);
        }
    }
    removed.sort();
    removed
}
