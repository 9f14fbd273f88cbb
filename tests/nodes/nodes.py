"""Servers and stores of the tests of several nodes. Everything is on loopback, and `kill_all` ends it."""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

GCMOCK = os.path.abspath(sys.argv[1])
# GCMOCK_TEST_STORE names the program of another version.
STORE = os.environ.get("GCMOCK_TEST_STORE") or shutil.which("valkey-server") or shutil.which("redis-server")
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
        kill(one.process)
        one.process.wait()


def kill(process):
    """Ends a process, and its children if it leads a group: faketime waits for the program that it runs."""
    if process.poll() is None and os.getpgid(process.pid) == process.pid:
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def kill_all():
    for process in processes:
        if process.poll() is None:
            kill(process)


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


class Proxy:
    """A way to a store that can be cut. Answers are passed on after `delay` seconds."""

    def __init__(self, store, delay=0):
        self.store, self.delay, self.is_open, self.links = store, delay, True, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"valkey://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(near,), daemon=True).start()

    def serve(self, near):
        with contextlib.suppress(OSError), near, socket.create_connection(("127.0.0.1", self.store.port)) as far:
            self.links += [near, far]
            if not self.is_open:
                return
            threading.Thread(target=carry, args=(far, near, self.delay), daemon=True).start()
            carry(near, far)

    def cut(self):
        self.is_open = False
        shut(*self.links)
        self.links.clear()

    def mend(self):
        self.is_open = True

    def close(self):
        shut(self.listener)
        self.listener.close()
        self.cut()


def carry(source, target, delay=0):
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            time.sleep(delay)
            target.sendall(piece)
    shut(source, target)


def shut(*links):
    for one in links:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


class Load:
    """Requests on some connections, one after the other on each, until the block ends. Then it knows the answers, and how long the
    longest request took."""

    def __init__(self, node, connections, path="/api/v2/date", token="any"):
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        self.port, self.connections, self.running = node.port, connections, True

    def ask(self, _):
        statuses, without_store, longest = Counter(), 0, 0
        with socket.create_connection(("127.0.0.1", self.port), 20) as link, link.makefile("rb") as reader:
            while self.running:
                began = time.monotonic()
                link.sendall(self.request)
                head = read_answer(reader)
                longest = max(longest, time.monotonic() - began)
                statuses[int(head[9:12])] += 1
                without_store += b"gcmock-store:" in head
        return statuses, without_store, longest

    def __enter__(self):
        self.pool = ThreadPoolExecutor(self.connections)
        self.seen = self.pool.map(self.ask, range(self.connections))
        return self

    def __exit__(self, *_):
        self.running = False
        statuses, without_store, longest = zip(*self.seen)
        self.pool.shutdown()
        self.statuses, self.without_store, self.longest = sum(statuses, Counter()), sum(without_store), max(longest)
        self.count = sum(self.statuses.values())


def read_answer(reader):
    """The head of an answer, in lower case."""
    head = b""
    while (line := reader.readline()) not in (b"\r\n", b""):
        head += line.lower()
    if not head:
        raise ConnectionError("the connection ended before an answer")
    if b"content-length: " in head:
        reader.read(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
    return head


def pipeline(node, requests, at_a_time=50):
    """Sends requests on one connection, some at a time, and answers how often each status came."""
    statuses = Counter()
    with socket.create_connection(("127.0.0.1", node.port), 20) as link:
        for first in range(0, len(requests), at_a_time):
            group = requests[first:first + at_a_time]
            link.sendall(b"".join(group))
            read, answered = b"", []
            while len(answered) < len(group):
                piece = link.recv(1 << 18)
                if not piece:
                    raise ConnectionError("the connection ended before all answers")
                read += piece
                answered = re.findall(rb"HTTP/1\.1 (\d{3})", read)
            statuses.update(map(int, answered))
    return statuses


class Node:
    def __init__(self, *options, store=None, log=None, latency=False, timeout="1s", host_clock=None):
        self.port = free_port()
        command = [GCMOCK, "--listen", f"127.0.0.1:{self.port}", *([] if latency else ["--no-latency"]), *options]
        if store:
            command += ["--store", store.address, "--share", "all", "--store-timeout", timeout]
        if host_clock:
            command = ["faketime", "-f", host_clock, *command]
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".log")
        self.process = start(command, stderr=self.log, start_new_session=bool(host_clock))
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
