//! Organizations, agents and tokens in the admin API.

use std::time::Duration;

use http::{Method, StatusCode};
use insta::assert_json_snapshot;
use serde_json::json;

use crate::admin::{ask, emulated, get, mock, send, told};

#[tokio::test]
async fn agents_are_listed_and_changed_by_id_or_name() {
    let mock = mock().await;
    let (_, body) = get(&mock, "/__admin/agents?limit=2").await;
    assert_json_snapshot!(body);
    assert_eq!(get(&mock, "/__admin/agents").await.1["agents"].as_array().map(Vec::len), Some(100));
    mock.advance(Duration::from_secs(1));
    let status = json!({ "status": "On Break" });
    let (code, changed) = send(&mock, Method::PUT, "/__admin/agents/agent-1", status.clone()).await;
    assert_eq!(code, 200);
    assert_eq!(
        (&changed["status"], &changed["statusSince"]),
        (&json!("On Break"), &json!("2026-03-08T00:00:01.000Z"))
    );
    let second = body["agents"][1]["id"].as_str().expect("an id");
    assert_eq!(send(&mock, Method::PUT, &format!("/__admin/agents/{second}"), status).await.0, 200);
    let (_, after) = get(&mock, "/__admin/agents?limit=2").await;
    assert_eq!((&after["agents"][0], &after["agents"][1]["status"]), (&changed, &json!("On Break")));
}

#[tokio::test]
async fn a_change_that_no_agent_can_make_is_refused() {
    let mock = mock().await;
    let before = get(&mock, "/__admin/agents?limit=1000").await;
    let put = |path: &'static str, body| send(&mock, Method::PUT, path, body);
    let (status, body) = put("/__admin/agents/agent-1", json!({ "status": "Lunch" })).await;
    assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("invalid.value")));
    assert!(body["message"].as_str().is_some_and(|text| text.contains("On Break")));
    for bad in [json!({}), json!({ "status": 1 }), json!({ "status": "Busy", "mood": "good" })] {
        assert_eq!(put("/__admin/agents/agent-1", bad).await.0, 400);
    }
    for nobody in ["/__admin/agents/nobody", "/__admin/agents/administrator"] {
        assert_eq!(put(nobody, json!({ "status": "Busy" })).await.0, 404);
    }
    let elsewhere = "/__admin/agents/agent-1?tenant=nowhere";
    assert_eq!(put(elsewhere, json!({ "status": "Busy" })).await.0, 404);
    assert_eq!(get(&mock, "/__admin/agents?limit=1000").await, before);
}

#[tokio::test]
async fn users_and_queues_are_listed_for_export() {
    let mock = mock().await;
    let (_, users) = get(&mock, "/__admin/users?limit=3").await;
    let (_, queues) = get(&mock, "/__admin/queues?limit=2").await;
    assert_json_snapshot!(json!([users, queues]));
    assert_eq!(get(&mock, "/__admin/users?tenant=nowhere").await.0, 404);
    assert_eq!(get(&mock, "/__admin/queues?limit=-1").await.0, 400);
    assert_eq!(get(&mock, "/__admin/queues?limit=0").await.1, json!({ "queues": [] }));
}

#[tokio::test]
async fn tokens_for_agents_are_good_at_once() {
    let mock = mock().await;
    let (status, body) = send(&mock, Method::POST, "/__admin/tokens", json!({ "count": 3 })).await;
    let tokens = body["tokens"].as_array().expect("tokens");
    assert_eq!((status, tokens.len()), (StatusCode::OK, 3));
    for issued in tokens {
        let bearer = issued["token"].as_str().expect("a token");
        let (status, me) = told(ask(&mock, Method::GET, "/api/v2/users/me").bearer_auth(bearer)).await;
        assert_eq!((status, &me["id"], &me["name"]), (StatusCode::OK, &issued["userId"], &issued["name"]));
    }
    let (_, all) = send(&mock, Method::POST, "/__admin/tokens?limit=5000", json!({})).await;
    let (_, agents) = get(&mock, "/__admin/agents?limit=5000").await;
    assert_eq!(all["tokens"].as_array().map(Vec::len), agents["agents"].as_array().map(Vec::len));
    let too_many = json!({ "count": 5_000_000_000_u64 });
    for bad in [json!({ "count": "3" }), json!({ "count": -1 }), too_many, json!({ "amount": 3 })] {
        assert_eq!(send(&mock, Method::POST, "/__admin/tokens", bad).await.0, 400);
    }
    assert_eq!(send(&mock, Method::POST, "/__admin/tokens", json!({ "tenant": "nowhere" })).await.0, 404);
}

#[tokio::test]
async fn a_created_tenant_logs_in_with_its_first_client_and_is_gone_when_deleted() {
    let mock = mock().await;
    let (status, made) = send(&mock, Method::POST, "/__admin/tenants", json!({ "name": "Mine" })).await;
    assert_eq!((status, &made["name"]), (StatusCode::CREATED, &json!("Mine")));
    let (id, client) = (made["id"].as_str().expect("an id"), &made["clients"][0]);
    let login = || {
        let (id, secret) = (client["id"].as_str().expect("an id"), client["secret"].as_str());
        let request = ask(&mock, Method::POST, "/oauth/token").basic_auth(id, secret);
        told(request.form(&[("grant_type", "client_credentials")]))
    };
    let (status, token) = login().await;
    assert_eq!(status, 200, "{token}");
    let bearer = token["access_token"].as_str().expect("a token");
    assert_eq!(emulated(&mock, Method::GET, "/api/v2/organizations/me", bearer).await, 200);
    let again = send(&mock, Method::POST, "/__admin/tenants", json!({ "name": "mine" })).await;
    assert_eq!(again.0, StatusCode::CONFLICT, "{}", again.1);
    let (_, listed) = get(&mock, "/__admin/tenants").await;
    let last = listed["tenants"].as_array().and_then(|all| all.last()).expect("one");
    assert_eq!((&last["id"], &last["clients"][0]["id"]), (&made["id"], &client["id"]));
    assert!(!listed.to_string().contains("secret"), "only the answer to its creation shows them: {listed}");
    let (_, asked) = get(&mock, &format!("/__admin/requests?tenant={id}&status=200")).await;
    assert_eq!(asked["requests"][0]["tenantName"], "Mine");
    assert_eq!(told(ask(&mock, Method::DELETE, &format!("/__admin/tenants/{id}"))).await.0, 204);
    assert_eq!(emulated(&mock, Method::GET, "/api/v2/organizations/me", bearer).await, 401);
    assert_eq!(login().await.0, 400);
    assert_eq!(told(ask(&mock, Method::DELETE, &format!("/__admin/tenants/{id}"))).await.0, 404);
}

#[tokio::test]
async fn a_tenant_needs_no_name_and_a_seeded_one_stays() {
    let mock = mock().await;
    let (status, made) = told(ask(&mock, Method::POST, "/__admin/tenants")).await;
    assert_eq!((status, made["name"].is_string()), (StatusCode::CREATED, true));
    let before = get(&mock, "/__admin/tenants").await;
    for bad in [json!({ "name": "" }), json!({ "name": 1 }), json!({ "title": "x" }), json!("Mine")] {
        assert_eq!(send(&mock, Method::POST, "/__admin/tenants", bad).await.0, 400);
    }
    let (status, body) = told(ask(&mock, Method::DELETE, "/__admin/tenants/Rehearsal")).await;
    assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("request.conflict")));
    assert_eq!(get(&mock, "/__admin/tenants").await, before);
}
