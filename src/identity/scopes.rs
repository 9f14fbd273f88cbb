//! The OAuth scopes of operations, for `--enforce-scopes`.
//!
//! The vendor's scopes are a family's name, for reading and writing, and `family:readonly`. The
//! family is the first segment below `/api/v2`; four families have another name.

use std::collections::BTreeSet;

use http::Method;

use crate::catalog::Operation;

/// The scope that allows everything.
pub(crate) const ALL: &str = "*";

/// Checks that one of the `held` scopes allows `method` on `path`. The error is the scope that is needed.
pub(crate) fn check(
    held: &[String],
    operation: Option<&Operation>,
    method: &Method,
    path: &str,
) -> Result<(), String> {
    let family = family(path);
    let reads = matches!(*method, Method::GET | Method::HEAD) || path.ends_with("/query");
    let extra = operation.and_then(|operation| operation.scope);
    let allowed = held.iter().any(|scope| {
        scope == ALL
            || scope == family
            || extra == Some(scope)
            || reads && scope.strip_suffix(":readonly") == Some(family)
    });
    let needed = extra.unwrap_or(family);
    let readonly = if reads { ":readonly" } else { "" };
    if allowed || is_own_token(path) { Ok(()) } else { Err(format!("{needed}{readonly}")) }
}

/// The scopes of these operations: of each family one to read and write and one to read, and those of single operations.
pub(crate) fn all<'o>(operations: impl Iterator<Item = &'o Operation>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for operation in operations.filter(|operation| operation.template.starts_with("/api/v2/")) {
        let family = family(&operation.template);
        if !all.contains(family) {
            all.extend([family.to_owned(), format!("{family}:readonly")]);
        }
        all.extend(operation.scope.map(str::to_owned));
    }
    all
}

fn family(path: &str) -> &str {
    let segment = path.trim_start_matches("/api/v2/").split('/').next().unwrap_or_default();
    match segment {
        "organizations" => "organization",
        "workforcemanagement" | "wfm" => "workforce-management",
        "flows" | "scripts" => "architect",
        "processautomation" => "process-automation",
        other => other,
    }
}

/// Whether the path is the token's own, which every token may read.
fn is_own_token(path: &str) -> bool {
    path == "/api/v2/tokens/me" || path == "/api/v2/users/me"
}
