//! A dump of rules from nf_tables' netlink (`NFT_MSG_GETRULE`): one dump reads iptables-nft's tables and nftables' alike.
//!
//! iptables' rules keep their matches and targets as named blobs (`match`, `target`); some, and all of nftables, are expressions.

use super::felix::{self, Felix, Place};
use super::{RawRule, Target};
use crate::attributes::{Attributes, Message, MessageFormat, be32, be64, text, u32_at};
use crate::reader::{Fault, Tally};
use crate::record::{Family, Record, Tables};

/// `NFNL_SUBSYS_NFTABLES`.
const NF_TABLES: u16 = 10;
/// `NFT_MSG_NEWRULE`.
const NEW_RULE: u16 = 6;

// Attributes of a rule.
const TABLE: u16 = 1;
const CHAIN: u16 = 2;
const EXPRESSIONS: u16 = 4;
const USER_DATA: u16 = 7;

#[derive(Debug, Default)]
pub(crate) struct RuleDump {
    felix: Felix,
}

impl MessageFormat for RuleDump {
    fn message(&mut self, message: Message<'_>, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        if message.subsystem() != NF_TABLES || message.kind & 0xff != NEW_RULE {
            tally.aside += 1;
            return;
        }
        let Some((header, attributes)) = message.payload.split_at_checked(4) else {
            tally.fault(Fault::Truncated, message.payload);
            return;
        };
        // AF_INET, AF_INET6; inet, arp, bridge and netdev are not Felix's.
        let family = match header[0] {
            2 => Family::V4,
            10 => Family::V6,
            _ => {
                tally.aside += 1;
                return;
            }
        };
        let attributes = Attributes::new(attributes);
        let (Some(table), Some(chain)) = (attributes.get(TABLE), attributes.get(CHAIN)) else {
            tally.fault(Fault::Truncated, message.payload);
            return;
        };
        let (table, chain) = (text(table), text(chain));
        let (tables, chain) = match table {
            b"filter" => (Tables::Iptables, Some(chain)),
            b"calico" => (Tables::Nftables, chain.strip_prefix(b"filter-")),
            _ => (Tables::Iptables, None),
        };
        let chain = chain.and_then(|chain| std::str::from_utf8(chain).ok()).filter(|chain| felix::is_known(chain));
        let Some(chain) = chain else {
            tally.aside += 1;
            self.felix.boundary(tally, out);
            return;
        };
        match read_rule(attributes) {
            Ok(rule) => self.felix.rule(Place { tables, family, chain }, rule, tally, out),
            Err(fault) => tally.fault(fault, chain.as_bytes()),
        }
    }

    fn done(&mut self, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        self.felix.finish(tally, out);
    }
}

/// What is known of the mark while a rule's expressions go by.
#[derive(Clone, Copy, Debug)]
struct Loaded {
    register: u32,
    mask: u32,
    xor: u32,
}

