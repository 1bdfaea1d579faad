//! What the header of observations has to say before they count: which environment, which catalogue, and a time that has been.

use crate::cli::report::count;
use crate::cli::session::Session;
use anyhow::bail;
use hedgerow_observe::observations::{Header, Moment, Observations};
use hedgerow_ready::reconcile::{is_future, strays};

/// Refuses what ends in the future. `what` begins the sentence: "`seen.jsonl` ends".
pub(super) fn refuse_future(what: &str, header: &Header, now: Moment) -> anyhow::Result<()> {
    if is_future(header.to, now) {
        bail!(
            "{what} at {}, which is in the future: a clock is wrong, here or at the collector",
            String::from(header.to)
        )
    }
    Ok(())
}

/// How many lines tell of another time than the header does: "2 lines of `seen.jsonl` tell of …"; nothing where none does.
pub(super) fn strayed(of: &str, observations: &Observations) -> Option<String> {
    let (number, what) = strays(observations)?;
    let tell = if number == 1 { "tells" } else { "tell" };
    Some(format!("{} of {of} {tell} of {what}", count(number, "line")))
}

/// Warns where the header does not tell whose observations they are.
pub(super) fn warn_untold(session: &mut Session<'_>, header: &Header) {
    if header.environment.is_none() {
        session.note("warning: the observations do not tell of which environment they are\n");
    }
    if header.catalogue.is_none() {
        session.note("warning: the observations do not tell by which catalogue services were named\n");
    }
}
