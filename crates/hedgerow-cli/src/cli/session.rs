//! What the commands share: finding the root, loading, planning, and saying what is wrong.

use super::args::{DiagnosticFormat, EnvironmentArg, Global};
use super::report::Paths;
use super::{Exit, Os, report};
use crate::code::clear_temporaries;
use crate::ignored::Ignored;
use anyhow::{Context, anyhow, bail};
use hedgerow::{Parts, Read, Request, find_root, misnamed_config, read, read_except};
use hedgerow_core::date::Date;
use hedgerow_core::diag::{Diagnostic, nearest, nearest_service};
use hedgerow_core::fleet::{Fleet, NamespaceFault, Scope};
use hedgerow_core::name::{EnvironmentName, Namespace, ServiceName};
use hedgerow_core::plan::Plan;
use hedgerow_core::source::Sources;
use hedgerow_core::tree::File;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The run has said what is wrong; only the exit code is left.
#[derive(Debug, thiserror::Error)]
#[error("already reported")]
pub(super) struct Reported(pub(super) Exit);

/// A fault of ours or of the machine, not of the input.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Internal(pub(super) String);

/// One command at work.
pub(super) struct Session<'o> {
    pub(super) os: &'o mut Os,
    pub(super) global: Global,
}

/// A fleet without faults, with what it was read from.
pub(super) struct LoadedFleet {
    pub(super) fleet: Arc<Fleet>,
    pub(super) sources: Sources,
    pub(super) inputs: Vec<PathBuf>,
}

impl<'o> Session<'o> {
    pub(super) const fn new(os: &'o mut Os, global: Global) -> Self {
        Self { os, global }
    }

    /// Prints to standard output.
    pub(super) fn out(&mut self, text: &str) -> anyhow::Result<()> {
        self.out_with(|to| to.write_all(text.as_bytes()))
    }

