//! Who is asking.
//!
//! `token` owns every token that was issued; `caller` turns a request's `Authorization` and `Host`
//! into a [`Caller`], `asker` any request into a [`Principal`]; `oauth` is the login host. It refuses to know limits and handlers.

mod caller;
mod principal;
pub mod scopes;
mod token;

pub use self::caller::{Caller, Identity, bearer};
pub use self::principal::{GuestPrincipal, Principal, Realm};
pub use self::token::{Code, NewToken, Refresh, Token, Tokens};
