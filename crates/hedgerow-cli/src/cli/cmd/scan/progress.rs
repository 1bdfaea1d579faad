//! How far a long scan has come, on a terminal.

use crate::cli::session::Session;
use crate::code;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The fewest files for which a bar is drawn: fewer are done before anybody has looked.
const FEWEST: usize = 300;

/// A bar on standard error. Nothing is drawn where that is no terminal, and nothing stays when the scan is done.
pub(super) struct Bar {
    bar: ProgressBar,
    is_seen: bool,
}

impl Bar {
    pub(super) fn new(session: &Session<'_>) -> Self {
        let is_seen = session.os.stderr_is_terminal() && !session.global.quiet;
        Self { bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()), is_seen }
    }

    /// The scan is done.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl code::Progress for Bar {
    fn files(&self, count: usize) {
        if self.is_seen && count >= FEWEST {
            let style = ProgressStyle::with_template("reading code {bar:30} {pos} of {len} files");
            self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar.set_length(count as u64);
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    fn file(&self) {
        self.bar.inc(1);
        // Behind the last file the calls are followed.
        if self.bar.length() == Some(self.bar.position()) {
            self.bar.set_style(
                ProgressStyle::with_template("following calls").unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            self.bar.force_draw();
        }
    }
}
