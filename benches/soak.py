#!/usr/bin/env python3
"""Soaks gcmock in everything at once, and asserts what is left.

usage: [PROFILE=release] benches/soak.py [SECONDS]          ten minutes without an argument

Two hundred workers open sockets and treat them badly; others send, read, are refused, leave half-way and log in;
events of all sizes are published, agents change their status, the limits file is rewritten, organizations come and
go, and everything is reset now and then. In the end: no socket, no place of a limit and no organization is left
over, every write that was answered 2xx could be read again, no answer was a 5xx, nothing panicked, and the memory
is near what it was after the first tenth.
"""
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROFILE = os.environ.get("PROFILE", "dist")
BUILT = f"{ROOT}/target/{PROFILE}"
SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 600
# What a cycle of writes lasts, before they are read again and everything is reset.
CYCLE = 15
MAX_GROWTH = 60e6
TOPIC = "v2.system.socket_closing"

LIMIT = """
[[limit]]
name = "{name}"
namespace = "soak"
key = "k"
scope = {scope}
match = ["{match}"]
{rest}
"""


def limits(rate):
    """Two rates to go to and fro between, so that every rewriting is a change."""
    of = lambda name, scope, match, rest: LIMIT.format(name=name, scope=scope, match=match, rest=rest)
    return (
        of("open", '["tenant"]', "WS /api/v2/platform/websocket", 'algorithm = "concurrency"\ncapacity = 150')
        + of("at-once", '["token"]', "GET /api/v2/users", 'algorithm = "concurrency"\ncapacity = 2')
        + of("sends", '["tenant"]', "POST /api/v2/conversations/messages",
             f'algorithm = "token-bucket"\ncapacity = 100\nrefill = {rate}\nperiod = "1s"')
        + '[[latency]]\nmatch = ["GET /api/v2/users"]\nbase = "20ms"\n'
    )


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


class Client:
    """One kept connection; counts what it was answered."""

    def __init__(self, address, bearer="soak"):
        self.address, self.bearer, self.seen = address, bearer, {}
        self.connection = http.client.HTTPConnection(address, timeout=30)

    def ask(self, method, path, body=None, headers=None):
        given = {"Authorization": f"Bearer {self.bearer}", "Content-Type": "application/json", **(headers or {})}
        for attempt in (1, 2):
            try:
                self.connection.request(method, path, json.dumps(body) if isinstance(body, (dict, list)) else body, given)
                answer = self.connection.getresponse()
                text = answer.read()
                break
            except (http.client.HTTPException, ConnectionError):
                # A connection that was of no use any more, at most once.
                self.connection.close()
                if attempt == 2:
                    raise
        self.seen[answer.status] = self.seen.get(answer.status, 0) + 1
        kind = answer.headers.get("Content-Type", "")
        return answer.status, json.loads(text) if text and "json" in kind else text


class Worker(threading.Thread):
    """Does one thing until the time is over; what goes wrong in it fails the soak."""

    def __init__(self, address, task, stop):
        super().__init__(daemon=True)
        self.client, self.task, self.stop, self.error = Client(address), task, stop, None

    def run(self):
        rng, n = random.Random(self.name), 0
        try:
            while not self.stop.is_set():
                self.task(self.client, rng, n)
                n += 1
        except BaseException as error:  # noqa: B902  told by the main thread
            self.error = error
            self.stop.set()


def roam(client, rng, n):
    """Whatever callers do, refusals and mistakes among it."""
    match rng.randrange(6):
        case 0:
            client.ask("GET", "/api/v2/users?pageSize=5")
        case 1:
            client.ask("GET", "/api/v2/users/me")
        case 2:
            client.ask("POST", "/api/v2/conversations/messages", "{broken")
        case 3:
            client.ask("GET", f"/api/v2/nothing/{n}")
        case 4:
            client.ask("POST", "/oauth/token", f"grant_type=client_credentials&client_id=soak-{n % 50}&client_secret=x",
                       {"Content-Type": "application/x-www-form-urlencoded"})
        case 5:
            leave_half_way(client.address, rng)


def leave_half_way(address, rng):
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as stream:
        head = f"GET /api/v2/users HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer left-{rng.randrange(9)}\r\n\r\n"
        stream.sendall(head.encode() if rng.random() < 0.7 else head[:40].encode())


