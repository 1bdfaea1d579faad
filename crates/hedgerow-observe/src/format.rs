//! The formats by name.

use crate::attributes::{MessageReader, is_framed, u16_at, u32_at};
use crate::conntrack::netlink::ConntrackMessages;
use crate::conntrack::text::ConntrackText;
use crate::elements::ElementReader;
use crate::flows::aws::Aws;
use crate::flows::calico::{FlowMessages, varint};
use crate::flows::calico_json::CalicoJson;
use crate::flows::gke::Gke;
use crate::flows::hubble::Hubble;
use crate::flows::ovn::Ovn;
use crate::kernel::journal::{JournalExport, JournalJson};
use crate::kernel::kmsg::Kmsg;
use crate::kernel::text::KernelText;
use crate::lines::LineReader;
use crate::reader::Reader;
use crate::rules::iptables::IptablesSave;
use crate::rules::netlink::RuleDump;
use crate::rules::nft_json::NftJson;
use crate::rules::nft_text::NftText;

macro_rules! formats {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal => $reader:expr;)+) => {
        /// A format that can be read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Format {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Format {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the command line.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What it is, in a few words.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim_ascii(),)+
                }
            }

            /// A reader of it.
            pub fn reader(self) -> Box<dyn Reader + Send> {
                match self {
                    $(Self::$variant => Box::new($reader),)+
                }
            }
        }
    };
}

formats! {
    /// `iptables-save -c`, `ip6tables-save -c`, of both flavours.
    IptablesSave "iptables-save" => LineReader::new(IptablesSave::default());
    /// `nft -j list ruleset`.
    NftJson "nft-json" => ElementReader::new(NftJson::default());
    /// `nft list ruleset`.
    Nft "nft" => LineReader::new(NftText::default());
    /// Messages of a netlink dump of nf_tables' rules.
    RulesNetlink "rules-netlink" => MessageReader::new(RuleDump::default());
    /// Kernel lines as text: `dmesg`, syslog, `journalctl -k`.
    KernelLog "kernel-log" => LineReader::new(KernelText);
    /// Records of `/dev/kmsg`.
    Kmsg "kmsg" => LineReader::new(Kmsg::default());
    /// `journalctl -o export`.
    JournalExport "journal-export" => JournalExport::default();
    /// `journalctl -o json`.
    JournalJson "journal-json" => ElementReader::new(JournalJson);
    /// `conntrack -E`, `conntrack -L`, `/proc/net/nf_conntrack`.
    Conntrack "conntrack" => LineReader::new(ConntrackText);
    /// Messages of connection tracking's netlink.
    ConntrackNetlink "conntrack-netlink" => MessageReader::new(ConntrackMessages);
    /// Messages of Calico's flow socket, each behind its length.
    CalicoFlows "calico-flows" => FlowMessages::default();
    /// Calico's flows as JSON: Goldmane, Whisker.
    CalicoJson "calico-json" => ElementReader::new(CalicoJson);
    /// Hubble: `hubble observe -o json`, its export file.
    Hubble "hubble" => ElementReader::new(Hubble);
    /// Network policy logs of GKE.
    Gke "gke" => ElementReader::new(Gke);
    /// ACL log of OVN-Kubernetes.
    Ovn "ovn" => LineReader::new(Ovn);
    /// Flow lines of AWS' network policy agent.
    Aws "aws" => LineReader::new(Aws);
}

impl Format {
    /// The format of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }
}

/// Where a format is seen from its beginning.
const LOOKED_AT: usize = 8 << 10;

impl Format {
    /// Guesses the format from the first bytes of an input.
    pub fn detect(start: &[u8]) -> Option<Self> {
        let start = &start[..start.len().min(LOOKED_AT)];
        if let Some(subsystem) = netlink_subsystem(start) {
            return match subsystem {
                1 => Some(Self::ConntrackNetlink),
                _ => Some(Self::RulesNetlink),
            };
        }
        if is_flow_message(start) {
            return Some(Self::CalicoFlows);
        }
        let text = String::from_utf8_lossy(start);
        text.lines().map(str::trim).filter(|line| !line.is_empty()).find_map(|line| Self::of_line(line, &text))
    }

    fn of_line(line: &str, text: &str) -> Option<Self> {
        let has = |words: &[&str]| words.iter().all(|word| line.contains(word));
        let starts = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
        // JSON may be spread over lines, and stand behind something.
        let is_json = starts(&["{", "[{", "data:"]) || line == "[" || has(&[" stdout F {"]);
        if let Some(format) = is_json.then(|| Self::of_json(text)).flatten() {
            return Some(format);
        }
        if starts(&["# Generated by ip", "*filter", "*mangle", "*nat", "*raw"])
            || (line.starts_with('[') && has(&["] -A "]))
        {
            Some(Self::IptablesSave)
        } else if (starts(&["table "]) && line.ends_with('{')) || starts(&["filter-cali-"]) {
            Some(Self::Nft)
        } else if starts(&["__CURSOR=", "__REALTIME_TIMESTAMP=", "MESSAGE=", "_TRANSPORT="]) {
            Some(Self::JournalExport)
        } else if has(&["|acl_log("]) {
            Some(Self::Ovn)
        } else if has(&["SIP: ", "DIP: "]) || has(&["Flow Info", "Src IP"]) {
            Some(Self::Aws)
        } else if is_kmsg(line) {
            Some(Self::Kmsg)
        } else if has(&["src=", "dst="]) {
            Some(Self::Conntrack)
        } else if has(&["IN=", " OUT="]) || starts(&["<5>[", "<6>["]) {
            Some(Self::KernelLog)
        } else {
            None
        }
    }

    fn of_json(text: &str) -> Option<Self> {
        let has = |word: &str| text.contains(word);
        if has("\"nftables\"") {
            Some(Self::NftJson)
        } else if has("\"source_name\"") || has("\"sourceName\"") {
            Some(Self::CalicoJson)
        } else if has("\"__CURSOR\"") || has("\"_TRANSPORT\"") || has("\"__REALTIME_TIMESTAMP\"") {
            Some(Self::JournalJson)
        } else if has("Flow Info") || has("SIP: ") {
            Some(Self::Aws)
        } else if has("\"disposition\"") || has("policy-action") {
            Some(Self::Gke)
        } else if has("\"verdict\"") || has("\"lost_events\"") || has("\"node_status\"") {
            Some(Self::Hubble)
        } else {
            None
        }
    }
}

/// The subsystem of a stream of netlink messages, bare or in frames.
fn netlink_subsystem(start: &[u8]) -> Option<u16> {
    let at = if is_framed(start) { 4 } else { 0 };
    let (length, kind) = (u32_at(start, at)?, u16_at(start, at + 4)?);
    ((16..1 << 20).contains(&length) && matches!(kind >> 8, 1 | 10)).then_some(kind >> 8)
}

/// A length, then a flow (field 1) that begins with its key (field 1).
fn is_flow_message(start: &[u8]) -> bool {
    varint(start).is_some_and(|(length, used)| {
        let message = &start[used..];
        let inner = || {
            varint(message.get(1..)?)
                .map(|(inner, size)| inner + size as u64 + 1 == length && message.get(1 + size) == Some(&0x0a))
        };
        message.first() == Some(&0x0a) && inner() == Some(true)
    })
}

fn is_kmsg(line: &str) -> bool {
    let Some((head, _)) = line.split_once(';') else { return false };
    let fields: Vec<&str> = head.split(',').collect();
    fields.len() >= 4 && fields[..3].iter().all(|field| field.parse::<u64>().is_ok())
}
