//! A request whose caller has a token.

use std::ops::Deref;

use super::request::Request;
use crate::identity::Caller;
use crate::platform::Platform;
use crate::wire::error::ApiError;
use crate::world::{Organization, Tenant};

/// A request of an identified caller. It has the accessors of [`Request`].
pub(crate) struct Call<'a> {
    pub(crate) request: Request<'a>,
    pub(crate) caller: &'a Caller,
    /// The parts that handlers may use.
    pub(crate) platform: &'a Platform,
}

impl<'a> Deref for Call<'a> {
    type Target = Request<'a>;

    fn deref(&self) -> &Self::Target {
        &self.request
    }
}

impl Call<'_> {
    /// The caller's organization.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.caller.token.tenant
    }

    /// Changes the caller's organization under its lock. The effects follow when the lock is free, also for what
    /// was changed before an error.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Organization) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.platform.change(self.tenant(), self.now, change)
    }
}
