//! `nft -j list ruleset` (or one table of it). iptables-nft's tables in it have lost their comments and are of no use: they are only noticed.

use super::felix::{self, Felix, Place};
use super::{RawRule, Target};
use crate::elements::ElementFormat;
use crate::reader::{Fault, Notice, Tally};
use crate::record::{Family, Record, Tables};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Default)]
pub(crate) struct NftJson {
    felix: Felix,
    in_calico: bool,
    in_iptables: bool,
}

#[derive(Deserialize)]
struct Element {
    rule: Option<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    family: String,
    table: String,
    chain: String,
    comment: Option<String>,
    #[serde(default)]
    expr: Vec<Value>,
}

impl ElementFormat for NftJson {
    const WRAPPERS: &'static [&'static str] = &["nftables"];

    fn element(&mut self, json: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let Ok(Element { rule }) = serde_json::from_slice(json) else {
            tally.fault(Fault::Value, json);
            return;
        };
        let Some(rule) = rule else {
            tally.aside += 1;
            return;
        };
        let family = match rule.family.as_str() {
            "ip" => Family::V4,
            "ip6" => Family::V6,
            _ => Family::Unsaid,
        };
        let chain = rule.chain.strip_prefix("filter-").filter(|chain| rule.table == "calico" && felix::is_known(chain));
        let Some(chain) = chain else {
            tally.aside += 1;
            self.felix.boundary(tally, out);
            if rule.table == "filter" && felix::is_known(&rule.chain) {
                self.in_iptables = true;
                self.both(tally);
            }
            return;
        };
        self.in_calico = true;
        self.both(tally);
        match read_rule(&rule) {
            Ok(read) => self.felix.rule(Place { tables: Tables::Nftables, family, chain }, read, tally, out),
            Err(fault) => tally.fault(fault, json),
        }
    }

    fn finish(&mut self, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        self.felix.finish(tally, out);
        (self.in_calico, self.in_iptables) = (false, false);
    }
}

impl NftJson {
    fn both(&mut self, tally: &mut Tally) {
        if self.in_calico && self.in_iptables && !tally.notices.contains_key(&Notice::BothTables) {
            tally.notice(Notice::BothTables);
        }
    }
}

fn read_rule(rule: &Rule) -> Result<RawRule, Fault> {
    let mut read = RawRule { comments: rule.comment.iter().cloned().collect(), ..RawRule::default() };
    let mut counted = false;
    for expression in &rule.expr {
        let Some((name, value)) = expression.as_object().and_then(|object| object.iter().next()) else {
            return Err(Fault::Value);
        };
        let target = |value: &Value| value.get("target").and_then(Value::as_str).map(str::to_owned);
        match name.as_str() {
            "counter" => {
                let number = |key| value.get(key).and_then(Value::as_u64).ok_or(Fault::NoCounters);
                (read.packets, read.bytes) = (number("packets")?, number("bytes")?);
                counted = true;
            }
            "match" => {
                if let Some(mark) = mark_match(value) {
                    read.mark = Some(mark);
                }
            }
            "mangle" => {
                if let Some((value, mask)) = mark_set(value) {
                    read.target = Target::Mark { value, mask };
                }
            }
            "log" => {
                read.target = match value.get("group") {
                    Some(_) => {
                        Target::Nflog(value.get("prefix").and_then(Value::as_str).unwrap_or_default().to_owned())
                    }
                    None => Target::Log,
                };
            }
            "jump" | "goto" => {
                let to = target(value).ok_or(Fault::Value)?;
                read.target = Target::Jump(to.strip_prefix("filter-").map(str::to_owned).unwrap_or(to));
            }
            "accept" => read.target = Target::Accept,
            "drop" => read.target = Target::Drop,
            "reject" => read.target = Target::Reject,
            "return" => read.target = Target::Return,
            "continue" | "limit" | "ct" | "notrack" => {}
            other => read.target = Target::Other(other.to_owned()),
        }
    }
    if counted || read.target == Target::Nothing { Ok(read) } else { Err(Fault::NoCounters) }
}

/// `mark & MASK == VALUE`; newer programs print a single bit as `mark & BIT != 0`.
fn mark_match(value: &Value) -> Option<(u32, u32)> {
    let (mark, mask) = pair(value.get("left")?.get("&")?)?;
    is_mark(mark).then_some(())?;
    let (mask, right) = (small(mask)?, small(value.get("right")?)?);
    match value.get("op")?.as_str()? {
        "==" => Some((right, mask)),
        "!=" if right == 0 && mask.is_power_of_two() => Some((mask, mask)),
        _ => None,
    }
}

/// `mark set mark | BITS`, `mark set mark & KEPT`, and both together.
fn mark_set(value: &Value) -> Option<(u32, u32)> {
    is_mark(value.get("key")?).then_some(())?;
    let set = value.get("value")?;
    if let Some((left, bits)) = set.get("|").or_else(|| set.get("^")).and_then(pair) {
        let bits = small(bits)?;
        return if is_mark(left) {
            Some((bits, bits))
        } else {
            let (mark, kept) = pair(left.get("&")?)?;
            is_mark(mark).then_some(())?;
            Some((bits, !small(kept)? | bits))
        };
    }
    let (mark, kept) = pair(set.get("&")?)?;
    is_mark(mark).then_some(())?;
    Some((0, !small(kept)?))
}

fn pair(value: &Value) -> Option<(&Value, &Value)> {
    match value.as_array()?.as_slice() {
        [left, right] => Some((left, right)),
        _ => None,
    }
}

fn is_mark(value: &Value) -> bool {
    value.get("meta").and_then(|meta| meta.get("key")).and_then(Value::as_str) == Some("mark")
}

fn small(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|value| u32::try_from(value).ok())
}
