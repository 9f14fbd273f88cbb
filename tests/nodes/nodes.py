"""Servers and stores of the tests of several nodes. Everything is on loopback, and `kill_all` ends it."""
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

GCMOCK = os.path.abspath(sys.argv[1])
STORE = shutil.which("valkey-server") or shutil.which("redis-server")
processes = []


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(command, **options):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
    processes.append(process)
    return process


def end(*what):
    for one in what:
        one.process.kill()
        one.process.wait()


def kill_all():
    for process in processes:
        if process.poll() is None:
            process.kill()


def limits_file(text):
    file = tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False)
    file.write(text)
    file.close()
    return file.name


class Store:
    def __init__(self, *arguments):
        self.port, self.folder, self.arguments = free_port(), tempfile.mkdtemp(), arguments
        self.run()

    def run(self):
        command = [STORE, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder]
        self.process = start(command + list(self.arguments))
        until(lambda: self.call("PING"), "the store starts")

    def call(self, *words):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as link:
                link.sendall((" ".join(words) + "\r\n").encode())
                return link.recv(65536).strip()
        except OSError:
            return b""

    def kill(self):
        self.process.kill()
        self.process.wait()

    @property
    def address(self):
        return f"valkey://127.0.0.1:{self.port}"


class Node:
    def __init__(self, *options, store=None, log=None):
        self.port = free_port()
        command = [GCMOCK, "--listen", f"127.0.0.1:{self.port}", "--no-latency", *options]
        if store:
            command += ["--store", store.address, "--share", "all", "--store-timeout", "1s"]
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".log")
        self.process = start(command, stderr=self.log)
        until(lambda: self.call("GET", "/__admin/ready")[0] == 200, f"node {self.port} is ready", self)

    def call(self, method, path, body=None, token=None, headers=None, kept=None):
        """Status, body and headers. The connection is closed, or added to `kept`."""
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if isinstance(body, dict):
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            link.request(method, path, body, headers)
            answer = link.getresponse()
            return answer.status, answer.read(), answer.headers
        except OSError:
            return 0, b"", {}
        finally:
            if kept is None:
                link.close()
            else:
                kept.append(link)

    def admin(self, method, path, body=None):
        status, text, _ = self.call(method, f"/__admin/{path}", body)
        assert status in (200, 201, 204), (method, path, status, text)
        return json.loads(text) if text else None

    def advance(self, by):
        self.admin("PUT", "clock", {"action": "advance", "by": by})

    def login(self):
        self.given = getattr(self, "given", 0) + 1
        return self.admin("POST", "tokens", {"count": 2})["tokens"][self.given % 2]["token"]

    def said(self):
        with open(self.log.name) as text:
            return text.read()


def until(true, what, node=None, within=15):
    ends = time.monotonic() + within
    while not true():
        if node and node.process.poll() is not None:
            sys.exit(f"{what}: gcmock ended:\n{node.said()}")
        if time.monotonic() > ends:
            sys.exit(f"not within {within} s: {what}" + (f"\n{node.said()}" if node else ""))
        time.sleep(0.02)


def same_clock(nodes):
    until(lambda: len({node.admin("GET", "clock")["now"] for node in nodes}) == 1, "all nodes have one clock")
