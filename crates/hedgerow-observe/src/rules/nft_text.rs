//! `nft list ruleset` as text, and lines of it with the chain's name in front (as `nft -a` output cut up by a script).

use super::felix::{self, Felix, Place};
use super::{RawRule, Target};
use crate::lines::LineFormat;
use crate::reader::{Fault, Tally};
use crate::record::{Family, Record, Tables};

#[derive(Debug, Default)]
pub(crate) struct NftText {
    felix: Felix,
    /// The table's family and whether it is Felix's.
    table: Option<(Family, bool)>,
    /// The chain that is open, without `filter-`, if it is of interest.
    chain: Option<String>,
    depth: Depth,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Depth {
    #[default]
    Outside,
    Table,
    Chain,
    /// A set, map or other block of a table.
    Block,
}

impl LineFormat for NftText {
    fn line(&mut self, line: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let line = line.trim_ascii();
        let Ok(text) = std::str::from_utf8(line) else {
            tally.fault(Fault::Shape, line);
            return;
        };
        if text.is_empty() || text.starts_with('#') {
            tally.aside += 1;
            if self.depth == Depth::Outside {
                self.felix.boundary(tally, out);
            }
            return;
        }
        match self.depth {
            Depth::Outside => self.outside(text, tally, out),
            Depth::Table => {
                tally.aside += 1;
                if text == "}" {
                    self.depth = Depth::Outside;
                } else if let Some(name) = text.strip_prefix("chain ").and_then(|rest| rest.split(" {").next()) {
                    let ours = self.table.is_some_and(|(_, ours)| ours);
                    self.chain =
                        name.strip_prefix("filter-").filter(|name| ours && felix::is_known(name)).map(str::to_owned);
                    self.depth = Depth::Chain;
                } else if text.ends_with('{') {
                    self.depth = Depth::Block;
                }
            }
            Depth::Block => {
                tally.aside += 1;
                if text == "}" {
                    self.depth = Depth::Table;
                }
            }
            Depth::Chain if text == "}" => {
                tally.aside += 1;
                self.felix.boundary(tally, out);
                self.depth = Depth::Table;
            }
            Depth::Chain => match (self.chain.clone(), self.table) {
                (Some(chain), Some((family, _))) => self.rule(&chain, family, text, tally, out),
                _ => tally.aside += 1,
            },
        }
    }

    fn finish(&mut self, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        if self.depth != Depth::Outside {
            tally.fault(Fault::Truncated, b"");
            self.depth = Depth::Outside;
        }
        self.felix.finish(tally, out);
    }
}

impl NftText {
    fn outside(&mut self, text: &str, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        if let Some(table) = text.strip_prefix("table ") {
            let mut words = table.split(' ');
            let family = match words.next() {
                Some("ip") => Family::V4,
                Some("ip6") => Family::V6,
                _ => Family::Unsaid,
            };
            self.table = Some((family, words.next() == Some("calico")));
            self.depth = Depth::Table;
            tally.aside += 1;
            return;
        }
        let (chain, rule) = text.split_once(' ').unwrap_or((text, ""));
        match chain.strip_prefix("filter-").filter(|chain| felix::is_known(chain)) {
            Some(chain) => self.rule(chain, Family::Unsaid, rule, tally, out),
            None => tally.fault(Fault::Shape, text.as_bytes()),
        }
    }

    fn rule(&mut self, chain: &str, family: Family, text: &str, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        match read_rule(text) {
            Ok(rule) => self.felix.rule(Place { tables: Tables::Nftables, family, chain }, rule, tally, out),
            Err(fault) => tally.fault(fault, text.as_bytes()),
        }
    }
}

fn read_rule(text: &str) -> Result<RawRule, Fault> {
    let mut rule = RawRule::default();
    let words = words(text).ok_or(Fault::Truncated)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut counted = false;
    let mut at = 0;
    while at < words.len() {
        let used = match words[at..] {
            ["counter", "packets", packets, "bytes", bytes, ..] => {
                rule.packets = packets.parse().map_err(|_| Fault::Value)?;
                rule.bytes = bytes.parse().map_err(|_| Fault::Value)?;
                counted = true;
                5
            }
            ["meta", "mark", "set", "meta", "mark", "&", kept, "|" | "^", bits, ..] => {
                let (kept, bits) = (number(kept)?, number(bits)?);
                rule.target = Target::Mark { value: bits, mask: !kept | bits };
                9
            }
            ["meta", "mark", "set", "meta", "mark", "|", bits, ..] => {
                let bits = number(bits)?;
                rule.target = Target::Mark { value: bits, mask: bits };
                7
            }
            ["meta", "mark", "set", "meta", "mark", "&", kept, ..] => {
                rule.target = Target::Mark { value: 0, mask: !number(kept)? };
                7
            }
            // A single bit, as newer programs print it.
            ["meta", "mark", "&", mask, "!=", "0x00000000" | "0x0" | "0", ..] => {
                let mask = number(mask)?;
                rule.mark = mask.is_power_of_two().then_some((mask, mask));
                6
            }
            ["meta", "mark", "&", mask, "==", value, ..] => {
                rule.mark = Some((number(value)?, number(mask)?));
                6
            }
            ["log", ref rest @ ..] => {
                let end = rest.iter().position(|word| *word == "comment").unwrap_or(rest.len());
                let prefix = rest[..end].windows(2).find(|two| two[0] == "prefix").map_or("", |two| two[1]);
                let group = rest[..end].contains(&"group");
                rule.target = if group { Target::Nflog(prefix.to_owned()) } else { Target::Log };
                end + 1
            }
            ["jump" | "goto", chain, ..] => {
                rule.target = Target::Jump(chain.strip_prefix("filter-").unwrap_or(chain).to_owned());
                2
            }
            ["comment", comment, ..] => {
                rule.comments.push(comment.to_owned());
                2
            }
            ["accept", ..] => {
                rule.target = Target::Accept;
                1
            }
            ["drop", ..] => {
                rule.target = Target::Drop;
                1
            }
            ["reject", ..] => {
                rule.target = Target::Reject;
                1
            }
            ["return", ..] => {
                rule.target = Target::Return;
                1
            }
            _ => 1,
        };
        at += used;
    }
    if counted || rule.target == Target::Nothing { Ok(rule) } else { Err(Fault::NoCounters) }
}

fn number(text: &str) -> Result<u32, Fault> {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => text.parse(),
    }
    .map_err(|_| Fault::Value)
}

/// Words, with texts in quotes as one.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(words)
}
