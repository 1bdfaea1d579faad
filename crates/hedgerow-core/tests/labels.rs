//! Labels and object names of any service: valid for Kubernetes, told apart, and read back for what they are.
#![allow(clippy::unwrap_used, reason = "helpers of tests stop at what cannot be")]

use hedgerow_core::label::{Identity, Meaning, Prefix, Scheme, own_key};
use hedgerow_core::name::{Domain, PortRef, ServiceName};
use proptest::prelude::*;

fn scheme() -> Scheme {
    let domain = Domain::new("bank.example").unwrap();
    let identity = Identity::Own(own_key(&domain, "routing-name").unwrap());
    Scheme::new(domain, identity, vec![Prefix { long: "service.".into(), short: "s-".into() }])
}

/// Names of every length, most of them about as long as a label may be.
fn names() -> impl Strategy<Value = ServiceName> {
    let name = prop_oneof!["[a-z][a-z0-9]{0,8}", "service\\.[a-z][a-z0-9]{40,60}", "[a-z]([a-z0-9.-]{0,80}[a-z0-9])?"];
    name.prop_filter_map("no name of a service", |name| ServiceName::new(&name).ok())
}

fn ports() -> impl Strategy<Value = PortRef> {
    prop_oneof!["[a-z][a-z0-9]{0,14}", "[1-9][0-9]{0,3}"].prop_map(|port| PortRef::new(&port).unwrap())
}

/// Kubernetes' rule for the name part of a label's key and for its value, written down a second time.
fn is_qualified(text: &str) -> bool {
    let is_edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    (1..=63).contains(&text.len())
        && is_edge(text.bytes().next())
        && is_edge(text.bytes().last())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn is_object_name(text: &str) -> bool {
    is_qualified(text) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

proptest! {
    #[test]
    fn names_are_valid_however_long_the_service_is(service in names(), port in ports()) {
        let scheme = scheme();
        let Ok(slug) = scheme.slug(&service) else { return Ok(()) };
        for key in [scheme.egress(&slug), scheme.egress_port(&slug, &port)] {
            let name = key.as_str().strip_prefix("bank.example/").expect("every key stands below the domain");
            prop_assert!(is_qualified(name), "{}", name);
            prop_assert_eq!(scheme.meaning(key.as_str()), Some(Meaning::Egress));
        }
        prop_assert!(is_qualified(scheme.identity_value(&service).as_str()));
        prop_assert!(is_object_name(scheme.object(&slug).as_str()));
    }

    #[test]
    fn two_services_never_share_a_name_unless_they_share_a_slug(a in names(), b in names(), port in ports()) {
        let scheme = scheme();
        let (Ok(slug_a), Ok(slug_b)) = (scheme.slug(&a), scheme.slug(&b)) else { return Ok(()) };
        prop_assert_eq!(scheme.identity_value(&a) == scheme.identity_value(&b), a == b);
        prop_assert_eq!(scheme.egress(&slug_a) == scheme.egress(&slug_b), slug_a == slug_b);
        prop_assert_eq!(scheme.object(&slug_a) == scheme.object(&slug_b), slug_a == slug_b);
        prop_assert_eq!(scheme.egress_port(&slug_a, &port) == scheme.egress_port(&slug_b, &port), slug_a == slug_b);
        prop_assert_ne!(scheme.egress(&slug_a), scheme.egress_port(&slug_b, &port));
    }
}
