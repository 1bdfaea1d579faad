//! What a place says of a service that it names, and how much.

use crate::edge::{Place, Port};
use hedgerow_code::lines::{self, Setting};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many places of one callee are kept.
const MAX_PLACES: usize = 8;

/// A place that names a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Mention {
    /// How much it says: an address that is reached, one that is not, a name.
    pub(crate) weight: Weight,
    /// Where.
    pub(crate) place: Place,
    /// What stands there.
    pub(crate) text: String,
    /// What it is, in a few words.
    pub(crate) what: String,
    /// The port that it names.
    pub(crate) port: Port,
    /// A call out of the tree that is given it and that the scan does not know.
    pub(crate) client: Option<String>,
}

/// How much a mention says, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Weight {
    /// An address that the service is told by its own command, or by a file that the command names.
    Told,
    /// An address that the service has to call by.
    Address,
    /// A name for its address that nothing sets, where the deploy starts the one after the other.
    Awaited,
    /// An address of the machine that asks, with the port of another one: a pod finds nobody there.
    Here,
    /// An address that several services are given, of whom others are seen to use it.
    SharedAddress,
    /// An address that it need not call: one to show or to allow, or that many are given.
    LooseAddress,
    /// An address in a variable that the service's code, all of which was read, does not ask for.
    UnaskedVariable,
    /// An address in code that nothing reaches.
    UnreachedAddress,
    /// An address in settings that others have as well, under a key that the service's code is not seen to ask for.
    UnaskedAddress,
    /// An address in settings that nothing is seen to use.
    IdleAddress,
    /// A name.
    Name,
    /// The deploy starts the one after the other.
    Order,
}

impl Weight {
    /// The weight of an address that a variable or a setting of this name holds.
    pub(crate) fn of_address(name: &str) -> Self {
        if is_shown(name) { Self::LooseAddress } else { Self::Address }
    }

    /// The same for a text that the service's command names: its telemetry is its own.
    pub(crate) fn of_named(text: &str, setting: &Setting<'_>) -> Self {
        Self::of_text(text, setting, is_shown_elsewhere_for_sure)
    }

    /// The weight of an address that a setting of a text holds: what stands before it in its line and the keys that it lies below count.
    pub(crate) fn of_setting(text: &str, setting: &Setting<'_>) -> Self {
        Self::of_text(text, setting, is_shown_for_sure)
    }

    fn of_text(text: &str, setting: &Setting<'_>, is_shown: fn(&str) -> bool) -> Self {
        let key = lines::key_of(text, setting);
        let names = || std::iter::once(key).chain(lines::above(text, setting.start));
        // What it is where nobody sets it.
        let is_of_links = setting.key.contains("env(DEFAULT_URI)");
        let is_loose = is_of_links
            || names().any(is_shown)
            || (names().any(is_origin)
                && (is_variable(key)
                    || is_of_cors(setting.key)
                    || !names().chain(lines::opened(setting.key)).any(is_proxy)));
        if is_loose { Self::LooseAddress } else { Self::Address }
    }
}

/// The mentions of callees.
pub(crate) type Mentions = BTreeMap<String, Vec<Mention>>;

/// Adds a mention, where there is room.
pub(crate) fn keep(mentions: &mut Mentions, callee: &str, mention: Mention) {
    let all = mentions.entry(callee.to_owned()).or_default();
    if all.len() < MAX_PLACES {
        all.push(mention);
    } else if let Some(weakest) = all.iter_mut().max().filter(|weakest| mention < **weakest) {
        *weakest = mention;
    }
}

/// Words of names under which the address of another service is one that the service shows, allows or sends people to, and need not call.
/// Telemetry, the last, is asked about as well: its addresses are given to every service, whether it sends any or not.
const SHOWN: &[&str] = &[
    "ADVERTISE",
    "ADVERTISED",
    "ALLOWED",
    "AUDIENCE",
    "AUDIENCES",
    "BIND",
    "CALLBACK",
    "CORS",
    "EXTERNAL",
    "LISTEN",
    "ORIGINS",
    "PUBLIC",
    "REDIRECT",
    "REFERER",
    "REFERRER",
    "ROOT",
    "OTEL",
];

