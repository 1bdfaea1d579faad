//! `hedgerow-observer collector`: takes what node parts see, names both ends, judges, keeps, and tells.
//!
//! ```text
//!  node parts ──► intake ──► desk ──► ledger, store ──► metrics, observations, page, Events
//!  canaries         │          ▲
//!                  auth        └── names, verdicts ◄── watches of the API server, catalogue
//! ```
//!
//! A batch waits at the desk for some seconds, until the API server has surely told whose its addresses were. A receipt is given when it is
//! kept. Everything that is held is bounded; what is beyond waits with the node parts, which count what they have to let go.

mod args;
mod auth;
mod batch;
mod catalogue;
mod clock;
mod desk;
mod events;
mod files;
mod http;
mod intake;
mod light;
mod metrics;
mod names;
mod page;
mod say;
mod serve;
mod skew;
mod state;
mod tls;
mod watch;
mod watched;
mod world;

pub use args::{Addresses, Collector};

use crate::store::{Opened, Store};
use anyhow::{Context, bail};
use desk::Desk;
use say::say;
use state::State;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tls::Certificates;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// How often files are looked at that may change.
const LOOK: Duration = Duration::from_secs(5);
/// How often it is written down what runs where.
const WATCHED: Duration = Duration::from_secs(30);
/// How often old days are forgotten.
const FORGET: Duration = Duration::from_secs(6 * 3600);
/// How many batches are on their way to the desk.
const ORDERS: usize = 256;
/// How many calls wait to become Events.
const NOTICES: usize = 1_000;
/// How long connections may take to end when the collector goes down.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long an outsider that was seen before is remembered, in microseconds.
const RECENT: i64 = 30 * 86_400 * 1_000_000;

/// Runs the collector until a signal ends it.
///
/// # Errors
/// When what it is told makes no sense or cannot be had: flags, certificates, ports, the store.
pub(crate) fn run(arguments: &Collector) -> anyhow::Result<()> {
    check(arguments)?;
    // Whoever links us with another provider of cryptography in the tree has to be told which one counts.
    let _is_set_already = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(8).build()?;
    let outcome = runtime.block_on(serve(arguments));
    runtime.shutdown_timeout(GOODBYE);
    outcome
}

/// What is refused before anything is opened.
fn check(arguments: &Collector) -> anyhow::Result<()> {
    if arguments.tls_cert.is_none() {
        for (flag, address) in [("--listen", arguments.listen), ("--listen-intake", arguments.listen_intake)] {
            if !address.ip().is_loopback() {
                bail!(
                    "{flag} {address} is not on loopback, and plain text is for loopback only: give --tls-cert and --tls-key"
                );
            }
        }
        say("plain text", "without --tls-cert everything is served as plain text, on loopback only");
    }
    if arguments.token_file.is_none() && !arguments.review_tokens {
        bail!("nobody could read anything: give --token-file, --review-tokens, or both");
    }
    if arguments.client_ca.is_none() && arguments.node_account.is_none() {
        bail!("nobody could send anything: give --node-account, --client-ca, or both");
    }
    if arguments.patience < arguments.settle {
        bail!("--patience is shorter than --settle");
    }
    Ok(())
}

