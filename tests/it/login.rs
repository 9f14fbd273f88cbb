//! The script of the page that asks for the admin token.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gcmock::MockServer;
use http::Request;
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use tower::ServiceExt;

#[tokio::test]
async fn the_browser_may_run_the_script_of_the_page_and_no_other() {
    let mock = MockServer::builder().start().await.expect("the default limits are right");
    let router = gcmock::admin::router(mock.control_plane().clone(), Some("the token".to_owned()));
    let request = Request::get("/").header("accept", "text/html").body(axum::body::Body::empty());
    let answered: Result<_, std::convert::Infallible> = router.oneshot(request.expect("a request")).await;
    let (head, body) = answered.expect("an answer").into_parts();
    let policy = head.headers["content-security-policy"].to_str().expect("text").to_owned();
    let page = String::from_utf8(body.collect().await.expect("a body").to_bytes().to_vec()).expect("UTF-8");
    let scripts: Vec<_> = page.split("<script>").skip(1).collect();
    assert_eq!(scripts.len(), 1, "{page}");
    let script = scripts[0].split("</script>").next().expect("an end");
    let hash = STANDARD.encode(Sha256::digest(script));
    assert!(policy.contains(&format!("script-src 'sha256-{hash}';")), "{policy}");
    for part in ["localStorage", "document.cookie", "http://", "https://", " onclick"] {
        assert!(!page.contains(part), "{part} is in {page}");
    }
}
