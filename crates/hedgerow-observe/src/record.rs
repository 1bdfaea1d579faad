//! What a source says, as typed records. Nothing here knows a fleet: addresses, interfaces and labels are as the source gave them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// One thing that a source said.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A rule of the data plane, with its counter as it stands.
    Counter(RuleCounter),
    /// One packet that a log rule met.
    Packet(Packet),
    /// A connection that the kernel tracks.
    Connection(Connection),
    /// A flow with its verdict, from a source that carries one.
    Flow(Box<Flow>),
    /// Records that the source, or the way to us, says it lost.
    Lost(Lost),
}

/// When a record was made, as far as its source says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// The source gives no time (or one without a year).
    #[default]
    Unsaid,
    /// Microseconds since the machine started.
    SinceBoot(u64),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Unix(i64),
}

/// A transport protocol by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Protocol(pub u8);

impl Protocol {
    /// ICMP.
    pub const ICMP: Self = Self(1);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// ICMP for IPv6.
    pub const ICMPV6: Self = Self(58);
    /// SCTP.
    pub const SCTP: Self = Self(132);
    /// UDP-Lite.
    pub const UDPLITE: Self = Self(136);

    const NAMES: [(&'static str, Self); 14] = [
        ("tcp", Self::TCP),
        ("udp", Self::UDP),
        ("sctp", Self::SCTP),
        ("icmp", Self::ICMP),
        ("icmpv6", Self::ICMPV6),
        ("ipv6-icmp", Self::ICMPV6),
        ("icmp6", Self::ICMPV6),
        ("icmpv4", Self::ICMP),
        ("udplite", Self::UDPLITE),
        ("gre", Self(47)),
        ("esp", Self(50)),
        ("ah", Self(51)),
        ("igmp", Self(2)),
        ("dccp", Self(33)),
    ];

    /// Reads a name in any case, or a number.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            return text.parse().ok().map(Self);
        }
        Self::NAMES.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)).map(|(_, protocol)| *protocol)
    }

    /// Whether it has ports.
    pub fn has_ports(self) -> bool {
        matches!(self, Self::TCP | Self::UDP | Self::SCTP | Self::UDPLITE | Self(33))
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(_, protocol)| protocol == self) {
            Some((name, _)) => out.write_str(name),
            None => write!(out, "{}", self.0),
        }
    }
}

/// In or out, as the pod sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To the pod.
    Ingress,
    /// From the pod.
    Egress,
}

// ── Policies ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The kinds of policy that Calico knows; each release writes them in its own way, here they are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKind {
    /// `NetworkPolicy` of Kubernetes.
    KubernetesNetworkPolicy,
    /// `NetworkPolicy` of Calico.
    CalicoNetworkPolicy,
    /// `GlobalNetworkPolicy` of Calico.
    GlobalNetworkPolicy,
    /// `StagedKubernetesNetworkPolicy`.
    StagedKubernetesNetworkPolicy,
    /// `StagedNetworkPolicy`.
    StagedNetworkPolicy,
    /// `StagedGlobalNetworkPolicy`.
    StagedGlobalNetworkPolicy,
    /// `AdminNetworkPolicy` (gone in 3.32).
    AdminNetworkPolicy,
    /// `BaselineAdminNetworkPolicy` (gone in 3.32).
    BaselineAdminNetworkPolicy,
    /// `ClusterNetworkPolicy`.
    ClusterNetworkPolicy,
    /// `CiliumNetworkPolicy`.
    CiliumNetworkPolicy,
    /// `CiliumClusterwideNetworkPolicy`.
    CiliumClusterwideNetworkPolicy,
    /// A profile: what a namespace or an account allows where no policy selects the pod.
    Profile,
    /// The end of a tier: nothing in it decided.
    EndOfTier,
    /// A kind that this version does not know, as it was written.
    Other(String),
}

