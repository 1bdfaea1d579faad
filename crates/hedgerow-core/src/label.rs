//! The only place that makes or reads a label name or an object name.
//!
//! Both sides of every match (the pods that wear a label, the policy that selects by it) call [`Scheme`], so they cannot
//! differ. What does not fit into 63 characters is cut to 52 and ends in `-` and 10 base32 characters (50 bits) of a
//! SHA-256 over the length-delimited parts the name is made of.

use crate::name::{Domain, LabelKey, LabelValue, NameError, PortRef, ServiceName, TypeName};
use sha2::{Digest, Sha256};
use std::fmt;

/// The most characters Kubernetes allows in the name part of a label key and in a label value.
const LIMIT: usize = 63;
/// What the name of a ConfigMap ends in that holds a policy as data, unless it is cut.
pub const POLICY_DATA: &str = "-network-policy";
/// The characters of the hash that a cut name ends in.
const HASH: usize = 10;
/// The name of the mark that objects wear.
const POLICY_OF: &str = "policy-of";

/// How labels and objects are named in one fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    domain: Domain,
    identity: Identity,
    prefixes: Vec<Prefix>,
}

/// Which label says what service a pod is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A label below the fleet's domain, written by Hedgerow.
    Own(LabelKey),
    /// A label that somebody else writes; Hedgerow checks it and never writes it.
    Foreign(LabelKey),
}

impl Identity {
    /// The label's key.
    #[must_use]
    pub const fn key(&self) -> &LabelKey {
        match self {
            Self::Own(key) | Self::Foreign(key) => key,
        }
    }
}

/// One shortening of service names: `service.` → `s-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    /// What a service name begins with.
    pub long: String,
    /// What takes its place.
    pub short: String,
}

/// A service name as it stands in label keys and object names: `s-ledger`. Not cut.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

/// The name of an object that Hedgerow writes: a slug, cut to 63 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName(String);

/// The label that an object of Hedgerow's wears and nothing else does: whose policy it is.
///
/// Hosts overwrite `app.kubernetes.io/managed-by`, rename objects and add labels of their own, so an object is known by this
/// alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    key: LabelKey,
    value: LabelValue,
}

impl Mark {
    /// The label's key, the same on all objects of a fleet.
    #[must_use]
    pub const fn key(&self) -> &LabelKey {
        &self.key
    }

    /// The label's value: the value of the service's identity label, or `type_` and the name of a type.
    #[must_use]
    pub const fn value(&self) -> &LabelValue {
        &self.value
    }
}

/// What a label key of Hedgerow's says on a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// What service a pod is.
    Identity,
    /// What type the pod's service has.
    ServiceType,
    /// Whether a policy protects the pod.
    NetworkPolicy,
    /// That the pod may call somebody.
    Egress,
}

/// The values of the label that says whether a policy protects a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyState {
    /// An enforced policy selects the pod.
    Live,
    /// Only a staged policy selects the pod, so no catch-all may.
    Staged,
}

impl PolicyState {
    /// The label's value.
    #[must_use]
    pub fn value(self) -> LabelValue {
        made(match self {
            Self::Live => "true",
            Self::Staged => "staged",
        })
    }
}

impl Scheme {
    /// The names below `domain`; the first of `prefixes` that a service's name begins with is shortened.
    #[must_use]
    pub const fn new(domain: Domain, identity: Identity, prefixes: Vec<Prefix>) -> Self {
        Self { domain, identity, prefixes }
    }

