//! What sources say, in one form: statements about two ends, and what rule files cannot say.

use crate::ports::Fit;
use hedgerow_core::name::ServiceName;
use hedgerow_core::policy::RulePorts;
use hedgerow_eval::{Labels, PortRange};
use hedgerow_observe::observations::Moment;
use std::collections::BTreeSet;
use std::fmt;

/// Where something is said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the user named it.
    pub path: String,
    /// The line, from 1; 0 where the source has none.
    pub line: usize,
    /// The object, such as `NetworkPolicy bank/ledger`; empty where there is none.
    pub what: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.what.is_empty() {
            write!(f, " {}", self.what)?;
        }
        Ok(())
    }
}

/// A workload, a pod or a service as a source calls it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    /// The namespace, where the source says one.
    pub(crate) namespace: Option<String>,
    /// The kind of workload, where the source says one.
    pub(crate) kind: Option<String>,
    pub(crate) name: String,
    /// What its pods wear, where the source says it.
    pub(crate) labels: Labels,
}

impl Name {
    pub(crate) fn new(namespace: Option<&str>, name: &str) -> Self {
        let namespace = namespace.map(str::to_owned);
        Self { namespace, name: name.to_owned(), ..Self::default() }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.name.escape_debug();
        match &self.namespace {
            Some(namespace) => write!(f, "{}/{shown}", namespace.escape_debug()),
            None => write!(f, "{shown}"),
        }
    }
}

/// One end of a statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// A service that is known to be meant.
    Service(ServiceName),
    /// Somebody by a name that is still to be found in the fleet.
    Named(Name),
}

/// Which ports a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wanted {
    /// Whatever the callee listens on.
    All,
    /// These; at least one.
    These(BTreeSet<Port>),
}

/// One port, or a run of ports, as a source writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Port {
    /// A port of the callee's by its name.
    Name(String),
    /// A number of which the source says no protocol.
    Number(u16),
    /// Ports of one protocol.
    Range(PortRange),
}

/// When and how often traffic showed a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// The first call.
    pub first: Moment,
    /// The last one.
    pub last: Moment,
    /// How many.
    pub count: u64,
}

impl Seen {
    pub(crate) fn unite(self, other: Self) -> Self {
        let count = self.count.saturating_add(other.count);
        Self { first: self.first.min(other.first), last: self.last.max(other.last), count }
    }
}

