//! Where node parts and canaries send. Nothing is taken from anybody who does not say who it is, and a receipt is given when a batch is on the disk.

use super::auth::{Part, Refusal, Sender, Senders};
use super::batch::{self, Batch};
use super::clock::now;
use super::serve::Peer;
use super::skew::{Intervals, Skew};
use super::world::World;
use crate::link::{self, Receipt, intake_server};
use prost::Message as _;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// The longest message, in bytes.
pub(crate) const MAX_MESSAGE: usize = 4 << 20;
/// How many bytes of batches may wait for their names, as they were sent, from all nodes together: ten seconds of a cluster of ten thousand
/// pods. What is more waits at the nodes.
const WAITING: usize = 16 << 20;
/// How many batches of one stream may wait.
const WAITING_BATCHES: usize = 64;
/// How many batches a second a stream may send over time, and how many at once.
const RATE: (f64, f64) = (20.0, 400.0);
/// How many streams one sender may have: a second one while the first is not yet known to be dead.
const STREAMS: usize = 4;
/// How often it is asked whether a sender's word still counts.
const ASK_AGAIN: Duration = Duration::from_secs(120);
/// How long a stream may send nothing.
const SILENCE: Duration = Duration::from_secs(300);

/// A batch on its way to the desk.
pub(crate) struct Order {
    pub(crate) batch: Batch,
    pub(crate) part: Part,
    /// Told when it is on the disk.
    pub(crate) kept: oneshot::Sender<()>,
    /// Given back when it is.
    pub(crate) room: OwnedSemaphorePermit,
}

/// The service.
pub(crate) struct Intake {
    senders: Arc<Senders>,
    desk: mpsc::Sender<Order>,
    room: Arc<Semaphore>,
    streams: Arc<Mutex<BTreeMap<Sender, usize>>>,
    world: Arc<World>,
    clocks: Arc<Clocks>,
    refusals: Arc<Refusals>,
}

/// Who was refused, for the metrics.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<BTreeMap<&'static str, u64>>);

impl Refusals {
    fn count(&self, reason: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(reason).or_default() += 1;
    }

    pub(crate) fn all(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The clocks of the nodes.
#[derive(Debug, Default)]
pub(crate) struct Clocks(Mutex<BTreeMap<String, Clock>>);

/// The clock of a node, and what it told of last.
#[derive(Debug, Default)]
struct Clock {
    skew: Skew,
    intervals: Intervals,
}

/// How many clocks are remembered.
const CLOCKS: usize = 20_000;

impl Clocks {
    fn came(&self, node: &str, sent: i64, received: i64) -> (super::skew::Offset, Option<i64>) {
        let mut clocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if clocks.len() >= CLOCKS && !clocks.contains_key(node) {
            clocks.clear();
        }
        let skew = &mut clocks.entry(node.to_owned()).or_default().skew;
        (skew.came(sent, received), skew.behind())
    }

    /// Puts the interval of a batch behind those that came before. `told`: from when to when it is, as its node says.
    fn join(&self, batch: &mut Batch, told: (i64, i64)) {
        let mut clocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(clock) = clocks.get_mut(&*batch.node) {
            clock.intervals.join(batch, told);
        }
    }

    /// By how many microseconds each node's clock is behind ours.
    pub(crate) fn behind(&self) -> BTreeMap<String, i64> {
        let clocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        clocks.iter().filter_map(|(node, clock)| Some((node.clone(), clock.skew.behind()?))).collect()
    }
}

impl Intake {
    pub(crate) fn new(
        senders: Arc<Senders>,
        desk: mpsc::Sender<Order>,
        world: Arc<World>,
        clocks: Arc<Clocks>,
        refusals: Arc<Refusals>,
    ) -> Self {
        let room = Arc::new(Semaphore::new(WAITING));
        Self { senders, desk, room, streams: Arc::default(), world, clocks, refusals }
    }

    /// The gRPC service, with its limits.
    pub(crate) fn server(self) -> intake_server::IntakeServer<Self> {
        intake_server::IntakeServer::new(self).max_decoding_message_size(MAX_MESSAGE)
    }
}

fn status(refusal: &Refusal) -> Status {
    match refusal {
        Refusal::Unknown(why) => Status::unauthenticated(*why),
        Refusal::Forbidden(why) => Status::permission_denied(*why),
        Refusal::Unavailable => Status::unavailable("the API server cannot be asked whose token this is"),
    }
}

fn reason(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Unknown(_) => "unauthenticated",
        Refusal::Forbidden(_) => "forbidden",
        Refusal::Unavailable => "unavailable",
    }
}

#[tonic::async_trait]
impl intake_server::Intake for Intake {
    type SendStream = ReceiverStream<Result<Receipt, Status>>;