fn read_rule(attributes: Attributes<'_>) -> Result<RawRule, Fault> {
    let mut rule = RawRule::default();
    let mut counted = false;
    if let Some(data) = attributes.get(USER_DATA) {
        user_comments(data, &mut rule.comments);
    }
    let mut loaded: Option<Loaded> = None;
    for (_, element) in attributes.nested(EXPRESSIONS).into_iter().flatten() {
        let element = Attributes::new(element);
        let Some(name) = element.get(1).map(text) else { return Err(Fault::Truncated) };
        let data = element.nested(2).unwrap_or(Attributes::new(&[]));
        let number = |kind| data.get(kind).and_then(be32);
        match name {
            b"counter" => {
                rule.bytes = data.get(1).and_then(be64).ok_or(Fault::Value)?;
                rule.packets = data.get(2).and_then(be64).ok_or(Fault::Value)?;
                counted = true;
            }
            b"match" => xt_match(data, &mut rule),
            b"target" => xt_target(data, &mut rule),
            b"immediate" => {
                if let Some(verdict) = data.nested(2).and_then(|data| data.nested(2)) {
                    rule.target = verdict_target(verdict)?;
                }
            }
            b"log" => {
                rule.target = match data.get(1) {
                    Some(_) => Target::Nflog(lossy(data.get(2).unwrap_or_default())),
                    None => Target::Log,
                };
            }
            b"reject" => rule.target = Target::Reject,
            // Key 3 is the mark: loaded into a register, or set from one.
            b"meta" if number(2) == Some(3) => match (number(1), number(3)) {
                (Some(register), _) => loaded = Some(Loaded { register, mask: u32::MAX, xor: 0 }),
                (None, Some(source)) => {
                    if let Some(loaded) = loaded.filter(|loaded| loaded.register == source) {
                        rule.target = Target::Mark { value: loaded.xor, mask: !loaded.mask | loaded.xor };
                    }
                }
                (None, None) => return Err(Fault::Value),
            },
            b"bitwise" => {
                let value = |kind| data.nested(kind).and_then(|data| data.get(1)).and_then(|bytes| u32_at(bytes, 0));
                loaded = match (loaded, value(4), value(5)) {
                    (Some(before), Some(mask), Some(xor)) if number(1) == Some(before.register) => Some(Loaded {
                        register: number(2).unwrap_or(before.register),
                        mask: before.mask & mask,
                        xor: before.xor & mask ^ xor,
                    }),
                    _ => None,
                };
            }
            b"cmp" => {
                let value = data.nested(3).and_then(|data| data.get(1)).and_then(|bytes| u32_at(bytes, 0));
                if let (Some(loaded), Some(value)) = (loaded, value)
                    && number(1) == Some(loaded.register)
                    && loaded.mask != u32::MAX
                {
                    rule.mark = match number(2) {
                        Some(0) => Some((value, loaded.mask)),
                        // A single bit that is not 0.
                        Some(1) if value == 0 && loaded.mask.is_power_of_two() => Some((loaded.mask, loaded.mask)),
                        _ => rule.mark,
                    };
                }
                loaded = None;
            }
            // Loads of other things into the same register.
            b"payload" | b"ct" | b"meta" | b"lookup" | b"fib" => loaded = None,
            _ => {}
        }
    }
    // A rule without any action holds nothing but a comment, and is not counted.
    if counted || rule.target == Target::Nothing { Ok(rule) } else { Err(Fault::NoCounters) }
}

/// Userdata of a rule: (type, length, value); type 0 is the comment.
fn user_comments(mut data: &[u8], comments: &mut Vec<String>) {
    while let [kind, length, rest @ ..] = data {
        let Some((value, after)) = rest.split_at_checked(usize::from(*length)) else { return };
        if *kind == 0 {
            comments.push(lossy(value));
        }
        data = after;
    }
}

fn xt_match(data: Attributes<'_>, rule: &mut RawRule) {
    let info = data.get(3).unwrap_or_default();
    match data.get(1).map(text) {
        Some(b"comment") => rule.comments.push(lossy(info)),
        // struct xt_mark_mtinfo1 { mark, mask, invert }
        Some(b"mark") if info.get(8) == Some(&0) => rule.mark = u32_at(info, 0).zip(u32_at(info, 4)),
        _ => {}
    }
}

fn xt_target(data: Attributes<'_>, rule: &mut RawRule) {
    let info = data.get(3).unwrap_or_default();
    let name = data.get(1).map(text).unwrap_or_default();
    rule.target = match name {
        // struct xt_mark_tginfo2 { mark, mask }
        b"MARK" => match u32_at(info, 0).zip(u32_at(info, 4)) {
            Some((value, mask)) => Target::Mark { value, mask },
            None => Target::Other("MARK".to_owned()),
        },
        b"LOG" => Target::Log,
        // struct xt_nflog_info { len u32, group u16, threshold u16, flags u16, pad u16, prefix [64] }
        b"NFLOG" => Target::Nflog(lossy(info.get(12..).unwrap_or_default())),
        b"REJECT" => Target::Reject,
        other => Target::Other(lossy(other)),
    };
}

fn verdict_target(verdict: Attributes<'_>) -> Result<Target, Fault> {
    let code = verdict.get(1).and_then(be32).ok_or(Fault::Value)?;
    Ok(match code.cast_signed() {
        0 => Target::Drop,
        1 => Target::Accept,
        -5 => Target::Return,
        -3 | -4 => {
            let chain = lossy(verdict.get(2).ok_or(Fault::Value)?);
            Target::Jump(chain.strip_prefix("filter-").map(str::to_owned).unwrap_or(chain))
        }
        -1 => Target::Nothing,
        other => Target::Other(other.to_string()),
    })
}

/// Text up to its NUL; what is not UTF-8 is replaced.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(text(bytes)).into_owned()
}
