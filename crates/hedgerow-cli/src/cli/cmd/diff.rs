//! `hedgerow diff BASE [HEAD]`: a change of the network, as edges instead of YAML.

mod evidence;
mod github;
mod json;
mod markdown;
mod text;

use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, Diff as Args, DiffFormat, FailOn};
use crate::cli::cmd::evidence::catalogues;
use crate::cli::cmd::{header, seen};
use crate::cli::report::Paths;
use crate::cli::session::{Reported, Session};
use crate::diff::{Diff, Side};
use anyhow::{Context, bail};
use evidence::Evidence;
use hedgerow::git::{Repository, RevisionError};
use hedgerow::{Request, misnamed_config, read_texts};
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::fleet::Scope;
use hedgerow_core::read::{Directories, Reading};
use hedgerow_core::tree::File;
use hedgerow_observe::observations::Observations;
use std::path::{Path, PathBuf};

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Args) -> anyhow::Result<Exit> {
    let revisions = Revisions::of(session, args.fleet.as_deref());
    let here = session.os.directory().to_path_buf();
    let catalogue = args.base_catalogue.as_ref().map(|path| here.join(path));
    let observations = seen::read(session, &args.observations)?;
    let base = read_base(session, &revisions, &args.base, catalogue.as_deref())?;
    if let Some(catalogue) = &args.base_catalogue {
        uses_catalogue(base.as_ref(), &args.base, &catalogue.display().to_string())?;
    }
    let head = match &args.head {
        Some(head) => read(session, &revisions, head, None)?,
        None if revisions.is_bare() => {
            bail!("a bare repository has no work tree to compare with: name a second revision")
        }
        None => whole(session, None, None)?,
    };
    let is_fleet = base.is_some();
    // That nothing changes where nothing is says little.
    let why = |found: &&Diagnostic| matches!(found.code, Code::EmptyFleet | Code::IdleGlob);
    let empty: Vec<Diagnostic> = head.diagnostics.iter().filter(why).cloned().collect();
    let base = base.unwrap_or_else(|| {
        session.note(&format!("`{}` holds no fleet, so all of this is new\n", args.base));
        nothing()
    });
    let (Some(base), Some(head)) = (Side::of(&base), Side::of(&head)) else {
        return Err(Reported(Exit::BadInput).into());
    };
    if base.is_empty() && is_fleet && !head.is_empty() {
        session.note(&format!("`{}` has no services, so all of this is new\n", args.base));
    }
    if head.is_empty() {
        session.report(&empty, head.sources, DiagnosticFormat::Text)?;
    }
    are_of_fleets(session, &observations, &[base, head])?;
    let diff = Diff::between(base, head);
    let evidence = Evidence::of(&diff, (base.fleet, head.fleet), &observations);
    let text = match args.format {
        DiffFormat::Text => text::render(&diff, &evidence),
        DiffFormat::Markdown => markdown::render(&diff, &evidence),
        DiffFormat::Json => json::render(&diff, &evidence)?,
        DiffFormat::Github => github::render(&diff, &evidence, &paths(session, &revisions, args.head.as_deref())),
    };
    session.out(&text)?;
    let fails = |on: &FailOn| match on {
        FailOn::Added => diff.adds_edges(),
        FailOn::Exposed => diff.exposes(),
        FailOn::Unsafe => diff.jumps(),
    };
    Ok(if args.fail_on.iter().any(fails) { Exit::Findings } else { Exit::Done })
}

/// Where the texts of HEAD lie in the repository.
fn paths(session: &Session<'_>, revisions: &Revisions, head: Option<&str>) -> Paths {
    let Some(head) = head else { return session.paths() };
    let directory = session.os.directory().join(head);
    if directory.join("hedgerow.yaml").is_file() {
        return Paths::below(directory);
    }
    revisions.found.as_ref().map_or_else(|_| Paths::default(), |(_, prefix)| Paths::at(prefix))
}

