//! The clock of the collector. All times that are compared with each other are on it.

use hedgerow_observe::naming::Micros;
use hedgerow_observe::observations::Moment;

/// One second.
pub(crate) const SECOND: Micros = 1_000_000;

/// Microseconds since 1970.
pub(crate) fn now() -> Micros {
    crate::clock::now().unix
}

/// A time in microseconds as RFC 3339, to the second.
pub(crate) fn written(micros: Micros) -> String {
    String::from(Moment(micros.div_euclid(SECOND)))
}
