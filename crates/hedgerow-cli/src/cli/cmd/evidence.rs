//! What `ready` and `reconcile` read: the fleet, what its code says, and what traffic showed.

use super::scan::{config, inventory, unread};
use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, EnvironmentArg};
use crate::cli::session::{Internal, LoadedFleet, Reported, Session};
use crate::code::{self, Progress, find, read_code};
use anyhow::{Context, bail};
use hedgerow_core::diag::{Code as DiagnosticCode, Severity};
use hedgerow_core::fleet::Scope;
use hedgerow_core::plan::Plan;
use hedgerow_observe::observations::{Moment, NotObservations, Observations};
use hedgerow_ready::code::{Code, Open};
use hedgerow_ready::judge::Job;
use hedgerow_scan::{Outcome, Place, Tree, in_parallel, schedules};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const DAY: i64 = 86_400;

/// All that is read.
pub(super) struct Evidence {
    pub(super) loaded: LoadedFleet,
    pub(super) plan: Plan,
    pub(super) code: Code,
    /// The places of [`Code::calls`].
    pub(super) places: BTreeMap<(String, String), CodePlace>,
    pub(super) jobs: Vec<Job>,
    pub(super) observations: Observations,
    /// The last second of today: what is observed today is not of the future.
    pub(super) now: Moment,
}

