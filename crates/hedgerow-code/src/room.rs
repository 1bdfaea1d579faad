//! Stacks deep enough for code that is nested deeper than people write it, whoever calls.

use std::cell::Cell;

/// The stack of each thread that parses or scans, in bytes.
const STACK: usize = 64 << 20;

thread_local! {
    /// Whether this thread has such a stack.
    static IS_ROOMY: Cell<bool> = const { Cell::new(false) };
}

/// Runs work on threads whose stacks are deep enough. What is called outside of it makes such threads for itself, which costs
/// more than it does for a single file.
pub fn in_parallel<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).start_handler(|_| IS_ROOMY.set(true)).build();
    match pool {
        Ok(pool) => pool.install(work),
        // A machine that gives no threads still has the caller's.
        Err(_) => work(),
    }
}

/// Runs work that may use several threads where the stacks are deep: in the caller's pool, if that is one of [`in_parallel`]'s.
pub fn together<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if IS_ROOMY.get() { work() } else { in_parallel(work) }
}

/// Runs work of one thread where the stack is deep.
pub(crate) fn alone<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if IS_ROOMY.get() {
        return work();
    }
    let mut work = Some(work);
    let done = std::thread::scope(|scope| {
        let run = || {
            IS_ROOMY.set(true);
            work.take().map(|work| work())
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run).ok()?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    match (done, work) {
        (Some(done), _) => done,
        (None, Some(work)) => work(),
        (None, None) => unreachable!("work that was taken has been done"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uses about a kilobyte of stack for each level.
    fn dig(levels: usize) -> usize {
        let room = std::hint::black_box([levels; 128]);
        let below = if levels == 0 { 0 } else { 1 + dig(levels - 1) };
        std::hint::black_box(&room);
        below
    }

    #[test]
    fn a_thread_with_a_small_stack_gets_a_deep_one() {
        let small = std::thread::Builder::new().stack_size(64 << 10);
        let done = small.spawn(|| (alone(|| dig(10_000)), together(|| dig(10_000)))).unwrap().join().unwrap();
        assert_eq!(done, (10_000, 10_000));
        assert!(!IS_ROOMY.get());
    }
}