    async fn send(&self, request: Request<Streaming<link::Batch>>) -> Result<Response<Self::SendStream>, Status> {
        let peer = request.extensions().get::<Peer>();
        let certificate = peer.and_then(|peer| peer.certificate.clone());
        let header = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
        let token = header.and_then(super::auth::token);
        let sender = match self.senders.sender(certificate.as_deref(), token.as_deref()).await {
            Ok(sender) => sender,
            Err(refusal) => {
                self.refusals.count(reason(&refusal));
                return Err(status(&refusal));
            }
        };
        let Some(place) = Place::take(&self.streams, &sender) else {
            self.refusals.count("streams");
            return Err(Status::resource_exhausted("this sender has too many streams already"));
        };
        let (answers, receipts) = mpsc::channel(WAITING_BATCHES);
        let stream = Stream {
            sender,
            certificate,
            token,
            senders: self.senders.clone(),
            desk: self.desk.clone(),
            room: self.room.clone(),
            world: self.world.clone(),
            clocks: self.clocks.clone(),
            refusals: self.refusals.clone(),
            answers,
            _place: place,
        };
        tokio::spawn(stream.run(request.into_inner()));
        Ok(Response::new(ReceiverStream::new(receipts)))
    }
}

/// One of the streams that a sender may have.
struct Place {
    streams: Arc<Mutex<BTreeMap<Sender, usize>>>,
    sender: Sender,
}

impl Place {
    fn take(streams: &Arc<Mutex<BTreeMap<Sender, usize>>>, sender: &Sender) -> Option<Self> {
        let mut open = streams.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(sender.clone()).or_default();
        if *count >= STREAMS {
            return None;
        }
        *count += 1;
        Some(Self { streams: streams.clone(), sender: sender.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.sender) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.sender);
            }
        }
    }
}

/// One stream of batches.
struct Stream {
    sender: Sender,
    certificate: Option<String>,
    token: Option<String>,
    senders: Arc<Senders>,
    desk: mpsc::Sender<Order>,
    room: Arc<Semaphore>,
    world: Arc<World>,
    clocks: Arc<Clocks>,
    refusals: Arc<Refusals>,
    answers: mpsc::Sender<Result<Receipt, Status>>,
    _place: Place,
}

impl Stream {
    async fn run(self, mut batches: Streaming<link::Batch>) {
        let mut ask = tokio::time::interval_at(tokio::time::Instant::now() + ASK_AGAIN, ASK_AGAIN);
        let mut bucket = Bucket::new();
        // Receipts are given in order: one says that everything before is kept, too.
        let (waiting, mut order) = mpsc::channel::<(Receipt, oneshot::Receiver<()>)>(WAITING_BATCHES);
        let answers = self.answers.clone();
        tokio::spawn(async move {
            while let Some((receipt, kept)) = order.recv().await {
                if kept.await.is_err() || answers.send(Ok(receipt)).await.is_err() {
                    return;
                }
            }
        });
        let mut patience = Patience::new(SILENCE);
        let end = loop {
            let message = tokio::select! {
                message = batches.message() => Ok(message),
                // A clock of its own: that the sender's word is asked for again is no sign of life.
                () = patience.over() => Err(()),
                _ = ask.tick() => match self.senders.sender(self.certificate.as_deref(), self.token.as_deref()).await {
                    Ok(sender) if sender == self.sender => continue,
                    Ok(_) => break Some(Status::permission_denied("the token is another's by now")),
                    Err(refusal) => {
                        self.refusals.count(reason(&refusal));
                        break Some(status(&refusal));
                    }
                },
                () = self.answers.closed() => break None,
            };
            let batch = match message {
                Ok(Ok(Some(batch))) => batch,
                Ok(Ok(None)) => break None,
                Ok(Err(status)) => break Some(status),
                Err(()) => break Some(Status::deadline_exceeded("nothing came for five minutes")),
            };
            patience.heard();
            if let Err(status) = self.may_say(&batch) {
                self.refusals.count("other node");
                break Some(status);
            }
            bucket.take().await;
            let received = now();
            let (offset, behind) = self.clocks.came(&self.sender.node, batch.sent, received);
            if let Some(behind) = behind {
                self.world.known().names.set_offset(&self.sender.node, behind);
                if behind.abs() > 2 * super::clock::SECOND {
                    let seconds = behind / super::clock::SECOND;
                    super::say::say(
                        &format!("clock {}", self.sender.node),
                        &format!("the clock of node {} is {seconds} s behind ours", self.sender.node),
                    );
                }
            }
            let size = size(&batch);
            let told = (batch.from, batch.to);
            let mut batch = batch::check(batch, offset, received);
            self.clocks.join(&mut batch, told);
            let Ok(room) = self.room.clone().acquire_many_owned(size).await else { break None };
            let (kept, told) = oneshot::channel();
            let receipt = Receipt { life: batch.life, sequence: batch.sequence };
            let part = self.sender.part.clone();
            if waiting.send((receipt, told)).await.is_err()
                || self.desk.send(Order { batch, part, kept, room }).await.is_err()
            {
                break Some(Status::unavailable("the collector is going down"));
            }
        };
        if let Some(status) = end {
            let _gone = self.answers.send(Err(status)).await;
        }
    }

