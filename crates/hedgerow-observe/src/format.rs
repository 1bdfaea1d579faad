//! The formats by name.

use crate::attributes::MessageReader;
use crate::conntrack::netlink::ConntrackMessages;
use crate::conntrack::text::ConntrackText;
use crate::elements::ElementReader;
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
}

impl Format {
    /// The format of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }
}
