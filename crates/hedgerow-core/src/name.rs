//! Names that are valid by construction: whoever holds one need not check it again.
//!
//! | type | grammar | source |
//! | --- | --- | --- |
//! | [`ServiceName`] | `[a-z0-9]([a-z0-9.-]*[a-z0-9])?`, no `..`, at most 250 bytes | ours: a file name, a DNS-like name and a label at once |
//! | [`Namespace`], [`TypeName`], [`EnvironmentName`] | RFC 1123 label, at most 63 | [Kubernetes names] |
//! | [`PortName`] | `[a-z0-9-]`, one letter, no `--`, at most 15 | [RFC 6335] as Kubernetes reads it |
//! | [`Domain`] | RFC 1123 subdomain, at most 253 | [Kubernetes labels] |
//! | [`LabelKey`], [`LabelValue`] | qualified name, at most 63 per part | [Kubernetes labels] |
//!
//! Stricter than Kubernetes: a service name may not hold upper-case letters or `_`, so that a directory, a label and an
//! object name can never differ in case alone.
//!
//! [Kubernetes names]: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
//! [Kubernetes labels]: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
//! [RFC 6335]: https://www.rfc-editor.org/rfc/rfc6335#section-5.1

use std::fmt;
use std::num::NonZeroU16;

/// Why a text is not a name of its kind. The `Display` form completes "… is not valid: it …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is written.
    #[error("is empty")]
    Empty,
    /// The text is longer than the kind allows, in bytes.
    #[error("has {length} characters; {limit} are allowed")]
    TooLong {
        /// How long it is.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// A character that the kind does not allow.
    #[error("holds `{}`; {allowed}", character.escape_default())]
    Character {
        /// The first such character.
        character: char,
        /// What is allowed instead.
        allowed: &'static str,
    },
    /// It begins or ends with a character that may only stand inside.
    #[error("must begin and end with a letter or a digit")]
    Edge,
    /// Two separators follow each other.
    #[error("holds `{0}`")]
    Doubled(&'static str),
    /// A port name without a letter, which could be taken for a number.
    #[error("needs at least one letter")]
    NoLetter,
    /// A number that is no port.
    #[error("is not a port number from 1 to 65535")]
    PortNumber,
}

fn check(text: &str, limit: usize, allowed: &'static str, inside: impl Fn(char) -> bool) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if let Some(character) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || inside(*c))) {
        return Err(NameError::Character { character, allowed });
    }
    if text.len() > limit {
        return Err(NameError::TooLong { length: text.len(), limit });
    }
    let edge = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric());
    if edge(text.bytes().next()) && edge(text.bytes().last()) { Ok(()) } else { Err(NameError::Edge) }
}

fn check_lower(text: &str, limit: usize, allowed: &'static str, inside: &[char]) -> Result<(), NameError> {
    if let Some(character) = text.chars().find(char::is_ascii_uppercase) {
        return Err(NameError::Character { character, allowed });
    }
    check(text, limit, allowed, |c| inside.contains(&c))
}

const LOWER_DASH: &str = "lower-case letters, digits and `-` are allowed";
const LOWER_DASH_DOT: &str = "lower-case letters, digits, `-` and `.` are allowed";

fn check_service(text: &str) -> Result<(), NameError> {
    check_lower(text, 250, LOWER_DASH_DOT, &['-', '.'])?;
    if text.contains("..") { Err(NameError::Doubled("..")) } else { Ok(()) }
}

fn check_rfc1123_label(text: &str) -> Result<(), NameError> {
    check_lower(text, 63, LOWER_DASH, &['-'])
}

fn check_domain(text: &str) -> Result<(), NameError> {
    check_lower(text, 253, LOWER_DASH_DOT, &['-', '.'])?;
    text.split('.').try_for_each(|part| match part {
        "" => Err(NameError::Doubled("..")),
        _ => check_lower(part, 253, LOWER_DASH, &['-']),
    })
}

fn check_port(text: &str) -> Result<(), NameError> {
    check_lower(text, 15, LOWER_DASH, &['-'])?;
    if text.contains("--") {
        return Err(NameError::Doubled("--"));
    }
    if text.bytes().any(|b| b.is_ascii_lowercase()) { Ok(()) } else { Err(NameError::NoLetter) }
}

const LABEL_CHARACTERS: &str = "letters, digits, `-`, `_` and `.` are allowed";

fn check_label_value(text: &str) -> Result<(), NameError> {
    match text {
        "" => Ok(()),
        _ => check(text, 63, LABEL_CHARACTERS, |c| matches!(c, '-' | '_' | '.')),
    }
}

fn check_label_key(text: &str) -> Result<(), NameError> {
    let name = match text.split_once('/') {
        Some((domain, name)) => {
            check_domain(domain)?;
            name
        }
        None => text,
    };
    check(name, 63, LABEL_CHARACTERS, |c| matches!(c, '-' | '_' | '.'))
}

