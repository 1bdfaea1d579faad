//! What a shell asks while somebody types: commands and options, and the services, environments and codes that could be meant.
//!
//! The scripts that `hedgerow completions` prints start the program with `COMPLETE` set to the shell's name. It reads the fleet in
//! whose tree the shell stands, or that `-C` names. A faulty file there hides its own names at most.

use super::args::{Arguments, explained};
use super::{Exit, Os};
use anyhow::Context;
use clap::{Arg, Command, CommandFactory};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use hedgerow::{Names, find_root, names_below};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The variable by which a script asks.
pub(super) const VARIABLE: &str = "COMPLETE";

/// The words of a line with the shell that asks, where one does.
pub(super) fn asked(arguments: &[OsString], os: &Os) -> Option<(String, Vec<OsString>)> {
    let shell = os.variable(VARIABLE)?.to_str().filter(|shell| !shell.is_empty() && *shell != "0")?;
    let at = arguments.iter().position(|argument| argument == "--")?;
    Some((shell.to_owned(), arguments.get(at + 1..)?.to_vec()))
}

/// Answers a shell.
pub(super) fn run(shell: &str, words: Vec<OsString>, os: &mut Os) -> anyhow::Result<Exit> {
    let mut command = command(&words, os);
    let mut answer = Vec::new();
    if shell == "bash" {
        bash(&mut command, &words, os, &mut answer)?;
    } else {
        completer(shell)?.write_complete(&mut command, words, Some(os.directory()), &mut answer)?;
    }
    os.out_with(|to| to.write_all(&answer))?;
    Ok(Exit::Done)
}

/// Answers bash, which makes three words of `--env=st`, and completes the last one alone.
fn bash(command: &mut Command, words: &[OsString], os: &Os, to: &mut Vec<u8>) -> anyhow::Result<()> {
    let number = |name: &str| os.variable(name)?.to_str()?.parse::<usize>().ok();
    let typed = number("_CLAP_COMPLETE_INDEX").unwrap_or_default();
    let separator = os.variable("_CLAP_IFS").and_then(OsStr::to_str).unwrap_or("\n");
    let is_option = |word: &OsString| word.to_str().is_some_and(|word| word.starts_with("--") && word.len() > 2);
    let is_joint = |at: &usize| *at != typed && *at > 0 && words[*at] == "=" && is_option(&words[at - 1]);
    let joints: Vec<usize> = (0..words.len()).filter(is_joint).collect();
    let index = typed - joints.iter().filter(|at| **at < typed).count();
    let kept = words.iter().enumerate().filter(|(at, _)| !joints.contains(at)).map(|(_, word)| word.clone());
    let offered = clap_complete::engine::complete(command, kept.collect(), index, Some(os.directory()))?;
    let offered: Vec<_> = offered.iter().map(|offered| offered.get_value().to_string_lossy()).collect();
    to.extend(offered.join(separator).into_bytes());
    Ok(())
}

/// The script that makes a shell ask.
pub(super) fn script(shell: &str) -> anyhow::Result<String> {
    let mut script = Vec::new();
    completer(shell)?.write_registration(VARIABLE, "hedgerow", "hedgerow", "hedgerow", &mut script)?;
    String::from_utf8(script).context("the completion script is not UTF-8")
}

fn completer(shell: &str) -> anyhow::Result<&'static dyn EnvCompleter> {
    const SHELLS: &[&dyn EnvCompleter] = &[&Bash, &Elvish, &Fish, &Powershell, &Zsh];
    SHELLS
        .iter()
        .copied()
        .find(|known| known.is(shell))
        .with_context(|| format!("no completions for the shell `{shell}`"))
}

/// The command line, in which the names of the fleet may stand.
fn command(words: &[OsString], os: &Os) -> Command {
    let Names { services, environments, .. } = names(words, os);
    let codes: Vec<String> = explained().map(str::to_owned).collect();
    let offer = |names: &[String]| {
        let names = names.to_vec();
        ArgValueCandidates::new(move || names.iter().map(CompletionCandidate::new).collect())
    };
    let known = |arg: Arg| {
        let shown: Vec<_> = arg.get_value_names().unwrap_or_default().iter().map(|name| name.as_str()).collect();
        match shown.first() {
            Some(&("SERVICE" | "CALLER" | "CALLEE")) => arg.add(offer(&services)),
            Some(&"ENV") => arg.add(offer(&environments)),
            Some(&"CODE") => arg.add(offer(&codes)),
            _ => arg,
        }
    };
    let of_all = |command: Command| command.mut_args(known);
    Arguments::command().mut_subcommands(|command| of_all(command).mut_subcommands(of_all))
}

/// The services and the environments of the fleet that is meant.
fn names(words: &[OsString], os: &Os) -> Names {
    let root = named_root(words).map(|root| os.directory().join(root)).or_else(|| find_root(os.directory()));
    root.and_then(|root| names_below(&root).ok()).unwrap_or_default()
}

/// What `-C` names, where the line has it.
fn named_root(words: &[OsString]) -> Option<PathBuf> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.to_str()?;
        if matches!(text, "-C" | "--directory") {
            return words.next().map(PathBuf::from);
        }
        let joined = text.strip_prefix("--directory=").or_else(|| text.strip_prefix("-C"));
        if let Some(root) = joined {
            return Some(PathBuf::from(root));
        }
    }
    None
}