async fn serve(arguments: &Collector) -> anyhow::Result<()> {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let config = kube::Config::infer()
        .await
        .context("cannot tell where the API server is: neither a kubeconfig nor a service account")?;
    let client = kube::Client::try_from(config).context("cannot make a client of the API server")?;
    let readers = Arc::new(auth::Readers::new(client.clone(), arguments)?);
    let certificates = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => {
            let of = |client_ca: Option<&std::path::PathBuf>| {
                let files =
                    tls::Files { certificate: certificate.clone(), key: key.clone(), client_ca: client_ca.cloned() };
                Certificates::read(files).map(Arc::new)
            };
            // Only node parts are asked for certificates.
            Some((of(None)?, of(arguments.client_ca.as_ref())?))
        }
        _ => None,
    };

    files::directory(&arguments.data)?;
    let at = clock::now();
    let path = arguments.data.join("observations.redb");
    let (store, opened) = Store::open(&path, at).with_context(|| format!("cannot open {}", path.display()))?;
    match &opened {
        Opened::New => say("store", &format!("{} is new: of the time before nothing is known", path.display())),
        Opened::Kept => {}
        Opened::Replaced { aside, why } => {
            say(
                "store",
                &format!(
                    "the store was no good ({why}); it lies in {}, and of the time before nothing is known",
                    aside.display()
                ),
            );
        }
    }
    let ledger = store.ledger(at - RECENT).context("cannot read the store")?;

    let lag = i64::try_from(arguments.settle.as_micros()).unwrap_or(i64::MAX);
    let world = Arc::new(world::World::new(at, lag));
    let events = Arc::new(events::Written::default());
    let notices = arguments.events.then(|| {
        let (sender, receiver) = mpsc::channel(NOTICES);
        tokio::spawn(events::write(client.clone(), receiver, events.clone()));
        sender
    });
    let mut calls = metrics::Calls::new(arguments.callers_per_callee);
    // Every edge that was ever counted: a counter goes on where it was.
    // Those that were seen first come first, as they did then: where there are more callers than are told apart, mostly the same are.
    let mut totals = store.totals().context("cannot read the store")?;
    totals.sort_by_key(|(_, tally)| tally.first);
    for (edge, tally) in totals {
        calls.add(edge, tally.count.max(1), None);
    }
    let watches = Arc::new(watch::Watches::default());
    let desk = Arc::new(Desk::new(world.clone(), watches.clone(), store, ledger, calls, arguments.patience, notices));
    let state = Arc::new(State {
        world: world.clone(),
        desk: desk.clone(),
        watches,
        catalogue: Arc::default(),
        clocks: Arc::default(),
        refusals: Arc::default(),
        readers,
        events,
        watched: Arc::new(watched::Watched::default()),
        files: Arc::new(Mutex::new(BTreeMap::new())),
        expected: Mutex::new(None),
        has_canaries: arguments.canary_account.is_some(),
    });

    state.watched.read(&desk.store);
    let (domain, domains) = tokio::sync::watch::channel(None);
    let place = catalogue::Place::of(&arguments.catalogue);
    tokio::spawn(catalogue::follow(place, arguments.env.clone(), world.clone(), state.catalogue.clone(), domain));
    let (anew, _) = tokio::sync::watch::channel(0);
    let shared = watch::Shared { client: client.clone(), world: world.clone(), watches: state.watches.clone(), anew };
    watch::start(&shared, arguments.addresses, domains);

    let (orders, received) = mpsc::channel(ORDERS);
    let at_work = tokio::spawn(desk.clone().run(received, stopped.clone()));
    let senders = Arc::new(auth::Senders::new(client, arguments));
    let intake = intake::Intake::new(senders, orders, world, state.clocks.clone(), state.refusals.clone());
    let intake = tonic::service::Routes::new(intake.server()).into_axum_router();

    let listen = |address: SocketAddr| async move {
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
    };
    let (web, own, health) = (
        listen(arguments.listen).await?,
        listen(arguments.listen_intake).await?,
        listen(arguments.listen_health).await?,
    );
    say(
        "listening",
        &format!(
            "serving on {}, intake on {}, health on {}",
            web.local_addr()?,
            own.local_addr()?,
            health.local_addr()?
        ),
    );
    let (for_web, for_intake) = certificates.clone().unzip();
    tokio::spawn(serve::serve(web, for_web, http::guarded(state.clone()), stopped.clone()));
    tokio::spawn(serve::serve(own, for_intake, intake, stopped.clone()));
    tokio::spawn(serve::serve(health, None, http::health(state.clone()), stopped.clone()));
    tokio::spawn(look_again(state.clone(), certificates));
    tokio::spawn(write_down(state.clone(), arguments.keep_days));

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        ended = at_work => bail!("the desk ended by itself: {ended:?}"),
    }
    say("end", "going down: what has no receipt yet stays with the node parts");
    let _nobody_listens = stop.send(true);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let last = state.clone();
    let _ended =
        tokio::task::spawn_blocking(move || last.watched.take(&last.world, &last.watches, &last.desk.store)).await;
    Ok(())
}

/// Reads certificates and tokens again.
async fn look_again(state: Arc<State>, certificates: Option<(Arc<Certificates>, Arc<Certificates>)>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let tell = |file: &'static str, outcome: anyhow::Result<bool>| {
            match &outcome {
                Ok(true) => say(file, &format!("{file} were read again")),
                Ok(false) => {}
                Err(error) => say(file, &format!("{file} cannot be read again, the old ones stay in use: {error:#}")),
            }
            desk::lock(&state.files).insert(file, outcome.is_ok());
        };
        if let Some((for_web, for_intake)) = &certificates {
            tell("certificates", for_web.refresh().and_then(|web| Ok(for_intake.refresh()? || web)));
        }
        tell("tokens", state.readers.refresh().map(|()| false));
    }
}

/// Writes down what runs where, forgets nodes that are gone, and days that are long ago.
async fn write_down(state: Arc<State>, keep_days: u32) {
    let mut forgotten: Option<tokio::time::Instant> = None;
    loop {
        tokio::time::sleep(WATCHED).await;
        let is_due = forgotten.is_none_or(|at| at.elapsed() >= FORGET);
        if is_due {
            forgotten = Some(tokio::time::Instant::now());
        }
        let state = state.clone();
        let work = move || {
            state.watched.take(&state.world, &state.watches, &state.desk.store);
            forget_nodes(&state);
            if is_due {
                let first =
                    hedgerow_observe::ledger::day_of(clock::now()) - i32::try_from(keep_days).unwrap_or(i32::MAX);
                if let Err(error) = desk::lock(&state.desk.store).forget(first) {
                    say("forget", &format!("old days cannot be forgotten: {error}"));
                }
            }
        };
        if tokio::task::spawn_blocking(work).await.is_err() {
            say("write down", "writing down what runs failed in a way that it must not");
        }
    }
}

/// Nodes that the API server does not list any more are expected no more.
fn forget_nodes(state: &State) {
    let nodes: BTreeSet<String> = {
        let known = state.world.known();
        if !state.watches.are_whole() {
            return;
        }
        known.names.nodes().map(str::to_owned).collect()
    };
    let of_sources: BTreeSet<Arc<str>> = state.desk.sources().into_iter().map(|line| line.node).collect();
    // Those of which nobody has told anything are expected, too.
    let all: BTreeSet<String> = desk::lock(&state.desk.store).nodes().map(str::to_owned).collect();
    let gone = all.into_iter().filter(|node| !nodes.contains(node) && !of_sources.contains(&**node)).collect();
    let of_sources = of_sources.iter().filter(|node| !nodes.contains(&***node)).map(ToString::to_string);
    for node in of_sources.chain(state.watched.not_told_gone(gone)) {
        if state.desk.remove_node(&node) {
            state.watched.gone(&node);
        }
    }
}