    /// Prints to standard output piece by piece. A reader who has gone is no failure; a full disk is the machine's.
    pub(super) fn out_with(&mut self, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> anyhow::Result<()> {
        self.os.out_with(write).map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                error.into()
            } else {
                Internal(format!("cannot write to standard output: {error}")).into()
            }
        })
    }

    /// Prints to standard error; nothing where it is closed.
    pub(super) fn err(&mut self, text: &str) {
        let _closed: Result<(), io::Error> = self.os.err(text);
    }

    /// Prints to standard error, except under `--quiet`.
    pub(super) fn note(&mut self, text: &str) {
        if !self.global.quiet {
            self.err(text);
        }
    }

    /// The fleet's root.
    pub(super) fn root(&self) -> anyhow::Result<PathBuf> {
        if let Some(directory) = &self.global.directory {
            return Ok(self.os.directory().join(directory));
        }
        if self.global.config.is_some() {
            return Ok(self.os.directory().to_path_buf());
        }
        let here = self.os.directory();
        find_root(here).with_context(|| {
            let none = format!("there is no hedgerow.yaml in `{}` or above it", here.display());
            match here.ancestors().find_map(misnamed_config) {
                Some(found) => format!("{none}, but there is `{}`: rename it to `hedgerow.yaml`", found.display()),
                None => format!("{none}; name the fleet's root with -C, or run `hedgerow init`"),
            }
        })
    }

    /// The day that decides which rules have expired.
    pub(super) fn today(&self) -> anyhow::Result<Date> {
        let Some(text) = &self.global.today else { return Ok(self.os.today()) };
        Date::new(text).with_context(|| format!("--today takes a day such as 2027-01-31, not `{text}`"))
    }

    /// Removes the temporary files that a killed run left in directories below a root, and says so.
    pub(super) fn clear_temporaries<'d>(&mut self, root: &Path, directories: impl IntoIterator<Item = &'d str>) {
        let directories: BTreeSet<&str> = directories.into_iter().collect();
        for directory in directories {
            for name in clear_temporaries(&root.join(directory)) {
                self.note(&format!("removed {directory}/{name}, which a killed run left\n"));
            }
        }
    }

    /// The time now, in seconds since 1970. Who says what day it is means its end: what was made on that day is not of the future.
    pub(super) fn now(&self) -> anyhow::Result<i64> {
        let end = |today: Date| (today.unix_days() + 1) * 86_400 - 1;
        Ok(if self.global.today.is_some() { end(self.today()?) } else { self.os.now() })
    }

    /// Loads a part of a fleet, or more than it, with whatever is wrong with it.
    pub(super) fn read_parts(&mut self, scope: Scope, parts: Parts) -> anyhow::Result<Read> {
        let request = self.request(scope, parts)?;
        // What git leaves out is a build's, or nobody's: it is searched by nobody else either.
        let left_out = (parts == Parts::Searched).then(|| Ignored::searched(&request.root));
        Ok(read_except(&request, left_out)?)
    }

    fn request(&self, scope: Scope, parts: Parts) -> anyhow::Result<Request> {
        let config = self.global.config.as_ref().map(|config| self.os.directory().join(config));
        let mut request = Request::whole(self.root()?);
        (request.config, request.scope, request.today, request.parts) = (config, scope, Some(self.today()?), parts);
        Ok(request)
    }

    /// Reads the fleet as if some rule files stood there, and stops where anything is wrong with it then: nobody is to write what `check`
    /// refuses. The files are texts by their paths.
    pub(super) fn try_rules(
        &mut self,
        files: &BTreeMap<String, String>,
        format: DiagnosticFormat,
    ) -> anyhow::Result<()> {
        let mut request = self.request(Scope::Whole, Parts::All)?;
        request.drafts = files.iter().map(|(path, text)| File::new(path, text.as_str())).collect();
        let Read { reading, .. } = read(&request)?;
        let sources = &reading.sources;
        let is_new = |diagnostic: &&Diagnostic| {
            let is_in = |path: &str| files.contains_key(path);
            diagnostic.is_error() || diagnostic.marks.iter().any(|mark| is_in(&sources.get(mark.span.source).path))
        };
        let told: Vec<Diagnostic> = reading.diagnostics.iter().filter(is_new).cloned().collect();
        self.report(&told, sources, format)?;
        if reading.fleet.is_none() { Err(Reported(Exit::BadInput).into()) } else { Ok(()) }
    }

    /// Loads a fleet and stops where anything is wrong with it.
    pub(super) fn load(&mut self, scope: Scope, format: DiagnosticFormat) -> anyhow::Result<LoadedFleet> {
        self.load_parts(scope, Parts::All, format)
    }

    /// Loads a part of a fleet and stops where anything is wrong with it.
    pub(super) fn load_parts(
        &mut self,
        scope: Scope,
        parts: Parts,
        format: DiagnosticFormat,
    ) -> anyhow::Result<LoadedFleet> {
        let loaded = self.read_parts(scope, parts)?;
        let Read { reading, inputs, .. } = loaded;
        self.report(&reading.diagnostics, &reading.sources, format)?;
        match reading.fleet {
            Some(fleet) => Ok(LoadedFleet { fleet: Arc::new(fleet), sources: reading.sources, inputs }),
            None => Err(Reported(Exit::BadInput).into()),
        }
    }

    /// Prints diagnostics to standard error; warnings not under `--quiet`.
    pub(super) fn report(
        &mut self,
        diagnostics: &[Diagnostic],
        sources: &Sources,
        format: DiagnosticFormat,
    ) -> anyhow::Result<()> {
        let paths = self.paths();
        self.report_in(diagnostics, sources, format, &paths)
    }

    /// The same of texts that are not all of the fleet.
    pub(super) fn report_in(
        &mut self,
        diagnostics: &[Diagnostic],
        sources: &Sources,
        format: DiagnosticFormat,
        paths: &Paths,
    ) -> anyhow::Result<()> {
        let shown: Vec<_> = diagnostics.iter().filter(|d| d.is_error() || !self.global.quiet).cloned().collect();
        // One run may report twice, of its files and of its input; a program that reads what was reported finds no empty
        // documents in between.
        if shown.is_empty() {
            return Ok(());
        }
        let colors = self.os.colors(self.global.color, false);
        let text = report::render(&shown, sources, format, colors, paths)?;
        self.err(&text);
        Ok(())
    }

    /// Where the fleet's texts lie in the repository.
    pub(super) fn paths(&self) -> Paths {
        self.root().map_or_else(|_| Paths::default(), Paths::below)
    }

    /// The environment that is meant.
    pub(super) fn environment(fleet: &Fleet, wanted: Option<&str>) -> anyhow::Result<EnvironmentName> {
        let declared = &fleet.config().environments;
        let names = || declared.keys().map(EnvironmentName::as_str).collect::<Vec<_>>().join(", ");
        match wanted {
            Some(wanted) => match declared.get_key_value(wanted) {
                Some((name, _)) => Ok(name.clone()),
                None => {
                    let near = nearest(wanted, declared.keys().map(EnvironmentName::as_str));
                    let hint = near
                        .map_or_else(|| format!("declared are: {}", names()), |near| format!("did you mean `{near}`?"));
                    bail!("hedgerow.yaml declares no environment `{wanted}`; {hint}")
                }
            },
            None => match declared.len() {
                1 => declared.keys().next().cloned().context("one environment is declared"),
                _ => bail!("name the environment with --env; declared are: {}", names()),
            },
        }
    }

    /// Plans a fleet for the environment that is meant.
    pub(super) fn plan(fleet: &Arc<Fleet>, wanted: &EnvironmentArg) -> anyhow::Result<Plan> {
        let environment = Self::environment(fleet, wanted.environment.as_deref())?;
        Self::plan_for(fleet, &environment, &wanted.namespaces)
    }

    /// The namespace of objects that name none: the one that was given, else where all services live, else `default`, as in the tools that
    /// deploy them.
    pub(super) fn unnamed(plan: &Plan, given: Option<&str>) -> String {
        if let Some(given) = given {
            return given.to_owned();
        }
        let mut homes = plan.services().values().map(|service| service.namespace.as_str());
        let first = homes.next().unwrap_or("default");
        if homes.all(|home| home == first) { first.to_owned() } else { "default".to_owned() }
    }

    /// Plans a fleet for an environment, with what namespaces are called there besides what the files say.
    pub(super) fn plan_for(
        fleet: &Arc<Fleet>,
        environment: &EnvironmentName,
        namespaces: &[(Namespace, Namespace)],
    ) -> anyhow::Result<Plan> {
        let unknown = || format!("no environment `{environment}`");
        if namespaces.is_empty() {
            return Plan::new(Arc::clone(fleet), environment).with_context(unknown);
        }
        let mut names = BTreeMap::new();
        for (written, there) in namespaces {
            if names.insert(written.clone(), there.clone()).is_some_and(|first| first != *there) {
                bail!("--namespaces says twice what `{written}` is called");
            }
        }
        let called = fleet.with_namespaces(environment, &names).with_context(unknown)?;
        let fleet = called.map_err(|fault| match &fault {
            NamespaceFault::NotListed(_) => {
                let listed: Vec<_> = fleet.config().namespaces.iter().map(Namespace::as_str).collect();
                anyhow!("{fault}; listed are: {}", listed.join(", "))
            }
            NamespaceFault::Collision(_) => anyhow!(fault.clone()),
        })?;
        Plan::new(Arc::new(fleet), environment).with_context(unknown)
    }

    /// A service with a directory here, by its name; the message names the nearest one.
    pub(super) fn service(fleet: &Fleet, name: &str) -> anyhow::Result<ServiceName> {
        let known = Self::known(fleet, name)?;
        if fleet.service(name).is_none() {
            bail!("`{known}` is a service of another repository; only the catalogue knows it")
        }
        Ok(known)
    }

    /// A service wherever it lives, by its name; the message names the nearest one.
    pub(super) fn known(fleet: &Fleet, name: &str) -> anyhow::Result<ServiceName> {
        if let Some(service) = fleet.known(name) {
            return Ok(service.name.clone());
        }
        match nearest_service(name, fleet.names().map(ServiceName::as_str)) {
            Some(near) => bail!("there is no service `{name}`; did you mean `{near}`?"),
            None => bail!("there is no service `{name}`"),
        }
    }

    /// A service's name as written on the command line.
    pub(super) fn service_name(text: &str) -> anyhow::Result<ServiceName> {
        ServiceName::new(text)
            .map_err(|error| anyhow::anyhow!("the service name `{}` is not valid: it {error}", text.escape_debug()))
    }
}
