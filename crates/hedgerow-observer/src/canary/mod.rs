//! `hedgerow-observer canary`: calls that must be seen.
//!
//! A pod that wears no label of any service calls every service, again and again. What it sent it tells the collector; what sources saw of it the
//! collector knows. Where less is seen than was sent, silence of that callee proves nothing.
//!
//! A call is a TCP connection that is closed as soon as it is open: nothing is said on it. In `enforce` it is dropped, which the sources of drops
//! must see. Nothing is called that the collector was not told of before, and has on its disk: it knows from which addresses canaries
//! call before it can see a call of theirs, and while it is away the canary is quiet.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the door to the network, and to the catalogue's file"
)]
#![allow(clippy::print_stderr, reason = "where text meets a person")]

mod targets;

use crate::clock;
use crate::link::{self, Batch, End, Outcome, Sum};
use crate::uplink::{self, Link};
use anyhow::{Context, bail};
use clap::Args;
use hedgerow_observe::fleet::Fleet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use targets::Target;
use tokio::net::{TcpSocket, UdpSocket, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// Arguments of `canary`.
#[derive(Debug, Clone, Args)]
pub struct Canary {
    /// The name in Kubernetes of the node on which its pod runs
    #[arg(long, value_name = "NAME")]
    node_name: String,
    #[command(flatten)]
    uplink: uplink::Options,
    /// The catalogue, of which every service with a port of TCP is called; read again when it changes
    #[arg(long, value_name = "FILE", required_unless_present = "call")]
    catalogue: Option<PathBuf>,
    /// Call these services of the catalogue alone
    #[arg(long, value_name = "SERVICE")]
    callee: Vec<String>,
    /// Do not call these
    #[arg(long, value_name = "SERVICE")]
    skip: Vec<String>,
    /// Where a service is called: {service} service.ledger, {dashed} service-ledger, {short} ledger, {slug} s-ledger, {namespace}
    #[arg(long, value_name = "TEMPLATE", default_value = "{short}.{namespace}.svc", value_parser = targets::parse_template)]
    host: String,
    /// Call a service here instead, on this port
    #[arg(long, value_name = "SERVICE=HOST:PORT", value_parser = targets::parse_call)]
    call: Vec<(String, String, u16)>,
    /// How often each is called, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=120))]
    interval: u16,
    /// How long an answer may take, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 900, value_parser = clap::value_parser!(u16).range(10..=30_000))]
    patience: u16,
}

/// How much may wait for the collector, in bytes. One batch is kept whatever its size, and there is never a second.
const QUEUE: usize = 1 << 20;
/// How many names are looked up at once.
const LOOK_UPS: usize = 64;
/// An address of nobody's, to learn the address of this machine by (RFC 5737). Nothing is sent there.
const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);
/// The longest catalogue that is read, in bytes.
const LARGEST: u64 = 64 << 20;
/// How long the last batch may take to arrive, once the canary is told to end.
const GOODBYE: Duration = Duration::from_secs(5);

/// Calls until it is told to end.
///
/// # Errors
/// When the arguments make no sense, or the catalogue cannot be read at the start.
pub(crate) fn run(command: &Canary) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(call_until_told(command))
}

async fn call_until_told(command: &Canary) -> anyhow::Result<()> {
    if let Some(said) = command.uplink.check()? {
        eprintln!("note: {said}");
    }
    let mut book = Book::new(command);
    book.read_catalogue().context("the catalogue cannot be used")?;
    if book.targets().is_empty() {
        bail!(
            "nobody is to be called: no service of the catalogue that is asked for has a port of TCP, and there is no --call"
        );
    }
    let link = Arc::new(Link::new(clock::life(), QUEUE));
    let sending = tokio::spawn(uplink::run(command.uplink.clone(), Arc::clone(&link)));
    let mut told = std::pin::pin!(end());
    let rounds = rounds(command, &mut book, &link);
    tokio::select! {
        () = rounds => {}
        result = &mut told => result?,
    }
    // What was called in this round is not told: less is sent than seen, which accuses nobody.
    let _in_time = timeout(GOODBYE, link.flushed()).await;
    sending.abort();
    Ok(())
}

/// Waits for somebody to end the program.
async fn end() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen to signals")?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result.context("cannot listen to signals")?,
    }
    Ok(())
}

/// Whom the collector knows to be called, and from which addresses.
type Told = BTreeSet<(String, Vec<u8>)>;