/// A policy's name, taken apart. `namespace` is absent for what has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Policy {
    /// What it is.
    pub kind: PolicyKind,
    /// The tier, where the source says it.
    pub tier: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its name as its author wrote it: without `knp.default.` or `default.` in front.
    pub name: String,
}

// ── Rule counters ─────────────────────────────────────────────────────────────────────────────────────────────────────

/// Which program's tables a rule was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tables {
    /// iptables in either flavour (table `filter`).
    Iptables,
    /// Felix's own nftables table (`ip calico`, `ip6 calico`).
    Nftables,
}

/// IP version of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
    /// The input does not say (a piece of a dump without its header).
    Unsaid,
}

/// One rule that Felix wrote, with its counter. Rules of one chain come together and in order.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleCounter {
    /// Whose tables.
    pub tables: Tables,
    /// IP version.
    pub family: Family,
    /// The chain's name as Felix gave it, without the `filter-` of the nftables data plane.
    pub chain: Arc<str>,
    /// Place in the chain, from 0, every rule counted.
    pub position: u32,
    /// Felix's hash of this place and what is before it (`cali:…`), without `cali:`. It tells one life of a chain's content from the
    /// next, but the same content brings the same hash back, with a counter from 0.
    pub hash: Option<String>,
    /// What the rule is there for.
    pub role: Role,
    /// What it does.
    pub action: RuleAction,
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
    /// `key=value` comments: annotations of a Calico policy's rule.
    pub annotations: BTreeMap<String, String>,
}

/// What a rule is there for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A rule of a policy's chain, shared by all pods of the node that the policy selects.
    Policy {
        /// The policy; absent if neither comment nor chain name tells it (this is counted as not understood, too).
        policy: Option<Arc<Policy>>,
        /// Direction.
        direction: Direction,
        /// Which rule of the policy, from 0, as its data plane form counts them (one per port entry of a Kubernetes policy). Exact
        /// where the chain holds flow log rules; else counted.
        rule: Option<u32>,
    },
    /// A rule of the chain of a group of policies with one selector.
    Group {
        /// Direction.
        direction: Direction,
    },
    /// A rule of one pod's (or host's) chain.
    Endpoint {
        /// The interface, such as `cali411fb555e06`.
        interface: Arc<str>,
        /// Direction.
        direction: Direction,
        /// Whether it is an interface of the host itself.
        host: bool,
        /// Which step of the chain.
        step: Step,
    },
    /// A rule of a profile's chain.
    Profile {
        /// The profile, such as `kns.bank`.
        profile: Arc<str>,
        /// Direction.
        direction: Direction,
    },
}

/// A step in an endpoint's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Packets of connections that are known.
    Established,
    /// Packets that belong to no connection.
    Invalid,
    /// A tier begins.
    StartOfTier(Option<String>),
    /// Into the chain of a policy, group or profile.
    Into(Arc<str>),
    /// What was accepted by the policy or group whose chain is named.
    Accepted(Option<Arc<str>>),
    /// No policy of the tier decided: the tier's end. `action` of the record says what became of the packet.
    EndOfTier(Option<String>),
    /// What a profile accepted.
    ProfileAccepted,
    /// Nothing decided at all.
    NoProfile,
    /// Marks are cleared, tunnels are dropped, copies go to the flow logs, and so on.
    Other,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleAction {
    /// Writes a line to the kernel's log.
    Log,
    /// Lets the packet through (in a policy chain: sets the mark that says so).
    Allow,
    /// Drops or rejects it (or sets the mark that says so).
    Deny,
    /// Passes it to the next tier.
    Pass,
    /// Sends a copy to a program (NFLOG): flow logs.
    Copy,
    /// Returns to the chain before.
    Return,
    /// Carries out a verdict that a mark before it says. That one has the count.
    Carry,
    /// Sets or clears another mark.
    Mark,
    /// Goes to another chain.
    Jump,
    /// Only counts.
    Nothing,
    /// Something else, by its name.
    Other(String),
}