/// Refuses observations of an environment that neither side has, and says where services were named by another catalogue: what they say
/// of a rule that goes would be about somebody else's.
fn are_of_fleets(session: &mut Session<'_>, all: &[Observations], sides: &[Side<'_>; 2]) -> anyhow::Result<()> {
    for header in all.iter().map(|observations| &observations.header) {
        let named = header.environment.as_deref();
        let environments = |side: &Side<'_>| {
            let names = side.fleet.config().environments.keys();
            names.filter(|name| named.is_none_or(|named| named == name.as_str())).cloned().collect::<Vec<_>>()
        };
        let found: Vec<_> = sides.iter().map(|side| (side, environments(side))).collect();
        if let Some(named) = named.filter(|_| found.iter().all(|(_, environments)| environments.is_empty())) {
            bail!("the observations are of the environment `{named}`, which hedgerow.yaml does not have")
        }
        header::warn_untold(session, header);
        let Some(digest) = header.catalogue.as_deref() else { continue };
        let is_known = found.iter().any(|(side, environments)| {
            let environments: Vec<_> = environments.iter().map(Some).chain([None]).collect();
            catalogues((side.fleet, side.sources), &environments, &[], Some(digest)).contains_key(digest)
        });
        if !is_known {
            session.note(
                "warning: services were named by a catalogue that is not of these trees: the observations may be of another fleet\n",
            );
        }
    }
    Ok(())
}

/// Refuses a catalogue that is given for BASE and would not be read.
fn uses_catalogue(base: Option<&Reading>, name: &str, catalogue: &str) -> anyhow::Result<()> {
    let Some(base) = base else {
        bail!("--base-catalogue `{catalogue}` is not used: `{name}` holds no fleet; leave it out")
    };
    let config = base.fleet.as_ref().map(hedgerow_core::fleet::Fleet::config);
    if config.is_some_and(|config| config.layout.catalogue.is_none()) {
        bail!(
            "--base-catalogue `{catalogue}` is not used: the hedgerow.yaml of `{name}` names no catalogue; leave it out, or write `layout: {{catalogue: …}}` there"
        )
    }
    Ok(())
}

/// The fleet in `name`, a revision or a directory; nothing where it holds none.
pub(in crate::cli) fn base(session: &mut Session<'_>, name: &str) -> anyhow::Result<Option<Reading>> {
    let revisions = Revisions::of(session, None);
    read_base(session, &revisions, name, None)
}

fn read_base(
    session: &mut Session<'_>,
    revisions: &Revisions,
    name: &str,
    catalogue: Option<&Path>,
) -> anyhow::Result<Option<Reading>> {
    match read(session, revisions, name, catalogue) {
        Err(error) => match error.downcast_ref() {
            // The change that brings the fleet in, or gives its file the right name.
            Some(RevisionError::NoConfig { found, .. }) => {
                if let Some(found) = found {
                    session.note(&format!(
                        "`{name}` has no `hedgerow.yaml`; its `{found}` is not read: the fleet's file is `hedgerow.yaml`\n"
                    ));
                }
                Ok(None)
            }
            _ => Err(error),
        },
        base => base.map(Some),
    }
}

/// The repository that revisions are looked up in, found when the first one is asked for.
struct Revisions {
    found: Result<(Repository, String), RevisionError>,
    /// The fleet's root on the disk.
    root: PathBuf,
}

impl Revisions {
    fn of(session: &Session<'_>, fleet: Option<&str>) -> Self {
        // In a bare repository there is no hedgerow.yaml to find the root by.
        let root = session.root().unwrap_or_else(|_| session.os.directory().to_path_buf());
        let found = Repository::find(&root).and_then(|repository| {
            let prefix = match fleet {
                Some(fleet) => fleet.to_owned(),
                None => repository.prefix(&root)?,
            };
            Ok((repository, prefix))
        });
        Self { found, root }
    }

