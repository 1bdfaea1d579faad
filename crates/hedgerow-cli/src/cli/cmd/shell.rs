//! `hedgerow completions` and `hedgerow man`.

use crate::cli::Exit;
use crate::cli::args::{Arguments, Completions};
use crate::cli::session::Session;
use anyhow::Context;
use clap::CommandFactory;

pub(in crate::cli) fn completions(session: &mut Session<'_>, args: &Completions) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "hedgerow", &mut script);
    let script = String::from_utf8(script).context("the completion script is not UTF-8")?;
    session.out(&script)?;
    Ok(Exit::Done)
}

pub(in crate::cli) fn man(session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page).context("the manual page")?;
    let page = String::from_utf8(page).context("the manual page is not UTF-8")?;
    session.out(&page)?;
    Ok(Exit::Done)
}
