//! Pages of any origin may ask and read.

use crate::support::{Answer, Client, mock, used, window};

const ME: &str = "/api/v2/users/me";

#[tokio::test]
async fn a_preflight_is_answered_without_a_token_and_never_counted() {
    let mock = mock(&window("one", "ip", "* /**", 1, "")).await;
    for _ in 0..3 {
        let request = Client::anonymous(&mock)
            .request("OPTIONS", ME)
            .header("origin", "https://page.example")
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "authorization,content-type,x-more");
        let answer = Answer::to(request).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.header("access-control-allow-methods").contains("PATCH"));
        assert_eq!(answer.header("access-control-allow-headers"), "authorization,content-type,x-more");
        assert_eq!(answer.header("x-ratelimit-limit"), "");
    }
    assert_eq!(Client::of(&mock).get(ME).await.status, 200);
}

#[tokio::test]
async fn a_page_can_read_answers_refusals_and_errors() {
    let mock = mock(&window("one", "token", "GET /api/v2/**", 1, "")).await;
    let client = Client::of(&mock);
    let ask = |client: &Client| client.request("GET", ME).header("origin", "https://page.example");
    let answers = [
        Answer::to(ask(&client)).await,
        Answer::to(ask(&client)).await,
        Answer::to(ask(&Client::anonymous(&mock))).await,
    ];
    assert_eq!(answers.each_ref().map(|answer| answer.status), [200, 429, 401]);
    for answer in answers {
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let exposed = answer.header("access-control-expose-headers");
        assert!(
            ["Retry-After", "ININ-Correlation-Id", "Gcmock-Limit"].iter().all(|name| exposed.contains(name))
        );
    }
    assert_eq!(client.get(ME).await.header("access-control-allow-origin"), "", "no other client gets it");
}

#[tokio::test]
async fn an_options_that_is_no_preflight_is_a_request_like_others() {
    let mock = mock(&window("two", "tenant", "* /api/v2/**", 2, "")).await;
    assert_eq!(Client::anonymous(&mock).ask("OPTIONS", ME).await.code(), "authentication.required");
    let answer = Client::of(&mock).ask("OPTIONS", "/api/v2/organizations/limits/docs").await;
    assert_eq!((answer.code().as_str(), answer.header("allow")), ("method.not.allowed", "GET, HEAD"));
    assert_eq!(used(&mock, "two"), 1);
}

#[tokio::test]
async fn pages_of_other_origins_and_rebound_names_do_not_reach_the_admin_api() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    let host = mock.uri().trim_start_matches("http://").to_owned();
    let reset = async |headers: &[(&str, &str)]| {
        let request = client.request("POST", "/__admin/reset");
        Answer::to(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
            .await
            .status
    };
    assert_eq!(reset(&[("origin", "https://evil.example")]).await, 403);
    assert_eq!(reset(&[("origin", "null")]).await, 403);
    assert_eq!(reset(&[("host", "evil.example")]).await, 403);
    assert_eq!(reset(&[("host", "evil.example:8080"), ("origin", "http://evil.example:8080")]).await, 403);
    for odd in ["a{b}.evil.example", "evil.example:80:80", "evil.example, 127.0.0.1", "a|b.evil.example"] {
        assert_eq!(reset(&[("host", odd)]).await, 403, "{odd}");
    }
    let own = format!("http://{host}");
    assert_eq!(reset(&[("origin", &own), ("origin", "https://evil.example")]).await, 403);
    for fine in [
        &[("origin", own.as_str())][..],
        &[("host", "localhost:1")],
        &[("host", "edge.localhost")],
        &[("host", "api.mypurecloud.com")],
        &[],
    ] {
        assert!(reset(fine).await < 300, "{fine:?}");
    }
}
