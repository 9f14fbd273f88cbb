//! The baseline of `benches/sockets`: a minimal WebSocket server with small buffers. It echoes text frames, and sends a
//! text that begins with `!` to every socket.
#![allow(clippy::print_stdout, reason = "the ready line")]

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

type Everybody = Arc<Mutex<Vec<UnboundedSender<Utf8Bytes>>>>;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let listener = socket.listen(4096)?;
    println!("bare listening on http://{}", listener.local_addr()?);
    let everybody = Everybody::default();
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, Arc::clone(&everybody)));
    }
}

async fn serve(stream: TcpStream, everybody: Everybody) {
    let config = WebSocketConfig::default().read_buffer_size(512).write_buffer_size(0);
    let _ = stream.set_nodelay(true);
    let Ok(mut socket) = accept_async_with_config(stream, Some(config)).await else { return };
    let (sender, mut inbox) = unbounded_channel();
    everybody.lock().expect("no panic").push(sender);
    loop {
        let text = tokio::select! {
            incoming = socket.next() => match incoming {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(_)) => continue,
                _ => return,
            },
            Some(text) = inbox.recv() => {
                if socket.send(Message::Text(text)).await.is_err() {
                    return;
                }
                continue;
            }
        };
        if text.starts_with('!') {
            everybody.lock().expect("no panic").retain(|one| one.send(text.clone()).is_ok());
        } else if socket.send(Message::Text(text)).await.is_err() {
            return;
        }
    }
}