/// Whether a name says that browsers are let in from an address or sent there; that of what holds it, where `is_last`, may say more.
pub(crate) fn is_shown_to_browsers(name: &str, is_last: bool) -> bool {
    const WORDS: &[&str] = &["ALLOWED", "CALLBACK", "CORS", "ORIGINS", "REDIRECT", "REFERER", "REFERRER"];
    is_any_of(name, WORDS) || lets_in(name) || (is_last && is_any_of(name, &["ROOT"]))
}

/// Whether a name may be that of an origin that browsers are let in from. What a proxy sends requests on to is called so as well.
pub(crate) fn is_origin(name: &str) -> bool {
    is_any_of(name, &["ORIGIN"])
}

/// Whether a name is about letting browsers in.
pub(crate) fn is_of_cors(name: &str) -> bool {
    is_any_of(name, &["CORS"])
}

/// Whether a name is that of what sends requests on to an origin.
fn is_proxy(name: &str) -> bool {
    const WORDS: &[&str] =
        &["CACHE", "CDN", "CLOUDFRONT", "FASTLY", "NGINX", "PROXIES", "PROXY", "UPSTREAM", "UPSTREAMS", "VARNISH"];
    is_any_of(name, WORDS)
}

/// Whether a key is a variable of the environment. Of its words none is a key that the others lie below.
fn is_variable(key: &str) -> bool {
    !key.contains(['.', '-', '/']) && !key.contains(|c: char| c.is_ascii_lowercase())
}

/// Whether what lies at a path of settings is an origin, and no proxy's: browsers are let in from there.
pub(crate) fn is_origin_for_browsers<T: AsRef<str>>(path: &[T]) -> bool {
    let any = |is: fn(&str) -> bool| path.iter().any(|key| is(key.as_ref()));
    any(is_origin) && !any(is_proxy)
}

/// Whether what lies at a path of settings is shown.
pub(crate) fn is_shown_at<T: AsRef<str>>(path: &[T]) -> bool {
    path.iter().any(|key| is_shown_for_sure(key.as_ref())) || is_origin_for_browsers(path)
}

/// Whether it is surely: `Access-Control-Allow-Origin`.
fn lets_in(name: &str) -> bool {
    is_origin(name) && is_any_of(name, &["ALLOW"])
}

/// Whether a name is that under which Symfony is told what links begin with that a command writes, and that of its variable.
///
/// See <https://symfony.com/doc/current/routing.html#generating-urls-in-commands>.
fn is_of_links(name: &str) -> bool {
    // `router.default_uri`
    matches!(name.rsplit('.').next(), Some("DEFAULT_URI" | "default_uri"))
}

/// Whether a variable's name has one of these words other than that for telemetry. An `ORIGIN` is browsers' there.
pub(crate) fn is_shown_elsewhere(name: &str) -> bool {
    is_shown_elsewhere_for_sure(name) || is_origin(name)
}

/// Whether a variable's name has one of these words. An `ORIGIN` is browsers' there.
pub(crate) fn is_shown(name: &str) -> bool {
    is_shown_for_sure(name) || is_origin(name)
}

/// Whether a name says so, whatever it lies below, and is not about telemetry.
fn is_shown_elsewhere_for_sure(name: &str) -> bool {
    is_any_of(name, &SHOWN[..SHOWN.len() - 1]) || lets_in(name) || is_of_links(name)
}

/// Whether a name says so, whatever it lies below.
fn is_shown_for_sure(name: &str) -> bool {
    is_any_of(name, SHOWN) || lets_in(name) || is_of_links(name)
}

fn is_any_of(name: &str, words: &[&str]) -> bool {
    let mut word = String::new();
    let mut is_any = false;
    for c in name.chars() {
        // `AllowedOrigins` has two words.
        let begins = c.is_ascii_uppercase() && word.ends_with(|c: char| c.is_ascii_lowercase());
        if begins || !c.is_ascii_alphanumeric() {
            is_any |= words.contains(&word.to_ascii_uppercase().as_str());
            word.clear();
        }
        if c.is_ascii_alphanumeric() {
            word.push(c);
        }
    }
    is_any || words.contains(&word.to_ascii_uppercase().as_str())
}