def disturb(client, rng, n):
    """What an operator does."""
    client.ask("POST", "/__admin/events", {"topic": TOPIC, "eventBody": "x" * rng.choice([10, 1000, 100_000])})
    client.ask("PUT", f"/__admin/agents/agent-{rng.randint(1, 100)}", {"status": rng.choice(["On Break", "On Queue", "Busy"])})
    if n % 40 == 0:
        status, tenant = client.ask("POST", "/__admin/tenants", {})
        assert status == 201, tenant
        login = tenant["clients"][0]
        form = f"grant_type=client_credentials&client_id={login['id']}&client_secret={login['secret']}"
        status, token = client.ask("POST", "/oauth/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
        if status == 200:
            client.ask("GET", "/api/v2/users", headers={"Authorization": f"Bearer {token['access_token']}"})
        assert client.ask("DELETE", f"/__admin/tenants/{tenant['id']}")[0] == 204
    time.sleep(0.05)


class Writer:
    """Sends for a cycle, reads all of it again, and has everything reset."""

    def __init__(self):
        self.sent, self.lost, self.resets, self.since = 0, [], 0, time.monotonic()
        self.ids = []

    def __call__(self, client, rng, n):
        status, answer = client.ask("POST", "/api/v2/conversations/messages", {"to": {"id": f"participant-{n % 99}"}, "text": f"message {n}"})
        if status in (200, 201, 202):
            self.ids.append(answer["id"])
        else:
            assert status == 429, (status, answer)
            time.sleep(0.02)
        if time.monotonic() - self.since > CYCLE:
            self.read(client)
            assert client.ask("POST", "/__admin/reset")[0] == 204
            self.resets, self.since = self.resets + 1, time.monotonic()

    def read(self, client):
        for id in self.ids:
            if client.ask("GET", f"/api/v2/conversations/messages/{id}")[0] != 200:
                self.lost.append(id)
        self.sent += len(self.ids)
        self.ids = []


def rewrite(file):
    """The limits file, replaced as editors do it."""
    def task(client, rng, n):
        with open(file + ".new", "w") as new:
            new.write(limits(200 if n % 2 else 300))
        os.replace(file + ".new", file)
        time.sleep(3)
    return task


def metrics(client):
    lines = client.ask("GET", "/metrics")[1].decode().splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


def held(client):
    buckets = [client.ask("GET", f"/__admin/limits/{name}/buckets")[1]["buckets"] for name in ("open", "at-once")]
    return [bucket for of in buckets for bucket in of if bucket["level"]]


def soak(server, address, file):
    stop, writer = threading.Event(), Writer()
    workers = [Worker(address, task, stop) for task in [roam, roam, roam, disturb, writer, rewrite(file)]]
    url = f"ws://{address}/api/v2/platform/websocket?access_token=soak&agentId=agent-7"
    first = json.dumps({"message": "subscribe", "topics": [TOPIC]})
    sockets = subprocess.Popen([f"{BUILT}/examples/socket_load", url, "churn", str(SECONDS), first], stdout=subprocess.PIPE, text=True)
    for worker in workers:
        worker.start()
    stop.wait(SECONDS / 10)
    settled = resident(server.pid)
    stop.wait(SECONDS * 0.9)
    stop.set()
    for worker in workers:
        worker.join()
        if worker.error:
            raise worker.error
    churned = sockets.communicate(timeout=60)[0].split()[1]
    writer.read(workers[4].client)
    return settled, writer, churned, [worker.client.seen for worker in workers]


def main():
    subprocess.run(["cargo", "build", "--profile", PROFILE, "--quiet", "--examples", "--bin", "gcmock"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/limits.toml"
        with open(file, "w") as limits_file:
            limits_file.write(limits(200))
        with open(f"{folder}/log", "w") as log:
            command = [f"{BUILT}/gcmock", "serve", "--listen", "127.0.0.1:0", "--limits", file, "--state-dir", folder]
            server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        address = server.stdout.readline().split()[-1].removeprefix("http://")
        try:
            settled, writer, churned, seen = soak(server, address, file)
            time.sleep(8)
            client = Client(address)
            end, left, places = metrics(client), client.ask("GET", "/__admin/sockets")[1]["total"], held(client)
            tenants = len(client.ask("GET", "/__admin/tenants")[1]["tenants"])
            grown = resident(server.pid) - settled
        finally:
            server.terminate()
            code = server.wait(timeout=10)
        answers = {}
        for status, count in (pair for one in seen for pair in one.items()):
            answers[status] = answers.get(status, 0) + count
        broken = sum(value for name, value in end.items() if name.startswith("gcmock_requests_total") and 'class="5xx"' in name)
        with open(f"{folder}/log") as log:
            cries = [line for line in log if "panicked" in line or " ERROR " in line]
    print(f"{churned} sockets by the client; answers {dict(sorted(answers.items()))}; {writer.resets} resets")
    print(f"{writer.sent} messages written and read again, {len(writer.lost)} lost")
    print(f"left: {left} sockets, {len(places)} held places, {tenants} organizations, {end['gcmock_connections']:.0f} connections")
    print(f"memory {settled / 1e6:.0f} MB after a tenth, {grown / 1e6:+.1f} MB since; {broken:.0f} answers of 5xx; exit {code}")
    assert not writer.lost and writer.sent and writer.resets
    assert left == 0 and not places and tenants == 2 and end["gcmock_connections"] == 1
    assert broken == 0 and not any(status >= 500 for status in answers), answers
    assert answers.get(429) and grown < MAX_GROWTH and code == 0 and not cries, cries[:3]
    print("passed")


if __name__ == "__main__":
    main()