/// Where the code makes a call, with the text of the file.
pub(super) struct CodePlace {
    pub(super) path: String,
    pub(super) text: Arc<str>,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Hears nothing: these commands are quiet about files.
struct Silent;

impl Progress for Silent {
    fn files(&self, _count: usize) {}
    fn file(&self) {}
}

/// Reads everything.
pub(super) fn read(
    session: &mut Session<'_>,
    environment: &EnvironmentArg,
    observations: &Path,
    cache: Option<&Path>,
    format: DiagnosticFormat,
) -> anyhow::Result<Evidence> {
    let observations = read_observations(session, observations)?;
    let loaded = session.load(Scope::Whole, format)?;
    let plan = Session::plan(&loaded.fleet, environment)?;
    let root = session.root()?;
    let (scan, faults) = config(&loaded.fleet, &loaded.sources);
    if !faults.is_empty() {
        session.report(&faults, &loaded.sources, format)?;
        return Err(Reported(Exit::BadInput).into());
    }
    let cache = cache.map(|cache| session.os.directory().join(cache));
    let read = in_parallel(|| read_code(&root, &scan, cache.as_deref()));
    let read = read.with_context(|| format!("cannot read `{}`", root.display()))?;
    session.report(&unread(&read.faults), &loaded.sources, format)?;
    let (services, namespaces) = inventory(&loaded.fleet);
    let fleet = code::Fleet {
        services: &services,
        namespaces: &namespaces,
        config: &scan,
        config_text: loaded.fleet.config().scan.map_or("", |span| &loaded.sources.get(span.source).text),
    };
    let outcome = in_parallel(|| find(fleet, &read, cache.as_deref(), &Silent))
        .map_err(|fault| Internal(format!("a built-in pack cannot be read: {fault}")))?;
    let texts = read.texts();
    let tree = Tree {
        services: &services,
        namespaces: namespaces.clone(),
        config: &scan,
        code: &[],
        texts: &texts,
        lost: &[],
    };
    let jobs = in_parallel(|| schedules(&tree)).into_iter().map(|schedule| Job {
        service: schedule.service,
        workload: schedule.workload,
        schedule: schedule.schedule,
        is_suspended: schedule.is_suspended,
    });
    let jobs = jobs.collect();
    let mut sources: BTreeMap<String, Arc<str>> =
        read.files.into_iter().map(|file| (file.path, Arc::from(file.text))).collect();
    // What was not read may hold calls, so whoever it belongs to is not understood.
    let mut code = code_of(&outcome, &sources);
    for (path, _) in &read.faults {
        let owner = services.iter().find(|service| path.starts_with(&format!("{}/", service.directory)));
        if let Some(owner) = owner {
            let open = Open { what: "the file could not be read".to_owned(), place: path.clone() };
            code.open.entry(owner.name.clone()).or_default().push(open);
        }
    }
    for edge in outcome.edges.values().filter(|edge| !edge.class().is_rule()) {
        let names = loaded.fleet.known(&edge.caller).zip(loaded.fleet.known(&edge.callee));
        let has_rule = names.is_some_and(|(caller, callee)| loaded.fleet.rule(&caller.name, &callee.name).is_some());
        if !has_rule {
            let key = (edge.caller.clone(), edge.callee.clone());
            let place = code.candidates.get(&key).cloned().unwrap_or_default();
            let what = format!("it may call `{}`, and the scan is not certain", edge.callee);
            code.open.entry(edge.caller.clone()).or_default().push(Open { what, place });
        }
    }
    let places = outcome.edges.values().filter(|edge| edge.class().is_rule()).filter_map(|edge| {
        let place = &edge.evidence.first()?.place;
        let text = Arc::clone(sources.entry(place.path.clone()).or_insert_with(|| Arc::from("")));
        let (start, end) = (place.range.start as usize, place.range.end as usize);
        Some(((edge.caller.clone(), edge.callee.clone()), CodePlace { path: place.path.clone(), text, start, end }))
    });
    let places = places.collect();
    let now = Moment((session.today()?.unix_days() + 1) * DAY - 1);
    Ok(Evidence { loaded, plan, code, places, jobs, observations, now })
}

/// What a scan found, as far as it matters here.
fn code_of(outcome: &Outcome, texts: &BTreeMap<String, Arc<str>>) -> Code {
    let at = |place: &Place| {
        let before = texts.get(&place.path).and_then(|text| text.get(..place.range.start as usize)).unwrap_or_default();
        format!("{}:{}", place.path, before.matches('\n').count() + 1)
    };
    let mut code = Code::default();
    for ((caller, callee), edge) in &outcome.edges {
        let place = edge.evidence.first().map(|evidence| at(&evidence.place)).unwrap_or_default();
        let list = if edge.class().is_rule() { &mut code.calls } else { &mut code.candidates };
        list.insert((caller.clone(), callee.clone()), place);
    }
    for finding in outcome.findings.iter().filter(|finding| hides_calls(finding.code)) {
        for service in &finding.services {
            let place = finding.marks.first().map(|(place, _)| at(place)).unwrap_or_default();
            code.open.entry(service.clone()).or_default().push(Open { what: finding.message.clone(), place });
        }
    }
    let read = outcome.services.iter().filter(|(_, functions)| **functions > 0).map(|(service, _)| service.clone());
    // A comment or the deploy can say all of what a service without readable code calls.
    code.read = read.chain(code.calls.keys().map(|(caller, _)| caller.clone())).collect();
    code
}

/// Whether a finding means that there may be calls which the scan does not see.
fn hides_calls(code: DiagnosticCode) -> bool {
    let asks = [
        DiagnosticCode::UnparsedCode,
        DiagnosticCode::UnexplainedMention,
        DiagnosticCode::UnknownClient,
        DiagnosticCode::NoEntry,
        DiagnosticCode::ScanLimit,
    ];
    code.severity() == Severity::Error || asks.contains(&code)
}

fn read_observations(session: &mut Session<'_>, path: &Path) -> anyhow::Result<Observations> {
    let name = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    let bytes = if path == Path::new("-") {
        session.os.read_stdin().context("cannot read standard input")?
    } else {
        code::read_file(&session.os.directory().join(path)).with_context(|| format!("cannot read `{name}`"))?
    };
    let Ok(text) = String::from_utf8(bytes) else { bail!("`{name}` is not UTF-8") };
    Observations::read(&text).map_err(|fault| match fault {
        NotObservations::Empty => anyhow::anyhow!("`{name}` is empty; observations begin with a header line"),
        NotObservations::Header(reason) => anyhow::anyhow!(
            "the first line of `{name}` is no header of observations: {reason}; `hedgerow-observer export` and `read` write them"
        ),
        NotObservations::Version(version) => {
            anyhow::anyhow!("`{name}` has observations of version {version}; this program reads version 1")
        }
        NotObservations::Window => anyhow::anyhow!("`{name}` ends before it begins: `to` is earlier than `from`"),
    })
}
