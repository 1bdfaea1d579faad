//! The table of moves in `docs/stages.md` is what the library says, which `agree` holds against the model.

use hedgerow::core::moves::{Host, Loss, Move, Stop, loss};
use hedgerow::core::policy::{AuditBackend, Stage};
use std::fmt::Write as _;
use std::path::Path;

const BEGIN: &str = "<!-- the table of moves: a test writes it -->\n";
const END: &str = "<!-- end -->\n";

const fn at(stage: Stage, audit: AuditBackend) -> Stop {
    Stop { stage, audit }
}

/// The moves in the order of the page: steps, two at once, jumps.
fn rows() -> Vec<(Stop, Stop)> {
    use AuditBackend::{CalicoLog, CalicoStaged};
    use Stage::{Audit, Enforce, Off, Open};
    let log = |stage| at(stage, CalicoLog);
    let staged = at(Audit, CalicoStaged);
    vec![
        (log(Off), log(Open)),
        (log(Open), log(Audit)),
        (log(Audit), log(Enforce)),
        (log(Enforce), log(Audit)),
        (log(Audit), log(Open)),
        (log(Open), log(Off)),
        (log(Off), log(Audit)),
        (log(Enforce), log(Open)),
        (at(Off, CalicoStaged), staged),
        (at(Open, CalicoStaged), staged),
        (staged, at(Open, CalicoStaged)),
        (staged, at(Off, CalicoStaged)),
        (log(Off), log(Enforce)),
        (log(Open), log(Enforce)),
        (log(Audit), log(Off)),
        (log(Enforce), log(Off)),
        (staged, at(Enforce, CalicoStaged)),
        (at(Enforce, CalicoStaged), staged),
        (log(Audit), staged),
        (staged, log(Audit)),
    ]
}

/// What the pods wear, which decides whether they are replaced.
fn worn(stop: Stop) -> &'static str {
    match (stop.stage, stop.audit) {
        (Stage::Off | Stage::Open, _) => "",
        (Stage::Audit, AuditBackend::CalicoStaged | AuditBackend::Observe) => "staged",
        (Stage::Audit | Stage::Enforce, _) => "true",
    }
}

fn word(stop: Stop) -> String {
    match (stop.stage, stop.audit) {
        (Stage::Audit, AuditBackend::CalicoStaged | AuditBackend::Observe) => "`audit` (staged)".to_owned(),
        (stage, _) => format!("`{}`", stage.as_str()),
    }
}

fn cell(host: Host, from: Stop, to: Stop) -> &'static str {
    let costs = |log| loss(host, from.position(log), to.position(log), true);
    match (costs(false), costs(true)) {
        (Loss::Nothing, Loss::Nothing) => "safe",
        (_, Loss::Nothing) => "with `log: true`",
        (Loss::Nothing, _) => "with `log: false`",
        _ => "**no**",
    }
}

fn way(from: Stop, to: Stop) -> String {
    let a_move = Move { from, to, log: (true, true), by_type: true };
    if a_move.jump().is_none() {
        return String::new();
    }
    let way = a_move.way().expect("there is a way round every jump");
    way[1..].iter().map(|stop| word(*stop)).collect::<Vec<_>>().join(", ")
}

fn table() -> String {
    let mut text =
        "| from → to | pods are replaced | Helm, `kubectl apply` | Argo CD | kustomize | the way |\n".to_owned();
    text.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for (from, to) in rows() {
        let replaced = if worn(from) == worn(to) { "no" } else { "yes" };
        let [stream, argo, kustomize] = Host::ALL.map(|host| cell(host, from, to));
        let (a, b, way) = (word(from), word(to), way(from, to));
        writeln!(text, "| {a} → {b} | {replaced} | {stream} | {argo} | {kustomize} | {way} |").unwrap();
    }
    text
}

#[test]
fn the_page_has_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/stages.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("the page says where the table is");
    let (written, tail) = rest.split_once(END).expect("the page says where the table ends");
    if std::env::var_os("HEDGEROW_BLESS").is_some() {
        std::fs::write(&path, format!("{head}{BEGIN}{}{END}{tail}", table())).unwrap();
        return;
    }
    assert_eq!(written, table(), "docs/stages.md has another table; HEDGEROW_BLESS=1 writes it");
}

/// Between neighbours and with `log: true` no host can do harm, and everybody is told so.
#[test]
fn single_steps_with_log_are_safe_everywhere() {
    let steps = &rows()[..6];
    for (from, to) in steps {
        for host in Host::ALL {
            assert_eq!(
                loss(host, from.position(true), to.position(true), true),
                Loss::Nothing,
                "{host:?} {from:?} {to:?}"
            );
        }
    }
}
