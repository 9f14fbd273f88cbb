//! What limits are counted by: every scope alone, and every combination of them.

use gcmock_limit::Client;

use super::*;

fn subject() -> Subject {
    Subject {
        has_tenant: true,
        client: Some(Client::Known(1)),
        token: Some(0x1234),
        user: Some(1),
        endpoint: 1,
        edge: Some(1),
        ip: Some([127, 0, 0, 1].into()),
        connection: Some(1),
        session: Some(0x5678),
        deployment: Some(0x9abc),
    }
}

/// The caller with another value of one scope.
fn other(scope: Scope) -> Subject {
    let mut other = subject();
    match scope {
        Scope::Tenant => {}
        Scope::Client => other.client = Some(Client::Known(2)),
        Scope::Token => other.token = Some(0x1235),
        Scope::User => other.user = Some(2),
        Scope::Endpoint => other.endpoint = 2,
        Scope::Edge => other.edge = Some(2),
        Scope::Ip => other.ip = Some([127, 0, 0, 2].into()),
        Scope::Connection => other.connection = Some(2),
        Scope::Session => other.session = Some(0x5679),
        Scope::Deployment => other.deployment = Some(0x9abd),
    }
    other
}

fn every_set() -> impl Iterator<Item = Scopes> {
    (0..1_u32 << Scope::ALL.len()).map(|bits| {
        let chosen = (0..).zip(Scope::ALL).filter(|(bit, _)| bits & (1 << bit) != 0);
        chosen.fold(Scopes::default(), |set, (_, scope)| set.with(scope))
    })
}

fn charge_of<'r>(rule: &'r Rule, subject: &Subject) -> Charge<'r> {
    let key = rule.scope.key(subject).expect("a value for every scope");
    Charge { rule, key, cost: 1, held: false, home: rule.scope.home(subject) }
}

#[test]
fn callers_share_a_bucket_unless_they_differ_in_a_scope_of_the_limit() {
    for scope_set in every_set() {
        let rule = Rule { scope: scope_set, ..fixed_window(0, 1, SECOND) };
        for scope in Scope::ALL {
            let (limits, elsewhere) = (Limits::default(), Buckets::default());
            let first = limits.decide(&[charge_of(&rule, &subject())], START);
            let tenant = if scope == Scope::Tenant { &elsewhere } else { &limits.tenant };
            let second = decide(&limits.server, Some(tenant), &[charge_of(&rule, &other(scope))], START);
            // Another tenant's client, token or user is another one.
            let own = scope_set.has(scope)
                || (scope == Scope::Tenant && scope_set.home(&subject()) == Home::Tenant);
            assert!(!first.refused);
            assert_eq!(second.refused, !own, "{scope_set:?}, other {scope:?}");
        }
    }
}

#[test]
fn limits_of_no_tenant_are_counted_across_tenants() {
    let rule = Rule { scope: Scopes::default().with(Scope::Edge), ..fixed_window(0, 1, SECOND) };
    let (server, tenants) = (Buckets::default(), [Buckets::default(), Buckets::default()]);
    let refused = tenants
        .each_ref()
        .map(|tenant| decide(&server, Some(tenant), &[charge_of(&rule, &subject())], START).refused);
    assert_eq!(refused, [false, true]);
}

#[test]
fn a_caller_without_a_tenant_is_counted_by_the_server() {
    let rule = Rule { scope: Scopes::default().with(Scope::Client), ..fixed_window(0, 1, SECOND) };
    let stranger = Subject { has_tenant: false, client: Some(Client::Claimed(99)), ..Subject::default() };
    let server = Buckets::default();
    let refused = [(); 2].map(|()| decide(&server, None, &[charge_of(&rule, &stranger)], START).refused);
    assert_eq!((refused, server.len()), ([false, true], 1));
}

#[test]
fn a_limit_does_not_apply_to_a_caller_without_a_value_for_its_scope() {
    for scope in Scope::ALL.into_iter().filter(|scope| *scope != Scope::Endpoint) {
        assert_eq!(Scopes::default().with(scope).key(&Subject::default()), None, "{scope:?}");
    }
}

#[test]
fn one_handle_for_both_homes_does_not_wait_for_itself() {
    let (both, rule) = (Buckets::default(), fixed_window(0, 2, SECOND));
    let here = Charge { home: Home::Server, ..charge(&rule, caller(0), 1) };
    assert!(!decide(&both, Some(&both), &[here, charge(&rule, caller(1), 1)], START).refused);
    assert_eq!(both.len(), 2);
}

#[test]
fn a_key_with_an_identity_is_apart_from_all_others() {
    let scope = Scopes::default().with(Scope::Client).with(Scope::User).with(Scope::Endpoint);
    let subject =
        Subject { client: Some(Client::Known(7)), user: Some(9), endpoint: 3, ..Subject::default() };
    let key = scope.key(&subject).expect("it has all");
    let keys = [
        key,
        key.with_client_identity(1 << 40),
        key.with_client_identity(1 << 41),
        key.with_user_identity(1 << 40),
        key.with_client_identity(1 << 40).with_user_identity(1 << 40),
    ];
    for (at, key) in keys.iter().enumerate() {
        assert_eq!(keys.iter().position(|other| other == key), Some(at));
        assert_eq!(key.endpoint(), 3, "the rest is as it was");
    }
}
