//! The client of `benches/sockets`: many WebSockets from one process, with commands on stdin.
//!
//! `socket_load URL COUNT FIRST_TEXT` opens COUNT sockets, sends `FIRST_TEXT` on each (`-` sends nothing), waits for an
//! answer, and prints `open SECONDS`. The command `event` waits until every socket has received a frame that contains
//! "marker", and prints `event NANOSECONDS_SINCE_1970`. `say TEXT` sends a text on the first socket. `abort` resets all
//! connections and prints `aborted`. `socket_load URL churn SECONDS FIRST_TEXT` opens sockets and ends them in every
//! wrong way, until the time is over.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a measuring client")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

type Ws = WebSocketStream<TcpStream>;

/// Handshakes at a time.
const AT_ONCE: usize = 64;
/// Workers that open and end sockets.
const WORKERS: usize = 200;

#[derive(Default)]
struct Heard {
    markers: AtomicUsize,
    last: std::sync::atomic::AtomicU64,
}

async fn open(url: &str) -> Option<Ws> {
    let address = url.trim_start_matches("ws://").split('/').next()?.to_owned();
    let stream = TcpStream::connect(address).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let config = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
    client_async_with_config(url, stream, Some(config)).await.ok().map(|(socket, _)| socket)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, url, count, text, rest @ ..] = arguments.as_slice() else {
        panic!("see the module's documentation")
    };
    if count == "churn" {
        let first = rest.first().cloned().unwrap_or_default();
        return churn(url, Duration::from_secs(text.parse().expect("seconds")), &first).await;
    }
    hold(url, count.parse().expect("a number"), text).await;
}

async fn hold(url: &str, count: usize, first: &str) {
    let (permits, heard) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(Heard::default()));
    let (abort, aborted) = watch::channel(false);
    let (opened, mut all) = mpsc::channel(count);
    let (say, said) = mpsc::channel::<String>(8);
    let mut said = Some(said);
    let started = Instant::now();
    for _ in 0..count {
        let permit = Arc::clone(&permits).acquire_owned().await.expect("open");
        let (url, first, heard) = (url.to_owned(), first.to_owned(), Arc::clone(&heard));
        let (opened, aborted, said) = (opened.clone(), aborted.clone(), said.take());
        tokio::spawn(async move {
            let Some(mut socket) = open(&url).await else { panic!("a handshake failed") };
            if first != "-" {
                socket.send(Message::text(first)).await.expect("open");
                socket.next().await.expect("an answer").expect("open");
            }
            drop(permit);
            let _ = opened.send(()).await;
            listen(socket, &heard, aborted, said).await;
        });
    }
    for _ in 0..count {
        all.recv().await;
    }
    println!("open {}", started.elapsed().as_secs_f64());
    let (typed, mut lines) = mpsc::channel(8);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let _ = typed.blocking_send(line);
        }
    });
    while let Some(line) = lines.recv().await {
        match line.split_once(' ').unwrap_or((&line, "")) {
            ("event", _) => {
                while heard.markers.load(Relaxed) < count {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                heard.markers.store(0, Relaxed);
                println!("event {}", heard.last.load(Relaxed));
            }
            ("say", text) => say.send(text.to_owned()).await.expect("open"),
            ("abort", _) => {
                abort.send_replace(true);
                tokio::time::sleep(Duration::from_millis(200)).await;
                println!("aborted");
            }
            _ => return,
        }
    }
}

async fn listen(
    mut socket: Ws,
    heard: &Heard,
    mut aborted: watch::Receiver<bool>,
    said: Option<mpsc::Receiver<String>>,
) {
    let (_kept, nothing) = mpsc::channel(1);
    let mut said = said.unwrap_or(nothing);
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) if text.contains("marker") => {
                    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
                    heard.last.fetch_max(u64::try_from(now.as_nanos()).expect("before 2554"), Relaxed);
                    heard.markers.fetch_add(1, Relaxed);
                }
                Some(Ok(_)) => {}
                _ => return,
            },
            Some(text) = said.recv() => socket.send(Message::text(text)).await.expect("open"),
            _ = aborted.changed() => {
                let _ = socket.get_ref().set_zero_linger();
                return;
            }
        }
    }
}

/// Ends a socket in each wrong way, in turn.
async fn churn(url: &str, time: Duration, first: &str) {
    let (end, total) = (Instant::now() + time, Arc::new(AtomicUsize::new(0)));
    let workers = (0..WORKERS).map(|worker| {
        let (url, first, total) = (url.to_owned(), first.to_owned(), Arc::clone(&total));
        tokio::spawn(async move {
            let mut way = worker;
            while Instant::now() < end {
                if let Some(socket) = open(&url).await {
                    mistreat(socket, way, &first).await;
                    total.fetch_add(1, Relaxed);
                }
                way += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        let _ = worker.await;
    }
    println!("churned {}", total.load(Relaxed));
}

async fn mistreat(mut socket: Ws, way: usize, first: &str) {
    match way % 8 {
        0 => drop(socket.close(None).await),
        1 => drop(socket.get_ref().set_zero_linger()),
        2 => {
            for _ in 0..50 {
                let _ = socket.send(Message::text(r#"{"message":"ping"}"#)).await;
            }
        }
        3 => drop(socket.get_mut().write_all(&[0x83, 0x81, 0, 0, 0, 0, b'x']).await),
        4 => drop(socket.get_mut().write_all(&[0x81, 0xfe]).await),
        5 => drop(socket.get_mut().shutdown().await),
        6 => {
            // A slow reader: subscribes and reads nothing for a while.
            let _ = socket.send(Message::text(first.to_owned())).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        _ => {
            let _ = socket.send(Message::text(first.to_owned())).await;
            let _ = tokio::time::timeout(Duration::from_millis(100), socket.next()).await;
        }
    }
}
