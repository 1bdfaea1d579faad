//! `hedgerow graph`: the network as a picture, a page or data.

mod aggregate;
mod facing;
mod network;
mod published;

use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, Graph, GraphFormat};
use crate::cli::cmd::seen;
use crate::cli::report;
use crate::cli::session::Session;
use anyhow::{Context, bail};
use hedgerow::write_file;
use hedgerow_core::diag::nearest;
use hedgerow_core::fleet::Scope;
use hedgerow_core::plan::{Plan, selector};
use hedgerow_core::source::Sources;
use hedgerow_graph::{Layout, Network, Node, Progress};
use hedgerow_observe::observations::{Observation, Observations};
use hedgerow_ready::used::{By, by_plan};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Work that takes longer shows how far it is.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it is shown.
const TICK: Duration = Duration::from_millis(100);

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Graph) -> anyhow::Result<Exit> {
    let format = format(args)?;
    let is_stdin = |files: &[PathBuf]| files.iter().any(|file| file == Path::new("-"));
    if is_stdin(&args.observations) && is_stdin(&args.manifests) {
        bail!("standard input can be read once: `-` stands among --observations and --manifests")
    }
    let observations = seen::read(session, &args.observations)?;
    let network = if let Some(catalogue) = &args.catalogue {
        aggregate::read(session, catalogue, &args.environment, &observations, &args.manifests)?
    } else {
        let loaded = session.load(Scope::Whole, DiagnosticFormat::Text)?;
        let plan = Session::plan(&loaded.fleet, &args.environment)?;
        of_plan(session, &plan, &loaded.sources, &observations, &args.manifests)?
    };
    let network = chosen(network, args)?;
    let text = match format {
        GraphFormat::Dot => hedgerow_graph::dot(&network),
        GraphFormat::Json => hedgerow_graph::json(&network).context("the network as JSON")?,
        GraphFormat::Csv => hedgerow_graph::csv(&network),
        GraphFormat::Mermaid => hedgerow_graph::mermaid(&network),
        GraphFormat::Svg => hedgerow_graph::svg(&network, &layout(session, &network)),
        GraphFormat::Html => {
            hedgerow_graph::html(&network, &layout(session, &network)).context("the network as a page")?
        }
    };
    match &args.out {
        None => session.out(&text)?,
        Some(path) => {
            write_file(&session.os.directory().join(path), &text)?;
            let (services, edges) =
                (report::count(network.nodes().len(), "service"), report::count(network.edges().len(), "edge"));
            session.note(&format!("wrote {} with {services} and {edges}\n", path.display()));
        }
    }
    if !observations.is_empty() {
        let alarms = report::count(network.alarms(), "caller");
        session.note(&format!("{alarms} seen making calls that nothing permits\n"));
    }
    Ok(Exit::Done)
}

/// A plan as a network, with what traffic showed of it and what manifests publish.
pub(super) fn of_plan(
    session: &mut Session<'_>,
    plan: &Plan,
    sources: &Sources,
    observations: &[Observations],
    manifests: &[PathBuf],
) -> anyhow::Result<Network> {
    let mut network = network::of(plan, sources).context("the plan as a network")?;
    if !observations.is_empty() {
        seen::of_environment(observations, plan.environment().as_str())?;
        network = with_traffic(network, observations, |caller, observation| by_plan(plan, caller, observation));
    }
    if !manifests.is_empty() {
        let config = plan.fleet().config();
        let fleet = plan.fleet();
        let wanted = fleet.services().chain(fleet.elsewhere()).map(|service| published::Wanted {
            service: service.name.to_string(),
            namespace: plan.service(&service.name).map(|planned| planned.namespace.to_string()),
            labels: published::labels(&selector(config, service)),
        });
        let found = published::read(session, manifests, &wanted.collect::<Vec<_>>())?;
        network = network.with_published(found);
    }
    Ok(network)
}

/// Lays what traffic showed on a network. `by` says what permits a service's call.
fn with_traffic(network: Network, observations: &[Observations], by: impl Fn(&str, &Observation) -> By) -> Network {
    let mut traffic = seen::traffic(observations, by);
    traffic.silence = seen::silence(observations, network.nodes().iter().map(|node| node.name.as_str()));
    network.with_traffic(traffic)
}

