//! An organization that is read.
//!
//! A thread that reads an organization and asks to read it once more waits for ever, if another thread has asked to write
//! in between. So debug builds refuse the second reading.

use std::ops::Deref;

use parking_lot::MappedRwLockReadGuard;

use super::Organization;

/// An organization, locked for readers.
pub(crate) struct Reading<'t> {
    organization: MappedRwLockReadGuard<'t, Organization>,
    #[cfg(debug_assertions)]
    _only: only::Only,
}

impl<'t> Reading<'t> {
    /// Locks the organization that `lock` finds, if it finds one. `place` tells it from others.
    pub(super) fn of(
        #[cfg_attr(not(debug_assertions), expect(unused_variables, reason = "for debug builds"))]
        place: usize,
        lock: impl FnOnce() -> Option<MappedRwLockReadGuard<'t, Organization>>,
    ) -> Option<Self> {
        Some(Self {
            #[cfg(debug_assertions)]
            _only: only::Only::of(place),
            organization: lock()?,
        })
    }
}

impl Deref for Reading<'_> {
    type Target = Organization;

    fn deref(&self) -> &Organization {
        &self.organization
    }
}

#[cfg(debug_assertions)]
mod only {
    use std::cell::RefCell;

    thread_local! {
        static READ: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    }

    /// The only reading of a place by this thread.
    pub(super) struct Only(usize);

    impl Only {
        pub(super) fn of(place: usize) -> Self {
            READ.with_borrow_mut(|read| {
                assert!(!read.contains(&place), "this thread reads the organization already");
                read.push(place);
            });
            Self(place)
        }
    }

    impl Drop for Only {
        fn drop(&mut self) {
            READ.with_borrow_mut(|read| read.retain(|place| *place != self.0));
        }
    }
}