/// Somebody may call somebody, or does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) caller: End,
    pub(crate) callee: End,
    pub(crate) ports: Wanted,
    /// Why, in the words of whoever wrote it.
    pub(crate) reason: Option<String>,
    /// What traffic showed; nothing where it is a permission.
    pub(crate) seen: Option<Seen>,
    pub(crate) place: Place,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident $word:literal;)+) => {
        /// Why a part of what a source says is in no rule file, or is there in another form.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Why {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Why {
            /// All, in the order in which they are told.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// What it means, in one sentence.
            #[must_use]
            pub const fn means(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

kinds! {
    /// A piece of the input is not understood; what it permits is not known.
    NotUnderstood "not-understood";
    /// The deploy fills in where an object lives; it is read as one that names no namespace: those are in `--namespace`.
    OpenNamespace "open-namespace";
    /// Hedgerow's own policy has the same name and would overwrite this one: rename one of them, or remove this one in the change that deploys Hedgerow's.
    NameTaken "name-taken";
    /// Nobody in the fleet has this name; a rule file cannot name it.
    NoService "no-service";
    /// A caller outside of the fleet: an `allow` entry in the callee's service.yaml lets it in.
    OutsideCaller "outside-caller";
    /// The caller's directory is in another repository; the rule belongs there.
    OtherRepository "other-repository";
    /// More than one service claims a workload.
    Ambiguous "ambiguous";
    /// A service needs no rule for calls to itself; where its policy is to let its own pods in, `allow` them.
    OwnCalls "own-calls";
    /// A rule file that is there permits less; it is left as it is.
    RuleDiffers "rule-differs";
    /// The callee declares no port on which it could be called.
    NoPorts "no-ports";
    /// Ports that the callee does not declare; rules open only declared ports.
    UndeclaredPorts "undeclared-ports";
    /// A rule for a port opens all that the callee declares under its name or number. The source permits only a part of that, so the port is left out.
    PartOfPort "part-of-port";
    /// A rule permits more ports than the source; once the callee declares its `ports`, an import names them.
    WiderPorts "wider-ports";
    /// Some pods of a service may call or be called, and others not; a rule speaks of all.
    PartOfPods "part-of-pods";
    /// Methods, paths, topics and the like: a rule permits the whole call.
    Layer7 "layer-7";
    /// A condition on the request, its token or its host: a rule permits the call without it.
    Condition "condition";
    /// A whole namespace comes in; an `allow` entry says so.
    WholeNamespace "whole-namespace";
    /// All pods of the cluster come in; an `allow` entry says so.
    WholeCluster "whole-cluster";
    /// Anybody comes in; an `allow` entry says so.
    Anybody "anybody";
    /// No policy guards the callee: today everybody may call it; with rules, only callers that have one.
    Unguarded "unguarded";
    /// Addresses are no services; an `allow` entry lets them in.
    Addresses "addresses";
    /// Somebody outside of the cluster is called; Hedgerow writes no policy for what leaves.
    OutsideCallee "outside-callee";
    /// A service of a cloud, a broker's topic or a database's table; not a call between pods.
    Resource "resource";
    /// What leaves is limited today; Hedgerow writes no policy for what leaves.
    Egress "egress";
    /// What leaves is let out whole: nothing that leaves is limited, and Hedgerow limits nothing of it either.
    OpenEgress "open-egress";
    /// It is denied, not permitted; with rules, what has no rule is dropped.
    Denied "denied";
    /// One end permits the call and the other end, which is among the files, does not: today it does not get through.
    OneSided "one-sided";
    /// An end lives in another cluster.
    OtherCluster "other-cluster";
    /// Pods on their node's network: no policy selects them.
    HostNetwork "host-network";
    /// No pods of the service and no policy that guards it are among the manifests; who may call it is not known.
    NoPods "no-pods";
    /// A policy lets in, or denies, pods that are not among the manifests: whoever wears a label, or runs as an account.
    NoCaller "no-caller";
    /// A policy selects no pod of the manifests.
    IdlePolicy "idle-policy";
    /// A staged policy: it has no effect.
    Staged "staged";
    /// Traffic that was dropped; where it is meant, `hedgerow allow` writes the rule.
    Dropped "dropped";
    /// Traffic of which the source does not say who made it.
    Untold "untold";
    /// Traffic that only the caller's side tells of, or that has no verdict: flows from the callee's node tell whether it gets in.
    CallersSide "callers-side";
}

impl Why {
    /// Whether rule files say less or more than the source because of it. What is not is only worth knowing.
    #[must_use]
    pub const fn is_loss(self) -> bool {
        !matches!(self, Self::Staged | Self::IdlePolicy | Self::OwnCalls | Self::Denied | Self::OpenEgress)
    }
}

/// Something that rule files do not say, or say in another way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leftover {
    /// Why.
    pub why: Why,
    /// Where it is said.
    pub place: Place,
    /// Who is called, where it is about one service.
    pub callee: Option<ServiceName>,
    /// Who calls, where it is about some services.
    pub callers: BTreeSet<ServiceName>,
    /// The ports that it is about; empty for all.
    pub ports: Vec<PortRange>,
    /// What it is, in words: lower case, without a full stop.
    pub text: String,
    /// An `allow` entry for the callee's service.yaml that would say it, as one line of YAML.
    pub allow: Option<String>,
    /// Whether the source permits ports that no entry can open, so that one that is there says only a part of it.
    pub(crate) is_narrower: bool,
}

impl Leftover {
    /// Suggests an `allow` entry for those of the source's ports that the callee can name, and says of which there is none.
    pub(crate) fn suggest(&mut self, callee: &ServiceName, fit: Fit, entry: impl FnOnce(&RulePorts) -> Option<String>) {
        self.text.push_str(&fit.hint(callee));
        self.is_narrower = !fit.is_whole();
        self.allow = fit.narrow().and_then(|ports| entry(&ports));
    }
}

/// What a source said.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) statements: Vec<Statement>,
    pub(crate) leftovers: Vec<Leftover>,
}

impl Found {
    /// Leaves something out and says so.
    pub(crate) fn leave(&mut self, why: Why, place: &Place, text: impl Into<String>) -> &mut Leftover {
        let at = self.leftovers.len();
        self.leftovers.push(Leftover {
            why,
            callee: None,
            callers: BTreeSet::new(),
            ports: Vec::new(),
            text: text.into(),
            place: place.clone(),
            allow: None,
            is_narrower: false,
        });
        &mut self.leftovers[at]
    }
}

/// Text of an input for a message: short, and nothing in it moves the cursor.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 120;
    let short: String = text.chars().take(MOST).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{}{more}", short.escape_debug())
}
