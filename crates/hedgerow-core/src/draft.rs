//! What the files say before anything is checked across them. Every value knows where it is written.

use crate::date::Date;
use crate::fleet::{Rare, ServiceIdentity};
use crate::name::{EnvironmentName, Namespace, PortRef, ServiceName, TypeName};
use crate::nonempty::NonEmpty;
use crate::policy::{Origin, Peers, Port, Ports, Stage};
use crate::source::Span;

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// What one service directory says.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceDraft {
    /// The service's name; where no file says it, the span is the directory's.
    pub name: Spanned<ServiceName>,
    /// The directory, relative to the fleet's root.
    pub directory: String,
    /// `namespace:`
    pub namespace: Option<Spanned<Namespace>>,
    /// `type:`
    pub service_type: Option<Spanned<TypeName>>,
    /// `owner:`
    pub owner: Option<String>,
    /// `ports:`, or `ports.listen:`
    pub ports: Option<Ports>,
    /// `ports.always:`
    pub always: Option<Vec<Port>>,
    /// `stage:`, by environment.
    pub stages: Vec<(Spanned<EnvironmentName>, Stage)>,
    /// `service-account:`
    pub account: Option<String>,
    /// `workloads:`
    pub workloads: Vec<String>,
    /// `identity:`
    pub identity: Spanned<ServiceIdentity>,
    /// `allow:`
    pub allow: Vec<AllowDraft>,
    /// `rare:`
    pub rare: Vec<Rare>,
    /// The file, or the directory where it has none: a span of no width.
    pub file: Span,
    /// What it may call; empty where only the metadata was read.
    pub rules: Vec<RuleDraft>,
}

/// One entry of `allow:`.
#[derive(Debug, Clone, PartialEq)]
pub struct AllowDraft {
    /// `from:`
    pub peers: Peers,
    /// `ports:`; nothing where it is left out, which means all.
    pub ports: Option<NonEmpty<Spanned<PortRef>>>,
    /// `reason:`
    pub reason: Option<String>,
    /// The whole entry.
    pub span: Span,
}

/// What one rule file says.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleDraft {
    /// The callee, from the file's name.
    pub callee: ServiceName,
    /// `ports:`; nothing where it is left out, which means all.
    pub ports: Option<NonEmpty<Spanned<PortRef>>>,
    /// `reason:`
    pub reason: Option<String>,
    /// `origin:`
    pub origin: Option<Origin>,
    /// `expires:`
    pub expires: Option<Spanned<Date>>,
    /// `first-seen:` and `last-seen:`
    pub seen: Option<(Date, Date)>,
    /// The file: a span of no width at its start.
    pub file: Span,
}
