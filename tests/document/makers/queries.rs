//! Queries that a generator cannot guess.

/// Queries by operation.
pub(crate) const QUERIES: &[(&str, &str)] = &[
    ("GET /api/v2/search", "q64=eyJxdWVyeSI6W119"),
    ("GET /api/v2/search/suggest", "q64=eyJxdWVyeSI6W119"),
    ("GET /api/v2/architect/dependencytracking/object", "id=<queue>"),
    ("GET /api/v2/architect/dependencytracking/consumedresources", "id=<queue>&version=1&objectType=QUEUE"),
    ("GET /api/v2/architect/dependencytracking/consumingresources", "id=<queue>&objectType=QUEUE"),
    ("GET /api/v2/coaching/appointments", "userIds=<agent>"),
    ("GET /api/v2/quality/forms/evaluations/bulk", "id=<id>"),
    ("GET /api/v2/quality/forms/evaluations/bulk/contexts", "contextId=<id>"),
    ("GET /api/v2/quality/forms/surveys/bulk", "id=<id>"),
    ("GET /api/v2/quality/forms/surveys/bulk/contexts", "contextId=<id>"),
    ("GET /api/v2/workforcemanagement/businessunits/{businessUnitId}", "expand=settings"),
    ("GET /api/v2/telephony/providers/edges/sites/search", "q64=eyJxdWVyeSI6W119"),
    ("GET /api/v2/telephony/providers/edges/phones/template", "phoneBaseSettingsId=<phonebase>"),
    ("GET /api/v2/telephony/providers/edges/lines/template", "lineBaseSettingsId=<linebase>"),
    ("GET /api/v2/telephony/providers/edges/logicalinterfaces", "edgeIds=<edge>"),
    ("GET /api/v2/telephony/providers/edges/physicalinterfaces", "edgeIds=<edge>"),
    ("GET /api/v2/telephony/providers/edges/metrics", "edgeIds=<edge>"),
    ("GET /api/v2/telephony/providers/edges/trunks/metrics", "trunkIds=<trunk>"),
    ("DELETE /api/v2/groups/{groupId}/members", "ids=<user>"),
    // What nothing uses: an unknown id is left out.
    ("DELETE /api/v2/outbound/contactlists", "id=<none>"),
    ("DELETE /api/v2/outbound/contactlisttemplates", "id=<none>"),
    ("DELETE /api/v2/outbound/importtemplates", "id=<none>"),
    ("DELETE /api/v2/outbound/filespecificationtemplates/bulk", "id=<none>"),
    ("GET /api/v2/workforcemanagement/adherence", "userId=<agent>"),
    (
        "GET /api/v2/users/search",
        "q64=eyJxdWVyeSI6W3sidHlwZSI6IkVYQUNUIiwidmFsdWUiOiJhIiwiZmllbGRzIjpbIm5hbWUiXX1dfQ==",
    ),
    ("GET /api/v2/users/me/search", "q64=eyJxdWVyeSI6W119"),
    ("GET /api/v2/scim/v2/groups", "filter=displayName%20eq%20%22sweep%22"),
    ("DELETE /api/v2/groups/{groupId}/members", "ids=<user>"),
    ("GET /api/v2/groups/search", "q64=eyJxdWVyeSI6W119"),
    ("GET /api/v2/locations/search", "q64=eyJxdWVyeSI6W119"),
];
