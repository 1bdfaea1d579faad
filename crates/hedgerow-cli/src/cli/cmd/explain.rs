//! `hedgerow explain`: the page of a diagnostic code.

use crate::cli::Exit;
use crate::cli::args::Explain;
use crate::cli::session::{Internal, Session};
use crate::embedded::{PAGES, find};
use hedgerow_core::diag::{Code, Severity};

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Explain) -> anyhow::Result<Exit> {
    let Some(code) = &args.code else {
        let width = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or(0);
        let mut list = String::new();
        for code in Code::ALL {
            let severity = match code.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            list.push_str(&format!("{:width$}  {severity:7}  {}\n", code.as_str(), code.summary()));
        }
        session.out(&list)?;
        return Ok(Exit::Done);
    };
    let Some(page) = find(PAGES, code) else {
        return Err(Internal(format!("there is no page on `{code}`")).into());
    };
    session.out(page)?;
    Ok(Exit::Done)
}
