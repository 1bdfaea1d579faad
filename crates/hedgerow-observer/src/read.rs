//! `hedgerow-observer read`: a file of a foreign format in, records out.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the door to the files that are read")]

use crate::wire;
use anyhow::{Context, anyhow};
use clap::Args;
use hedgerow_observe::{Format, Record, Tally};
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};
use std::path::PathBuf;

/// Arguments of `read`.
#[derive(Debug, Args)]
#[command(after_long_help = formats_help())]
pub(crate) struct Read {
    /// Format of the files; `auto` tells it from the beginning of each
    #[arg(long, short, default_value = "auto", value_parser = format, value_name = "FORMAT")]
    format: Choice,
    /// Exit with 1 if something was not understood
    #[arg(long)]
    pub(crate) strict: bool,
    /// Files to read; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug)]
enum Choice {
    Auto,
    This(Format),
}

fn format(name: &str) -> Result<Choice, String> {
    if name == "auto" {
        return Ok(Choice::Auto);
    }
    let names = || Format::ALL.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
    Format::named(name).map(Choice::This).ok_or_else(|| format!("there is no such format; there are auto, {}", names()))
}

fn formats_help() -> String {
    let mut text = "Formats:\n".to_owned();
    for format in Format::ALL {
        text += &format!("  {:18} {}\n", format.name(), format.about().trim_end_matches('.').replace('`', ""));
    }
    text
}

/// What was read, for a person.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) lines: Vec<String>,
    pub(crate) not_understood: u64,
}

/// How much is read before the format is guessed, and at a time.
const PORTION: usize = 64 << 10;

/// Reads the files one after another, each by a reader of its own.
pub(crate) fn run(command: &Read, out: impl Write) -> anyhow::Result<Summary> {
    let mut out = BufWriter::new(out);
    let mut summary = Summary::default();
    for file in &command.files {
        let name = file.display().to_string();
        let mut input: Box<dyn io::Read> = if name == "-" {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(file).with_context(|| format!("cannot open {name}"))?)
        };
        let (format, tally) = one(command.format, &mut *input, &name, &mut out)?;
        wire::write_tally(&mut out, &name, format, &tally)?;
        summary.not_understood += tally.not_understood();
        summary.lines.extend(describe(&name, format, &tally));
    }
    out.flush()?;
    Ok(summary)
}

fn one(choice: Choice, input: &mut dyn io::Read, name: &str, out: &mut impl Write) -> anyhow::Result<(Format, Tally)> {
    let mut beginning = Vec::new();
    input.take(PORTION as u64).read_to_end(&mut beginning).with_context(|| format!("cannot read {name}"))?;
    let format = match choice {
        Choice::This(format) => format,
        Choice::Auto if beginning.is_empty() => {
            return Err(anyhow!("{name} is empty: its format has to be named with --format (--help lists them)"));
        }
        Choice::Auto if beginning.starts_with(&[0x1f, 0x8b]) => {
            return Err(anyhow!("{name} is compressed: unpack it first, such as by `gzip -dc`"));
        }
        Choice::Auto => Format::detect(&beginning).ok_or_else(|| {
            anyhow!("cannot tell the format of {name} from its beginning: name it with --format (--help lists them)")
        })?,
    };
    let mut reader = format.reader();
    // A record is written when it comes; the first failure to write is kept, and ends the reading.
    let mut failure: Option<io::Error> = None;
    let mut give = |record: Record| {
        if failure.is_none()
            && let Err(error) = wire::write_record(out, &record)
        {
            failure = Some(error);
        }
    };
    reader.feed(&beginning, &mut give);
    let mut portion = vec![0; PORTION];
    loop {
        let length = match input.read(&mut portion) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error).with_context(|| format!("cannot read {name}")),
        };
        reader.feed(&portion[..length], &mut give);
    }
    reader.finish(&mut give);
    match failure {
        Some(error) => Err(error.into()),
        None => Ok((format, reader.tally().clone())),
    }
}

/// What a person should know: always how much there was, and everything that was not understood.
fn describe(name: &str, format: Format, tally: &Tally) -> Vec<String> {
    let mut lines = vec![format!(
        "{name}: {} records from {} pieces ({}); {} of no interest, {} not understood",
        tally.records,
        tally.pieces,
        format.name(),
        tally.aside,
        tally.not_understood()
    )];
    for (fault, misread) in &tally.faults {
        lines.push(format!(
            "{name}: not understood, {} ×: {fault}; first at piece {}: {}",
            misread.count, misread.piece, misread.excerpt
        ));
    }
    for (notice, count) in &tally.notices {
        lines.push(format!("{name}: note, {count} ×: {notice}"));
    }
    lines
}

/// Whether whoever read our output has gone.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
