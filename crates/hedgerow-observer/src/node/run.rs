//! `hedgerow-observer node`: starts the watchers, sends what they summed, ends in order.
#![allow(clippy::print_stderr, reason = "what a person should know of the sources goes to the log")]

use super::flow_socket;
use super::health::{Told, pages};
use super::state::{BEGUN, Shared, batches};
use super::watch_counters::SharedCounters;
use super::{Stop, watch_connections, watch_counters, watch_hubble, watch_kernel_log};
use crate::clock;
use crate::uplink::{self, Link};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior};

/// Arguments of `node`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Node {
    #[command(flatten)]
    uplink: uplink::Options,
    /// The node's name in Kubernetes
    #[arg(long, value_name = "NAME")]
    node_name: String,
    /// What is listened to
    #[arg(long, value_delimiter = ',', default_value = "flows,conntrack,kernel-log,counters", value_name = "SOURCE,…")]
    sources: Vec<SourceName>,
    /// Calico's flow socket, which this program makes
    #[arg(long, default_value = flow_socket::PATH, value_name = "PATH")]
    flow_socket: PathBuf,
    /// Hubble's export file, for the source `hubble`
    #[arg(long, value_name = "FILE")]
    hubble_file: Option<PathBuf>,
    /// Seconds after which an export file into which nothing is written is a fault
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    hubble_quiet: u64,
    /// Seconds between batches
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    interval: u64,
    /// Seconds between readings of rule counters
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    counters_every: u64,
    /// Kilobytes of batches that wait for the collector; what does not fit is counted as lost
    #[arg(long, default_value_t = 4096, value_name = "KB", value_parser = clap::value_parser!(u64).range(64..=1_048_576))]
    queue: u64,
    /// Kilobytes that the kernel keeps of events of connections that wait to be read
    #[arg(long, default_value_t = (watch_connections::BUFFER >> 10) as u64, value_name = "KB", value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    events_buffer: u64,
    /// Address of the health port: `/-/healthy`, `/-/ready`, `/metrics`
    #[arg(long, value_name = "ADDRESS:PORT")]
    health: Option<SocketAddr>,
}

/// A source by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum SourceName {
    /// Calico's flow socket (Calico 3.30 and later): names and verdicts
    Flows,
    /// Connection tracking: every connection, by address
    Conntrack,
    /// Lines of log rules, by address
    KernelLog,
    /// Counters of Calico's rules: exact numbers without names
    Counters,
    /// Hubble's export file (Cilium): names and verdicts
    Hubble,
}

const EXAMPLES: &str = "\
Examples:
  On a node with Calico, as the DaemonSet runs it:
    hedgerow-observer node --node-name $(NODE_NAME) --collector https://hedgerow-observer.hedgerow-observer.svc:9465 \\
      --ca /etc/hedgerow/ca.crt --token /var/run/secrets/hedgerow/token --health 0.0.0.0:9402
  With a client certificate (CN=<node>) in place of a token:
    hedgerow-observer node --node-name n1 --collector https://10.0.0.7:9465 --server-name hedgerow-observer \\
      --ca ca.crt --certificate n1.crt --key n1.key
  On a node with Cilium:
    hedgerow-observer node --node-name n1 … --sources hubble --hubble-file /var/run/cilium/hubble/events.log
  By hand, against a collector on this machine:
    hedgerow-observer node --node-name n1 --collector http://127.0.0.1:9465 --sources conntrack

It needs CAP_NET_ADMIN in the node's network namespace (conntrack, counters), and CAP_SYSLOG and /dev/kmsg (kernel-log). It writes no file but the
flow socket, starts no other program but iptables-legacy-save where there are legacy tables, and speaks to nobody but the collector.
Exit codes: 0 ended by a signal, 2 the command is at fault.";

/// How long the end waits for receipts.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Runs until a signal ends it.
///
/// # Errors
/// If the command is at fault. What sources and collector do is no error: it is said, and tried again.
pub fn run(command: Node) -> anyhow::Result<()> {
    if command.node_name.is_empty() {
        bail!("--node-name is empty");
    }
    if command.sources.contains(&SourceName::Hubble) != command.hubble_file.is_some() {
        bail!("--sources hubble and --hubble-file belong together: the one says that the other is read");
    }
    if let Some(warning) = command.uplink.check()? {
        eprintln!("warning: {warning}");
    }
    // One thread is enough for what is sent; each watcher has its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no run time")?;
    let result = runtime.block_on(main(command));
    // Threads that wait for the kernel are not waited for.
    runtime.shutdown_background();
    result
}

