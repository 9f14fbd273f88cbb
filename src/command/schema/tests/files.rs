//! Right files that have every key, in which mistakes are made.

use serde_json::{Value, json};

pub(super) fn limits_files() -> Vec<Value> {
    let limit = |more: Value| {
        let mut limit = json!({
            "name": "a b", "namespace": "n", "key": "k", "scope": ["tenant", "user"], "match": ["* /api/v2/**", "WS-MESSAGE /v1 onMessage"],
            "capacity": 10, "retry_after": "30s", "lockout": "1m30s", "count_refused": false, "cost": 2,
            "grant": ["pasted"], "store": "shared", "on_store_failure": "refuse",
            "value": 5, "mode": "shadow", "source": "documented",
        });
        limit.as_object_mut().expect("a table").extend(more.as_object().expect("a table").clone());
        limit
    };
    let file = |limit: Value| {
        json!({
            "response": { "headers": ["inin"], "explain": true, "reason_phrase": false },
            "limit": [limit],
            "latency": [
                { "match": ["GET /api/v2/users"], "base": "1.5ms", "throttled": "0s", "rises_from": 0.5 },
                { "match": ["GET /"], "base": { "median": "1s", "p99": "2s" } },
            ],
            "fault": faults(),
        })
    };
    vec![
        file(limit(json!({ "algorithm": "token-bucket", "refill": 3, "period": "1s" }))),
        file(limit(
            json!({ "algorithm": "fixed-window", "period": "60s", "cost": { "query": "q", "default": 1 } }),
        )),
        file(limit(json!({ "algorithm": "concurrency", "hold": "connection" }))),
    ]
}

pub(super) fn faults() -> Value {
    json!([
        {
            "name": "f", "match": ["* /api/v2/**"], "scope": ["user"], "grant": ["pasted"], "share": 0.5, "after": 1, "times": 3,
            "between": ["1s", "2s"], "status": 503, "retry_after": "3s",
        },
        { "preset": "gateway-502", "name": "g", "share": 1 },
        { "name": "h", "match": ["WS /a"], "socket_close": 1011, "reason": "r", "after_frames": 5, "after_time": "1s" },
        { "name": "i", "match": ["WS /a"], "socket_silence": true },
        { "name": "j", "edge_down": "a" },
        { "name": "k", "oauth_down": true },
        { "name": "l", "match": ["* /**"], "reset": true },
        { "name": "m", "match": ["* /**"], "close": 0 },
        { "name": "n", "match": ["* /**"], "stall": "1s" },
        { "name": "o", "match": ["* /**"], "slow": "1KiB/s" },
        { "name": "p", "match": ["* /**"], "garble": true },
        { "name": "q", "match": ["* /**"], "refuse": "a b" },
        { "name": "r", "match": ["* /**"], "revoke": true },
    ])
}

pub(super) fn organization_files() -> Vec<Value> {
    let mut file = json!({
        "name": "Rehearsal", "domain": "example.com", "past_conversations": 10, "queues": ["Sales"], "scripts": [], "ivrs": ["a"], "prompts": ["b"],
        "wrap_up_codes": ["f"], "languages": ["g"], "schedules": ["c"], "data_tables": ["d"], "web_deployments": ["e"], "client": [{ "name": "a", "secret": "s", "grants": ["client_credentials"], "scopes": ["*"], "redirect_uris": [], "token_lifetime": "1h" }], "administrator": [{ "name": "a" }],
        "skill_group": [{ "name": "Voice", "management_unit": "London", "agents": [["On Queue", 20]] }], "management_unit": [{ "name": "London", "business_unit": "Europe", "time_zone": "Europe/London" }],
        "edge": [{ "name": "a", "host": "platform-a", "time_zone": "UTC", "sync_lag": "5s" }], "flow": [{ "name": "a", "type": "INBOUNDCALL" }], "divisions": ["North"],
        "queue": [{ "name": "q", "division": "North", "members": ["a"], "skill_groups": ["Voice"] }], "role": [{ "name": "r", "description": "d", "permissions": ["*:*:*"], "users": ["a"], "agents": true }],
        "group": [{ "name": "g", "description": "d", "members": ["a", "agent-20"] }], "team": [{ "name": "t", "description": "d", "members": ["agent-1"] }],
        "location": [{ "name": "l", "street": "1", "city": "c", "state": "s", "zip": "z", "country": "US" }], "station": [{ "name": "s", "type": "inin_remote", "default_of": "a" }], "contact_list": [{ "name": "c", "columns": ["Phone"], "phone_columns": ["Phone"], "contacts": [["+1"]] }], "dnc_list": [{ "name": "d", "phone_numbers": ["+1"] }],
        "campaign": [{ "name": "c", "contact_list": "c", "queue": "Sales", "dnc_lists": ["d"], "caller_address": "+1" }], "external_organization": [{ "name": "o", "industry": "i" }],
        "external_contact": [{ "first_name": "f", "last_name": "l", "email": "e", "phone": "+1", "organization": "o" }],
    });
    // One object of all keys would exceed the macro's recursion limit.
    let more = json!({
        "agent": [{ "name": "n", "email": "n@example.com", "skill_group": "Voice", "status": "Available", "skills": [{ "name": "Voice", "proficiency": 4.5 }], "languages": [{ "name": "g" }] }],
        "site": [{ "name": "s", "location": "l", "edges": ["a"], "trunks": ["t"] }], "trunk": [{ "name": "t", "type": "EXTERNAL", "metabase": "m" }, { "name": "u", "type": "PHONE", "metabase": "m" }],
        "edge_group": [{ "name": "e", "edges": ["a"], "phone_trunks": ["u"] }], "phone_base": [{ "name": "p", "metabase": "m" }],
        "phone": [{ "name": "p", "site": "s", "base": "p", "web_rtc_user": "a", "station": "s", "number": "+13175550100" }],
        "did_pool": [{ "start": "+13175550100", "end": "+13175550101" }], "extension_pool": [{ "start": "2000", "end": "2001" }],
        "integration": [{ "name": "i", "type": "purecloud-data-actions", "enabled": false }],
        "action": [{ "name": "n", "integration": "i", "category": "c", "input": { "a": "string" }, "output": { "b": "integer" } }],
        "prompt": [{ "name": "p", "description": "d", "resource": [{ "language": "en-us", "text": "t" }] }], "web_configuration": [{ "name": "w" }],
        "web_deployment": [{ "name": "d", "configuration": "w", "flow": "a" }], "messaging_integration": [{ "name": "m", "type": "open", "flow": "a" }], "response_libraries": ["l"], "response": [{ "name": "r", "library": "l", "text": "t" }],
    });
    file.as_object_mut().expect("a table").extend(more.as_object().expect("a table").clone());
    vec![file]
}

pub(super) fn expectations_files() -> Vec<Value> {
    vec![
        json!({ "expect": [{ "name": "a", "operation": "GET /a", "tenant": "b", "at_least": 1, "at_most": 9 }] }),
        json!({ "expect": [{ "at_least_refusals": 0, "at_most_refusals": 0 }, { "max_per_second": 5, "no_early_retries": false }] }),
        json!({ "expect": [{ "retry_after_honoured": true }] }),
    ]
}
