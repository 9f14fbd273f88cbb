//! What a trace shows of a request, for `--otlp`.

use std::time::Duration;

use super::context::RequestContext;
use super::decide::Verdict;
use crate::identity::Principal;
use crate::observe::compact_method::CompactMethod;
use crate::observe::journal::{Exchange, NOT_ANSWERED};
use crate::push::telemetry::Served;

impl RequestContext<'_> {
    /// Notes the span of a request that has been answered. It shows what the journal shows, but no path and no token.
    pub(super) fn trace(&self, principal: &Principal, verdict: Option<&Verdict<'_>>, exchange: &Exchange) {
        let Some(telemetry) = &self.platform().options.telemetry else { return };
        let refused = exchange.refused_by().is_some();
        let governing = verdict.and_then(|verdict| verdict.decision.governing.as_ref());
        let served = Served {
            method: CompactMethod::of(&self.head.method).map(CompactMethod::as_str),
            route: self.operation().map(|operation| &operation.template),
            status: Some(exchange.status).filter(|status| *status != NOT_ANSWERED),
            took: Duration::from_micros(exchange.took_micros.into()),
            correlation: exchange.correlation,
            organization: principal.tenant().map(|tenant| tenant.id),
            limit: governing.filter(|_| refused).map(|status| &status.rule.name),
            adherence: exchange.adherence().map(|note| note.cause.name()),
            fault: exchange.fault(),
            retry_after: exchange.retry_after,
            generic: exchange.generic,
        };
        telemetry.note(&self.head.headers, &served);
    }
}
