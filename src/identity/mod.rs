//! Identifies the sender of a request.
//!
//! `token` owns every token that was issued. `caller` turns `Authorization` and `Host` into a [`Caller`].
//! `principal` is the sender of any request: a caller, a client at the login host, a guest, or an anonymous client.
//! `scopes` has the OAuth scope of each operation.

mod caller;
mod principal;
pub(crate) mod scopes;
pub(crate) mod token;

pub(crate) use self::caller::{Caller, Identity, bearer};
pub(crate) use self::principal::{GuestPrincipal, Principal, Realm};
pub(crate) use self::token::{Code, NewToken, Refresh, SigningKey, Token};