macro_rules! names {
    ($($(#[$doc:meta])+ $name:ident by $check:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks `text` against the grammar of this kind of name.
            ///
            /// # Errors
            /// Says what is wrong with the text.
            pub fn new(text: &str) -> Result<Self, NameError> {
                $check(text).map(|()| Self(text.to_owned()))
            }

            /// The name as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )+};
}

names! {
    /// The name of a service, which is also the name of its rule files: `service.ledger`.
    ServiceName by check_service;
    /// A Kubernetes namespace.
    Namespace by check_rfc1123_label;
    /// A type of services: `backend`.
    TypeName by check_rfc1123_label;
    /// An environment: `prod`.
    EnvironmentName by check_rfc1123_label;
    /// The name of a container port: `http`.
    PortName by check_port;
    /// The domain in front of every label that Hedgerow writes: `monzo.com`.
    Domain by check_domain;
    /// The key of a Kubernetes label, with or without a domain.
    LabelKey by check_label_key;
    /// The value of a Kubernetes label; may be empty.
    LabelValue by check_label_value;
}

/// A transport protocol that a Kubernetes port can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP, what a port has when nothing is written.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// All protocols.
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Udp, Self::Sctp];

    /// The name as Kubernetes writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a rule writes a port of its callee: by name, or by number where the callee leaves it unnamed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortRef {
    /// A port number.
    Number(NonZeroU16),
    /// A port name.
    Name(PortName),
}

impl PortRef {
    /// Reads `http` or `8080`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().map(Self::Number).map_err(|_| NameError::PortNumber);
        }
        PortName::new(text).map(Self::Name)
    }
}

impl fmt::Display for PortRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows<T: fmt::Debug>(parse: impl Fn(&str) -> Result<T, NameError>, accept: &[&str], refuse: &[(&str, &str)]) {
        for text in accept {
            assert!(parse(text).is_ok(), "{text:?}: {:?}", parse(text));
        }
        for (text, why) in refuse {
            assert_eq!(parse(text).map_err(|e| e.to_string()).expect_err(text), *why, "{text:?}");
        }
    }

    #[test]
    fn service_names() {
        rows(
            ServiceName::new,
            &["a", "service.ledger", "cron.pay", "edge-proxy.api", "0", "a.-b", &"a".repeat(250)],
            &[
                ("", "is empty"),
                ("..", "must begin and end with a letter or a digit"),
                ("a..b", "holds `..`"),
                ("Service.a", "holds `S`; lower-case letters, digits, `-` and `.` are allowed"),
                ("a/b", "holds `/`; lower-case letters, digits, `-` and `.` are allowed"),
                ("a\u{0}", "holds `\\u{0}`; lower-case letters, digits, `-` and `.` are allowed"),
                ("é", "holds `\\u{e9}`; lower-case letters, digits, `-` and `.` are allowed"),
                ("a-", "must begin and end with a letter or a digit"),
                (&"a".repeat(251), "has 251 characters; 250 are allowed"),
            ],
        );
    }

    #[test]
    fn labels() {
        rows(
            LabelKey::new,
            &["app", "app.kubernetes.io/name", "monzo.com/egress-s-ledger.http", "a/A_b"],
            &[
                ("", "is empty"),
                ("a/", "is empty"),
                ("/a", "is empty"),
                ("a/b/c", "holds `/`; letters, digits, `-`, `_` and `.` are allowed"),
                ("A.com/b", "holds `A`; lower-case letters, digits, `-` and `.` are allowed"),
                ("a/-b", "must begin and end with a letter or a digit"),
            ],
        );
        rows(
            LabelValue::new,
            &["", "true", "service.ledger", "A_b"],
            &[("a b", "holds ` `; letters, digits, `-`, `_` and `.` are allowed")],
        );
    }

    #[test]
    fn ports() {
        rows(
            PortRef::new,
            &["80", "http", "65535", "h2c-1", "1a"],
            &[
                ("0", "is not a port number from 1 to 65535"),
                ("65536", "is not a port number from 1 to 65535"),
                ("a--b", "holds `--`"),
                ("sixteen-letters-", "has 16 characters; 15 are allowed"),
                ("HTTP", "holds `H`; lower-case letters, digits and `-` are allowed"),
                ("1-1", "needs at least one letter"),
            ],
        );
    }

    #[test]
    fn namespaces_and_domains() {
        rows(
            Namespace::new,
            &["default", "kube-system"],
            &[("a.b", "holds `.`; lower-case letters, digits and `-` are allowed")],
        );
        rows(
            Domain::new,
            &["monzo.com", "x"],
            &[("a..b", "holds `..`"), ("a.-b", "must begin and end with a letter or a digit")],
        );
    }
}
