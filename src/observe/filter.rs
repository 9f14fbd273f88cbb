//! Filters of the journal. The names of a filter are resolved to the journal's numbers first, so that no name is looked
//! up while the journal is locked.
//!
//! To add a filter: a field of [`Filter`], its place in `ResolvedFilter`, and its word in the admin API's `requests`.

use std::collections::HashSet;

use gcmock_limit::RuleId;
use uuid::Uuid;

use super::journal::Exchange;
use crate::catalog::path::normalize;
use crate::catalog::{Catalog, OperationId};
use crate::rules::{Cover, OperationCatalog, Pattern, RuleIds, touches_an_operation};
use crate::world::Tenants;
use crate::world::id::{ClientIndex, TenantIndex, UserIndex};

/// The tables in which the names of a filter are looked up.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    /// Operations.
    pub(crate) catalog: &'a Catalog,
    /// Organizations.
    pub(crate) tenants: &'a Tenants,
    pub(crate) limits: &'a RuleIds,
}

/// A filter of statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusFilter {
    /// One status.
    Exactly(u16),
    /// A class of statuses: 4 is `4xx`.
    Class(u16),
}

impl StatusFilter {
    /// `429` or `4xx`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let class = text.strip_suffix("xx").or(text.strip_suffix("XX"));
        let number: u16 = class.unwrap_or(text).parse().ok()?;
        match class {
            Some(_) => (1..=5).contains(&number).then_some(Self::Class(number)),
            None => (100..=599).contains(&number).then_some(Self::Exactly(number)),
        }
    }

    const fn takes(self, status: u16) -> bool {
        match self {
            Self::Exactly(wanted) => status == wanted,
            Self::Class(class) => status / 100 == class,
        }
    }
}

/// A filter of entries; the default matches all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Entries with this status.
    pub(crate) status: Option<StatusFilter>,
    /// Entries of the organization with this id or name.
    pub(crate) tenant: Option<String>,
    /// Entries of this operation: a path template, with or without its method, or a pattern as in limits
    /// files: `POST /api/v2/conversations/messages/**`.
    pub(crate) operation: Option<String>,
    /// Entries that this limit refused.
    pub(crate) limit: Option<String>,
    /// Entries that the fault of this name struck; `*` is any fault.
    pub(crate) fault: Option<String>,
    /// Entries of this caller: the id or name of a user or a client, or the shown digits of a token's hash.
    pub(crate) caller: Option<String>,
    /// Entries with this correlation id.
    pub(crate) correlation: Option<Uuid>,
}

/// Whether a limit of that name is or was in force, or is the adherence check.
pub(crate) fn is_limit(names: Names<'_>, name: &str) -> bool {
    let mut known = (0..).map_while(|id| names.limits.name(RuleId(id)));
    name == ADHERENCE || known.any(|known| *known == *name)
}

/// A filter in the journal's own numbers.
#[derive(Default)]
pub(crate) struct ResolvedFilter<'a> {
    status: Option<StatusFilter>,
    tenants: Option<Vec<TenantIndex>>,
    operations: Option<Operations<'a>>,
    limits: Option<Vec<RuleId>>,
    adherence: bool,
    fault: Option<&'a str>,
    callers: Option<Callers>,
    correlation: Option<Uuid>,
}

/// The name under which the adherence check's refusals are found, beside limits of that name.
pub(crate) const ADHERENCE: &str = "adherence";

impl<'a> ResolvedFilter<'a> {
    pub(crate) fn of(names: Names<'_>, filter: &'a Filter) -> Self {
        let number = |name| names.tenants.find(Some(name)).map(|tenant| tenant.index).into_iter().collect();
        let ids = names.limits;
        let rules = || (0..).map(RuleId).map_while(|id| Some((id, ids.name(id)?)));
        let named =
            |name: &str| rules().filter(|(_, of)| **of == *name).map(|(id, _)| id).collect::<Vec<_>>();
        Self {
            status: filter.status,
            tenants: filter.tenant.as_deref().map(number),
            operations: filter.operation.as_deref().map(|text| Operations::read(names.catalog, text)),
            limits: filter.limit.as_deref().map(named),
            adherence: filter.limit.as_deref() == Some(ADHERENCE),
            fault: filter.fault.as_deref(),
            callers: filter.caller.as_deref().map(|text| Callers::read(names.tenants, text)),
            correlation: filter.correlation,
        }
    }

    pub(crate) fn takes(&self, exchange: &Exchange) -> bool {
        let limit = exchange.governing.filter(|_| exchange.refused && exchange.adherence().is_none());
        let adherence = self.adherence && exchange.adherence().is_some();
        self.status.is_none_or(|status| status.takes(exchange.status))
            && self
                .tenants
                .as_ref()
                .is_none_or(|of| exchange.tenant.is_some_and(|tenant| of.contains(&tenant)))
            && self
                .limits
                .as_ref()
                .is_none_or(|rules| adherence || limit.is_some_and(|rule| rules.contains(&rule)))
            && self
                .fault
                .is_none_or(|name| exchange.fault().is_some_and(|fault| name == "*" || **fault == *name))
            && self.operations.as_ref().is_none_or(|operations| operations.take(exchange))
            && self.callers.as_ref().is_none_or(|callers| callers.take(exchange))
            && self.correlation.is_none_or(|wanted| exchange.correlation == wanted)
    }
}

/// The callers that a text names.
struct Callers {
    token: Option<u64>,
    users: HashSet<(TenantIndex, UserIndex)>,
    clients: HashSet<(TenantIndex, ClientIndex)>,
}

