//! The programs on `PATH` that Hedgerow works in, and Hedgerow itself.

use super::Finding;
use crate::cli::Os;
use crate::embedded::docs;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a program may take to say its version. One that says nothing meanwhile is not asked again.
const PATIENCE: Duration = Duration::from_secs(8);
/// The most bytes of an answer that are kept.
const MOST: u64 = 64 << 10;

/// How to ask a program for its version.
const PROGRAMS: [(&str, &[&str]); 9] = [
    ("helm", &["version", "--short"]),
    ("kubectl", &["version", "--client"]),
    ("kustomize", &["version"]),
    ("helmfile", &["--version"]),
    ("argocd", &["version", "--client", "--short"]),
    ("flux", &["--version"]),
    ("skaffold", &["version"]),
    ("kpt", &["version"]),
    ("git", &["--version"]),
];

/// The first that reads `--post-renderer-args`.
const HELM_WITH_ARGUMENTS: (u64, u64) = (3, 8);
/// The first whose built-in kustomize has `--enable-exec` beside functions; older ones differ in more than is tested.
const OLDEST_KUSTOMIZE: (u64, u64) = (5, 0);

/// A program on `PATH`, and what it said when it was asked for its version.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
    pub(super) answer: Result<String, String>,
}

impl Program {
    /// Its version, as far as it says one.
    pub(super) fn version(&self) -> Option<(u64, u64)> {
        self.answer.as_ref().ok().and_then(|answer| version(answer))
    }
}

/// Every program that Hedgerow works in, asked once: the first of each name, and each Helm.
pub(super) fn programs(os: &Os) -> Vec<Program> {
    let mut programs = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, arguments) in PROGRAMS {
        let paths = match name {
            "helm" => super::helm::all(os),
            _ => all(name, os).into_iter().take(1).collect(),
        };
        for path in paths {
            // Two names of one file are one program.
            if name != "helm" || seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
                programs.push(Program { name, answer: ask(&path, arguments, os), path });
            }
        }
    }
    programs
}

pub(super) fn look(programs: &[Program], os: &Os) -> Vec<Finding> {
    let mut findings = own(os);
    for Program { name, path, answer } in programs {
        let shown = path.display();
        findings.push(match answer {
            Err(error) => {
                Finding::problem(format!("{name} at {shown} does not say its version: {error}"), "see whether it runs")
            }
            Ok(answer) => match version(answer) {
                None => Finding::note(
                    format!("{name} at {shown} says no version: {}", first_line(answer)),
                    "nothing is known of it",
                ),
                Some(found) => judge(name, &shown.to_string(), answer, found),
            },
        });
    }
    let helms: Vec<PathBuf> = all("helm", os);
    let real: BTreeSet<PathBuf> = helms.iter().filter_map(|path| path.canonicalize().ok()).collect();
    if real.len() > 1 {
        let others: Vec<_> = helms.iter().skip(1).map(|path| path.display().to_string()).collect();
        findings.push(Finding::note(
            format!("helm is on PATH more than once: also {}", others.join(", ")),
            "remove those that are not meant; the first one runs",
        ));
    }
    let is_absent = |name: &&str| programs.iter().all(|program| program.name != *name);
    let absent: Vec<_> = PROGRAMS.iter().map(|(name, _)| *name).filter(is_absent).collect();
    if !absent.is_empty() {
        findings.push(Finding::good(format!("not on PATH: {}", absent.join(", "))));
    }
    findings
}

fn judge(name: &str, path: &str, answer: &str, found: (u64, u64)) -> Finding {
    let said = format!("{name} {}.{} at {path}", found.0, found.1);
    match name {
        "helm" if found < HELM_WITH_ARGUMENTS => Finding::problem(
            format!("{said}: it cannot hand arguments to a post-renderer"),
            "use Helm 3.8 or later, or the pipe: `helm template … | hedgerow post-render … | kubectl apply -f -`",
        ),
        "helm" if found.0 == 3 => Finding::note(
            format!("{said}: hooks and `--output-dir` do not pass the post-renderer"),
            concat!(docs!("integrations.md#helm-3"), " says what to do for hooks that call others"),
        ),
        "kustomize" if found < OLDEST_KUSTOMIZE => Finding::note(
            format!("{said}: older than what is tested"),
            "kustomize 5.0 or later runs the function with --enable-alpha-plugins --enable-exec",
        ),
        "kubectl" if found < KUBECTL_WITH_PLUGINS => Finding::note(
            format!("{said}: `kubectl kustomize` and `apply -k` of it run neither functions nor plugins"),
            "build with kustomize 5.0 or later and pipe into `kubectl apply -f -`, or use kubectl 1.21 or later",
        ),
        "kubectl" => {
            let built_in =
                answer.lines().find_map(|line| line.trim().strip_prefix("Kustomize Version:")).map(str::trim);
            let built_in = built_in.map(|version| format!(", with kustomize {version}")).unwrap_or_default();
            Finding::note(
                format!("{said}{built_in}: `kubectl kustomize` and `apply -k` skip functions without a word"),
                "use the legacy plugin there, and end the pipeline with `hedgerow post-render --prove`",
            )
        }
        _ => Finding::good(said),
    }
}

