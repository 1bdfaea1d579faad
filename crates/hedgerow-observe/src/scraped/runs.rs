//! Lists of times: ascending, apart from each other.

use crate::naming::Micros;

/// Times from one moment to another.
pub(super) type Runs = Vec<(Micros, Micros)>;

/// Makes one list of times in any order.
pub(super) fn joined(mut times: Runs) -> Runs {
    times.retain(|(from, to)| from < to);
    times.sort_unstable();
    let mut runs: Runs = Vec::with_capacity(times.len());
    for (from, to) in times {
        match runs.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => runs.push((from, to)),
        }
    }
    runs
}

/// What lies in both.
pub(super) fn both(a: &Runs, b: &Runs) -> Runs {
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let (from, to) = (x.0.max(y.0), x.1.min(y.1));
        if from < to {
            out.push((from, to));
        }
        if x.1 <= y.1 { i += 1 } else { j += 1 }
    }
    out
}

/// What of the time from `from` to `to` lies in none of these.
pub(super) fn outside(runs: &Runs, (from, to): (Micros, Micros)) -> Runs {
    let (mut at, mut out) = (from, Vec::new());
    for (begin, end) in runs {
        if *begin > at {
            out.push((at, (*begin).min(to)));
        }
        at = at.max(*end);
    }
    out.push((at, to));
    out.retain(|(from, to)| from < to);
    out
}