impl Callers {
    fn read(tenants: &Tenants, text: &str) -> Self {
        let mut callers = Self { token: short_hash(text), users: HashSet::new(), clients: HashSet::new() };
        let id = text.parse::<Uuid>().ok();
        for tenant in tenants.all() {
            let clients = tenant.clients.iter().filter(|client| client.id == text || client.name == text);
            callers.clients.extend(clients.map(|client| (tenant.index, client.index)));
            // No user of an organization that was made and never used can have called.
            if tenant.is_used() || tenants.is_seeded(tenant.id) {
                let organization = tenant.read();
                let users = organization.people().indexed();
                let users = users.filter(|(_, user)| user.name == text || Some(user.id.uuid()) == id);
                callers.users.extend(users.map(|(index, _)| (tenant.index, index)));
            }
        }
        callers
    }

    fn exist(&self) -> bool {
        self.token.is_some() || !self.users.is_empty() || !self.clients.is_empty()
    }

    fn take(&self, exchange: &Exchange) -> bool {
        self.token.is_some_and(|token| exchange.token != 0 && exchange.token >> HIDDEN == token)
            || exchange.tenant.zip(exchange.user).is_some_and(|user| self.users.contains(&user))
            || exchange.tenant.zip(exchange.client).is_some_and(|client| self.clients.contains(&client))
    }
}

/// The bits of a token's hash that are not shown.
pub(crate) const HIDDEN: u32 = 16;

/// Reads 12 hexadecimal digits, as the journal shows a token.
fn short_hash(text: &str) -> Option<u64> {
    (text.len() == 12).then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

/// Whether a user, a client or a token could have that name.
pub(crate) fn is_caller(names: Names<'_>, text: &str) -> bool {
    Callers::read(names.tenants, text).exist()
}

/// The operations that a text names.
struct Operations<'a> {
    text: &'a str,
    pattern: Option<Pattern>,
    ids: Vec<OperationId>,
    /// The operations to which the text is a path, where it names none by itself.
    by_path: Vec<OperationId>,
}

impl<'a> Operations<'a> {
    fn read(catalog: &Catalog, text: &'a str) -> Self {
        let any_method = || Pattern::parse(&format!("* {text}")).ok().filter(|_| text.starts_with('/'));
        let pattern = Pattern::parse(text).ok().or_else(any_method);
        let covers = |verb, template| {
            pattern.as_ref().is_some_and(|of| of.covers_template(verb, template) == Cover::Always)
        };
        let named = catalog.iter().filter(|operation| {
            let (verb, template) = (operation.verb(), &*operation.template);
            text == template || without_method(text, verb) == template || covers(verb, template)
        });
        let ids: Vec<_> = named.map(|operation| operation.id).collect();
        let by_path = if ids.is_empty() { by_path(catalog, text) } else { Vec::new() };
        Self { text, pattern, ids, by_path }
    }

    fn take(&self, exchange: &Exchange) -> bool {
        let Some(path) = exchange.path() else {
            return self.ids.contains(&exchange.operation) || self.by_path.contains(&exchange.operation);
        };
        let method = exchange.method();
        self.text == path
            || without_method(self.text, method) == path
            || self.pattern.as_ref().is_some_and(|pattern| pattern.matches(method, path))
    }

    /// Whether the journal could ever have an entry of them.
    fn exist(&self, catalog: &Catalog) -> bool {
        let pattern = self.pattern.as_ref();
        // A path with an id in place of a parameter is known to the platform, but not to the journal.
        !self.ids.is_empty()
            || pattern.is_some_and(|of| catalog.knows(of) && !touches_an_operation(catalog, of))
    }
}

/// The reason why `filter` can never match: it names an organization or an operation that does not exist.
pub(crate) fn names_nothing(names: Names<'_>, filter: &Filter) -> Option<String> {
    let tenant = filter.tenant.as_deref().filter(|name| names.tenants.find(Some(name)).is_none());
    let missing = || filter.operation.as_deref().and_then(|text| no_operation(names.catalog, text));
    tenant.map(|name| format!("unknown organization [{name}]")).or_else(missing)
}

fn no_operation(catalog: &Catalog, text: &str) -> Option<String> {
    let operations = Operations::read(catalog, text);
    if operations.exist(catalog) {
        return None;
    }
    let named = operations.by_path.iter().filter_map(|id| catalog.by_id(*id));
    let named: Vec<_> =
        named.map(|operation| format!("{} {}", operation.verb(), operation.template)).collect();
    let expected = if named.is_empty() {
        "one as the journal writes it, or a pattern with * and **".to_owned()
    } else {
        named.join(" or ")
    };
    Some(format!("unknown operation [{text}]; expected {expected}"))
}

/// The operations to which `text`, with or without its method, is the path of a request: `/api/v2/users/agent-1`.
fn by_path(catalog: &Catalog, text: &str) -> Vec<OperationId> {
    let (method, written) = text.split_once(' ').unwrap_or(("", text));
    let path = &*normalize(written);
    let methods = catalog.methods(path).into_iter().filter(|of| method.is_empty() || of.as_str() == method);
    let socket = catalog.find_socket(path).filter(|_| matches!(method, "" | "WS"));
    let found = methods.filter_map(|method| catalog.find(method, path)).chain(socket);
    found.map(|found| found.operation.id).collect()
}

/// The rest of `text` after `METHOD `; nothing where it begins with another method.
fn without_method<'t>(text: &'t str, method: &str) -> &'t str {
    text.strip_prefix(method).and_then(|rest| rest.strip_prefix(' ')).unwrap_or_default()
}
