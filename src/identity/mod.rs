//! Tells callers apart.
//!
//! `token` owns every token that was issued. `caller` turns `Authorization` and `Host` into a [`Caller`].
//! `principal` is what any request becomes: a caller, a client at the login host, a guest, or nobody. `scopes` says
//! which OAuth scope an operation needs.

mod caller;
mod principal;
pub(crate) mod scopes;
mod token;

pub(crate) use self::caller::{Caller, Identity, bearer};
pub(crate) use self::principal::{GuestPrincipal, Principal, Realm};
pub(crate) use self::token::{Code, NewToken, Refresh, Token};
