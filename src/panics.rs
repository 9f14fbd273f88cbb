//! Turns a panic into one line in the log and one answer.
//!
//! [`caught`] runs code that may have a bug, and returns the message of the panic. [`log`] installs the hook that
//! writes every other panic in the log's own format. Only commands install the hook: a library must not replace the hook
//! of its program.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Logs each panic as one line, except those that [`caught`] returns.
pub(crate) fn log() {
    panic::set_hook(Box::new(|info| {
        if GUARDED.get() {
            LOCATION.set(info.location().map(ToString::to_string));
        } else {
            tracing::error!(place = location(info), "panicked: {}", message(info.payload()));
        }
    }));
}

/// The result of `run`, or the message and the position of its panic.
///
/// # Errors
/// When it panicked.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    let outer = GUARDED.replace(true);
    let ran = panic::catch_unwind(AssertUnwindSafe(run));
    GUARDED.set(outer);
    ran.map_err(|payload| {
        let location = LOCATION.take().map(|location| format!(" at {location}")).unwrap_or_default();
        format!("{}{location}", message(&*payload))
    })
}

fn location(info: &PanicHookInfo<'_>) -> String {
    info.location().map(ToString::to_string).unwrap_or_default()
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_panics_is_told_and_what_does_not_is_given_back() {
        assert_eq!(caught(|| 7), Ok(7));
        let told = caught(|| assert_eq!(1, 2, "sums are {}", "wrong")).expect_err("it panics");
        assert!(told.contains("sums are wrong"), "{told}");
        assert!(caught(|| panic::panic_any(7)).expect_err("it panics").contains("a panic without a message"));
        assert!(!GUARDED.get());
    }
}
