//! The connection: made again after each failure, with a pause that grows.

use super::{Credentials, Options, Queue};
use crate::link::intake_client::IntakeClient;
use crate::link::{Batch, Receipt};
use anyhow::{Context, anyhow};
use futures::Stream;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, MissedTickBehavior};
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Status as Refusal};

/// How the link does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// A stream is open.
    pub is_connected: bool,
    /// Why none is, or why the last one ended.
    pub fault: Option<String>,
    /// How many times a stream was opened.
    pub connections: u64,
}

/// The queue and the connection, shared by who fills the one and who keeps the other.
#[derive(Debug)]
pub struct Link {
    queue: Mutex<Queue>,
    /// Something is to be sent, or may be again.
    wake: Notify,
    status: watch::Sender<Status>,
    /// Pauses between tries are between these.
    pauses: (Duration, Duration),
    /// How often files are looked at.
    look: Duration,
}

/// Without a receipt for so long the connection is given up.
const PATIENCE: Duration = Duration::from_secs(60);

impl Link {
    /// A link with a queue of at most so many bytes.
    #[must_use]
    pub fn new(life: u64, limit: usize) -> Self {
        Self::with_times(life, limit, (Duration::from_secs(1), Duration::from_secs(30)), Duration::from_secs(10))
    }

    /// The same with the shortest and the longest pause between tries, and how often files are looked at.
    #[must_use]
    pub fn with_times(life: u64, limit: usize, pauses: (Duration, Duration), look: Duration) -> Self {
        Self {
            queue: Mutex::new(Queue::new(life, limit)),
            wake: Notify::new(),
            status: watch::Sender::new(Status::default()),
            pauses,
            look,
        }
    }

    /// Sends a batch, as soon as that is possible.
    pub fn push(&self, batch: Batch) {
        self.queue().push(batch);
        self.wake.notify_one();
    }

    /// How it does.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Batches that wait, and their bytes.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.queue().size()
    }

    /// How many calls were in batches that had no room, since the start.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.queue().lost()
    }

    /// Whether everything has its receipt.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue().is_empty()
    }

    /// Waits until everything has its receipt.
    pub async fn flushed(&self) {
        while !self.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the connection, for as long as it is polled.
pub async fn run(options: Options, link: Arc<Link>) {
    let mut pause = link.pauses.0;
    loop {
        let began = Instant::now();
        let end = stream(&options, &link).await;
        let fault = match &end {
            Ok(()) => None,
            Err(error) => Some(format!("{error:#}")),
        };
        link.status.send_modify(|status| {
            status.is_connected = false;
            status.fault = fault;
        });
        if end.is_ok() {
            // Keys or tokens have changed.
            continue;
        }
        // A connection that held for a while was a good one.
        if began.elapsed() > link.pauses.1 {
            pause = link.pauses.0;
        }
        tokio::time::sleep(spread(pause)).await;
        pause = (pause * 2).min(link.pauses.1);
    }
}

/// Between one half of a pause and the whole: many nodes whose collector went away do not come back at once.
fn spread(pause: Duration) -> Duration {
    let chance = std::hash::RandomState::new().build_hasher().finish();
    let part = u32::try_from(chance % 1_000).unwrap_or(0);
    pause / 2 + pause / 2 * part / 1_000
}

/// One connection, up to its end: `Ok` if another one is to be made at once.
async fn stream(options: &Options, link: &Arc<Link>) -> anyhow::Result<()> {
    let credentials = options.credentials()?;
    let channel = options
        .endpoint(&credentials)?
        .connect()
        .await
        .map_err(|error| anyhow!("cannot connect to {}: {}", options.collector, causes(&error)))?;
    link.queue().reconnected();
    let (alive, is_alive) = watch::channel(());
    let mut request = Request::new(outgoing(Arc::clone(link), is_alive));
    if !credentials.token.is_empty() {
        let text = std::str::from_utf8(&credentials.token).ok();
        let value = text.and_then(|token| MetadataValue::try_from(format!("Bearer {token}")).ok());
        request.metadata_mut().insert("authorization", value.context("the token holds what no token holds")?);
    }
    let mut client = IntakeClient::new(channel);
    let response = tokio::time::timeout(PATIENCE, client.send(request))
        .await
        .map_err(|_| anyhow!("{} does not answer", options.collector))?
        .map_err(|refusal| refused(options, &refusal))?;
    let mut receipts = response.into_inner();
    link.status.send_modify(|status| {
        status.is_connected = true;
        status.fault = None;
        status.connections += 1;
    });
    let mut look = tokio::time::interval(link.look);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            receipt = receipts.message() => match receipt.map_err(|refusal| refused(options, &refusal))? {
                Some(Receipt { life, sequence }) => {
                    link.queue().receipt(life, sequence);
                    link.wake.notify_one();
                    heard = Instant::now();
                }
                None => return Err(anyhow!("{} ended the stream", options.collector)),
            },
            _ = look.tick() => {
                if is_changed(options, &credentials) {
                    drop(alive);
                    return Ok(());
                }
                if !link.queue().is_under_way() {
                    heard = Instant::now();
                } else if heard.elapsed() > PATIENCE {
                    return Err(anyhow!("{} gave no receipt for {} s", options.collector, PATIENCE.as_secs()));
                }
            }
        }
    }
}

/// Whether files hold something else by now. One that cannot be read at the moment is being replaced.
fn is_changed(options: &Options, credentials: &Credentials) -> bool {
    options.credentials().is_ok_and(|now| now != *credentials)
}

/// What is to be sent, for as long as the connection is used.
fn outgoing(link: Arc<Link>, alive: watch::Receiver<()>) -> impl Stream<Item = Batch> + Send + 'static {
    futures::stream::unfold((link, alive), |(link, mut alive)| async move {
        loop {
            // An old connection that is not quite closed must take nothing.
            if alive.has_changed().is_err() {
                return None;
            }
            let next = link.queue().next_to_send();
            if let Some(mut batch) = next {
                batch.sent = crate::clock::now().unix;
                return Some((batch, (link, alive)));
            }
            tokio::select! {
                () = link.wake.notified() => {}
                _ = alive.changed() => return None,
            }
        }
    })
}

fn refused(options: &Options, refusal: &Refusal) -> anyhow::Error {
    let words = [
        (Code::Unauthenticated, "does not believe who we are"),
        (Code::PermissionDenied, "does not let us speak for this node"),
        (Code::Unimplemented, "is no collector"),
    ];
    let words = words.iter().find(|(code, _)| *code == refusal.code()).map_or("failed", |(_, words)| words);
    let cause = std::error::Error::source(refusal).map(|error| format!(": {}", causes(error))).unwrap_or_default();
    anyhow!("{} {words}: {}{cause}", options.collector, refusal.message())
}

/// An error with everything that is behind it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    for _ in 0..10 {
        let Some(error) = source else { break };
        let cause = error.to_string();
        if !text.contains(&cause) {
            text += &format!(": {cause}");
        }
        source = error.source();
    }
    text
}
