//! Reading a fleet from a git revision: out of the object database, without a checkout.

use super::directories::ServiceDirectories;
use super::files::{CATALOGUE_LIMIT, Entry, Files, LIMIT, is_named_like_config, read_catalogue};
use super::read_directory;
use gix::object::tree::EntryKind;
use gix::objs::TreeRefIter;
use hedgerow_core::diag::nearest;
use hedgerow_core::fleet::Scope;
use hedgerow_core::read::unread::is_config;
use hedgerow_core::read::{Directories, Reader, Reading};
use hedgerow_core::tree::{Directory, File, FileFault, Looks, Unread};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// How many links are followed for one path.
const MOST_LINKS: usize = 8;
/// How much of what was unpacked is kept, since two revisions share nearly all of it.
const CACHE_BYTES: usize = 32 << 20;

/// Why a revision could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevisionError {
    /// The directory is in no git repository.
    #[error("`{}` is not in a git repository", .0.display())]
    NotARepository(PathBuf),
    /// The directory is in a repository, and not in its work tree.
    #[error("`{}` is not in the repository's work tree", .0.display())]
    Outside(PathBuf),
    /// There is no revision of that name.
    #[error("there is no revision `{revision}`{hint}")]
    #[non_exhaustive]
    Unknown {
        /// The revision as it was asked for.
        revision: String,
        /// What may have been meant, with `; ` before it, or nothing.
        hint: String,
    },
    /// The revision holds no configuration.
    #[error("the revision `{revision}` holds no fleet: there is no `{path}`{}", beside(found.as_deref()))]
    #[non_exhaustive]
    NoConfig {
        /// The revision as it was asked for.
        revision: String,
        /// Where the configuration would be.
        path: String,
        /// A file beside it that has nearly its name.
        found: Option<String>,
    },
    /// The clone lacks an object.
    #[error(
        "an object of the revision `{revision}` is not here: {reason} (in a shallow or partial clone, fetch it first)"
    )]
    #[non_exhaustive]
    Missing {
        /// The revision as it was asked for.
        revision: String,
        /// What git says.
        reason: String,
    },
}

/// What is said of a file with nearly the name of the configuration.
fn beside(found: Option<&str>) -> String {
    found.map(|found| format!(", but there is `{found}`: it is not read under that name")).unwrap_or_default()
}

/// The first file of a tree that is called nearly `hedgerow.yaml` and is meant to be one.
fn misnamed_config(tree: &RevisionTree<'_>) -> Option<String> {
    let entries = tree.all_entries("").unwrap_or_default();
    let names = entries.into_iter().map(|entry| entry.name).filter(|name| is_named_like_config(name));
    names.into_iter().find(|name| tree.text(name, LIMIT).is_ok_and(|text| is_config(&text)))
}

/// A git repository, bare or not, shallow or not.
pub struct Repository {
    inner: gix::Repository,
}

impl Repository {
    /// The repository that a directory is in. Settings of the user and of the machine have no say.
    ///
    /// # Errors
    /// When the directory is in no repository.
    pub fn find(directory: &Path) -> Result<Self, RevisionError> {
        let options = gix::open::Options::isolated();
        let trust = gix::sec::trust::Mapping { full: options.clone(), reduced: options };
        let found =
            gix::ThreadSafeRepository::discover_opts(directory, gix::discover::upwards::Options::default(), trust);
        let mut inner = found.map_err(|_| RevisionError::NotARepository(directory.to_path_buf()))?.to_thread_local();
        inner.object_cache_size(CACHE_BYTES);
        Ok(Self { inner })
    }