    /// A node part speaks for its node alone, and of what it saw; a canary of what it sent.
    fn may_say(&self, batch: &link::Batch) -> Result<(), Status> {
        if batch.node != self.sender.node {
            return Err(Status::permission_denied("the batch is of another node than the sender's"));
        }
        let is_canary = matches!(self.sender.part, Part::Canary(_));
        let sums = batch.sums.iter().map(|sum| sum.source.as_str());
        let sources = batch.sources.iter().map(|source| source.name.as_str());
        if sums.chain(sources).any(|source| (source == link::CANARY) != is_canary)
            || (is_canary && !batch.counters.is_empty())
        {
            return Err(Status::permission_denied("a canary tells of what it sent, a node part of what it saw"));
        }
        Ok(())
    }
}

/// How much room a batch takes: all that it holds is paid for, not its sums alone. Never more than there is.
fn size(batch: &link::Batch) -> u32 {
    u32::try_from(batch.encoded_len().clamp(1, MAX_MESSAGE)).unwrap_or(u32::MAX)
}

/// How long a stream may be silent, whatever else happens meanwhile.
struct Patience(std::pin::Pin<Box<tokio::time::Sleep>>, Duration);

impl Patience {
    fn new(silence: Duration) -> Self {
        Self(Box::pin(tokio::time::sleep(silence)), silence)
    }

    fn heard(&mut self) {
        self.0.as_mut().reset(tokio::time::Instant::now() + self.1);
    }

    async fn over(&mut self) {
        self.0.as_mut().await;
    }
}

/// How many batches a stream may send.
struct Bucket {
    left: f64,
    at: tokio::time::Instant,
}

impl Bucket {
    fn new() -> Self {
        Self { left: RATE.1, at: tokio::time::Instant::now() }
    }

    async fn take(&mut self) {
        let now = tokio::time::Instant::now();
        self.left = (self.left + now.duration_since(self.at).as_secs_f64() * RATE.0).min(RATE.1);
        self.at = now;
        if self.left < 1.0 {
            // The sender is not refused: what it wants to say waits with it.
            tokio::time::sleep(Duration::from_secs_f64((1.0 - self.left) / RATE.0)).await;
        }
        self.left -= 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn asking_who_a_sender_is_does_not_make_it_less_silent() {
        let begin = tokio::time::Instant::now();
        let mut ask = tokio::time::interval(Duration::from_millis(5));
        let mut patience = Patience::new(Duration::from_millis(60));
        let (mut heard, mut asked) = (0, 0);
        loop {
            tokio::select! {
                () = patience.over() => break,
                _ = ask.tick() => {
                    asked += 1;
                    // Something is said until here.
                    if begin.elapsed() < Duration::from_millis(100) {
                        heard += 1;
                        patience.heard();
                    }
                    assert!(asked < 1_000, "it is never over");
                }
            }
        }
        assert!(begin.elapsed() >= Duration::from_millis(60) && heard > 0 && asked > heard);
    }

    #[test]
    fn labels_and_counters_take_room_as_sums_do() {
        assert_eq!(size(&link::Batch::default()), 1);
        let labels = (0..100).map(|n| (format!("{n:063}"), "v".repeat(63))).collect();
        let end = Some(link::End { labels, ..link::End::default() });
        let one =
            link::Batch { sums: vec![link::Sum { caller: end, ..link::Sum::default() }], ..link::Batch::default() };
        assert!((12_600..20_000).contains(&size(&one)), "{}", size(&one));
        let counter = link::Counter { policy: "p".repeat(300), ..link::Counter::default() };
        let counters = link::Batch { counters: vec![counter; 1000], ..link::Batch::default() };
        assert!(size(&counters) > 300_000);
        let huge = link::Batch { node: "n".repeat(2 * MAX_MESSAGE), ..link::Batch::default() };
        assert_eq!(size(&huge) as usize, MAX_MESSAGE);
        const { assert!(WAITING >= 4 * MAX_MESSAGE, "the largest batches of some streams fit at once") }
    }
}
