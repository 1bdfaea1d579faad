//! `hedgerow explain`: the page of a diagnostic code.

use crate::cli::Exit;
use crate::cli::args::{Explain, explained};
use crate::cli::session::{Internal, Session};
use crate::embedded::{PAGES, docs, find};
use anyhow::bail;
use hedgerow_core::diag::{Code, Severity, nearest};
use hedgerow_import::Why;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Explain) -> anyhow::Result<Exit> {
    let Some(code) = &args.code else {
        let words = Code::ALL.iter().map(|code| code.as_str()).chain(Why::ALL.iter().map(|why| why.as_str()));
        let width = words.map(str::len).max().unwrap_or(0);
        let mut list = String::new();
        for code in Code::ALL {
            let severity = match code.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            list.push_str(&format!("{:width$}  {severity:7}  {}\n", code.as_str(), code.summary()));
        }
        let codes = |why: &&Why| find(PAGES, why.as_str()).is_none();
        for why in Why::ALL.iter().filter(codes) {
            list.push_str(&format!("{:width$}  import   {}\n", why.as_str(), why.means()));
        }
        session.out(&list)?;
        return Ok(Exit::Done);
    };
    // People copy codes from names of variables, too.
    let meant = code.to_lowercase().replace('_', "-");
    if let Some(page) = find(PAGES, &meant) {
        session.out(&addressed(page))?;
        return Ok(Exit::Done);
    }
    if let Some(why) = Why::ALL.iter().find(|why| why.as_str() == meant) {
        let page = docs!("import.md");
        session.out(&format!("# {meant}\n\n{}\n\n`hedgerow import` tells it. See {page}.\n", why.means()))?;
        return Ok(Exit::Done);
    }
    if Code::ALL.iter().any(|known| known.as_str() == meant) {
        return Err(Internal(format!("there is no page on `{meant}`")).into());
    }
    let near =
        nearest(&meant, explained()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_else(|| ".".to_owned());
    bail!("no code `{}`{near} `hedgerow explain` lists all", code.escape_debug())
}

/// A page with whole addresses in place of those that lead from its place in the repository.
fn addressed(page: &str) -> String {
    let mut parts = page.split("](");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("](");
        let (target, _) = part.split_once(')').unwrap_or((part, ""));
        if !target.starts_with('#') && !target.contains("://") {
            let (above, rest) = target.strip_prefix("../").map_or(("codes/", target), |rest| ("", rest));
            out.push_str(docs!(""));
            out.push_str(above);
            out.push_str(rest);
            out.push_str(&part[target.len()..]);
        } else {
            out.push_str(part);
        }
    }
    out
}
