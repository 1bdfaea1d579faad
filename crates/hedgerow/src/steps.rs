//! The three steps of a deploy, each a `Result`: a fleet is loaded, planned for an environment, and put into manifests.

use crate::deploy::patch;
use crate::error::{Error, Report};
use crate::load::{Request, read};
use hedgerow_core::diag::{Diagnostic, nearest};
use hedgerow_core::fleet::{Fleet, Scope};
use hedgerow_core::name::{EnvironmentName, ServiceName};
use hedgerow_core::plan::Plan;
use hedgerow_core::source::Sources;
use hedgerow_render::patch::{Options, Tally};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

/// A fleet without errors, as far as it was asked for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Loaded {
    /// The fleet.
    pub fleet: Arc<Fleet>,
    /// What is doubtful in its files.
    pub warnings: Vec<Diagnostic>,
    /// Every file that was read and every directory that was listed, as paths that begin with the request's root: what
    /// a build depends on.
    pub inputs: Vec<PathBuf>,
    sources: Sources,
    service: Option<ServiceName>,
}

/// A plan for one environment. It is a [`Plan`], with what patching needs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Planned {
    /// What every pod wears and who is admitted.
    pub plan: Plan,
    /// How manifests are patched. The service is the one that was asked for.
    pub options: Options,
    sources: Sources,
}

/// Manifests with labels and policies.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Patched {
    /// The manifests.
    pub text: String,
    /// What was done to them.
    pub tally: Tally,
    /// What is doubtful, with the texts: [`Report`]'s `Display` says it.
    pub warnings: Report,
}

/// Loads a fleet from disk, whole or as far as the deploy of one service needs it.
///
/// # Errors
/// When there is no configuration, the root cannot be read, or the files are at fault. Then the error holds everything that is
/// wrong. [`read`](crate::read) hands out a faulty fleet as well.
pub fn load(request: &Request) -> Result<Loaded, Error> {
    let found = read(request)?;
    let service = match &request.scope {
        Scope::Whole => None,
        Scope::One(name) => Some(name.clone()),
    };
    let reading = found.reading;
    match reading.fleet {
        Some(fleet) => Ok(Loaded {
            fleet: Arc::new(fleet),
            warnings: reading.diagnostics,
            inputs: found.inputs,
            sources: reading.sources,
            service,
        }),
        None => Err(Error::Faulty(Report::new(reading.diagnostics, reading.sources))),
    }
}

impl Loaded {
    /// Plans for an environment.
    ///
    /// # Errors
    /// When the fleet does not declare it.
    pub fn plan(&self, environment: &str) -> Result<Planned, Error> {
        let declared = &self.fleet.config().environments;
        let plan = declared.get_key_value(environment).and_then(|(name, _)| Plan::new(Arc::clone(&self.fleet), name));
        let plan = plan.ok_or_else(|| {
            // The nearest one stands first: it is what was meant, if any is.
            let near = nearest(environment, declared.keys().map(EnvironmentName::as_str));
            let mut declared: Vec<_> = declared.keys().cloned().collect();
            declared.sort_by_key(|name| Some(name.as_str()) != near);
            Error::NoEnvironment { wanted: environment.to_owned(), declared }
        })?;
        let options = Options { service: self.service.clone(), ..Options::default() };
        Ok(Planned { plan, options, sources: self.sources.clone() })
    }

    /// What is doubtful in the files, with the texts.
    #[must_use]
    pub fn report(&self) -> Report {
        Report::new(self.warnings.clone(), self.sources.clone())
    }
}

impl Deref for Planned {
    type Target = Plan;

    fn deref(&self) -> &Plan {
        &self.plan
    }
}

impl Planned {
    /// Adds labels and policies to manifests: YAML or JSON, one document or many. No other byte changes.
    ///
    /// # Errors
    /// When something in the manifests is at fault. Then the error holds everything that is wrong with them.
    pub fn patch(&self, manifests: impl Into<String>) -> Result<Patched, Error> {
        let manifests = Arc::new(manifests.into());
        let mut sources = self.sources.clone();
        let source = sources.add_shared("<manifests>", Arc::clone(&manifests));
        let found = patch(&manifests, source, &self.plan, &self.options);
        let report = Report::new(found.diagnostics, sources);
        let Some(edits) = found.edits else { return Err(Error::Faulty(report)) };
        let mut text = String::with_capacity(edits.edited_len(&manifests));
        edits.push_to(&manifests, &mut text);
        Ok(Patched { text, tally: found.tally, warnings: report })
    }
}