    /// The domain in front of every label that Hedgerow writes.
    #[must_use]
    pub const fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Which label says what service a pod is.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The service's short name.
    ///
    /// # Errors
    /// When the shortened name could not stand in a label or name an object, for example because it ends in `-`.
    pub fn slug(&self, service: &ServiceName) -> Result<Slug, NameError> {
        let name = service.as_str();
        let shortened = self
            .prefixes
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix.long.as_str()).map(|rest| format!("{}{rest}", prefix.short)))
            .unwrap_or_else(|| name.to_owned());
        let slug = shortened.replace('.', "-");
        // A slug is a service name without dots, so the one grammar serves for both.
        ServiceName::new(&slug).map(|_| Slug(slug))
    }

    /// The value of the identity label on the service's pods.
    #[must_use]
    pub fn identity_value(&self, service: &ServiceName) -> LabelValue {
        made(&cut(service.as_str(), &["identity", service.as_str()]))
    }

    /// The label that lets a pod call every port of the service with this slug.
    #[must_use]
    pub fn egress(&self, callee: &Slug) -> LabelKey {
        self.own(&cut(&format!("egress-{callee}"), &["egress", &callee.0]))
    }

    /// The label that lets a pod call one port of the service with this slug.
    #[must_use]
    pub fn egress_port(&self, callee: &Slug, port: &PortRef) -> LabelKey {
        let port = port.to_string();
        self.own(&cut(&format!("egress-{callee}.{port}"), &["egress", &callee.0, &port]))
    }

    /// The value of a label that is worn or not, such as an egress label.
    #[must_use]
    pub fn worn(&self) -> LabelValue {
        made("true")
    }

    /// The label that says what type a pod's service has.
    #[must_use]
    pub fn service_type(&self) -> LabelKey {
        self.own("service-type")
    }

    /// The value of that label.
    #[must_use]
    pub fn service_type_value(&self, service_type: &TypeName) -> LabelValue {
        made(service_type.as_str())
    }

    /// The label that says whether a policy protects a pod.
    #[must_use]
    pub fn network_policy(&self) -> LabelKey {
        self.own("network-policy")
    }

    /// The label that says of an object whose policy it is.
    #[must_use]
    pub fn policy_of(&self) -> LabelKey {
        self.own(POLICY_OF)
    }

    /// Whether Hedgerow wrote an object for this fleet: it wears the mark, or none of any fleet and `manager` is Hedgerow, which is all that
    /// versions before the mark wrote.
    pub fn has_written<'k>(&self, worn: impl IntoIterator<Item = &'k String>, manager: Option<&str>) -> bool {
        let own = self.policy_of();
        let mut marks = worn.into_iter().filter(|key| is_mark(key)).peekable();
        match marks.peek() {
            None => manager == Some(MANAGER),
            Some(_) => marks.any(|key| key == own.as_str()),
        }
    }

    /// What the objects of a service wear.
    #[must_use]
    pub fn mark(&self, service: &ServiceName) -> Mark {
        Mark { key: self.policy_of(), value: self.identity_value(service) }
    }

    /// What the catch-alls of a type wear. No service's value has a `_`, so the two cannot be taken for each other.
    #[must_use]
    pub fn catch_all_mark(&self, service_type: &TypeName) -> Mark {
        let value = cut(&format!("type_{service_type}"), &["type", service_type.as_str()]);
        Mark { key: self.policy_of(), value: made(&value) }
    }

    /// The name of the service's policy.
    #[must_use]
    pub fn object(&self, slug: &Slug) -> ObjectName {
        ObjectName(cut(&slug.0, &["object", &slug.0]))
    }

    /// The name of the Calico policy that decides on the rest. It differs from the policy's, since both are of a kind called
    /// `NetworkPolicy` and some hosts leave the API group out of an object's identity. There is no `.` in it: Calico before
    /// 3.32 may take what stands in front of one for a tier.
    #[must_use]
    pub fn backstop(&self, slug: &Slug) -> ObjectName {
        ObjectName(cut(&format!("{slug}-backstop"), &["backstop", &slug.0]))
    }

    /// The name of the ConfigMap that holds the service's policy as data. Charts like to call theirs what the service is called.
    #[must_use]
    pub fn policy_data(&self, slug: &Slug) -> ObjectName {
        ObjectName(cut(&format!("{slug}{POLICY_DATA}"), &["policy-data", &slug.0]))
    }

    /// The name of the objects that let a type's callers in.
    #[must_use]
    pub fn catch_all(&self, service_type: &TypeName) -> ObjectName {
        ObjectName(cut(&format!("catch-all-{service_type}"), &["catch-all", service_type.as_str()]))
    }

    /// Whether `key` is one that Hedgerow writes in this fleet, on pods or on objects of its own.
    #[must_use]
    pub fn is_own(&self, key: &str) -> bool {
        self.meaning(key).is_some() || self.name_below_domain(key) == Some(POLICY_OF)
    }

    /// What `key` says on a pod, if it is one that Hedgerow writes there in this fleet. A foreign identity is not, and neither is
    /// the mark of objects: no policy asks for it, so a pod that wears it gets nothing by it.
    #[must_use]
    pub fn meaning(&self, key: &str) -> Option<Meaning> {
        if let Identity::Own(identity) = &self.identity
            && key == identity.as_str()
        {
            return Some(Meaning::Identity);
        }
        match self.name_below_domain(key)? {
            "service-type" => Some(Meaning::ServiceType),
            "network-policy" => Some(Meaning::NetworkPolicy),
            name if name.starts_with("egress-") => Some(Meaning::Egress),
            _ => None,
        }
    }

    fn name_below_domain<'k>(&self, key: &'k str) -> Option<&'k str> {
        key.strip_prefix(self.domain.as_str())?.strip_prefix('/')
    }

    fn own(&self, name: &str) -> LabelKey {
        own_key(&self.domain, name).expect("names made here follow the grammar of label keys")
    }
}

