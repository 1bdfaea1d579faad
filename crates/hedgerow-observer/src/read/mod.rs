//! `hedgerow-observer read`: a file of a foreign format in, observations out where a catalogue says who the services are; else records.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the files that are read")]

mod world;

use crate::wire;
use anyhow::{Context, anyhow};
use clap::Args;
use hedgerow_observe::call::Call;
use hedgerow_observe::file::FileCalls;
use hedgerow_observe::ledger::{Days, Effect, Ledger, Question, Report, SourceReport};
use hedgerow_observe::naming::Micros;
use hedgerow_observe::observations::{Moment, Observations, Verdict};
use hedgerow_observe::{Format, Record, Tally};
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;
use world::{Files, World};

/// Arguments of `read`.
#[derive(Debug, Args)]
#[command(after_long_help = formats_help())]
pub(crate) struct Read {
    /// Format of the files; `auto` tells it from the beginning of each
    #[arg(long, short, default_value = "auto", value_parser = format, value_name = "FORMAT")]
    format: Choice,
    /// Who the services are: what `hedgerow catalogue --rules` prints; with it, observations come out instead of records
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// The environment whose stages count
    #[arg(long, value_name = "ENV", requires = "catalogue")]
    env: Option<String>,
    /// Whose addresses are whose: what `kubectl get pods -A -o json` prints (`pods,nodes` tells more)
    #[arg(long, value_name = "FILE", requires = "catalogue")]
    pods: Vec<PathBuf>,
    /// Policies and namespaces: manifests, or what `kubectl get … -A -o yaml` prints
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "catalogue")]
    policies: Vec<PathBuf>,
    /// The node that the files are of [default: that of --pods, where there is one]
    #[arg(long, value_name = "NODE", requires = "catalogue")]
    node: Option<String>,
    /// The time of records that have none (RFC 3339) [default: when the file was changed last]
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "catalogue")]
    at: Option<Moment>,
    /// When the machine started, for records that count from there (RFC 3339) [default: they are of the time of --at]
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "catalogue")]
    boot: Option<Moment>,
    /// Only calls to this service
    #[arg(long, value_name = "SERVICE", requires = "catalogue")]
    callee: Option<String>,
    /// Print the records all the same
    #[arg(long)]
    records: bool,
    /// Exit with 1 if something was not understood
    #[arg(long)]
    pub(crate) strict: bool,
    /// Files to read; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug)]
enum Choice {
    Auto,
    This(Format),
}

fn format(name: &str) -> Result<Choice, String> {
    if name == "auto" {
        return Ok(Choice::Auto);
    }
    let names = || Format::ALL.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
    Format::named(name).map(Choice::This).ok_or_else(|| format!("there is no such format; there are auto, {}", names()))
}

fn moment(text: &str) -> Result<Moment, String> {
    Moment::try_from(text.to_owned())
}

fn formats_help() -> String {
    let mut text = "Formats:\n".to_owned();
    for format in Format::ALL {
        text += &format!("  {:18} {}\n", format.name(), format.about().trim_end_matches('.').replace('`', ""));
    }
    text
}

/// What was read, for a person.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) lines: Vec<String>,
    pub(crate) not_understood: u64,
}

/// How much is read before the format is guessed, and at a time.
const PORTION: usize = 64 << 10;

