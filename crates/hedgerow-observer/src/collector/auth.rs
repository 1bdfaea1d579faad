//! Who may send, and who may read. Answers of the API server are remembered for a while, so that neither a flood of requests nor its
//! absence for some minutes changes who is let in.

use super::args;
use super::clock::{SECOND, now};
use super::say::say;
use hedgerow_observe::naming::Micros;
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, TokenReviewStatus};
use k8s_openapi::api::authorization::v1::{NonResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::Api;
use kube::api::PostParams;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a yes is taken for granted.
const YES_HOLDS: Micros = 60 * SECOND;
/// How long a no.
const NO_HOLDS: Micros = 10 * SECOND;
/// How long a yes still counts while the API server does not answer.
const YES_OUTLIVES: Micros = 15 * 60 * SECOND;
/// How many answers are remembered.
const REMEMBERED: usize = 20_000;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 << 10;

/// How many questions the API server is asked at once: who floods us with tokens does not flood it.
static ASKING: Semaphore = Semaphore::const_new(8);

type Hash = [u8; 32];

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sender {
    /// What it is.
    pub(crate) part: Part,
    /// The node that it may speak for.
    pub(crate) node: String,
}

/// What sends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// A node part.
    Node,
    /// A canary, with the uid of its pod.
    Canary(String),
}

/// Why somebody is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing was shown, or nothing that is known.
    Unknown(&'static str),
    /// It is known who it is, and this one may not.
    Forbidden(&'static str),
    /// The API server cannot be asked.
    Unavailable,
}

/// What is remembered of one question.
#[derive(Debug, Clone)]
struct Remembered<T> {
    at: Micros,
    answer: Result<T, Refusal>,
}

/// Answers by the hash of what was asked.
#[derive(Debug)]
struct Memory<T>(Mutex<BTreeMap<Hash, Remembered<T>>>);

impl<T: Clone> Memory<T> {
    const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    async fn ask(&self, key: Hash, question: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let age = |known: &Remembered<T>| now().saturating_sub(known.at).max(0);
        if let Some(known) = &known
            && age(known) < if known.answer.is_ok() { YES_HOLDS } else { NO_HOLDS }
        {
            return known.answer.clone();
        }
        let answer = question.await;
        match (answer, known) {
            (Err(Refusal::Unavailable), Some(known)) if known.answer.is_ok() && age(&known) < YES_OUTLIVES => {
                known.answer
            }
            (Err(Refusal::Unavailable), _) => Err(Refusal::Unavailable),
            (answer, _) => {
                let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if memory.len() >= REMEMBERED {
                    // Whoever floods us with tokens makes us ask again, not grow.
                    memory.retain(|_, known| known.answer.is_ok() && age(known) < YES_HOLDS);
                    if memory.len() >= REMEMBERED {
                        memory.clear();
                    }
                }
                memory.insert(key, Remembered { at: now(), answer: answer.clone() });
                answer
            }
        }
    }
}

/// Who may send.
pub(crate) struct Senders {
    client: kube::Client,
    audience: String,
    node_account: Option<String>,
    canary_account: Option<String>,
    reviews: Memory<Sender>,
}

impl Senders {
    pub(crate) fn new(client: kube::Client, arguments: &args::Collector) -> Self {
        Self {
            client,
            audience: arguments.audience.clone(),
            node_account: arguments.node_account.clone(),
            canary_account: arguments.canary_account.clone(),
            reviews: Memory::new(),
        }
    }

    /// Who it is that shows this certificate or this token. A token counts before a certificate: it says more.
    pub(crate) async fn sender(&self, certificate: Option<&str>, token: Option<&str>) -> Result<Sender, Refusal> {
        if let Some(token) = token {
            let token = token.trim();
            if token.is_empty() || token.len() > LONGEST {
                return Err(Refusal::Unknown("the token is none"));
            }
            return self.reviews.ask(Sha256::digest(token.as_bytes()).into(), self.review(token)).await;
        }
        match certificate {
            Some(node) => Ok(Sender { part: Part::Node, node: node.to_owned() }),
            None => Err(Refusal::Unknown("a client certificate or a bearer token is needed")),
        }
    }

    async fn review(&self, token: &str) -> Result<Sender, Refusal> {
        let status = review(&self.client, token, Some(self.audience.clone())).await?;
        // An API server that knows no audiences would take a token for anybody.
        if !status.audiences.iter().flatten().any(|audience| *audience == self.audience) {
            return Err(Refusal::Unknown("the token is for another audience"));
        }
        let user = status.user.unwrap_or_default();
        let extra = |key: &str| match user.extra.as_ref()?.get(key)?.as_slice() {
            [one] if !one.is_empty() => Some(one.clone()),
            _ => None,
        };
        let is = |account: &Option<String>| account.is_some() && user.username == *account;
        let part = if is(&self.node_account) {
            Part::Node
        } else if is(&self.canary_account) {
            let pod = extra("authentication.kubernetes.io/pod-uid");
            Part::Canary(pod.ok_or(Refusal::Forbidden("the token is not bound to a pod"))?)
        } else {
            return Err(Refusal::Forbidden("this account is neither the node parts' nor the canaries'"));
        };
        let node = extra("authentication.kubernetes.io/node-name");
        let node = node.ok_or(Refusal::Forbidden("the token does not say on which node its pod runs"))?;
        Ok(Sender { part, node })
    }
}

/// Asks the API server.
async fn ask<K>(client: &kube::Client, review: &K) -> Result<K, Refusal>
where
    K: kube::Resource<DynamicType = ()> + Clone + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
{
    let _place = ASKING.acquire().await.map_err(|_| Refusal::Unavailable)?;
    let api = Api::<K>::all(client.clone());
    match tokio::time::timeout(PATIENCE, api.create(&PostParams::default(), review)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            say("reviews", &format!("the API server cannot be asked whose a token is: {error}"));
            Err(Refusal::Unavailable)
        }
        Err(_) => Err(Refusal::Unavailable),
    }
}

