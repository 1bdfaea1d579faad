//! `hedgerow schema`: the JSON Schema of a file that Hedgerow reads or writes.

use crate::cli::Exit;
use crate::cli::args::Schema;
use crate::cli::session::{Internal, Session};
use crate::embedded::{SCHEMAS, find};
use crate::schema::schema;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Schema) -> anyhow::Result<Exit> {
    let text = schema(&args.name).or_else(|| find(SCHEMAS, &args.name).map(str::to_owned));
    let Some(text) = text else { return Err(Internal(format!("there is no schema `{}`", args.name)).into()) };
    session.out(&text)?;
    Ok(Exit::Done)
}