// ── Packets ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/// One line of a LOG rule (iptables) or `log` statement (nftables).
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// When.
    pub when: When,
    /// Everything before `IN=`, as the rule gave it, without space at the end. Felix's ends in a colon.
    pub prefix: String,
    /// Interface it came in by; absent if the host itself sent it.
    pub input: Option<String>,
    /// Interface it goes out by; absent if it is for the host itself.
    pub output: Option<String>,
    /// Sender.
    pub source: IpAddr,
    /// Receiver, after address translation.
    pub destination: IpAddr,
    /// Protocol.
    pub protocol: Protocol,
    /// Sender's port.
    pub source_port: Option<u16>,
    /// Receiver's port.
    pub destination_port: Option<u16>,
    /// ICMP type and code.
    pub icmp: Option<(u8, u8)>,
    /// TCP: a packet that opens a connection (SYN without ACK). Absent for others and for lines that were cut before it.
    pub opens: Option<bool>,
    /// Whether it carries the header of another packet: an ICMP error, which is nobody's call.
    pub is_error: bool,
    /// A fragment that is not the first, and has no ports.
    pub is_fragment: bool,
    /// The firewall mark.
    pub mark: Option<u32>,
}

// ── Connections ───────────────────────────────────────────────────────────────────────────────────────────────────────

/// What happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// It is new.
    New,
    /// It changed.
    Update,
    /// It ended, or was forgotten.
    Destroy,
    /// It was there when the table was read.
    Listed,
}

/// One direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tuple {
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// Sender's port.
    pub source_port: Option<u16>,
    /// Receiver's port.
    pub destination_port: Option<u16>,
}

/// A connection of the kernel's table. The caller is `original.source`; the callee behind any translation is `reply.source`.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// When.
    pub when: When,
    /// What happened.
    pub event: Event,
    /// Protocol.
    pub protocol: Protocol,
    /// As the caller sent it.
    pub original: Tuple,
    /// As the answer comes back.
    pub reply: Tuple,
    /// Whether an answer was seen.
    pub answered: Option<bool>,
    /// Kernel's number of it.
    pub id: Option<u32>,
    /// Zone.
    pub zone: Option<u16>,
    /// Packets of both directions together, where accounting is on.
    pub packets: Option<u64>,
}

impl Connection {
    /// Who opened it.
    pub fn caller(&self) -> IpAddr {
        self.original.source
    }

    /// Who answers: behind a Service's address the pod.
    pub fn callee(&self) -> IpAddr {
        self.reply.source
    }

    /// The callee's port: behind a Service the container's.
    pub fn port(&self) -> Option<u16> {
        self.reply.source_port
    }
}

// ── Flows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Who writes flows of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Calico: flow socket, Goldmane, Whisker.
    Calico,
    /// Cilium's Hubble.
    Hubble,
    /// Dataplane V2 of GKE.
    Gke,
    /// OVN-Kubernetes.
    Ovn,
    /// The network policy agent of AWS.
    Aws,
}

/// What kind of event a flow is. Hubble reports one packet as several: its verdict, that it was dropped, and where it passed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlowEvent {
    /// Policies were asked. There is none where no policy selects the pod.
    Verdict,
    /// A packet was dropped; there is a verdict for it, too.
    Drop,
    /// A packet passed by.
    Trace,
    /// The source does not say (an export with a field mask).
    Unsaid,
}

/// What became of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Let through.
    Allowed,
    /// Dropped.
    Denied,
    /// Let through, but a policy in audit mode would have dropped it (Cilium's AUDIT).
    Audited,
    /// The source does not say.
    Unsaid,
}

