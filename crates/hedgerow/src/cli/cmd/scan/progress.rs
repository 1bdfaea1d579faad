//! How far a long scan has come, on a terminal.

use crate::cli::session::Session;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The fewest files for which a bar is drawn: fewer are done before anybody has looked.
const FEWEST: usize = 300;

/// A bar on standard error. Nothing is drawn where that is no terminal, and nothing stays when the scan is done.
pub(super) struct Progress {
    bar: ProgressBar,
    is_seen: bool,
}

impl Progress {
    pub(super) fn new(session: &Session<'_>) -> Self {
        let is_seen = session.os.stderr_is_terminal() && !session.global.quiet;
        Self { bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()), is_seen }
    }

    /// So many files of source code are ahead.
    pub(super) fn files(&self, count: usize) {
        if self.is_seen && count >= FEWEST {
            let style = ProgressStyle::with_template("reading code {bar:30} {pos} of {len} files");
            self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar.set_length(count as u64);
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// One of them is done. Behind the last one the calls are followed.
    pub(super) fn file(&self) {
        self.bar.inc(1);
        if self.bar.length() == Some(self.bar.position()) {
            self.bar.set_style(
                ProgressStyle::with_template("following calls").unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            self.bar.tick();
        }
    }

    /// The scan is done.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