/// Reads the files one after another, each by a reader of its own.
pub(crate) fn run(command: &Read, out: impl Write) -> anyhow::Result<Summary> {
    let mut out = BufWriter::new(out);
    let mut summary = Summary::default();
    let catalogue = command.catalogue.as_deref().filter(|_| !command.records);
    let mut account = match catalogue {
        Some(catalogue) => {
            let environment = command.env.as_deref();
            let files = Files { catalogue, environment, pods: &command.pods, policies: &command.policies };
            Some(Account::new(World::read(&files)?, command.node.clone()))
        }
        None => None,
    };
    for file in &command.files {
        let name = file.display().to_string();
        let mut input: Box<dyn io::Read> = if name == "-" {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(file).with_context(|| format!("cannot open {name}"))?)
        };
        let (format, tally) = match &mut account {
            Some(account) => {
                let micros = |moment: Moment| moment.0.saturating_mul(1_000_000);
                let at = match command.at {
                    Some(at) => micros(at),
                    None => changed(file),
                };
                let mut calls = FileCalls::new(at, command.boot.map(micros));
                let mut give = |format: Format, record: Record| {
                    calls.record(&record);
                    if calls.is_nearly_full() {
                        account.take(format, &name, &mut calls);
                    }
                    Ok(())
                };
                let (format, tally) = one(command.format, &mut *input, &name, &mut give)?;
                account.take(format, &name, &mut calls);
                account.end(format, &name, &calls);
                (format, tally)
            }
            None => {
                let mut give = |_, record: Record| wire::write_record(&mut out, &record);
                let (format, tally) = one(command.format, &mut *input, &name, &mut give)?;
                wire::write_tally(&mut out, &name, format, &tally)?;
                (format, tally)
            }
        };
        summary.not_understood += tally.not_understood();
        summary.lines.extend(describe(&name, format, &tally));
    }
    if let Some(account) = account {
        let (observations, lines) = account.finish(command.callee.as_deref());
        out.write_all(observations.to_text().as_bytes())?;
        summary.lines.extend(lines);
    }
    out.flush()?;
    Ok(summary)
}

/// What the calls of all files come to.
#[derive(Debug)]
struct Account {
    world: World,
    node: Option<String>,
    ledger: Ledger,
    effect: Effect,
    /// The time of all that was read.
    window: Option<(Micros, Micros)>,
    sources: Vec<(String, String, u64)>,
    notes: Vec<String>,
}

impl Account {
    fn new(world: World, node: Option<String>) -> Self {
        Self {
            node: node.or_else(|| world.node.clone()),
            notes: world.notes.clone(),
            world,
            ledger: Ledger::default(),
            effect: Effect::default(),
            window: None,
            sources: Vec::new(),
        }
    }

    /// Names, judges and counts the calls so far.
    fn take(&mut self, format: Format, file: &str, calls: &mut FileCalls) {
        let calls = calls.take();
        let node = self.node.clone().unwrap_or_else(|| file.to_owned());
        let source = source(format);
        let calls: Vec<Call<'_>> = calls.iter().map(|(call, span)| Call::summed(source, call, *span)).collect();
        for call in &calls {
            let (first, last) = self.window.unwrap_or((call.first, call.last));
            self.window = Some((first.min(call.first), last.max(call.last)));
        }
        let report =
            Report { node: &node, from: 0, to: 0, continues: None, calls, sources: Vec::new(), sent: Vec::new() };
        let World { fleet, names, verdicts, .. } = &mut self.world;
        let effect = self.ledger.take(&report, names, fleet, verdicts);
        self.ledger.commit(&effect);
        self.effect.merge(effect);
    }

    /// A file was read to its end.
    fn end(&mut self, format: Format, file: &str, calls: &FileCalls) {
        let node = self.node.clone().unwrap_or_else(|| file.to_owned());
        self.sources.push((node, source(format).to_owned(), calls.lost()));
        if calls.counters() > 0 {
            let count = calls.counters();
            self.notes.push(format!(
                "{file}: {}, without names of callers: --records prints them",
                hedgerow_core::diag::count(count, "counter")
            ));
        }
    }

    fn finish(mut self, callee: Option<&str>) -> (Observations, Vec<String>) {
        let (from, to) = self.window.unwrap_or_default();
        let mut days = Days::new(from);
        for (node, source, lost) in &self.sources {
            // A file tells what was seen, not that anybody looked all the time.
            let sources = vec![SourceReport { name: source, heard: false, lost: *lost, lost_unknown: false }];
            let report = Report { node, from, to, continues: None, calls: Vec::new(), sources, sent: Vec::new() };
            let World { fleet, names, verdicts, .. } = &mut self.world;
            self.effect.merge(self.ledger.take(&report, names, fleet, verdicts));
        }
        days.keep(&self.effect);
        let question = Question { since: from, until: to, callee: callee.map(str::to_owned) };
        let mut observations = days.observations(&question, Some(self.world.fleet.naming()));
        observations.header.environment = self.world.fleet.environment().map(str::to_owned);
        observations.header.labelling = self.world.fleet.labelling().map(str::to_owned);
        let mut counts =
            [(Verdict::Permitted, 0), (Verdict::Unpermitted, 0), (Verdict::Dropped, 0), (Verdict::Unknown, 0)];
        for observation in &observations.observed {
            for (verdict, count) in &mut counts {
                if *verdict == observation.verdict {
                    *count += 1;
                }
            }
        }
        let [(_, permitted), (_, unpermitted), (_, dropped), (_, unknown)] = counts;
        let mut lines = self.notes;
        lines.push(format!(
            "{}: {permitted} permitted, {unpermitted} unpermitted, {dropped} dropped, {unknown} unknown; {} to what is no service",
            hedgerow_core::diag::count(observations.observed.len(), "edge"),
            hedgerow_core::diag::count(self.effect.aside, "call")
        ));
        for (callee, count) in &self.effect.capped {
            lines.push(format!(
                "{callee} has more callers or ports than are told apart: {} counted as `other` or as port 0",
                hedgerow_core::diag::count(*count, "call")
            ));
        }
        (observations, lines)
    }
}

