//! The declaration of a route: its path, its handler, and what it reads and answers.
//!
//! The router, the index and the `OpenAPI` document are made of these declarations, so each route has one
//! declaration. Bodies are named by the types that the handlers read and write.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{HttpMethod, RefOr};

use super::ControlPlane;

/// A route as the index lists it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) does: &'static str,
}

/// Every route of a router, for its index and its errors.
#[derive(Clone, Debug)]
pub(super) struct Routes(pub(super) Arc<[Route]>);

/// A query parameter of routes.
#[derive(Clone, Copy)]
pub(super) struct Query {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) schema: fn() -> RefOr<Schema>,
}

/// The maximum number of entries of a listing.
pub(super) const LIMIT: Query = Query::of::<usize>("limit", "the maximum number of entries");

/// A part of the names that a listing keeps.
pub(super) const NAME: Query = Query::of::<String>("name", "a part of the name, in any case of letters");

/// The organization that a request is about.
pub(super) const TENANT: Query =
    Query::of::<String>("tenant", "the id or name of an organization; default: the default organization");

impl Query {
    pub(super) const fn of<T: ToSchema>(name: &'static str, about: &'static str) -> Self {
        Self { name, about, schema: T::schema }
    }
}

/// A type of bodies: how its schema is referred to, and the schemas that this one needs.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) reference: fn() -> RefOr<Schema>,
    pub(super) collect: fn(&mut Schemas),
}

/// Schemas by name.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

impl Shape {
    pub(super) fn of<T: ToSchema>() -> Self {
        Self { reference: reference::<T>, collect: collect::<T> }
    }

    /// A body that is text, without a schema of its own.
    fn text() -> Self {
        Self { reference: <String as utoipa::PartialSchema>::schema, collect: |_| {} }
    }
}

fn reference<T: ToSchema>() -> RefOr<Schema> {
    RefOr::Ref(utoipa::openapi::Ref::from_schema_name(T::name()))
}

fn collect<T: ToSchema>(schemas: &mut Schemas) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// A body in one media type.
#[derive(Clone, Copy)]
pub(super) struct Media {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) example: Option<&'static str>,
}

const JSON: &str = "application/json";

/// A route: its line of the index, its documentation and its handler.
pub(super) struct Endpoint {
    pub(super) route: Route,
    pub(super) method: HttpMethod,
    pub(super) query: &'static [Query],
    /// The media types of the request's body; empty for a route that reads no body.
    pub(super) reads: Vec<Media>,
    pub(super) needs_body: bool,
    pub(super) status: u16,
    /// The media types of the answer; empty for an answer without a body.
    pub(super) answers: Vec<Media>,
    /// The statuses of errors that do not follow from the rest of the declaration.
    pub(super) refuses: &'static [u16],
    /// Whether the route requires no admin token.
    pub(super) is_open: bool,
    served: MethodRouter<ControlPlane>,
}

/// GET `path`.
pub(super) fn get<T: 'static>(
    path: &'static str,
    does: &'static str,
    handler: impl Handler<T, ControlPlane>,
) -> Endpoint {
    Endpoint::new(HttpMethod::Get, Route { method: "GET", path, does }, routing::get(handler))
}

/// PUT `path`.
pub(super) fn put<T: 'static>(
    path: &'static str,
    does: &'static str,
    handler: impl Handler<T, ControlPlane>,
) -> Endpoint {
    Endpoint::new(HttpMethod::Put, Route { method: "PUT", path, does }, routing::put(handler))
}

/// PATCH `path`.
pub(super) fn patch<T: 'static>(
    path: &'static str,
    does: &'static str,
    handler: impl Handler<T, ControlPlane>,
) -> Endpoint {
    Endpoint::new(HttpMethod::Patch, Route { method: "PATCH", path, does }, routing::patch(handler))
}

/// POST `path`.
pub(super) fn post<T: 'static>(
    path: &'static str,
    does: &'static str,
    handler: impl Handler<T, ControlPlane>,
) -> Endpoint {
    Endpoint::new(HttpMethod::Post, Route { method: "POST", path, does }, routing::post(handler))
}

/// DELETE `path`.
pub(super) fn delete<T: 'static>(
    path: &'static str,
    does: &'static str,
    handler: impl Handler<T, ControlPlane>,
) -> Endpoint {
    Endpoint::new(HttpMethod::Delete, Route { method: "DELETE", path, does }, routing::delete(handler))
}

impl Endpoint {
    fn new(method: HttpMethod, route: Route, served: MethodRouter<ControlPlane>) -> Self {
        Self {
            route,
            method,
            query: &[],
            reads: Vec::new(),
            needs_body: false,
            status: 204,
            answers: Vec::new(),
            refuses: &[],
            is_open: false,
            served,
        }
    }

    /// The query parameters.
    pub(super) fn query(self, query: &'static [Query]) -> Self {
        Self { query, ..self }
    }

    /// A JSON body is required.
    pub(super) fn reads<T: ToSchema>(self) -> Self {
        Self { needs_body: true, ..self.may_read::<T>() }
    }

    /// A JSON body is read if there is one.
    pub(super) fn may_read<T: ToSchema>(mut self) -> Self {
        self.reads.push(Media { name: JSON, shape: Shape::of::<T>(), example: None });
        self
    }

    /// The body may be text of another media type.
    pub(super) fn reads_text(mut self, name: &'static str, example: &'static str) -> Self {
        self.reads.push(Media { name, shape: Shape::text(), example: Some(example) });
        self
    }

    /// 200 with a JSON body.
    pub(super) fn answers<T: ToSchema>(self) -> Self {
        self.replies::<T>(200)
    }

    /// 201 with a JSON body.
    pub(super) fn creates<T: ToSchema>(self) -> Self {
        self.replies::<T>(201)
    }

    fn replies<T: ToSchema>(mut self, status: u16) -> Self {
        self.answers.push(Media { name: JSON, shape: Shape::of::<T>(), example: None });
        Self { status, ..self }
    }

    /// 200 with text of this media type.
    pub(super) fn answers_text(mut self, name: &'static str) -> Self {
        self.answers.push(Media { name, shape: Shape::text(), example: None });
        Self { status: 200, ..self }
    }

    /// Statuses of errors, beside those of bad parameters, bad bodies and unknown names.
    pub(super) fn refuses(self, refuses: &'static [u16]) -> Self {
        Self { refuses, ..self }
    }

    /// Requires no admin token.
    pub(super) fn open(self) -> Self {
        Self { is_open: true, ..self }
    }
}

/// Routes that belong together.
#[derive(Default)]
pub(super) struct Resource {
    pub(super) endpoints: Vec<Endpoint>,
    /// Other spellings of a path, which are served and not listed.
    pub(super) aliases: Router<ControlPlane>,
}

impl Resource {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn with(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Serves `path` without listing it.
    pub(super) fn alias<T: 'static>(
        mut self,
        path: &'static str,
        handler: impl Handler<T, ControlPlane>,
    ) -> Self {
        self.aliases = self.aliases.route(path, routing::get(handler));
        self
    }
}

impl Endpoint {
    /// Adds the route to `router`.
    pub(super) fn serve(self, router: Router<ControlPlane>) -> Router<ControlPlane> {
        router.route(self.route.path, self.served)
    }
}
