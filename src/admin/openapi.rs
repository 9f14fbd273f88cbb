//! The control plane as an `OpenAPI` document, made of the declarations of the routes.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::Json;
use utoipa::ToSchema;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, Content, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Paths, Ref, Required,
    ResponseBuilder,
};

use super::answer::ErrorView;
use super::route::{Endpoint, Media, Query, Resource, Schemas, Shape, get};

const ABOUT: &str = "The control plane of a running gcmock. Errors have the vendor's format. On an address that is not loopback \
                     every route except health, ready and metrics requires the admin token.";
/// The name of the security scheme.
const TOKEN: &str = "adminToken";
/// The name of the answer to every mistake.
const ERROR: &str = "Error";

/// The document, created on first use: it is equal for every server, and few of them need it.
static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(|| document(&super::resources()));

pub(super) fn resource() -> Resource {
    let does = "these routes as an OpenAPI document";
    Resource::new().with(get("/__admin/openapi.json", does, show).answers::<Document>())
}

/// An `OpenAPI` document.
#[derive(ToSchema)]
#[schema(as = OpenApi, value_type = Object)]
struct Document(#[expect(dead_code, reason = "only its schema is used")] serde_json::Value);

async fn show() -> Json<&'static OpenApi> {
    Json(&DOCUMENT)
}

fn document(resources: &[Resource]) -> OpenApi {
    let mut paths = Paths::new();
    for endpoint in resources.iter().flat_map(|resource| &resource.endpoints) {
        paths.add_path_operation(endpoint.route.path, vec![endpoint.method.clone()], operation(endpoint));
    }
    let info = InfoBuilder::new()
        .title("gcmock: the admin API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT));
    let components = ComponentsBuilder::new()
        .security_scheme(
            TOKEN,
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
        )
        .response(ERROR, error())
        .schemas_from_iter(schemas(resources));
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths)
        .components(Some(components.build()))
        .security(Some([SecurityRequirement::default(), token()]))
        .build()
}

/// The schemas of all bodies, with those that they refer to.
fn schemas(resources: &[Resource]) -> Schemas {
    let mut schemas = Schemas::new();
    (Shape::of::<ErrorView>().collect)(&mut schemas);
    for endpoint in resources.iter().flat_map(|resource| &resource.endpoints) {
        endpoint.reads.iter().chain(&endpoint.answers).for_each(|media| (media.shape.collect)(&mut schemas));
    }
    schemas
}

fn token() -> SecurityRequirement {
    SecurityRequirement::new(TOKEN, [""; 0])
}

fn error() -> ResponseBuilder {
    let content = ContentBuilder::new().schema(Some((Shape::of::<ErrorView>().reference)()));
    ResponseBuilder::new().description("the mistake").content("application/json", content.build())
}

fn operation(endpoint: &Endpoint) -> Operation {
    let mut operation = OperationBuilder::new()
        .summary(Some(endpoint.route.does))
        .request_body(body(endpoint))
        .response(endpoint.status.to_string(), answer(endpoint));
    let in_path = names_in(endpoint.route.path).map(in_path);
    for parameter in in_path.chain(endpoint.query.iter().map(in_query)) {
        operation = operation.parameter(parameter);
    }
    for status in refusals(endpoint) {
        operation = operation.response(status.to_string(), Ref::from_response_name(ERROR));
    }
    if endpoint.is_open { operation.securities(Some([])).build() } else { operation.build() }
}

/// The names in braces of a path.
fn names_in(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn in_path(name: &'static str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
    parameter.required(Required::True).schema(Some(schema)).build()
}

fn in_query(query: &Query) -> Parameter {
    let parameter = ParameterBuilder::new().name(query.name).parameter_in(ParameterIn::Query);
    let about = Some(query.about).filter(|about| !about.is_empty());
    parameter.required(Required::False).description(about).schema(Some((query.schema)())).build()
}

fn content(media: &Media) -> Content {
    let example = media.example.map(serde_json::Value::from);
    ContentBuilder::new().schema(Some((media.shape.reference)())).example(example).build()
}

fn body(endpoint: &Endpoint) -> Option<RequestBody> {
    let required = if endpoint.needs_body { Required::True } else { Required::False };
    let body = RequestBodyBuilder::new().required(Some(required));
    let with = |body: RequestBodyBuilder, media: &Media| body.content(media.name, content(media));
    (!endpoint.reads.is_empty()).then(|| endpoint.reads.iter().fold(body, with).build())
}

fn answer(endpoint: &Endpoint) -> ResponseBuilder {
    let success = ResponseBuilder::new().description("success");
    endpoint.answers.iter().fold(success, |answer, media| answer.content(media.name, content(media)))
}

/// The statuses of errors: those that follow from what a route reads, and its own.
fn refusals(endpoint: &Endpoint) -> BTreeSet<u16> {
    let has_name = names_in(endpoint.route.path).next().is_some();
    let has_tenant = endpoint.query.iter().any(|query| query.name == super::route::TENANT.name);
    let mut statuses: BTreeSet<u16> = endpoint.refuses.iter().copied().collect();
    if has_name || has_tenant {
        statuses.extend([400, 404]);
    }
    if !endpoint.query.is_empty() {
        statuses.insert(400);
    }
    if !endpoint.reads.is_empty() {
        statuses.extend([400, 408, 413, 415]);
    }
    statuses
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn no_two_types_share_the_name_of_a_schema() {
        let mut known = HashMap::new();
        for (name, schema) in schemas(&super::super::resources()) {
            let text = serde_json::to_string(&schema).expect("JSON");
            let first = known.entry(name.clone()).or_insert_with(|| text.clone());
            assert_eq!(*first, text, "{name}");
        }
    }
}
