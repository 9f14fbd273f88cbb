//! Tells callers apart.
//!
//! `token` owns every token that was issued. `caller` turns `Authorization` and `Host` into a [`Caller`].
//! `principal` is what any request becomes: a caller, a client at the login host, a guest, or nobody. `scopes` says
//! which OAuth scope an operation needs.

mod caller;
mod principal;
pub mod scopes;
mod token;

pub use self::caller::{Caller, Identity, bearer};
pub use self::principal::{GuestPrincipal, Principal, Realm};
pub use self::token::{Code, NewToken, Refresh, Token, Tokens};