    /// Whether it has no work tree.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.inner.workdir().is_none()
    }

    /// Where a directory of the work tree lies in the repository, with `/` between the parts; empty for its root, and
    /// for any directory of a bare repository.
    ///
    /// # Errors
    /// When the directory is not in the work tree.
    pub fn prefix(&self, directory: &Path) -> Result<String, RevisionError> {
        let Some(workdir) = self.inner.workdir() else { return Ok(String::new()) };
        let outside = || RevisionError::Outside(directory.to_path_buf());
        let (workdir, real) = (workdir.canonicalize(), directory.canonicalize());
        let (workdir, real) = (workdir.map_err(|_| outside())?, real.map_err(|_| outside())?);
        let below = real.strip_prefix(&workdir).map_err(|_| outside())?;
        let parts: Option<Vec<_>> = below.components().map(|part| part.as_os_str().to_str()).collect();
        Ok(parts.ok_or_else(outside)?.join("/"))
    }

    /// Loads the fleet whose root is `prefix` in a revision. Rules never expire there: what matters is what was written. A
    /// catalogue that the revision does not hold is looked for below `disk`; where `catalogue` names one, that is read.
    ///
    /// # Errors
    /// When there is no such revision, it holds no configuration there, or the clone lacks an object of it. Everything else that
    /// is wrong is among the diagnostics.
    pub fn load(
        &self,
        revision: &str,
        prefix: &str,
        disk: &Path,
        catalogue: Option<&Path>,
    ) -> Result<Reading, RevisionError> {
        let other = catalogue;
        let tree = self.tree(revision, prefix)?;
        let no_config = |found: Option<String>| {
            let below = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
            let found = found.map(|name| below(&name));
            RevisionError::NoConfig { revision: revision.to_owned(), path: below("hedgerow.yaml"), found }
        };
        let tree = tree.ok_or_else(|| no_config(None))?;
        let config_file = tree.file_if_present("hedgerow.yaml");
        // What is not in this clone may well be in the revision.
        let missing = |reason| RevisionError::Missing { revision: revision.to_owned(), reason };
        tree.missing.take().map_or(Ok(()), |reason| Err(missing(reason)))?;
        let config_file = config_file.ok_or_else(|| no_config(misnamed_config(&tree)))?;
        let mut reader = Reader::new();
        let config = reader.config(config_file);
        if let Some(catalogue) = &config.layout.catalogue {
            let path = &catalogue.value;
            // One that is not in the revision is fetched before a run, and lies on the disk as it does for a deploy.
            let is_below = !path.starts_with('/');
            let found = tree.entry(path).filter(|_| is_below);
            let committed = found.map(|_| File { path: path.clone(), text: tree.text(path, CATALOGUE_LIMIT) });
            let on_disk = || File { path: path.clone(), text: read_catalogue(&disk.join(path)) };
            let other =
                other.map(|path| File { path: path.display().to_string(), text: read_catalogue(&disk.join(path)) });
            reader.catalogue(other.or(committed).unwrap_or_else(on_disk));
        }
        let found = ServiceDirectories::find(&tree, &config);
        let mut read: Vec<_> = found.paths.iter().map(|path| read_directory(&tree, &config, path)).collect();
        super::unread::forget_linked(&tree, &found.paths, read.iter_mut().map(|directory| &mut directory.unread));
        if let Some(reason) = tree.missing.take() {
            return Err(missing(reason));
        }
        let directories = Directories { faults: found.faults, ..Directories::new(Scope::Whole, read) };
        Ok(reader.fleet(config, directories, None))
    }

    fn tree(&self, revision: &str, prefix: &str) -> Result<Option<RevisionTree<'_>>, RevisionError> {
        let unknown = || RevisionError::Unknown { revision: revision.to_owned(), hint: self.hint(revision) };
        let id = self.inner.rev_parse_single(revision).map_err(|_| unknown())?;
        let missing = |reason: String| RevisionError::Missing { revision: revision.to_owned(), reason };
        let object = id.object().map_err(|error| missing(error.to_string()))?;
        let root = object.peel_to_tree().map_err(|error| missing(error.to_string()))?.id;
        let tree = RevisionTree {
            repository: &self.inner,
            root,
            trees: RefCell::default(),
            missing: RefCell::default(),
            linked: RefCell::default(),
        };
        match (tree.resolve(prefix), tree.missing.take()) {
            (_, Some(reason)) => Err(missing(reason)),
            (Some((EntryKind::Tree, root)), None) => Ok(Some(RevisionTree { root, ..tree })),
            (_, None) => Ok(None),
        }
    }

    /// What may have been meant, or why it is not here.
    fn hint(&self, revision: &str) -> String {
        match self.nearest(revision) {
            Some(near) => format!("; did you mean `{near}`?"),
            None if self.inner.is_shallow().unwrap_or(false) => {
                "; this clone is shallow, fetch more of the history".to_owned()
            }
            None => String::new(),
        }
    }

    /// The branch or tag whose name is nearest.
    fn nearest(&self, revision: &str) -> Option<String> {
        let references = self.inner.references().ok()?;
        let names: Vec<_> = references.all().ok()?.flatten().map(|name| name.name().shorten().to_string()).collect();
        nearest(revision, names.iter().map(String::as_str)).map(str::to_owned)
    }
}