/// The format that is asked for, else the one that the file's name ends in, else DOT.
fn format(args: &Graph) -> anyhow::Result<GraphFormat> {
    let ending = args.out.as_deref().and_then(Path::extension).map(|ending| ending.to_string_lossy().to_lowercase());
    Ok(match (args.format, ending.as_deref()) {
        (Some(format), _) => format,
        (None, None | Some("dot" | "gv")) => GraphFormat::Dot,
        (None, Some("json")) => GraphFormat::Json,
        (None, Some("csv")) => GraphFormat::Csv,
        (None, Some("mmd" | "mermaid")) => GraphFormat::Mermaid,
        (None, Some("svg")) => GraphFormat::Svg,
        (None, Some("html" | "htm")) => GraphFormat::Html,
        (None, Some(other)) => bail!(
            "nothing is drawn as `.{}`: name a file that ends in .html, .htm, .svg, .mmd, .mermaid, .dot, .gv, .csv or .json, or the format with --format",
            other.escape_debug()
        ),
    })
}

/// The part of the network that the filters choose, with its neighbours; all of it where there is no filter.
fn chosen(network: Network, args: &Graph) -> anyhow::Result<Network> {
    if args.services.is_empty() && args.owners.is_empty() && args.types.is_empty() {
        return Ok(network);
    }
    for (what, wanted, known) in [
        ("owner", &args.owners, words(&network, Node::owner_text)),
        ("type", &args.types, words(&network, Node::type_text)),
    ] {
        for word in wanted {
            if !known.contains(&word.as_str()) {
                match nearest(word, known.iter().copied()) {
                    Some(near) => bail!("no service has the {what} `{word}`; did you mean `{near}`?"),
                    None => bail!("no service has the {what} `{word}`"),
                }
            }
        }
    }
    let mut globs = Vec::new();
    for pattern in &args.services {
        let glob = globset::Glob::new(pattern).with_context(|| format!("`{pattern}`"))?.compile_matcher();
        if !network.nodes().iter().any(|node| glob.is_match(&node.name)) {
            match nearest(pattern, network.nodes().iter().map(|node| node.name.as_str())) {
                Some(near) => bail!("no service matches `{pattern}`; did you mean `{near}`?"),
                None => bail!("no service matches `{pattern}`"),
            }
        }
        globs.push(glob);
    }
    let any = |wanted: &[String], word: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == word);
    let is_chosen = |node: &Node| {
        (globs.is_empty() || globs.iter().any(|glob| glob.is_match(&node.name)))
            && any(&args.owners, node.owner_text())
            && any(&args.types, node.type_text())
    };
    if !network.nodes().iter().any(is_chosen) {
        bail!("no service passes all of the filters");
    }
    Ok(network.around(is_chosen))
}

fn words(network: &Network, word: impl Fn(&Node) -> &str) -> Vec<&str> {
    let mut words: Vec<&str> = network.nodes().iter().map(word).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Lays the network out; on a terminal, work that takes long shows how far it is.
pub(super) fn layout(session: &mut Session<'_>, network: &Network) -> Layout {
    if !session.os.stderr_is_terminal() || session.global.quiet {
        return Layout::new(network, &|_| ());
    }
    let permille = AtomicUsize::new(0);
    let (done, result) = channel();
    let start = Instant::now();
    let mut is_shown = false;
    let layout = std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let layout = Layout::new(network, &|Progress { done, total }| {
                permille.fetch_max(done * 1_000 / total.max(1), Ordering::Relaxed);
            });
            // The other end is gone only where this thread is no longer waited for.
            let _unheard = done.send(());
            layout
        });
        while let Err(RecvTimeoutError::Timeout) = result.recv_timeout(TICK) {
            if start.elapsed() >= PATIENCE {
                is_shown = true;
                session.err(&format!("\rlaying out {:>3} %", permille.load(Ordering::Relaxed) / 10));
            }
        }
        work.join()
    });
    if is_shown {
        session.err("\r                 \r");
    }
    match layout {
        Ok(layout) => layout,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