/// One flow, as a source with a verdict reports it.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Who writes it.
    pub origin: Origin,
    /// When it began, or was seen.
    pub when: When,
    /// What kind of event it is.
    pub event: FlowEvent,
    /// Whose policies decided: `Ingress` is the callee's view. Count only that one, the other repeats it.
    pub direction: Option<Direction>,
    /// Who calls.
    pub caller: End,
    /// Who is called.
    pub callee: End,
    /// The callee's port.
    pub port: Option<u16>,
    /// Protocol.
    pub protocol: Option<Protocol>,
    /// The Service that was called, if one.
    pub service: Option<Service>,
    /// What became of it.
    pub outcome: Outcome,
    /// What decided, in the order in which policies were asked.
    pub enforced: Vec<Hit>,
    /// The same with staged policies taken as enforced. Empty where the source has no such trace.
    pub pending: Vec<Hit>,
    /// Whether it is an answer, where the source says it. Answers are nobody's call.
    pub is_reply: Option<bool>,
    /// For a packet of TCP: whether it opens a connection (SYN without ACK), where the source says it.
    pub opens: Option<bool>,
    /// Node.
    pub node: Option<String>,
    /// How many connections, packets, repetitions.
    pub counts: Counts,
}

/// One end of a flow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct End {
    /// What it is.
    pub kind: EndKind,
    /// Namespace.
    pub namespace: Option<String>,
    /// The pod; with `*` at its end the common part of a workload's pods; `pub`, `pvt` or a set's name for a network.
    pub name: Option<String>,
    /// Labels of the pod (of all pods of the flow).
    pub labels: BTreeMap<String, String>,
    /// Address.
    pub address: Option<IpAddr>,
    /// Sender's port at the caller.
    pub port: Option<u16>,
    /// Workloads, as (kind, name).
    pub workloads: Vec<(String, String)>,
    /// Names of DNS that lead there.
    pub hosts: Vec<String>,
}

/// What an end is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndKind {
    /// A pod.
    Pod,
    /// A node.
    Host,
    /// An address outside.
    Network,
    /// A named set of addresses.
    NetworkSet,
    /// The source does not say.
    #[default]
    Unsaid,
}

/// A Kubernetes Service in front of the callee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Namespace.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// Name of its port.
    pub port_name: Option<String>,
    /// Its port.
    pub port: Option<u16>,
}

/// One policy's part in a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The policy.
    pub policy: Policy,
    /// What it said.
    pub action: HitAction,
    /// Its place in the trace.
    pub policy_index: i64,
    /// Its rule; −1 where no rule decided.
    pub rule_index: i64,
    /// For an end of tier: the policy that made the tier apply.
    pub trigger: Option<Policy>,
}

/// What a policy said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HitAction {
    /// Let it through.
    Allow,
    /// Drop it.
    Deny,
    /// Ask the next tier.
    Pass,
    /// Unknown.
    Unsaid,
}

/// How much a flow stands for. Absent is "the source does not count this", which is not 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that began.
    pub started: Option<u64>,
    /// Connections that ended.
    pub completed: Option<u64>,
    /// Connections that were there.
    pub live: Option<u64>,
    /// Packets to the callee.
    pub packets_in: Option<u64>,
    /// Packets from the callee.
    pub packets_out: Option<u64>,
    /// How often the same was summed into this record.
    pub times: Option<u64>,
}

// ── Loss ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Records that were lost before they came here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// When, if known.
    pub when: When,
    /// How many; absent if nobody knows.
    pub count: Option<u64>,
    /// What says so.
    pub sign: LossSign,
}

/// What says that records were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossSign {
    /// A gap in the kernel log's numbers.
    KernelSequence,
    /// The kernel says that it threw lines away.
    KernelDropped,
    /// The kernel says that it held lines back (rate limit).
    KernelSuppressed,
    /// The journal says that it missed or suppressed lines.
    Journal,
    /// A netlink socket's buffer was full.
    NetlinkOverrun,
    /// A netlink dump was changed while it was read: read it again.
    DumpInterrupted,
    /// Hubble says that it lost events.
    Hubble,
    /// OVN dropped log messages by its meter.
    Ovn,
}
