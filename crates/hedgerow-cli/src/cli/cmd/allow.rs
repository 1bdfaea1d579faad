//! `hedgerow allow`: writes one rule file.

use super::rule_file::{self, RuleFile};
use crate::cli::Exit;
use crate::cli::args::{Allow, DiagnosticFormat};
use crate::cli::session::Session;
use anyhow::{Context, bail};
use hedgerow::write_file;
use hedgerow_core::date::Date;
use hedgerow_core::fleet::Scope;
use std::collections::BTreeMap;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Allow) -> anyhow::Result<Exit> {
    let loaded = session.load(Scope::Whole, DiagnosticFormat::Text)?;
    let fleet = &loaded.fleet;
    let caller = Session::service(fleet, &args.caller)?;
    let callee = Session::known(fleet, &args.callee)?;
    if caller == callee {
        bail!("`{caller}` is both ends; a service needs no rule for calls to itself: see docs/codes/self-call.md")
    }
    if let Some(rule) = fleet.rule(&caller, &callee) {
        let file = &loaded.sources.get(rule.file.source).path;
        bail!("`{caller}` may call `{callee}` already: {file}; edit that file to change its ports or its reason")
    }
    let known = fleet.known(callee.as_str()).context("a service that is known")?;
    if args.reason.as_ref().is_some_and(|reason| reason.chars().any(char::is_control)) {
        bail!("the reason must stand on one line, without control characters")
    }
    if args.reason.as_ref().is_some_and(|reason| !reason.is_empty() && reason.trim().is_empty()) {
        bail!("the reason is blank; say why, or leave --reason out")
    }
    if let Some(day) = &args.expires {
        let day = Date::new(day).with_context(|| format!("--expires takes a day such as 2027-01-31, not `{day}`"))?;
        let today = session.today()?;
        if day < today {
            bail!("--expires {day} is in the past; today is {today}")
        }
    }
    let path = rule_file::path(fleet, &caller, &callee).context("a service with a directory")?;
    let text = RuleFile {
        ports: args.ports.clone(),
        reason: args.reason.as_deref(),
        expires: args.expires.as_deref(),
        ..RuleFile::of("manual")
    };
    let file = BTreeMap::from([(path, text.to_string())]);
    session.try_rules(&file, DiagnosticFormat::Text)?;
    for (path, text) in &file {
        write_file(&session.root()?.join(path), text)?;
        let owner = known.owner.as_deref().unwrap_or("the callee's owner");
        session.note(&format!("wrote {path}; {owner} reviews it\n"));
    }
    Ok(Exit::Done)
}