async fn main(command: Node) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let start = clock::now();
    let queue = usize::try_from(command.queue << 10).unwrap_or(usize::MAX);
    let link = Arc::new(Link::new(clock::life(), queue));
    let stop = Stop::new();
    let counters = SharedCounters::default();
    let (sources, watchers) = watch(&command, &counters, &stop, start.unix)?;
    let told = Told {
        node: command.node_name.as_str().into(),
        sources: sources.clone().into(),
        link: Arc::clone(&link),
        status: link.status(),
    };
    if let Some(address) = command.health {
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        tokio::spawn(async move { axum::serve(listener, pages(told)).await });
    }
    let mut sending = tokio::spawn(uplink::run(command.uplink.clone(), Arc::clone(&link)));
    let mut sender = Sender { command: &command, sources: &sources, counters: &counters, link: &link, last: start };
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut status = link.status();
    let mut due = Instant::now() + Duration::from_secs(command.interval);
    let mut told = None;
    loop {
        tokio::select! {
            _ = tick.tick() => {
                sender.tell();
                let is_nearly_full = sources.iter().any(|source| source.lock().sums.is_nearly_full());
                if Instant::now() >= due || is_nearly_full {
                    due = Instant::now() + Duration::from_secs(command.interval);
                    sender.send();
                }
            }
            _ = status.changed() => {
                let now = status.borrow_and_update().clone();
                let line = match (now.is_connected, now.fault) {
                    (true, _) => Some("collector: connected".to_owned()),
                    (false, Some(fault)) => Some(format!("collector: {fault}; what is seen is kept and sent again")),
                    (false, None) => None,
                };
                if line.is_some() && line != told {
                    eprintln!("{}", line.as_deref().unwrap_or_default());
                    told = line;
                }
            }
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    stop.set();
    // What the watchers have read is summed; what waits in the kernel's queues is read by nobody any more.
    sender.send();
    tokio::select! {
        () = link.flushed() => {}
        _ = &mut sending => {}
        () = tokio::time::sleep(LAST_WORDS) => eprintln!("collector: {} batches have no receipt and are lost", link.size().0),
    }
    for watcher in watchers {
        if watcher.is_finished() {
            let _panic = watcher.join();
        }
    }
    Ok(())
}

/// Starts the watchers.
fn watch(
    command: &Node,
    counters: &SharedCounters,
    stop: &Stop,
    since: i64,
) -> anyhow::Result<(Vec<Shared>, Vec<thread::JoinHandle<()>>)> {
    let mut sources = Vec::new();
    let mut watchers = Vec::new();
    let mut names = command.sources.clone();
    names.sort();
    names.dedup();
    for name in names {
        let (text, lasts) = match name {
            SourceName::Flows => ("flows", flow_socket::PROOF_LASTS),
            SourceName::Conntrack => ("conntrack", watch_connections::PROOF_LASTS),
            SourceName::KernelLog => ("kernel-log", watch_kernel_log::PROOF_LASTS),
            SourceName::Counters => ("counters", i64::try_from(command.counters_every).unwrap_or(600) * 2 + 5),
            SourceName::Hubble => ("hubble", watch_hubble::PROOF_LASTS),
        };
        let source = Shared::new(text, lasts);
        sources.push(source.clone());
        let (stop, counters) = (stop.clone(), counters.clone());
        let body: Box<dyn FnOnce() + Send> = match name {
            SourceName::Flows => {
                tokio::spawn(flow_socket::serve(source, stop, command.flow_socket.clone(), since));
                continue;
            }
            SourceName::Conntrack => {
                watch_connections::settings().into_iter().for_each(|line| eprintln!("{line}"));
                let buffer = usize::try_from(command.events_buffer << 10).unwrap_or(usize::MAX);
                Box::new(move || watch_connections::watch(&source, &stop, buffer))
            }
            SourceName::KernelLog => Box::new(move || watch_kernel_log::watch(&source, &stop, since)),
            SourceName::Counters => {
                let every = Duration::from_secs(command.counters_every);
                Box::new(move || watch_counters::watch(&source, &counters, &stop, every))
            }
            SourceName::Hubble => {
                let path = command.hubble_file.clone().unwrap_or_default();
                let quiet = Duration::from_secs(command.hubble_quiet);
                Box::new(move || watch_hubble::watch(&source, &stop, &path, quiet, since))
            }
        };
        watchers.push(thread::Builder::new().name(text.to_owned()).spawn(body).context("no thread")?);
    }
    Ok((sources, watchers))
}

struct Sender<'a> {
    command: &'a Node,
    sources: &'a [Shared],
    counters: &'a SharedCounters,
    link: &'a Link,
    /// When what was sent last ended.
    last: hedgerow_observe::sum::Now,
}

impl Sender<'_> {
    /// Sends what there is since the last time.
    fn send(&mut self) {
        let now = clock::now();
        // By the clock that never goes back: an interval is as long as it was, whatever was set meanwhile.
        let from = now.unix - (now.boot - self.last.boot);
        self.last = now;
        let (mut sums, mut told) = (Vec::new(), Vec::new());
        for source in self.sources {
            let mut source = source.lock();
            let (of, said) = source.take(now);
            sums.extend(of);
            if !source.is_absent {
                told.push(said);
            }
        }
        let counters = if self.command.sources.contains(&SourceName::Counters) {
            self.counters.with(|counters| counters.take(now))
        } else {
            Vec::new()
        };
        for batch in batches(&self.command.node_name, from, now.unix, sums, counters, told) {
            self.link.push(batch);
        }
    }

    /// Tells a person what has changed.
    fn tell(&self) {
        let now = clock::now();
        for source in self.sources {
            let mut source = source.lock();
            let name = source.name;
            for notice in source.new_notices() {
                eprintln!("{name}: {notice}");
            }
            let state = source.hearing.fault(now).unwrap_or_else(|| "heard".to_owned());
            // At its very beginning nothing is known.
            if source.told.as_deref() != Some(&*state) && state != BEGUN {
                eprintln!("{name}: {state}");
                source.told = Some(state);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the help says is what is shipped, and a dead agent is noticed within a minute.
    #[test]
    fn the_help_names_what_is_shipped() {
        let shipped = include_str!("../../../../integrations/observer/base/node.yaml");
        assert!(shipped.contains("https://hedgerow-observer.$(NAMESPACE).svc:9465"));
        let documented = include_str!("../../../../docs/observe.md");
        for text in [EXAMPLES, documented] {
            assert!(text.contains("https://hedgerow-observer.hedgerow-observer.svc:9465"));
            assert!(!text.contains("8443") && !text.contains("hedgerow-collector"));
        }
        let command = Node::augment_args(clap::Command::new("node"));
        let quiet = command.get_arguments().find(|argument| argument.get_id() == "hubble_quiet").unwrap();
        assert_eq!(quiet.get_default_values(), ["60"]);
    }
}