type GitEntries = BTreeMap<String, (EntryKind, gix::ObjectId)>;

/// A directory in a revision.
struct RevisionTree<'r> {
    repository: &'r gix::Repository,
    root: gix::ObjectId,
    trees: RefCell<BTreeMap<gix::ObjectId, Rc<GitEntries>>>,
    /// The first object that could not be had.
    missing: RefCell<Option<String>>,
    /// What was read through links.
    linked: RefCell<BTreeSet<String>>,
}

impl RevisionTree<'_> {
    fn object(&self, id: gix::ObjectId) -> Option<gix::Object<'_>> {
        let found = self.repository.find_object(id);
        found.map_err(|error| self.missing.borrow_mut().get_or_insert(error.to_string()).len()).ok()
    }

    fn directory(&self, id: gix::ObjectId) -> Rc<GitEntries> {
        if let Some(known) = self.trees.borrow().get(&id) {
            return Rc::clone(known);
        }
        let object = self.object(id);
        let entries = object.iter().flat_map(|object| TreeRefIter::from_bytes(&object.data, id.kind())).flatten();
        let named = entries.filter_map(|entry| {
            let name = std::str::from_utf8(entry.filename).ok()?.to_owned();
            Some((name, (entry.mode.kind(), entry.oid.to_owned())))
        });
        let entries: Rc<GitEntries> = Rc::new(named.collect());
        self.trees.borrow_mut().insert(id, Rc::clone(&entries));
        entries
    }

    /// What stands at a path, links followed within the tree; nothing where there is none or a link leads out.
    fn resolve(&self, path: &str) -> Option<(EntryKind, gix::ObjectId)> {
        self.follow(path).ok().map(|(at, _)| at)
    }

    /// The same with the path to which the links lead.
    fn follow(&self, path: &str) -> Result<((EntryKind, gix::ObjectId), String), FileFault> {
        let mut open: Vec<String> = parts(path);
        let mut done: Vec<String> = Vec::new();
        let mut at = (EntryKind::Tree, self.root);
        let mut links = 0;
        while let Some(part) = open.pop() {
            if part == ".." {
                done.pop().ok_or(FileFault::LeadsOut)?;
                let above = done.join("/");
                at = self.resolve_plain(&above).ok_or(FileFault::LeadsNowhere)?;
                continue;
            }
            let (kind, id) = *self.directory(at.1).get(&part).ok_or(FileFault::LeadsNowhere)?;
            if kind == EntryKind::Link {
                links += 1;
                let target = self.object(id).and_then(|object| String::from_utf8(object.data.clone()).ok());
                let target = target.filter(|_| links <= MOST_LINKS).ok_or(FileFault::LeadsNowhere)?;
                if target.starts_with('/') {
                    return Err(FileFault::LeadsOut);
                }
                open.extend(parts(&target));
                continue;
            }
            done.push(part);
            at = (kind, id);
        }
        Ok((at, done.join("/")))
    }

    /// Notes what was read through links.
    fn through(&self, path: &str, real: String) {
        if path != real {
            self.linked.borrow_mut().insert(real);
        }
    }

    /// What stands at a path on which no link is.
    fn resolve_plain(&self, path: &str) -> Option<(EntryKind, gix::ObjectId)> {
        let step = |at: (EntryKind, gix::ObjectId), part: &String| self.directory(at.1).get(part).copied();
        parts(path).iter().rev().try_fold((EntryKind::Tree, self.root), step)
    }

    fn text(&self, path: &str, limit: u64) -> Result<Arc<String>, FileFault> {
        let ((kind, id), real) = self.follow(path)?;
        self.through(path, real);
        match kind {
            EntryKind::Blob | EntryKind::BlobExecutable => {}
            EntryKind::Tree | EntryKind::Commit => return Err(FileFault::IsADirectory),
            EntryKind::Link => return Err(FileFault::NotAFile),
        }
        // Most rule files are empty, and git knows that without looking.
        if id.is_empty_blob() {
            return Ok(Arc::default());
        }
        let unreadable = || FileFault::Unreadable("its object is not in this clone".to_owned());
        let object = self.object(id).ok_or_else(unreadable)?;
        if object.data.len() as u64 > limit {
            return Err(FileFault::TooLarge(limit));
        }
        let text = hedgerow_yaml::decode(&object.data).map_err(|error| FileFault::Encoding(error.to_string()))?;
        Ok(Arc::new(text.to_owned()))
    }

    /// The entry itself, a link not followed.
    fn entry(&self, path: &str) -> Option<EntryKind> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (kind, id) = self.resolve(directory)?;
        if kind == EntryKind::Tree { self.directory(id).get(name).map(|(kind, _)| *kind) } else { None }
    }
}

