//! Days, and clocks that disagree.

use crate::naming::Micros;

/// How far two clocks may be apart before times are set right.
const CLOCK_TOLERANCE: Micros = 2_000_000;
/// Microseconds of a day.
pub const DAY: Micros = 86_400_000_000;

/// Days since 1970-01-01, in UTC.
pub type Day = i32;

/// The day of a moment.
#[must_use]
pub fn day_of(at: Micros) -> Day {
    Day::try_from(at.div_euclid(DAY)).unwrap_or(if at < 0 { Day::MIN } else { Day::MAX })
}

/// The first moment of a day.
#[must_use]
pub fn start_of(day: Day) -> Micros {
    Micros::from(day).saturating_mul(DAY)
}

/// By how much times of a sender have to be moved to be on the receiver's clock: nothing where both agree to two seconds.
#[must_use]
pub fn skew(sent: Micros, received: Micros) -> Micros {
    let apart = received.saturating_sub(sent);
    if apart.abs() <= CLOCK_TOLERANCE { 0 } else { apart }
}
