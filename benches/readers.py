"""Clients that ask and do not read, for flood.py: over HTTP/1.1, HTTP/2, TLS and tunnels, and WebSockets.

Each function opens clients, has them send everything, and returns their sockets, unread.
"""
import os
import socket
import ssl
import struct

USERS = "/api/v2/users?pageSize=500"
JOURNAL = "/__admin/requests?limit=1000000"
VENDORS_HOST = "api.mypurecloud.com"


class Server:
    """Where the server listens."""

    def __init__(self, http, https):
        self.http, self.https = http, https

    def connect(self, way="clear", protocol="http/1.1"):
        """A connection of that way: clear, tls, tunnel, or tls in a tunnel."""
        stream = dial(self.https if way == "tls" else self.http)
        if "tunnel" in way:
            authority = f"{VENDORS_HOST}:{443 if 'tls' in way else 80}"
            stream.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += stream.recv(1)
        if "tls" in way:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols([protocol])
            stream = context.wrap_socket(stream, server_hostname=VENDORS_HOST)
        return stream


def dial(address):
    host, port = address.rsplit(":", 1)
    stream = socket.socket()
    # Of what is not read the client's kernel holds little.
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stream.settimeout(60)
    stream.connect((host, int(port)))
    return stream


def http1(server, way, connections, path, pipelined=1):
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer readers\r\n\r\n".encode()
    clients = []
    for _ in range(connections):
        clients.append(server.connect(way))
        clients[-1].sendall(request * pipelined)
    return clients


def http2(server, way, connections, streams, path):
    """HTTP/2 clients that allow no byte of a body."""
    clients = []
    for _ in range(connections):
        stream = server.connect(way, "h2")
        # SETTINGS_INITIAL_WINDOW_SIZE is 4.
        out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, struct.pack(">HI", 4, 0))
        for number in range(streams):
            # END_STREAM and END_HEADERS are 0x5.
            out += frame(1, 0x5, 2 * number + 1, fields(path))
        stream.sendall(out)
        clients.append(stream)
    return clients


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def fields(path):
    """A head in HPACK: indexed :method GET and :scheme http, and literals for the rest."""
    literal = lambda text: bytes([len(text)]) + text.encode()
    return b"\x82\x86" + b"\x04" + literal(path) + b"\x01" + literal("localhost") + b"\x0f\x08" + literal("Bearer readers")


def bodies(server, connections, size=512_000):
    """Bodies of which the last byte does not come; what the server does not read stays here."""
    head = f"POST /api/v2/conversations/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer readers\r\nContent-Length: {size}\r\n\r\n"
    clients = []
    for _ in range(connections):
        stream = server.connect()
        stream.setblocking(False)
        left = head.encode() + b" " * (size - 1)
        try:
            while left:
                left = left[stream.send(left):]
        except BlockingIOError:
            pass
        clients.append((stream, left))
    return push(clients)


def push(clients):
    """Goes on sending until no server takes anything for a while."""
    import select

    while True:
        waiting = {stream: left for stream, left in clients if left}
        _, writable, _ = select.select([], waiting, [], 1)
        if not writable:
            return [stream for stream, _ in clients]
        clients = [(stream, left[stream.send(left):] if stream in writable else left) for stream, left in clients]


def pings(server, sockets, count):
    """WebSocket clients that ping and do not read."""
    handshake = (
        "GET /api/v2/platform/websocket?access_token=readers HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    ping = bytes([0x89, 0x80 | 125, 0, 0, 0, 0]) + b"x" * 125
    clients = []
    for _ in range(sockets):
        stream = server.connect()
        stream.sendall(handshake.encode())
        for _ in range(count // 1000):
            stream.sendall(ping * 1000)
        clients.append(stream)
    return clients


def kinds(server):
    """What is asked for and not read, and how much each kind may add at most, in MB: --max-unread, what connections take, and a fifth for the C
    library's allocator, whose part changes from run to run."""
    ways = ["clear", "tls", "tunnel", "tls in a tunnel"]
    return {
        **{f"HTTP/2, {way}": (lambda way=way: http2(server, way, 10, 200, USERS), 130) for way in ways},
        **{f"HTTP/1.1, {way}": (lambda way=way: http1(server, way, 300, USERS), 130) for way in ways},
        "pipelined": (lambda: http1(server, "clear", 300, "/api/v2/users/me", 500), 130),
        "journal": (lambda: http1(server, "clear", 100, JOURNAL, 10), 130),
        "journal, HTTP/2": (lambda: http2(server, "clear", 10, 200, JOURNAL), 130),
        # The allocator keeps in pieces what the kinds before have left. A listing of buckets has 0.8 MB besides.
        "users of admin": (lambda: http2(server, "clear", 20, 200, "/__admin/users?limit=100000"), 155),
        "buckets": (lambda: http1(server, "clear", 50, "/__admin/limits/a-day/buckets?limit=3000000"), 180),
    }


def sent_kinds(server, count):
    """The same of what clients send and the server has to keep."""
    few = max(1, count // 100_000)
    each = min(count, 800_000)
    return {
        "bodies": (lambda: bodies(server, 300), 130),
        "pings": (lambda: pings(server, few, each), 130),
    }