/// When a file was changed last; the beginning of time where nobody knows.
fn changed(file: &std::path::Path) -> Micros {
    let changed = std::fs::metadata(file).and_then(|it| it.modified()).ok();
    let since = changed.and_then(|changed| changed.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| Micros::try_from(since.as_micros()).ok()).unwrap_or_default()
}

/// The source that a format is of, as node parts name it.
fn source(format: Format) -> &'static str {
    match format {
        Format::CalicoFlows | Format::CalicoJson => "flows",
        Format::Hubble => "hubble",
        Format::Conntrack | Format::ConntrackNetlink => "conntrack",
        Format::KernelLog | Format::Kmsg | Format::JournalExport | Format::JournalJson => "kernel-log",
        Format::IptablesSave | Format::NftJson | Format::Nft | Format::RulesNetlink => "counters",
        Format::Gke | Format::Ovn | Format::Aws => format.name(),
    }
}

fn one(
    choice: Choice,
    input: &mut dyn io::Read,
    name: &str,
    take: &mut dyn FnMut(Format, Record) -> io::Result<()>,
) -> anyhow::Result<(Format, Tally)> {
    let mut beginning = Vec::new();
    input.take(PORTION as u64).read_to_end(&mut beginning).with_context(|| format!("cannot read {name}"))?;
    let format = match choice {
        Choice::This(format) => format,
        Choice::Auto if beginning.is_empty() => {
            return Err(anyhow!("{name} is empty: its format has to be named with --format (--help lists them)"));
        }
        Choice::Auto if beginning.starts_with(&[0x1f, 0x8b]) => {
            return Err(anyhow!("{name} is compressed: unpack it first, such as by `gzip -dc`"));
        }
        Choice::Auto => Format::detect(&beginning).ok_or_else(|| {
            anyhow!("cannot tell the format of {name} from its beginning: name it with --format (--help lists them)")
        })?,
    };
    let mut reader = format.reader();
    // A record is written when it comes; the first failure to write is kept, and ends the reading.
    let mut failure: Option<io::Error> = None;
    let mut give = |record: Record| {
        if failure.is_none()
            && let Err(error) = take(format, record)
        {
            failure = Some(error);
        }
    };
    reader.feed(&beginning, &mut give);
    let mut portion = vec![0; PORTION];
    loop {
        let length = match input.read(&mut portion) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error).with_context(|| format!("cannot read {name}")),
        };
        reader.feed(&portion[..length], &mut give);
    }
    reader.finish(&mut give);
    match failure {
        Some(error) => Err(error.into()),
        None => Ok((format, reader.tally().clone())),
    }
}

/// What a person should know: always how much there was, and everything that was not understood.
fn describe(name: &str, format: Format, tally: &Tally) -> Vec<String> {
    let mut lines = vec![format!(
        "{name}: {} from {} ({}); {} of no interest, {} not understood",
        hedgerow_core::diag::count(tally.records, "record"),
        hedgerow_core::diag::count(tally.pieces, "piece"),
        format.name(),
        tally.aside,
        tally.not_understood()
    )];
    for (fault, misread) in &tally.faults {
        lines.push(format!(
            "{name}: not understood, {} ×: {fault}; first at piece {}: {}",
            misread.count, misread.piece, misread.excerpt
        ));
    }
    for (notice, count) in &tally.notices {
        lines.push(format!("{name}: note, {count} ×: {notice}"));
    }
    lines
}

/// Whether whoever read our output has gone.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