/// Asks the API server whose token it is.
async fn review(client: &kube::Client, token: &str, audience: Option<String>) -> Result<TokenReviewStatus, Refusal> {
    let spec = TokenReviewSpec { token: Some(token.to_owned()), audiences: audience.map(|audience| vec![audience]) };
    let review = TokenReview { spec, ..TokenReview::default() };
    let status = ask(client, &review).await?.status.unwrap_or_default();
    if status.authenticated == Some(true) { Ok(status) } else { Err(Refusal::Unknown("the token is not valid")) }
}

/// Who may read.
pub(crate) struct Readers {
    client: Option<kube::Client>,
    file: Option<PathBuf>,
    tokens: Mutex<BTreeSet<Hash>>,
    reviews: Memory<()>,
}

impl Readers {
    /// # Errors
    /// When the file of tokens cannot be read, or holds none.
    pub(crate) fn new(client: kube::Client, arguments: &args::Collector) -> anyhow::Result<Self> {
        let readers = Self {
            client: arguments.review_tokens.then_some(client),
            file: arguments.token_file.clone(),
            tokens: Mutex::default(),
            reviews: Memory::new(),
        };
        readers.refresh()?;
        Ok(readers)
    }

    /// Reads the file of tokens again. Where it is no good, the old ones stay.
    ///
    /// # Errors
    /// As [`Readers::new`].
    pub(crate) fn refresh(&self) -> anyhow::Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let text = super::files::text(path)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let tokens: BTreeSet<Hash> = lines.map(|line| Sha256::digest(line.as_bytes()).into()).collect();
        anyhow::ensure!(!tokens.is_empty(), "{} holds no token", path.display());
        *self.tokens.lock().unwrap_or_else(PoisonError::into_inner) = tokens;
        Ok(())
    }

    /// Whether whoever shows this token may read the path.
    pub(crate) async fn may_read(&self, path: &str, token: Option<&str>) -> Result<(), Refusal> {
        let token = token.ok_or(Refusal::Unknown("a bearer token is needed"))?;
        if token.is_empty() || token.len() > LONGEST {
            return Err(Refusal::Unknown("the token is none"));
        }
        // Hashes are compared, so the time that it takes says nothing about a token.
        let hash: Hash = Sha256::digest(token.as_bytes()).into();
        if self.tokens.lock().unwrap_or_else(PoisonError::into_inner).contains(&hash) {
            return Ok(());
        }
        let Some(client) = &self.client else { return Err(Refusal::Unknown("the token is not known")) };
        let key = Sha256::new().chain_update(hash).chain_update(path).finalize().into();
        self.reviews.ask(key, reads(client, token, path)).await
    }
}

