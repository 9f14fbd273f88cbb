//! Starts gcmock as a container, if a container engine runs: `GCMOCK_IMAGE=gcmock:latest cargo test -- --ignored`.

use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{GenericImage, ImageExt};

#[tokio::test]
#[ignore = "needs a container engine, and $GCMOCK_IMAGE"]
async fn a_container_is_ready_when_it_says_so() {
    let image = std::env::var("GCMOCK_IMAGE").expect("the image of this repository's Dockerfile");
    let (name, tag) = image.rsplit_once(':').expect("NAME:TAG");
    let image = GenericImage::new(name, tag)
        .with_exposed_port(8080.tcp())
        .with_wait_for(WaitFor::message_on_stdout("gcmock listening on http://"));
    let gcmock = image.with_env_var("GCMOCK_ADMIN_TOKEN", "none").start().await.expect("it starts");
    let (host, port) = (gcmock.get_host().await.expect("a host"), gcmock.get_host_port_ipv4(8080).await.expect("a port"));
    let me = reqwest::Client::new().get(format!("http://{host}:{port}/api/v2/users/me")).bearer_auth("any");
    assert_eq!(me.send().await.expect("an answer").status(), 200);
}