    fn is_bare(&self) -> bool {
        self.found.as_ref().is_ok_and(|(repository, _)| repository.is_bare())
    }
}

/// A side by what was written on the command line: a directory that holds a fleet, or else a revision. `catalogue` is read
/// instead of the one that it names.
fn read(
    session: &mut Session<'_>,
    revisions: &Revisions,
    name: &str,
    catalogue: Option<&Path>,
) -> anyhow::Result<Reading> {
    let directory = session.os.directory().join(name);
    if directory.join("hedgerow.yaml").is_file() {
        return whole(session, Some(directory), catalogue);
    }
    // A branch may be called as a directory is.
    let is_revision = |(repository, prefix): &(Repository, String)| {
        !matches!(repository.load(name, prefix, &revisions.root, catalogue), Err(RevisionError::Unknown { .. }))
    };
    if directory.exists() && !revisions.found.as_ref().is_ok_and(is_revision) {
        bail!("{}", without_fleet(&directory, name));
    }
    if session.global.config.is_some() {
        bail!("--config names a file on the disk, and `{name}` is a revision");
    }
    let (repository, prefix) = match &revisions.found {
        Ok(found) => found,
        Err(_) if name.contains('/') || Path::new(name).is_absolute() => {
            bail!("`{name}` is neither a directory with a hedgerow.yaml nor a revision")
        }
        Err(error) => bail!("{error}, so `{name}` is no revision of one"),
    };
    let reading = repository.load(name, prefix, &revisions.root, catalogue)?;
    complain(session, &reading, name)?;
    Ok(reading)
}

/// Why what lies at a path is no side of a difference.
fn without_fleet(path: &Path, name: &str) -> String {
    if !path.is_dir() {
        return format!("`{name}` is a file: name the directory of a hedgerow.yaml, or a revision");
    }
    match misnamed_config(path).as_deref().and_then(Path::file_name) {
        Some(found) => format!(
            "the directory `{name}` holds no fleet: there is no `hedgerow.yaml` in it, but there is `{}`: rename it to `hedgerow.yaml`",
            found.display()
        ),
        None => format!("the directory `{name}` holds no fleet: there is no `hedgerow.yaml` in it"),
    }
}

/// The fleet on the disk.
fn whole(session: &mut Session<'_>, directory: Option<PathBuf>, catalogue: Option<&Path>) -> anyhow::Result<Reading> {
    let root = match directory {
        Some(directory) => directory,
        None => session.root()?,
    };
    let config = session.global.config.as_ref().map(|config| session.os.directory().join(config));
    let shown = root.display().to_string();
    let mut request = Request::whole(root);
    request.config = config;
    request.catalogue = catalogue.map(Path::to_path_buf);
    let loaded = hedgerow::read(&request)?;
    complain(session, &loaded.reading, &shown)?;
    Ok(loaded.reading)
}

/// A fleet without services.
fn nothing() -> Reading {
    let text = "version: 1\nlabels: {domain: nobody.example}\nservices: {include: [none]}\nenvironments: {none: {stage: enforce}}\n";
    let config = File::new("hedgerow.yaml", text);
    let directories = Directories::new(Scope::Whole, Vec::new());
    read_texts(config, directories, None)
}

/// Stops where a side has errors: half a fleet would make half a difference.
fn complain(session: &mut Session<'_>, reading: &Reading, name: &str) -> anyhow::Result<()> {
    if reading.fleet.is_some() {
        return Ok(());
    }
    let errors: Vec<_> =
        reading.diagnostics.iter().filter(|found| found.is_error()).cloned().collect::<Vec<Diagnostic>>();
    session.report(&errors, &reading.sources, DiagnosticFormat::Text).context("cannot say what is wrong")?;
    session.err(&format!("the fleet in `{name}` has errors, so nothing can be compared\n"));
    Err(Reported(Exit::BadInput).into())
}