async fn rounds(command: &Canary, book: &mut Book<'_>, link: &Arc<Link>) {
    let status = link.status();
    let mut declared: Option<(u64, Told)> = None;
    let interval = Duration::from_secs(u64::from(command.interval));
    for round in 0_usize.. {
        let begin = Instant::now();
        if let Err(error) = book.read_catalogue() {
            book.say("", &format!("the catalogue cannot be used, the last one stays in use: {error:#}"));
        }
        let places = book.places(round).await;
        // Told before it is called, on every connection anew: the collector may be another one.
        let who: Told = places.iter().map(|place| (place.target.callee.clone(), octets(place.from))).collect();
        loop {
            let connections = status.borrow().connections;
            let is_known = declared.as_ref().is_some_and(|(on, known)| *on == connections && known.is_superset(&who));
            if is_known && status.borrow().is_connected {
                break;
            }
            if let Some(fault) = status.borrow().fault.clone() {
                book.say("", &format!("quiet while the collector is away: {fault}"));
            }
            link.push(batch(command, &places, &BTreeMap::new()));
            link.flushed().await;
            declared = Some((status.borrow().connections, who.clone()));
        }
        book.say("", "");
        let calls = call_all(&places, begin, interval, Duration::from_millis(u64::from(command.patience))).await;
        for (place, call) in places.iter().zip(calls.values()) {
            book.say(&place.target.callee, call.fault.as_deref().unwrap_or_default());
        }
        link.push(batch(command, &places, &calls));
        link.flushed().await;
        sleep_until(begin + interval).await;
    }
}

/// One place to call in this round, and from where.
#[derive(Debug, Clone)]
struct Place {
    target: Target,
    to: Option<SocketAddr>,
    from: IpAddr,
}

/// What came of one call.
#[derive(Debug, Clone)]
struct Call {
    at: i64,
    outcome: Outcome,
    fault: Option<String>,
}

/// Whom to call, and what was last said of each.
#[derive(Debug)]
struct Book<'a> {
    command: &'a Canary,
    text: Option<String>,
    fleet: Option<Fleet>,
    said: BTreeMap<String, String>,
    /// Callees whose names led somewhere once. They are told of for as long as this program lives.
    found: BTreeSet<String>,
}

impl<'a> Book<'a> {
    const fn new(command: &'a Canary) -> Self {
        Self { command, text: None, fleet: None, said: BTreeMap::new(), found: BTreeSet::new() }
    }

    /// Reads the catalogue again, if it changed.
    fn read_catalogue(&mut self) -> anyhow::Result<()> {
        let Some(path) = &self.command.catalogue else { return Ok(()) };
        let text = read(path)?;
        if self.text.as_ref() == Some(&text) {
            return Ok(());
        }
        let reading = Fleet::read(&path.display().to_string(), &text, None);
        self.text = Some(text);
        let Some(fleet) = reading.fleet else {
            let first = reading.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
            bail!("{}", first.map_or("it is none", |diagnostic| diagnostic.message.as_str()));
        };
        for name in self.command.callee.iter().filter(|name| fleet.named(name).is_none()) {
            eprintln!("{name} is not in the catalogue, and is not called");
        }
        self.fleet = Some(fleet);
        Ok(())
    }

    fn targets(&self) -> Vec<Target> {
        let set = |names: &[String]| names.iter().cloned().collect();
        let Canary { callee, skip, host, call, .. } = self.command;
        targets::targets(self.fleet.as_ref(), host, call, &set(callee), &set(skip))
    }

    /// Where to call in this round: of several addresses of one name another one each time.
    async fn places(&mut self, round: usize) -> Vec<Place> {
        use futures::StreamExt as _;
        let found = futures::stream::iter(self.targets()).map(|target| async move {
            let place = find(&target.place, round).await;
            (target, place)
        });
        let found: Vec<(Target, Option<(SocketAddr, IpAddr)>)> = found.buffered(LOOK_UPS).collect().await;
        // Who leads nowhere is told of with an address that is ours all the same.
        let first = found.iter().find_map(|(_, place)| place.map(|(_, from)| from));
        let own = match first {
            Some(own) => own,
            None => source_towards(ANYWHERE).await.unwrap_or(Ipv4Addr::LOCALHOST.into()),
        };
        let mut places = Vec::new();
        for (target, place) in found {
            if let Some((to, from)) = place {
                self.found.insert(target.callee.clone());
                places.push(Place { target, to: Some(to), from });
            } else {
                self.say(&target.callee, &format!("{} leads nowhere now, and is not called", target.place));
                if target.is_named || self.found.contains(&target.callee) {
                    places.push(Place { target, to: None, from: own });
                }
            }
        }
        places
    }

