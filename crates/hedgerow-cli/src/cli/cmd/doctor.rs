//! `hedgerow doctor`: what on this machine, in this tree and in a cluster would keep Hedgerow from working.
//!
//! It is the one command that starts other programs: it asks them for their versions.

mod cluster;
mod helm;
mod plugins;
mod programs;

use crate::cli::Exit;
use crate::cli::args::Doctor;
use crate::cli::report::{count, summary};
use crate::cli::session::Session;
use crate::look::Look;
use anyhow::Context;
use hedgerow::{Parts, misnamed_config};
use hedgerow_core::fleet::{Fleet, Scope};

/// How a finding is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// It is as it should be.
    Good,
    /// Worth knowing.
    Note,
    /// Something will not work.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug)]
struct Finding {
    level: Level,
    text: String,
    help: Option<String>,
}

impl Finding {
    fn good(text: impl Into<String>) -> Self {
        Self { level: Level::Good, text: text.into(), help: None }
    }

    fn note(text: impl Into<String>, help: impl Into<String>) -> Self {
        Self { level: Level::Note, text: text.into(), help: Some(help.into()) }
    }

    fn problem(text: impl Into<String>, help: impl Into<String>) -> Self {
        Self { level: Level::Problem, text: text.into(), help: Some(help.into()) }
    }
}

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Doctor) -> anyhow::Result<Exit> {
    let here = session.os.directory().to_path_buf();
    // None is no fault here: a stranger asks the doctor first.
    let root = session.root().ok();
    let programs = programs::programs(session.os);
    let mut sections = vec![("Programs", programs::look(&programs, session.os))];
    sections.push(("Plugins", plugins::look(&programs, session.os)));
    let mut tree = Vec::new();
    let mut fleet = None;
    match &root {
        None => tree.push(match here.ancestors().find_map(misnamed_config) {
            Some(found) => Finding::problem(
                format!(
                    "there is no hedgerow.yaml here or above, but there is `{}`, which nobody reads",
                    found.display()
                ),
                "rename it to `hedgerow.yaml`",
            ),
            None => Finding::note(
                "there is no hedgerow.yaml here or above",
                "`hedgerow init` looks at the tree and writes one; with -C, name the fleet's root",
            ),
        }),
        Some(_) => {
            let found = session.read_parts(Scope::Whole, Parts::Searched)?.reading;
            let faults = summary(&found.diagnostics);
            tree.push(match (&found.fleet, faults) {
                (Some(fleet), None) => Finding::good(size(fleet)),
                (Some(fleet), Some(faults)) => {
                    Finding::note(format!("{}: {faults}", size(fleet)), "`hedgerow check` says more")
                }
                (None, faults) => Finding::problem(
                    format!("the fleet is faulty: {}", faults.unwrap_or_default()),
                    "`hedgerow check` says what is wrong; nothing is rendered before it is right",
                ),
            });
            fleet = found.fleet;
        }
    }
    let look = Look::at(root.as_ref().unwrap_or(&here)).context("cannot read the tree")?;
    tree.extend(plugins::functions(&look, &programs));
    sections.push(("Tree", tree));
    let dump = if args.dump.is_empty() { None } else { Some(cluster::read(session, &args.dump)?) };
    sections.push(("Cluster", cluster::look(fleet.as_ref(), dump.as_ref())));
    let mut text = String::new();
    for (title, findings) in &sections {
        text.push_str(&format!("{title}\n"));
        for finding in findings {
            let level = match finding.level {
                Level::Good => "ok",
                Level::Note => "note",
                Level::Problem => "problem",
            };
            text.push_str(&format!("  {level:8}{}\n", finding.text));
            text.extend(finding.help.iter().map(|help| format!("          help: {help}\n")));
        }
    }
    session.out(&text)?;
    let problems =
        sections.iter().flat_map(|(_, findings)| findings).filter(|finding| finding.level == Level::Problem).count();
    let said = if problems == 0 { "no problem found".to_owned() } else { count(problems, "problem") };
    session.note(&format!("{said}\n"));
    Ok(if problems == 0 { Exit::Done } else { Exit::Findings })
}

fn size(fleet: &Fleet) -> String {
    format!(
        "a fleet of {} and {} in {}",
        count(fleet.services().count(), "service"),
        count(fleet.rules().count(), "rule"),
        count(fleet.config().environments.len(), "environment")
    )
}
