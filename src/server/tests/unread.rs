//! Clients that do not read: what is held for them is bounded, and they are disconnected in the end.

use crate::server::UnreadBounds;

use super::*;

const MEBIBYTE: usize = 1 << 20;

fn bounded(per_connection: usize, all: usize, options: Options) -> Server {
    let bytes = |count| NonZeroUsize::new(count).expect("not zero");
    let unread = UnreadBounds { per_connection: bytes(per_connection), all: bytes(all) };
    let protection = Arc::new(Protection::new(Bounds { unread, ..Bounds::default() }));
    Server::of(Probe { protection, ..Probe::default() }, options)
}

fn unread(server: &Server) -> usize {
    server.probe.protection.unread()
}

/// An HTTP/2 client that allows no byte of a body.
async fn h2_without_window(server: &Server) -> (H2, JoinHandle<hyper::Result<()>>) {
    let io = TokioIo::new(server.connect().await.0);
    let mut client = hyper::client::conn::http2::Builder::new(Tasks::default());
    client.initial_stream_window_size(0).adaptive_window(false);
    let (sender, connection) = client.handshake(io).await.expect("the server speaks HTTP/2");
    (sender, tokio::spawn(connection))
}

/// Asks for as many mebibytes; the answers are alive and unread.
async fn ask_for(sender: &mut H2, count: usize) -> JoinSet<hyper::Result<Response<Incoming>>> {
    let mut answers = JoinSet::new();
    for _ in 0..count {
        sender.ready().await.expect("open");
        answers.spawn(sender.send_request(h2_get("/mebibyte")));
    }
    answers
}

/// Waits until nothing more is answered.
async fn settled(server: &Server) {
    let mut seen = usize::MAX;
    while seen != server.calls() {
        seen = server.calls();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn an_http2_client_without_a_window_is_answered_up_to_its_bound() {
    let server = bounded(4 * MEBIBYTE, 64 * MEBIBYTE, Options::default());
    let (mut sender, connection) = h2_without_window(&server).await;
    let answers = ask_for(&mut sender, 100).await;
    eventually(|| server.calls() >= 4).await;
    settled(&server).await;
    assert_eq!(server.calls(), 4, "the others wait");
    server.answers().await;
    drop((sender, answers));
    connection.abort();
    eventually(|| unread(&server) == 0 && server.live_conns() == 0).await;
}

#[tokio::test]
async fn an_http2_client_that_reads_gets_all_it_asked_for() {
    let server = bounded(MEBIBYTE, 2 * MEBIBYTE, Options::default());
    let (mut sender, _connection) = h2(&server).await;
    let mut answers = ask_for(&mut sender, 60).await;
    while let Some(answer) = in_time(answers.join_next()).await {
        let body = answer.expect("no panic").expect("answered").into_body();
        assert_eq!(in_time(body.collect()).await.expect("whole").to_bytes().len(), MEBIBYTE);
    }
    eventually(|| unread(&server) == 0).await;
}

#[tokio::test]
async fn many_clients_that_do_not_read_wait_for_one_another_and_then_get_everything() {
    let server = bounded(4 * MEBIBYTE, 4 * MEBIBYTE, Options::default());
    let mut clients = Vec::new();
    for _ in 0..40 {
        clients.push(server.send(get("/mebibyte")).await);
    }
    eventually(|| unread(&server) >= 3 * MEBIBYTE).await;
    settled(&server).await;
    assert!(server.calls() <= 6, "{} of 40 are answered", server.calls());
    assert!(unread(&server) <= 5 * MEBIBYTE, "{}", unread(&server));
    let mut exempt = server.send(get("/exempt")).await;
    assert_eq!(exempt.answer().await.body, "GET /exempt", "whatever the others do not read");
    for client in clients {
        tokio::spawn(async move {
            let mut client = client;
            assert_eq!(client.answer().await.body.len(), MEBIBYTE);
        });
    }
    eventually(|| server.calls() == 41 && unread(&server) == 0).await;
}

#[tokio::test]
async fn a_quarter_is_left_to_clients_that_read() {
    let server = bounded(64 * MEBIBYTE, 8 * MEBIBYTE, Options::default());
    let (mut sender, _connection) = h2_without_window(&server).await;
    let _answers = ask_for(&mut sender, 100).await;
    eventually(|| unread(&server) >= 6 * MEBIBYTE).await;
    settled(&server).await;
    assert_eq!(
        server.calls(),
        7,
        "one more than 6 MiB hold, because 4 KiB of each connection are not counted"
    );
    for _ in 0..10 {
        server.answers().await;
    }
}

#[tokio::test]
async fn pipelined_requests_wait_until_the_answers_before_them_are_read() {
    let server = Server::start();
    let requests =
        get("/hello").repeat(50_000) + "GET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let (mut reader, mut writer) = server.connect().await.0.into_split();
    let sending = tokio::spawn(async move {
        writer.write_all(requests.as_bytes()).await.expect("read in the end");
        writer
    });
    eventually(|| server.calls() > 0).await;
    settled(&server).await;
    assert!(server.calls() < 50_000, "{} are answered into a buffer of 64 KiB", server.calls());
    let mut answers = String::new();
    in_time(reader.read_to_string(&mut answers)).await.expect("all answers");
    assert_eq!(answers.matches("GET /hello").count(), 50_000);
    drop(sending.await);
    eventually(|| unread(&server) == 0).await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_an_answer_is_disconnected() {
    let server = Server::impatient();
    let one = server.send(get("/large")).await;
    let (mut sender, connection) = h2_without_window(&server).await;
    let answers = ask_for(&mut sender, 3).await;
    eventually(|| server.calls() == 4).await;
    eventually(|| server.live_conns() == 0).await;
    assert_eq!(unread(&server), 0);
    drop((one, sender, answers, connection));
    server.answers().await;
}

#[tokio::test]
async fn a_client_that_reads_slowly_is_not() {
    let server = Server::with(Options { request_timeout: Duration::from_millis(1500), ..Options::default() });
    let mut client = server.send(get("/large")).await;
    client.head().await;
    let mut read = vec![0; 128 << 10];
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        in_time(client.0.read_exact(&mut read)).await.expect("still open");
    }
}

#[tokio::test]
async fn answers_without_a_body_on_the_wire_do_not_stay_in_the_count() {
    let server = bounded(MEBIBYTE, MEBIBYTE, Options::default());
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.send("HEAD /mebibyte HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(client.head().await.contains("Content-Length: 1048576"));
    }
    eventually(|| unread(&server) == 0).await;
}

#[tokio::test]
async fn heads_of_an_http2_client_are_bounded() {
    let server = Server::start();
    let (mut sender, _connection) = h2(&server).await;
    let mut answers = JoinSet::new();
    for _ in 0..100 {
        let mut request = h2_get("/forever");
        request.headers_mut().insert("x-long", "x".repeat(60_000).parse().expect("a value"));
        in_time(sender.ready()).await.expect("open");
        answers.spawn(sender.send_request(request));
    }
    for _ in 0..31 {
        let refused = in_time(answers.join_next()).await.expect("one").expect("no panic").expect("answered");
        assert_eq!(refused.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    eventually(|| server.calls() == 69).await;
    server.answers().await;
}