/// Whether a name below the domain is taken, so that no identity label may have it.
#[must_use]
pub fn is_taken(name: &str) -> bool {
    matches!(name, "service-type" | "network-policy" | POLICY_OF) || name.starts_with("egress-")
}

/// What versions before the mark wrote into `app.kubernetes.io/managed-by`, and today's write there as well.
pub const MANAGER: &str = "hedgerow";

/// Whether a label is the mark that objects wear, of whichever fleet.
#[must_use]
pub fn is_mark(key: &str) -> bool {
    key.split_once('/').is_some_and(|(_, name)| name == POLICY_OF)
}

/// The key `<domain>/<name>`.
///
/// # Errors
/// When `name` may not stand in a label key.
pub fn own_key(domain: &Domain, name: &str) -> Result<LabelKey, NameError> {
    LabelKey::new(&format!("{domain}/{name}"))
}

fn made(value: &str) -> LabelValue {
    LabelValue::new(value).expect("values made here follow the grammar of label values")
}

fn cut(text: &str, parts: &[&str]) -> String {
    if text.len() <= LIMIT {
        return text.to_owned();
    }
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let hash = data_encoding::BASE32_NOPAD.encode(&hash.finalize()).to_ascii_lowercase();
    format!("{}-{}", &text[..LIMIT - 1 - HASH], &hash[..HASH])
}

