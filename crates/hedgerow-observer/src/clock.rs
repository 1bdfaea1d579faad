//! The door to the machine's clocks.
#![allow(clippy::disallowed_methods, reason = "the door to the machine's clocks")]

use hedgerow_observe::sum::Now;
use std::time::{SystemTime, UNIX_EPOCH};

/// This moment.
#[must_use]
pub(crate) fn now() -> Now {
    let unix = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
    };
    Now { unix, boot: boot() }
}

#[cfg(target_os = "linux")]
fn boot() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1_000)
}

#[cfg(not(target_os = "linux"))]
fn boot() -> i64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    i64::try_from(START.get_or_init(Instant::now).elapsed().as_micros()).unwrap_or(i64::MAX)
}

/// A number that no other run has.
pub(crate) fn life() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}