/// Asks the API server whether the token's owner may `get` the path.
async fn reads(client: &kube::Client, token: &str, path: &str) -> Result<(), Refusal> {
    let user = review(client, token, None).await?.user.unwrap_or_default();
    let spec = SubjectAccessReviewSpec {
        user: user.username,
        uid: user.uid,
        groups: user.groups,
        extra: user.extra,
        non_resource_attributes: Some(NonResourceAttributes {
            path: Some(path.to_owned()),
            verb: Some("get".to_owned()),
        }),
        ..SubjectAccessReviewSpec::default()
    };
    let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
    match ask(client, &review).await?.status {
        Some(status) if status.allowed => Ok(()),
        _ => Err(Refusal::Forbidden("this account may not get the path as a non-resource URL")),
    }
}

/// The token of an `Authorization` header: a bearer token, or the password of a browser that asked a person for one.
pub(crate) fn token(header: &str) -> Option<String> {
    let (scheme, rest) = header.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = data_encoding::BASE64.decode(rest.as_bytes()).ok()?;
    Some(String::from_utf8(pair).ok()?.split_once(':')?.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn tokens() {
        for (header, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic YW55Ym9keTphYmM=", Some("abc")),
            ("Basic OmE6Yg==", Some("a:b")),
            ("Basic YWJj", None),
            ("Basic ***", None),
            ("Digest abc", None),
            ("abc", None),
            ("", None),
        ] {
            assert_eq!(token(header).as_deref(), expected, "{header}");
        }
    }

    #[test]
    fn a_yes_outlives_the_api_server_for_a_while_and_a_no_does_not_become_one() {
        let memory = Memory::new();
        let ask = |key: u8, answer: Result<u8, Refusal>| block_on(memory.ask([key; 32], async move { answer }));
        let age = |key: u8, seconds: Micros| {
            memory.0.lock().unwrap().get_mut(&[key; 32]).unwrap().at -= seconds * SECOND;
        };
        assert_eq!(ask(1, Ok(7)), Ok(7));
        assert_eq!(ask(1, Err(Refusal::Unknown("gone"))), Ok(7), "it is remembered");
        age(1, 61);
        assert_eq!(ask(1, Err(Refusal::Unavailable)), Ok(7), "nobody can be asked");
        age(1, 900);
        assert_eq!(ask(1, Err(Refusal::Unavailable)), Err(Refusal::Unavailable));
        assert_eq!(ask(1, Ok(8)), Ok(8));
        age(1, 61);
        assert_eq!(ask(1, Err(Refusal::Unknown("gone"))), Err(Refusal::Unknown("gone")), "asked again, it is a no");
        assert_eq!(ask(1, Ok(9)), Err(Refusal::Unknown("gone")));
        age(1, 11);
        assert_eq!(ask(1, Err(Refusal::Unavailable)), Err(Refusal::Unavailable));
        // Who is not known cannot fill the memory.
        block_on(async {
            for n in 0..2 * REMEMBERED {
                let mut key = [0; 32];
                key[..8].copy_from_slice(&n.to_le_bytes());
                assert!(memory.ask(key, async { Err(Refusal::Unknown("")) }).await.is_err());
            }
        });
        assert!(memory.0.lock().unwrap().len() <= REMEMBERED);
    }
}