/// The parts of a path, last first.
fn parts(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").rev().map(str::to_owned).collect()
}

impl Files for RevisionTree<'_> {
    fn file_if_present(&self, path: &str) -> Option<File> {
        self.entry(path)?;
        Some(File { path: path.to_owned(), text: self.text(path, LIMIT) })
    }

    fn all_entries(&self, path: &str) -> Result<Vec<Entry>, FileFault> {
        let Some((EntryKind::Tree, id)) = self.resolve(path) else { return Ok(Vec::new()) };
        let entries = self.directory(id);
        Ok(entries
            .iter()
            .map(|(name, (kind, _))| {
                let is_link = *kind == EntryKind::Link;
                let below = || self.resolve(&format!("{path}/{name}"));
                let is_directory =
                    if is_link { matches!(below(), Some((EntryKind::Tree, _))) } else { *kind == EntryKind::Tree };
                Entry { name: name.clone(), is_directory, is_link }
            })
            .collect())
    }

    fn rules(&self, path: &str, directory: &mut Directory) {
        if self.entry(path) == Some(EntryKind::Link)
            && let Err(fault) = self.refuse_outside(path)
        {
            directory.faults.push((path.to_owned(), fault));
            return;
        }
        if matches!(self.resolve(path), Some((EntryKind::Blob | EntryKind::BlobExecutable, _))) {
            directory.faults.push((path.to_owned(), FileFault::NotADirectory));
            return;
        }
        for entry in self.entries(path).unwrap_or_default() {
            let file = format!("{path}/{}", entry.name);
            match (entry.is_directory, entry.name.as_str()) {
                // Reserved for rules about hosts outside the cluster.
                (true, "external") => {
                    let looks = Looks::Outside(super::unread::files(self, &file));
                    directory.unread.push(Unread { path: file, looks });
                }
                (true, _) => directory.faults.push((file, FileFault::IsADirectory)),
                (false, _) => {
                    let text = self.text(&file, LIMIT);
                    directory.rules.push(File { path: file, text });
                }
            }
        }
    }

    fn refuse_outside(&self, path: &str) -> Result<(), FileFault> {
        self.follow(path).map(|(_, real)| self.through(path, real))
    }

    fn is_there(&self, path: &str) -> bool {
        self.entry(path).is_some()
    }

    fn linked(&self) -> BTreeSet<String> {
        self.linked.borrow().clone()
    }
}
