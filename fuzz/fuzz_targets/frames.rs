//! Frames that are anything, to each kind of socket: answered, or closed; never silence.
#![no_main]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use gcmock_fuzz::{connect, read_head, server};
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;

/// What the last ping carries, so that its pong is told from others.
const LAST: &[u8] = b"the last one of this input";

thread_local!(static SOCKETS: RefCell<[Option<TcpStream>; 3]> = RefCell::default());

fuzz_target!(|data: (u8, Vec<(u8, Vec<u8>)>, &[u8])| {
    let (kind, frames, raw) = data;
    let kind = usize::from(kind) % 3;
    let mut socket = SOCKETS.with_borrow_mut(|open| open[kind].take()).unwrap_or_else(|| open(kind));
    let mut bytes: Vec<u8> = frames.iter().flat_map(|(first, payload)| frame(*first, payload)).collect();
    // Bytes that are no frames may begin one that never ends: those are followed by an end.
    let ends = frames.len() % 4 == 3;
    bytes.extend(if ends { raw.to_vec() } else { frame(0x89, LAST) });
    // Whoever was closed half-way can not be written to.
    let sent = socket.write_all(&bytes);
    if ends {
        let _ = socket.shutdown(Shutdown::Write);
    }
    if sent.is_ok() && pongs(&mut socket) {
        SOCKETS.with_borrow_mut(|open| open[kind] = Some(socket));
    }
});

fn open(kind: usize) -> TcpStream {
    let path = match kind {
        0 => "/api/v2/platform/websocket?access_token=any".to_owned(),
        1 => channel(),
        _ => format!("/v1?deploymentId={}", deployment()),
    };
    let mut stream = connect();
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nAuthorization: Bearer any\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("open");
    let answer = read_head(&mut stream).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 101"), "{path}: {answer}");
    stream
}

/// The path of a new notification channel.
fn channel() -> String {
    let body = asked("POST", "/api/v2/notifications/channels");
    let at = body.find("/channels/").expect("a connectUri");
    body[at..].split('"').next().expect("it ends").to_owned()
}

fn deployment() -> String {
    let body = asked("GET", "/api/v2/webdeployments/deployments");
    let at = body.find("\"id\":\"").expect("a deployment") + 6;
    body[at..].split('"').next().expect("it ends").to_owned()
}

fn asked(method: &str, path: &str) -> String {
    let mut stream = connect();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer any\r\nConnection: close\r\n\r\n",
        server().uri()
    );
    stream.write_all(head.replace("Host: http://", "Host: ").as_bytes()).expect("open");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// A frame as clients send it, masked with zeroes.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..=125 => frame.push(0x80 | short as u8),
        long => {
            frame.push(0x80 | 126);
            frame.extend((long.min(0xffff) as u16).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(&payload[..payload.len().min(0xffff)]);
    frame
}

/// Reads frames until the last ping is answered; `false` once the server has closed.
fn pongs(stream: &mut TcpStream) -> bool {
    loop {
        let mut head = [0; 2];
        if let Err(error) = stream.read_exact(&mut head) {
            assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "neither a pong nor a close");
            return false;
        }
        let mut long = [0; 8];
        let length = match head[1] {
            126 => stream.read_exact(&mut long[6..]).map(|()| u64::from_be_bytes(long)),
            127 => stream.read_exact(&mut long).map(|()| u64::from_be_bytes(long)),
            short => Ok(u64::from(short)),
        };
        let mut payload = vec![0; usize::try_from(length.expect("a length")).expect("it fits")];
        if stream.read_exact(&mut payload).is_err() || head[0] == 0x88 {
            return false;
        }
        if head[0] == 0x8a && payload == LAST {
            return true;
        }
    }
}
