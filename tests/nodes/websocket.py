"""A WebSocket, as far as the tests of several servers need one."""

import base64
import json
import os
import socket
import struct


class WebSocket:
    """A socket whose handshake was answered with `status`."""

    def __init__(self, port, path):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        self.reader = self.socket.makefile("rb")
        self.status = int(self.reader.readline().split()[1])
        while self.reader.readline() not in (b"\r\n", b""):
            pass

    def ask(self, frame):
        text = json.dumps(frame).encode()
        self.socket.sendall(struct.pack("!BBH4x", 0x81, 0x80 | 126, len(text)) + text)
        return self.read()

    def read(self):
        _, length = self.reader.read(2)
        if length == 126:
            (length,) = struct.unpack("!H", self.reader.read(2))
        return json.loads(self.reader.read(length))

    def close(self):
        self.reader.close()
        self.socket.close()
