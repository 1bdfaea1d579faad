//! What the API server tells: pods, nodes, namespaces, policies, jobs. Each kind has a task of its own.
//!
//! A watch that breaks is begun anew with a list, so that what was missed is known to be missed. A beat asks the API server for something small
//! once a second: only while it answers, and every watch of names is whole, is silence taken as "nothing changed".

mod health;
mod jobs;
mod nodes;
mod pods;
mod policies;

pub(crate) use health::Watches;

use super::args::Addresses;
use super::clock::now;
use super::say::say;
use super::world::World;
use futures::StreamExt;
use hedgerow_observe::naming::Micros;
use hedgerow_observe::verdict::Policies;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, Resource};
use policies::{CALICO, CALICO_STORED, POLICIES};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How many objects a list asks for at a time.
const PAGE: u32 = 250;
/// How often the API server is asked whether it is there.
const BEAT: Duration = Duration::from_secs(1);
/// How long it may take to answer that.
const BEAT_PATIENCE: Duration = Duration::from_secs(3);
/// After how many beats without an answer all is listed anew.
const MISSED_BEATS: u32 = 3;
/// How long to wait before a broken watch is begun anew: first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// What all tasks share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) world: Arc<World>,
    pub(crate) watches: Arc<Watches>,
    /// Counts up when everything is to be listed anew.
    pub(crate) anew: watch::Sender<u64>,
}

impl Shared {
    /// Something was listed, or is not served.
    fn listed(&self, name: &str) {
        self.watches.has_policies(name, || self.world.policies(Policies::complete));
    }

    /// What was listed may have changed, and nobody tells.
    fn broke(&self, name: &str) {
        self.watches.lost_policies(name, || self.world.policies(Policies::incomplete));
    }
}

/// Starts all tasks. The domain is that of the catalogue, which may change.
pub(crate) fn start(shared: &Shared, addresses: Addresses, domain: watch::Receiver<Option<String>>) {
    for needed in ["pods", "nodes"] {
        shared.watches.change(needed, |health| health.is_needed = true);
    }
    for name in ["namespaces", "configmaps"] {
        shared.watches.await_policies(name);
    }
    for (group, _, plural, _) in POLICIES {
        shared.watches.await_policies(&format!("{plural}.{group}"));
    }
    tokio::spawn(pods::watch(shared.clone(), addresses));
    tokio::spawn(nodes::watch(shared.clone()));
    tokio::spawn(policies::namespaces(shared.clone()));
    for (group, version, plural, kind) in POLICIES {
        tokio::spawn(policies::where_served(shared.clone(), group, version, plural, kind));
    }
    tokio::spawn(policies::data(shared.clone(), domain));
    tokio::spawn(jobs::watch(shared.clone()));
    tokio::spawn(beat(shared.clone()));
}

/// What a watch told.
enum Told<K> {
    /// An object is there, or changed.
    Is(K),
    /// An object is gone.
    Gone(K),
    /// These are all; the list was asked for at `asked`.
    All { these: Vec<K>, asked: Micros },
}

