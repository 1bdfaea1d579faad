//! One test per folder of `tests/cases`: what lies in `in` goes in, what comes out lies beside it.
//!
//! | area | runs | snapshots |
//! | --- | --- | --- |
//! | `check` | `check` with the arguments in `args` on the fleet in `in` | `diagnostics` |
//! | `render` | `render`, `render --platform`, `render --guard` where there is one, and `labels` on the fleet in `in`, for each of its environments | `out`, `labels` |
//! | `patch` | `post-render` with the arguments in `args` on `in/stream.yaml`, with the fleet in `in` or else `cases/patch/fleet` | `out`, `diagnostics` |
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test without the harness that clippy knows, which reads its cases"
)]

mod common;

use common::{Command, Ran};
use datatest_stable::Result;
use hedgerow::core::plan::Plan;
use hedgerow::{Request, read};
use hedgerow_cli::Exit;
use std::path::{Path, PathBuf};
use std::sync::Arc;

datatest_stable::harness! {
    { test = check, root = "tests/cases/check", pattern = r"in/hedgerow\.yaml$" },
    { test = render, root = "tests/cases/render", pattern = r"in/hedgerow\.yaml$" },
    { test = patch, root = "tests/cases/patch", pattern = r"in/stream\.yaml$" },
}

/// The folder of a case, from the file that makes it one.
fn folder(file: &Path) -> PathBuf {
    let folder = file.ancestors().nth(2).expect("the file lies in `in`");
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

fn snapshot(folder: &Path, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn check(file: &Path) -> Result<()> {
    let folder = folder(file);
    let arguments = std::fs::read_to_string(folder.join("args")).unwrap_or_default();
    let ran = Command::new(&folder.join("in"), "check").args(arguments.split_whitespace()).run();
    snapshot(&folder, "diagnostics", &format!("{}{}exit: {}\n", ran.out(), ran.stderr, ran.exit as u8));
    Ok(())
}

fn render(file: &Path) -> Result<()> {
    let folder = folder(file);
    let root = folder.join("in");
    let reading = read(&Request::whole(&root))?.reading;
    let fleet = Arc::new(reading.fleet.ok_or_else(|| format!("the case is faulty: {:#?}", reading.diagnostics))?);
    let (mut out, mut labels) = (String::new(), String::new());
    let has_guard = fleet.config().guard.is_some();
    for environment in fleet.config().environments.keys() {
        let show = |arguments: &str, to: &mut String| {
            let ran = Command::new(&root, arguments).run();
            assert_eq!(ran.exit, Exit::Done, "{arguments}: {}", ran.stderr);
            for line in ran.stderr.lines() {
                to.push_str(&format!("# {line}\n"));
            }
            to.push_str(ran.out());
        };
        out.push_str(&format!("# {environment}\n"));
        show(&format!("render --env {environment}"), &mut out);
        out.push_str(&format!("# {environment}, the platform\n"));
        show(&format!("render --platform --env {environment}"), &mut out);
        if has_guard {
            out.push_str(&format!("# {environment}, the guard\n"));
            show(&format!("render --guard --env {environment}"), &mut out);
        }
        let plan = Plan::new(Arc::clone(&fleet), environment).expect("it is declared");
        for service in plan.services().keys() {
            labels.push_str(&format!("# {environment} {service}\n"));
            show(&format!("labels {service} --env {environment}"), &mut labels);
        }
    }
    snapshot(&folder, "out", &out);
    snapshot(&folder, "labels", &labels);
    Ok(())
}

fn patch(file: &Path) -> Result<()> {
    let folder = folder(file);
    let own = folder.join("in");
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/patch/fleet");
    let root = if own.join("hedgerow.yaml").exists() { own.clone() } else { shared };
    let arguments = std::fs::read_to_string(folder.join("args")).unwrap_or_default();
    let post_render = |stream: Vec<u8>| -> Ran {
        let command = Command::new(&root, "post-render").args(arguments.split_whitespace());
        command.stdin(stream).run()
    };
    let ran = post_render(std::fs::read(own.join("stream.yaml"))?);
    if ran.exit == Exit::Done {
        let again = post_render(ran.stdout.clone());
        assert_eq!(again.exit, Exit::Done, "the second run fails: {}", again.stderr);
        assert_eq!(again.out(), ran.out(), "the second run changes what the first one made");
        snapshot(&folder, "out", ran.out());
    } else {
        assert_eq!(ran.out(), "", "something on standard output after an error");
        assert!(!folder.join("out.snap").exists(), "a snapshot of what no longer comes out");
    }
    snapshot(&folder, "diagnostics", &format!("{}exit: {}\n", ran.stderr, ran.exit as u8));
    Ok(())
}
