//! Whether a pattern can match an emulated path.

use super::{Cover, OperationCatalog, Pattern};
use crate::catalog::{Catalog, OperationId, published};

/// Whether `pattern` can match some request of an operation of `catalog`.
pub(crate) fn touches_an_operation(catalog: &Catalog, pattern: &Pattern) -> bool {
    catalog.iter().any(|operation| touches(pattern, operation.verb(), &operation.template))
}

impl OperationCatalog for Catalog {
    fn knows(&self, pattern: &Pattern) -> bool {
        touches_an_operation(self, pattern)
            || touches_a_family(self, pattern)
            || is_of_sockets(pattern)
            || is_published(pattern)
    }

    fn each(&self, visit: &mut dyn FnMut(OperationId, &str, &str)) {
        // Those that get a generic answer are many. Their requests try every pattern.
        for operation in self.iter().filter(|operation| operation.by_hand) {
            visit(operation.id, operation.verb(), &operation.template);
        }
    }
}

/// The platform's socket paths. A limits file can name messages on them.
fn is_of_sockets(pattern: &Pattern) -> bool {
    const PATHS: [&str; 3] = ["/api/v2/platform/websocket", "/channels/{channelId}", "/v1"];
    PATHS.iter().any(|path| touches(pattern, "WS", path) || touches(pattern, "WS-MESSAGE", path))
}

/// Whether the published API has the operation. The API document of a user may lack it, and the default limits name it.
fn is_published(pattern: &Pattern) -> bool {
    published::names().any(|(method, template)| touches(pattern, method, template))
}

fn touches(pattern: &Pattern, method: &str, template: &str) -> bool {
    pattern.covers_template(method, template) != Cover::Never
}

/// Whether some path that gets a generic answer, or its 404, can match `pattern`.
fn touches_a_family(catalog: &Catalog, pattern: &Pattern) -> bool {
    const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let some_method = |template: &str| METHODS.iter().any(|method| touches(pattern, method, template));
    pattern.is_open() && some_method("/api/v2/{*below}")
        || catalog.families().any(|family| {
            some_method(&format!("/api/v2/{family}")) || some_method(&format!("/api/v2/{family}/{{*below}}"))
        })
}