    /// Says something of a callee, if it is not what was said last. Nothing to say is good news.
    fn say(&mut self, callee: &str, text: &str) {
        let last = self.said.insert(callee.to_owned(), text.to_owned()).unwrap_or_default();
        if last == text {
            return;
        }
        let subject = if callee.is_empty() { "the collector" } else { callee };
        if text.is_empty() {
            eprintln!("{subject}: as it should be again");
        } else {
            eprintln!("{subject}: {text}");
        }
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    file.take(LARGEST).read_to_string(&mut text).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text)
}

/// Where a name leads in this round, and from which address that is called.
async fn find(place: &str, round: usize) -> Option<(SocketAddr, IpAddr)> {
    let found = timeout(Duration::from_secs(5), lookup_host(place)).await.ok()?.ok()?;
    let found: Vec<SocketAddr> = found.collect::<BTreeSet<_>>().into_iter().collect();
    let to = *found.get(round % found.len().max(1))?;
    Some((to, source_towards(to).await?))
}

/// From which address this machine calls another. Nothing is sent: the kernel only chooses.
async fn source_towards(to: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await.ok()?;
    socket.connect(to).await.ok()?;
    let from = socket.local_addr().ok()?.ip();
    (!from.is_unspecified()).then_some(from)
}

/// Calls each place once, spread over the interval, and waits for all answers.
async fn call_all(places: &[Place], begin: Instant, interval: Duration, patience: Duration) -> BTreeMap<usize, Call> {
    let mut calling = JoinSet::new();
    // The last one has to be answered before the next round begins.
    let room = interval.saturating_sub(patience);
    let count = u32::try_from(places.len().max(1)).unwrap_or(u32::MAX);
    for (number, place) in places.iter().enumerate() {
        let Some(to) = place.to else { continue };
        let turn = u32::try_from(number).unwrap_or(u32::MAX);
        let from = place.from;
        calling.spawn(async move {
            sleep_until(begin + room * turn / count).await;
            (number, call(to, from, patience).await)
        });
    }
    let mut calls = BTreeMap::new();
    while let Some(ended) = calling.join_next().await {
        if let Ok((number, call)) = ended {
            calls.insert(number, call);
        }
    }
    calls
}

/// One call: a connection that is closed as soon as it is open, or refused, or given up.
async fn call(to: SocketAddr, from: IpAddr, patience: Duration) -> Call {
    let at = clock::now().unix;
    let connecting = async {
        let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // The address that the collector was told.
        socket.bind((from, 0).into())?;
        socket.connect(to).await
    };
    let (outcome, fault) = match timeout(patience, connecting).await {
        Ok(Ok(stream)) => {
            drop(stream);
            (Outcome::Unsaid, None)
        }
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            // Somebody answered, so the call arrived.
            (Outcome::Unsaid, None)
        }
        Ok(Err(error)) => (Outcome::Dropped, Some(format!("{to} cannot be called: {error}"))),
        Err(_) => (Outcome::Dropped, None),
    };
    Call { at, outcome, fault }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// What the collector is told: each callee, with what was sent.
fn batch(command: &Canary, places: &[Place], calls: &BTreeMap<usize, Call>) -> Batch {
    let now = clock::now().unix;
    let sum = |(number, place): (usize, &Place)| {
        let call = calls.get(&number);
        let at = call.map_or(now, |call| call.at);
        Sum {
            caller: Some(End { address: octets(place.from), ..End::default() }),
            callee: Some(End {
                address: place.to.map(|to| octets(to.ip())).unwrap_or_default(),
                name: place.target.callee.clone(),
                ..End::default()
            }),
            port: u32::from(place.target.port),
            protocol: 6,
            outcome: call.map_or(Outcome::Unsaid, |call| call.outcome).into(),
            first: at,
            last: at,
            count: u64::from(call.is_some()),
            source: link::CANARY.to_owned(),
            ..Sum::default()
        }
    };
    let sums: Vec<Sum> = places.iter().enumerate().map(sum).collect();
    let from = sums.iter().map(|sum| sum.first).min().unwrap_or(now);
    Batch { node: command.node_name.clone(), from, to: now, sums, ..Batch::default() }
}
