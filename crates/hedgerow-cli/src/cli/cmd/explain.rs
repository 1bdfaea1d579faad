//! `hedgerow explain`: the page of a diagnostic code.

use crate::cli::Exit;
use crate::cli::args::Explain;
use crate::cli::session::{Internal, Session};
use crate::embedded::{PAGES, find};
use hedgerow_core::diag::{Code, Severity};
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
    if let (None, Some(why)) = (find(PAGES, code), Why::ALL.iter().find(|why| why.as_str() == code)) {
        session.out(&format!("# {code}\n\n{}\n\n`hedgerow import` tells it. See docs/import.md.\n", why.means()))?;
        return Ok(Exit::Done);
    }
    let Some(page) = find(PAGES, code) else {
        return Err(Internal(format!("there is no page on `{code}`")).into());
    };
    session.out(page)?;
    Ok(Exit::Done)
}
