//! `hedgerow completions` and `hedgerow man`.

use crate::cli::args::{Arguments, Completions};
use crate::cli::session::Session;
use crate::cli::{Exit, complete};
use anyhow::Context;
use clap::CommandFactory;

pub(in crate::cli) fn completions(session: &mut Session<'_>, args: &Completions) -> anyhow::Result<Exit> {
    let script = complete::script(&args.shell.to_string())?;
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
