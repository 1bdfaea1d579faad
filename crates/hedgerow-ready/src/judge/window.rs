//! What is to be said of the observations as a whole: of which fleet and environment they are, whether they are whole, fresh, and long enough.

use super::{DAY, Question, line, show};
use crate::evidence::{Evidence, Kind, Outcome};
use crate::traffic::is_future;
use hedgerow_core::diag::count;
use hedgerow_observe::observations::Moment;

/// How old observations may be, in seconds: a day.
const MAX_AGE: i64 = DAY;
/// Whether they are whole, fresh, and long enough.
pub(super) fn evidence(question: &Question<'_>) -> Vec<Evidence> {
    let observations = question.observations;
    let window = i64::from(question.days.max(1)) * DAY;
    let (from, to, now) = (observations.header.from, observations.header.to, question.now);
    let mut evidence = Vec::new();
    if let Some((at, reason)) = &observations.faults.first {
        let is = if observations.faults.count == 1 { "is" } else { "are" };
        let lines = count(observations.faults.count, "line");
        let text = format!("{lines} of the observations {is} not understood, the first is line {at}: {reason}");
        evidence.push(line(Kind::Window, Outcome::Unknown, text).help("read them with the version that wrote them"));
    }
    if is_future(to, now) {
        let text = format!("the observations end at {}, which is in the future", show(to));
        evidence
            .push(line(Kind::Window, Outcome::Unknown, text).help("a clock is wrong, here or where they were made"));
    } else if now.0.saturating_sub(to.0) > MAX_AGE {
        let text = format!("the observations end at {}; nobody can tell what came since", show(to));
        evidence.push(line(Kind::Window, Outcome::Unknown, text).help("fetch newer ones"));
    }
    if let Some((number, text)) = crate::traffic::strays(observations) {
        let tell = if number == 1 { "tells" } else { "tell" };
        let text = format!("{} of the observations {tell} of {text}", count(number, "line"));
        evidence.push(
            line(Kind::Window, Outcome::Unknown, text).help("they were put together from others, or a clock is wrong"),
        );
    }
    let days = count(question.days, "day");
    if to.0 - from.0 < window {
        let text = format!("the observations begin at {}, which is less than {days}", show(from));
        evidence.push(line(Kind::Window, Outcome::Wait(Moment(from.0 + window)), text));
    }
    let earlier = observations.header.earlier;
    if evidence.is_empty() {
        let counts =
            if question.days == 1 { "the last day counts".to_owned() } else { format!("the last {days} count") };
        let text = format!("the observations reach from {} to {}; {counts}", show(from), show(to));
        evidence.push(line(Kind::Window, Outcome::Holds, text));
    }
    if earlier > 0 {
        let were = if earlier == 1 { "was" } else { "were" };
        let text = format!(
            "{} {were} over before the observations begin, and {were} told later: no part of the window",
            count(earlier, "call")
        );
        evidence.push(line(Kind::Window, Outcome::Note, text));
    }
    evidence
}

/// Whether they are of this environment and of this fleet. What does not tell may be of any.
pub(super) fn origin(question: &Question<'_>) -> Vec<Evidence> {
    let header = &question.observations.header;
    let asked = question.plan.environment().as_str();
    let mut evidence = Vec::new();
    match header.environment.as_deref() {
        Some(watched) if watched == asked => {}
        Some(watched) => {
            let text = format!("the observations are of the environment `{watched}`, and `{asked}` is asked for");
            let help = format!("export them from the collector of `{asked}`");
            evidence.push(line(Kind::Window, Outcome::Unknown, text).help(help));
        }
        None => {
            let text = "the observations do not tell of which environment they are".to_owned();
            let help = format!(
                "give the collector, or `hedgerow-observer read`, the catalogue of `{asked}`: `{} catalogue --env {asked} --rules`",
                question.program
            );
            evidence.push(line(Kind::Window, Outcome::Unknown, text).help(help));
        }
    }
    match header.catalogue.as_deref() {
        Some(digest) if question.tree.catalogues.contains_key(digest) => {}
        Some(digest) => {
            let text = format!("services were named by a catalogue that is not this tree's: {digest}");
            evidence.push(line(Kind::Window, Outcome::Unknown, text).help(same_tree(question)));
        }
        None => {
            let text = "the observations do not tell by which catalogue services were named".to_owned();
            let help = format!(
                "give the collector the catalogue of this tree: `{} catalogue --env {asked} --rules`",
                question.program
            );
            evidence.push(line(Kind::Window, Outcome::Unknown, text).help(help));
        }
    }
    evidence
}

/// How observations come to be of the tree that is asked.
pub(super) fn same_tree(question: &Question<'_>) -> String {
    if question.plan.fleet().elsewhere().next().is_some() {
        return "some services are in other repositories, and the code of all callers counts: ask above checkouts of all repositories (docs/catalogue.md)".to_owned();
    }
    format!(
        "give the collector the catalogue of this tree, `{} catalogue --env {} --rules`, or ask in the tree that is deployed",
        question.program,
        question.plan.environment()
    )
}
