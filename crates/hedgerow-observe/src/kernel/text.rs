//! Kernel lines in text: `dmesg`, syslog(2) (`<5>[ 6888.29] …`), syslog files, `journalctl -k`.

use super::message_bytes;
use crate::lines::LineFormat;
use crate::reader::Tally;
use crate::record::{Record, When};
use crate::time;

#[derive(Debug, Default)]
pub(crate) struct KernelText;

impl LineFormat for KernelText {
    fn line(&mut self, line: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        match std::str::from_utf8(line) {
            Ok(text) => {
                let (when, body) = header(text);
                super::message(body, when, tally, out);
            }
            Err(_) => message_bytes(line, When::Unsaid, tally, out),
        }
    }
}

/// Takes off what stands before the message: priority, time, host, `kernel:`.
fn header(text: &str) -> (When, &str) {
    let mut rest = priority(text);
    let mut when = When::Unsaid;
    if let Some((since_boot, after)) = bracket_time(rest) {
        (when, rest) = (since_boot, after);
    }
    // `<time> <host> kernel: `; what is after `IN=` is the message's own.
    let body = rest.find("IN=").unwrap_or(rest.len());
    if let Some(at) = rest.find("kernel: ").filter(|at| *at < body && (*at == 0 || rest.as_bytes()[at - 1] == b' ')) {
        let first = rest[..at].split(' ').next().unwrap_or_default();
        if when == When::Unsaid {
            when = time::rfc3339(first).or_else(|| time::seconds(first)).map_or(When::Unsaid, When::Unix);
        }
        rest = &rest[at + "kernel: ".len()..];
        if let Some((since_boot, after)) = bracket_time(rest) {
            if when == When::Unsaid {
                when = since_boot;
            }
            rest = after;
        }
    } else if when == When::Unsaid
        && let Some((first, after)) = rest.split_once(' ')
        && let Some(unix) = time::rfc3339(first)
    {
        (when, rest) = (When::Unix(unix), after);
    }
    (when, rest)
}

/// `<5>` or `<133>`.
fn priority(text: &str) -> &str {
    match text.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((digits, rest)) if (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            rest
        }
        _ => text,
    }
}

/// `[ 6888.299998] `, perhaps with the caller (`[  T123]`) behind it; a date in brackets has no zone and is only taken off.
fn bracket_time(text: &str) -> Option<(When, &str)> {
    let (inside, mut rest) = text.strip_prefix('[')?.split_once(']')?;
    let inside = inside.trim();
    let when = match time::seconds(inside) {
        Some(micros) => When::SinceBoot(u64::try_from(micros).ok()?),
        None if inside.split(' ').count() >= 4 && inside.contains(':') => When::Unsaid,
        None => return None,
    };
    if let Some((caller, after)) = rest.strip_prefix('[').and_then(|caller| caller.split_once(']'))
        && caller.trim().starts_with(['T', 'C'])
    {
        rest = after;
    }
    Some((when, rest.strip_prefix(' ').unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_all_kinds() {
        let boot = When::SinceBoot(6_888_299_998);
        let unix = When::Unix(1_795_842_044_123_456);
        for (line, when, body) in [
            ("[ 6888.299998] calico-packet: IN=a", boot, "calico-packet: IN=a"),
            ("<5>[ 6888.299998] calico-packet: IN=a", boot, "calico-packet: IN=a"),
            ("[ 6888.299998][  T123] calico-packet: IN=a", boot, "calico-packet: IN=a"),
            ("Nov 28 05:00:44 node1 kernel: [ 6888.299998] calico-packet: IN=a", boot, "calico-packet: IN=a"),
            ("Nov 28 05:00:44 node1 kernel: calico-packet: IN=a", When::Unsaid, "calico-packet: IN=a"),
            ("<5>Nov 28 05:00:44 node1 kernel: calico-packet: IN=a", When::Unsaid, "calico-packet: IN=a"),
            ("2026-11-28T05:00:44.123456+00:00 node1 kernel: calico-packet: IN=a", unix, "calico-packet: IN=a"),
            ("2026-11-28T06:00:44.123456+0100 node1 kernel: calico-packet: IN=a", unix, "calico-packet: IN=a"),
            ("2026-11-28T05:00:44,123456+00:00 calico-packet: IN=a", unix, "calico-packet: IN=a"),
            ("1795842044.123456 node1 kernel: calico-packet: IN=a", unix, "calico-packet: IN=a"),
            ("[ 6888.299998] node1 kernel: calico-packet: IN=a", boot, "calico-packet: IN=a"),
            ("[Sat Nov 28 05:00:44 2026] calico-packet: IN=a", When::Unsaid, "calico-packet: IN=a"),
            ("calico-packet: IN=a", When::Unsaid, "calico-packet: IN=a"),
            ("[not a time] IN=a", When::Unsaid, "[not a time] IN=a"),
            ("a kernel: b IN=a", When::Unsaid, "b IN=a"),
            ("x IN=kernel: b", When::Unsaid, "x IN=kernel: b"),
            ("", When::Unsaid, ""),
        ] {
            assert_eq!(header(line), (when, body), "{line}");
        }
    }
}