impl Slug {
    /// A short name that a catalogue lists: whoever made the catalogue shortened it.
    ///
    /// # Errors
    /// When the text could not stand in a label or name an object.
    pub(crate) fn listed(text: &str) -> Result<Self, NameError> {
        if text.contains('.') {
            return Err(NameError::Character {
                character: '.',
                allowed: "lower-case letters, digits and `-` are allowed",
            });
        }
        ServiceName::new(text).map(|_| Self(text.to_owned()))
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ObjectName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheme(prefixes: &[(&str, &str)]) -> Scheme {
        let domain = Domain::new("monzo.com").unwrap();
        let identity = Identity::Own(own_key(&domain, "routing-name").unwrap());
        let prefixes = prefixes.iter().map(|(long, short)| Prefix { long: (*long).into(), short: (*short).into() });
        Scheme::new(domain, identity, prefixes.collect())
    }

    fn name(text: &str) -> ServiceName {
        ServiceName::new(text).unwrap()
    }

    #[test]
    fn slugs() {
        let plain = &[("service.", "s-")][..];
        for (prefixes, service, expected) in [
            (plain, "service.ledger", "s-ledger"),
            (plain, "service.api.brands", "s-api-brands"),
            (plain, "cron.pay", "cron-pay"),
            (plain, "my-service.x", "my-service-x"),
            (&[], "service.ledger", "service-ledger"),
            (&[("service.api.", "a-"), ("service.", "s-")], "service.api.x", "a-x"),
            (&[("service.", "s-"), ("service.api.", "a-")], "service.api.x", "s-api-x"),
        ] {
            assert_eq!(
                scheme(prefixes).slug(&name(service)).unwrap().as_str(),
                expected,
                "{service} with {prefixes:?}"
            );
        }
        assert!(scheme(&[("service", "s-")]).slug(&name("service")).is_err(), "a slug that ends in `-`");
        assert!(scheme(&[("a", "")]).slug(&name("a")).is_err(), "an empty slug");
    }

    #[test]
    fn names_that_fit_are_not_cut_and_longer_ones_end_in_a_hash() {
        let scheme = scheme(&[("service.", "s-")]);
        let key = |service: &str| scheme.egress(&scheme.slug(&name(service)).unwrap());
        let fits = format!("service.{}", "x".repeat(54));
        assert_eq!(key(&fits).as_str(), format!("monzo.com/egress-s-{}", "x".repeat(54)));
        let (long, other) = (format!("{fits}y"), format!("{fits}z"));
        assert_eq!(key(&long).as_str(), format!("monzo.com/egress-s-{}-{}", "x".repeat(43), "n5mtl7nhcd"));
        assert_ne!(key(&long), key(&other), "what was cut away still counts");
        assert_eq!(scheme.identity_value(&name(&"x".repeat(64))).as_str().len(), 63);
        assert_eq!(scheme.object(&scheme.slug(&name(&"x".repeat(200))).unwrap()).as_str().len(), 63);
    }

    #[test]
    fn a_port_is_part_of_the_key_and_of_its_hash() {
        let scheme = scheme(&[("service.", "s-")]);
        let slug = |text: &str| scheme.slug(&name(text)).unwrap();
        let http = PortRef::new("http").unwrap();
        assert_eq!(scheme.egress_port(&slug("service.ledger"), &http).as_str(), "monzo.com/egress-s-ledger.http");
        let long = slug(&"x".repeat(80));
        let keys = [
            scheme.egress(&long),
            scheme.egress_port(&long, &http),
            scheme.egress_port(&long, &PortRef::new("80").unwrap()),
        ];
        assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{keys:?}");
    }

    #[test]
    fn keys_of_ours_are_recognised_and_others_are_not() {
        let scheme = scheme(&[]);
        for (key, expected) in [
            ("monzo.com/routing-name", Some(Meaning::Identity)),
            ("monzo.com/service-type", Some(Meaning::ServiceType)),
            ("monzo.com/network-policy", Some(Meaning::NetworkPolicy)),
            ("monzo.com/egress-s-ledger", Some(Meaning::Egress)),
            ("monzo.com/egress-s-ledger.http", Some(Meaning::Egress)),
            ("monzo.com/policy-of", None),
            ("monzo.com/team", None),
            ("monzo.community/egress-x", None),
            ("egress-x", None),
            ("app.kubernetes.io/name", None),
        ] {
            assert_eq!(scheme.meaning(key), expected, "{key}");
        }
    }

    #[test]
    fn the_mark_is_a_key_of_ours_that_no_pod_is_known_by() {
        let scheme = scheme(&[]);
        let keys = [
            "monzo.com/policy-of",
            "monzo.com/egress-x",
            "monzo.com/routing-name",
            "monzo.com/policy-off",
            "x.com/policy-of",
        ];
        assert_eq!(keys.map(|key| scheme.is_own(key)), [true, true, true, false, false]);
        assert!(is_taken("policy-of") && !is_taken("routing-name"));
    }

    #[test]
    fn a_service_and_a_type_never_wear_the_same_mark() {
        let scheme = scheme(&[]);
        let of_type = |text: &str| scheme.catch_all_mark(&TypeName::new(text).unwrap());
        assert_eq!(of_type("core").value().as_str(), "type_core");
        let long = of_type(&"x".repeat(63));
        assert_eq!(long.value().as_str().len(), 63);
        assert!(long.value().as_str().starts_with("type_x"), "the `_` is never cut away");
        assert_ne!(long, of_type(&format!("{}y", "x".repeat(62))), "what was cut away still counts");
        assert!(ServiceName::new("type_core").is_err(), "a service's name, and so its value, has no `_`");
        assert_eq!(scheme.mark(&name("service.ledger")).value(), &scheme.identity_value(&name("service.ledger")));
    }

    #[test]
    fn objects_that_were_written_for_this_fleet() {
        for (worn, manager, should) in [
            (&["monzo.com/policy-of"][..], None, true),
            (&["monzo.com/policy-of", "shop.example/policy-of"], Some("Helm"), true),
            (&["shop.example/policy-of"], Some("hedgerow"), false),
            (&["shop.example/policy-of"], None, false),
            (&["shop.example/policy-of-old", "policy-of"], Some("hedgerow"), true),
            (&["a"], Some("hedgerow"), true),
            (&[], Some("hedgerow"), true),
            (&[], Some("Helm"), false),
            (&[], None, false),
        ] {
            let worn: Vec<String> = worn.iter().map(ToString::to_string).collect();
            assert_eq!(scheme(&[]).has_written(&worn, manager), should, "{worn:?} {manager:?}");
        }
    }

    #[test]
    fn the_backstop_has_a_name_of_its_own_without_a_dot() {
        let scheme = scheme(&[("service.", "s-")]);
        for length in [1, 42, 52, 53, 54, 62, 63, 64, 200] {
            let slug = scheme.slug(&name(&format!("service.a.{}", "x".repeat(length)))).unwrap();
            let (policy, backstop) = (scheme.object(&slug), scheme.backstop(&slug));
            assert_ne!(policy, backstop, "{length}");
            assert!(backstop.as_str().len() <= LIMIT && !backstop.as_str().contains('.'), "{backstop}");
        }
        assert_eq!(scheme.backstop(&scheme.slug(&name("service.ledger")).unwrap()).as_str(), "s-ledger-backstop");
    }
}
