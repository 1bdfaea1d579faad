//! The account of a scan: what was read, and what was not, in one line per kind.

use crate::cli::report::count;
use hedgerow_scan::{Account, Amount, Left, Outcome, Reason};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// How many names one line shows.
const MAX_NAMES: usize = 4;

/// How many services have code, and of how many of them it is read.
pub(super) fn services(outcome: &Outcome) -> String {
    let read = outcome.accounts.values().filter(|account: &&Account| account.begins()).count();
    let all = outcome.accounts.values().filter(|account| account.has_code() || account.begins()).count();
    if read == all {
        format!("{} with code", count(read, "service"))
    } else {
        format!("{read} of {} with code read", count(all, "service"))
    }
}

/// One line for what was read, and one for each reason for which something was not. Nothing where everything is well and small.
pub(super) fn text(outcome: &Outcome) -> String {
    let mut text = String::new();
    let mut read: BTreeMap<&str, Amount> = BTreeMap::new();
    for (language, amount) in outcome.accounts.values().flat_map(|account| &account.read) {
        let of = read.entry(language).or_default();
        of.files += amount.files;
        of.lines += amount.lines;
    }
    let read: Vec<String> = read
        .iter()
        .map(|(language, amount)| format!("{language} {} ({})", amount.files, count(amount.lines, "line")))
        .collect();
    if !read.is_empty() {
        let _infallible = writeln!(text, "read: {}", read.join(", "));
    }
    for reason in Reason::ALL {
        let mut what: BTreeMap<&str, usize> = BTreeMap::new();
        let mut services: BTreeSet<&str> = BTreeSet::new();
        let mut first: Option<&str> = None;
        let whose = outcome
            .accounts
            .iter()
            .flat_map(|(service, account)| account.left.iter().map(move |left| (service.as_str(), left)));
        let nobodys = outcome.left.iter().map(|left| ("", left));
        for (service, left) in whose.chain(nobodys).filter(|(_, left): &(&str, &Left)| left.reason == reason) {
            *what.entry(&left.what).or_default() += left.files;
            if !service.is_empty() {
                services.insert(service);
            }
            first = first.map_or(Some(left.first.as_str()), |known| Some(known.min(&left.first)));
        }
        let Some(first) = first else { continue };
        let total: usize = what.values().sum();
        let mut names: Vec<(&str, usize)> = what.into_iter().filter(|(name, _)| !name.is_empty()).collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        // A reason is a sentence of its own: without a mark it would go on into the number.
        let is_name = matches!(reason, Reason::Language | Reason::Nobody | Reason::Import);
        let of = |(name, number): &(&str, usize)| match is_name {
            true => format!("{name} {number}"),
            false => format!("{name}: {}", count(*number, "file")),
        };
        let shown: Vec<String> = names.iter().take(MAX_NAMES).map(of).collect();
        let more =
            if names.len() > MAX_NAMES { format!(" and {} more", names.len() - MAX_NAMES) } else { String::new() };
        let shown = if shown.is_empty() {
            count(total, "file")
        } else {
            format!("{}{more}", shown.join(if is_name { ", " } else { "; " }))
        };
        let whose = match services.len() {
            0 => String::new(),
            1 => format!(" in {}", services.first().copied().unwrap_or_default()),
            count => format!(" in {count} services"),
        };
        let _infallible = writeln!(text, "{}: {shown}{whose}, the first {first}", reason.as_str());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told() {
        // A new reason has no arm here, and none that is here may be left out.
        let next = |reason| match reason {
            Reason::NoEntry => Some(Reason::Nobody),
            Reason::Nobody => Some(Reason::Language),
            Reason::Language => Some(Reason::Unreadable),
            Reason::Unreadable => Some(Reason::Unparsed),
            Reason::Unparsed => Some(Reason::Import),
            Reason::Import => Some(Reason::Deploy),
            Reason::Deploy => Some(Reason::Steps),
            Reason::Steps => Some(Reason::Unsearched),
            Reason::Unsearched => Some(Reason::Unnamed),
            Reason::Unnamed => Some(Reason::Ignored),
            Reason::Ignored => Some(Reason::Browser),
            Reason::Browser => Some(Reason::Environment),
            Reason::Environment => Some(Reason::Published),
            Reason::Published => Some(Reason::Bundle),
            Reason::Bundle => None,
        };
        let all: BTreeSet<Reason> = std::iter::successors(Some(Reason::NoEntry), |reason| next(*reason)).collect();
        assert_eq!(all, BTreeSet::from(Reason::ALL));
        for reason in Reason::ALL {
            let mut outcome = Outcome::default();
            outcome.left.push(Left { reason, what: "x".into(), files: 2, lines: 3, first: "a/b".into() });
            assert!(text(&outcome).contains(reason.as_str()), "{reason:?}");
        }
    }

    #[test]
    fn one_line_per_kind() {
        let left = |reason, what: &str, files, first: &str| Left {
            reason,
            what: what.into(),
            files,
            lines: 3,
            first: first.into(),
        };
        let read = |files, lines| BTreeMap::from([("Go".to_owned(), Amount { files, lines })]);
        let mut outcome = Outcome::default();
        outcome.accounts.insert(
            "a".into(),
            Account {
                read: read(2, 40),
                entries: 1,
                functions: 3,
                left: vec![left(Reason::Language, "Rust", 2, "a/x.rs")],
            },
        );
        outcome.accounts.insert(
            "b".into(),
            Account {
                read: read(1, 2),
                entries: 0,
                functions: 0,
                left: vec![
                    left(Reason::NoEntry, "", 1, "b/x.go"),
                    left(Reason::Language, "C#", 5, "b/x.cs"),
                    left(Reason::Language, "Rust", 1, "b/y.rs"),
                ],
            },
        );
        outcome.accounts.insert("c".into(), Account::default());
        let pages = BTreeMap::from([("TypeScript".to_owned(), Amount { files: 5, lines: 9 })]);
        outcome.accounts.insert(
            "d".into(),
            Account { left: vec![left(Reason::Browser, "", 5, "d/main.ts")], read: pages, ..Account::default() },
        );
        outcome.left.push(left(Reason::Deploy, "tab", 1, "k8s/x.yaml"));
        outcome.left.push(left(Reason::Deploy, "no directive name here", 6, "k8s/w.yaml"));
        assert_eq!(
            text(&outcome),
            "read: Go 3 (42 lines), TypeScript 5 (9 lines)\nruns in browsers: 5 files in d, the first d/main.ts\nno entry point: 1 file in b, the first b/x.go\nlanguage not read: C# 5, Rust 3 in 2 services, the first a/x.rs\ndeploy file not understood: no directive name here: 6 files; tab: 1 file, the first k8s/w.yaml\n"
        );
        assert_eq!(services(&outcome), "2 of 3 services with code read");
        assert_eq!(text(&Outcome::default()), "");
        assert_eq!(services(&Outcome::default()), "0 services with code");
    }
}