/// Follows one kind for ever. Of each object that is listed `keep` keeps what is told: lists are long, and objects larger than what is kept of them.
async fn follow<K, S>(
    name: String,
    api: Api<K>,
    config: watcher::Config,
    shared: Shared,
    mut keep: impl FnMut(K) -> S + Send,
    mut tell: impl FnMut(Told<S>) + Send,
) where
    K: Resource + Clone + serde::de::DeserializeOwned + Debug + Send + 'static,
    S: Send,
{
    shared.watches.change(&name, |_| {});
    // Both groups of Calico's hold the same objects.
    let awaited = name.replace(CALICO_STORED.0, CALICO);
    let mut anew = shared.anew.subscribe();
    let mut pause = PAUSE.0;
    loop {
        anew.mark_unchanged();
        let mut stream = std::pin::pin!(watcher(api.clone(), config.clone()));
        let mut listed: Option<(Vec<S>, Micros)> = None;
        let fault = loop {
            let event = tokio::select! {
                event = stream.next() => event,
                _ = anew.changed() => break "the API server did not answer".to_owned(),
            };
            match event {
                Some(Ok(Event::Init)) => listed = Some((Vec::new(), now())),
                Some(Ok(Event::InitApply(object))) => {
                    listed.get_or_insert_with(|| (Vec::new(), now())).0.push(keep(object));
                }
                Some(Ok(Event::InitDone)) => {
                    let (these, asked) = listed.take().unwrap_or_else(|| (Vec::new(), now()));
                    tell(Told::All { these, asked });
                    shared.listed(&awaited);
                    pause = PAUSE.0;
                    shared.watches.change(&name, |health| {
                        health.is_whole = true;
                        health.lists += 1;
                    });
                }
                Some(Ok(Event::Apply(object))) => tell(Told::Is(keep(object))),
                Some(Ok(Event::Delete(object))) => tell(Told::Gone(keep(object))),
                Some(Err(error)) => break describe(&error),
                None => break "the watch ended".to_owned(),
            }
        };
        shared.broke(&awaited);
        say(&format!("watch of {name}"), &format!("the watch of {name} broke and is begun anew: {fault}"));
        shared.watches.change(&name, |health| {
            health.is_whole = false;
            health.breaks += 1;
            health.fault = Some(fault);
        });
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// An error with its causes.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    for _ in 0..8 {
        let Some(inner) = cause else { break };
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

/// Asks the API server once a second whether it is there.
async fn beat(shared: Shared) {
    let mut missed = 0;
    loop {
        tokio::time::sleep(BEAT).await;
        let asked = now();
        let answer = tokio::time::timeout(BEAT_PATIENCE, shared.client.apiserver_version()).await;
        let is_there = matches!(answer, Ok(Ok(_)));
        shared.watches.change("api server", |health| {
            health.is_whole = is_there;
            if is_there {
                health.lists += 1;
            } else {
                health.breaks += 1;
                health.fault = Some("it does not answer".to_owned());
            }
        });
        if is_there {
            missed = 0;
            if shared.watches.are_whole() {
                shared.world.heard(asked);
            }
        } else {
            missed += 1;
            if missed % MISSED_BEATS == 0 {
                say("api server", "the API server does not answer; until it does, what is new has no name");
                shared.anew.send_modify(|generation| *generation += 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::api::{ApiResource, DynamicObject};

    #[tokio::test]
    async fn a_watch_that_breaks_takes_back_that_all_is_known() {
        let (anew, _) = watch::channel(0);
        let world = Arc::new(World::new(0, 0));
        let shared = Shared { client: answers("503 Service Unavailable"), world, watches: Arc::default(), anew };
        let (kind, stored) = ("tiers.projectcalico.org", "tiers.crd.projectcalico.org");
        shared.watches.await_policies(kind);
        shared.listed(kind);
        assert!(shared.world.known().verdicts.policies().is_complete());
        let gvk = kube::api::GroupVersionKind::gvk(CALICO_STORED.0, CALICO_STORED.1, "Tier");
        let resource = ApiResource::from_gvk_with_plural(&gvk, "tiers");
        let api = Api::<DynamicObject>::all_with(shared.client.clone(), &resource);
        let task =
            tokio::spawn(follow(stored.into(), api, watcher::Config::default(), shared.clone(), |it| it, |_| {}));
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if shared.watches.all().get(stored).is_some_and(|health| health.breaks > 0) {
                break;
            }
        }
        task.abort();
        assert_eq!(shared.watches.awaited(), [kind.to_owned()].into());
        assert!(!shared.world.known().verdicts.policies().is_complete());
    }

    /// An API server of one answer to everything.
    pub(super) fn answers(code: &'static str) -> Client {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            use std::io::{Read as _, Write as _};
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let _ = stream.read(&mut [0; 4096]);
                let head = format!("HTTP/1.1 {code}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
                let _ = stream.write_all(head.as_bytes());
            }
        });
        let _already = rustls::crypto::ring::default_provider().install_default();
        let mut config = kube::Config::new(format!("http://{address}").parse().unwrap());
        config.default_retry = false;
        Client::try_from(config).unwrap()
    }
}