/// The first whose built-in kustomize is not of version 2, which has no `--enable-alpha-plugins`.
pub(super) const KUBECTL_WITH_PLUGINS: (u64, u64) = (1, 21);

/// Hosts find `hedgerow` on `PATH`; two of different versions answer for each other.
fn own(os: &Os) -> Vec<Finding> {
    let programs = all("hedgerow", os);
    let real: BTreeSet<PathBuf> = programs.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let Some(first) = programs.first() else {
        return vec![Finding::problem(
            "hedgerow is not on PATH: Helm, kustomize and their plugins would not find it",
            "put the directory of the program on PATH, or give hosts its whole path",
        )];
    };
    let said =
        |path: &Path| ask(path, &["--version"], os).map_or_else(|error| error, |answer| first_line(&answer).to_owned());
    let own = format!("hedgerow {}", env!("CARGO_PKG_VERSION"));
    let on_path = said(first);
    let mut findings = Vec::new();
    if on_path == own {
        findings.push(Finding::good(format!("{own} at {}", first.display())));
    } else {
        findings.push(Finding::problem(
            format!("this is {own}, and the one on PATH, {}, is another: {on_path}", first.display()),
            "hosts run the one on PATH; update it",
        ));
    }
    if real.len() > 1 {
        let others: Vec<_> = programs.iter().skip(1).map(|path| path.display().to_string()).collect();
        findings.push(Finding::note(
            format!("hedgerow is on PATH more than once: also {}", others.join(", ")),
            "remove those that are not meant; the first one runs",
        ));
    }
    findings
}

/// Every program of this name on `PATH`, the one that runs first.
pub(super) fn all(name: &str, os: &Os) -> Vec<PathBuf> {
    let path = os.variable("PATH").unwrap_or_default();
    let found = std::env::split_paths(path).map(|directory| directory.join(name)).filter(|path| is_program(path));
    let mut seen = BTreeSet::new();
    found.filter(|path| seen.insert(path.clone())).collect()
}

fn is_program(path: &Path) -> bool {
    let Ok(metadata) = std::fs::metadata(path) else { return false };
    #[cfg(unix)]
    let may_run = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let may_run = true;
    metadata.is_file() && may_run
}

/// What a program says on standard output, and on standard error where that is empty.
pub(super) fn ask(program: &Path, arguments: &[&str], os: &Os) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(os.variables()).current_dir(os.directory());
    let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().map_err(|error| error.to_string())?;
    // Read while it runs: one that says much would wait for somebody to listen.
    let listen = |pipe: Option<Box<dyn Read + Send>>| {
        let (to, from) = mpsc::channel();
        std::thread::spawn(move || {
            let mut said = Vec::new();
            // What could not be read was not said, and who has stopped to wait does not hear.
            let _partly = pipe.map(|pipe| pipe.take(MOST).read_to_end(&mut said));
            let _unheard = to.send(String::from_utf8_lossy(&said).into_owned());
        });
        from
    };
    let out = listen(child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>));
    let err = listen(child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>));
    let late = || format!("no answer within {} seconds", PATIENCE.as_secs());
    let start = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) | Err(_) => {
                // It may have ended by itself meanwhile.
                let _gone = child.kill();
                let _reaped = child.wait();
                return Err(late());
            }
        }
    };
    // What it started may still hold the pipe.
    let heard = |from: mpsc::Receiver<String>| from.recv_timeout(PATIENCE.saturating_sub(start.elapsed()));
    let (Ok(out), Ok(err)) = (heard(out), heard(err)) else { return Err(late()) };
    let said = if out.trim().is_empty() { err } else { out };
    match status.success() {
        true => Ok(said),
        false if said.trim().is_empty() => Err(format!("it says nothing ({status})")),
        false => Err(first_line(&said).to_owned()),
    }
}

/// The first line that says something.
pub(super) fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it says nothing")
}

/// The first `4.1` of a text such as `v4.1.0+g1234`.
pub(super) fn version(text: &str) -> Option<(u64, u64)> {
    let pieces = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let mut numbers = pieces.filter_map(|piece| {
        let mut parts = piece.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    });
    numbers.next()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        for (text, expected) in [
            ("v4.1.0+g1234abc", Some((4, 1))),
            ("v3.19.0+gb301171", Some((3, 19))),
            ("Client Version: v1.34.2\nKustomize Version: v5.7.1", Some((1, 34))),
            ("helmfile version 0.169.1", Some((0, 169))),
            ("git version 2.47.3", Some((2, 47))),
            ("(devel)", None),
            ("", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
    }
}
