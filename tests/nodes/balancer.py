#!/usr/bin/env python3
"""Compares three gcmocks behind a balancer with one gcmock: balancer.py GCMOCK haproxy|nginx|envoy.

The clock of each is frozen, so the same requests have one right count of refusals, whatever their order.
"""

import base64
import contextlib
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from websocket import WebSocket

GCMOCK, BALANCER = sys.argv[1:]
LIMITS = Path(__file__).with_name("limits.toml")
KEY = "the key of three servers"
ORGANIZATIONS = {"rehearsal": "Rehearsal", "rehearsal-two": "Rehearsal", "neighbour": "Neighbour"}
CHECK = {
    "haproxy": ["haproxy", "-c", "-f"],
    "nginx": ["nginx", "-t", "-q", "-g", "pid nginx.pid; error_log stderr;", "-p", ".", "-c"],
    "envoy": ["envoy", "--mode", "validate", "-c"],
}[BALANCER]
START = {
    "haproxy": ["haproxy", "-db", "-f"],
    "nginx": ["nginx", "-g", "daemon off; pid nginx.pid; error_log stderr;", "-p", ".", "-c"],
    "envoy": ["envoy", "--use-dynamic-base-id", "-l", "warn", "-c"],
}[BALANCER]


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def ask(port, method, path, bearer=None, body=None, headers=None):
    """Status, headers and body of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = dict(headers or {}) | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def wait_until(what, is_true):
    for _ in range(200):
        with contextlib.suppress(OSError, http.client.HTTPException):
            if is_true():
                return
        time.sleep(0.05)
    raise SystemExit(f"FAILED  {BALANCER}: {what}")


class Processes:
    def __init__(self, folder):
        self.folder, self.all = folder, []

    def start(self, *command):
        log = open(Path(self.folder, f"log-{len(self.all)}"), "wb")
        process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        log.close()
        self.all.append(process)
        return process

    def server(self, port, node):
        options = ["--node", str(node), "--token-key", KEY, "--clock", "manual=2026-03-08T12:00:00Z", "--no-latency"]
        options += ["--scenario", "messaging-tenant", "--limits", str(LIMITS), "--state-dir", "state"]
        process = self.start(GCMOCK, "serve", "--listen", f"127.0.0.1:{port}", *options)
        wait_until("a server starts", lambda: ask(port, "GET", "/__admin/ready")[0] == 200)
        return process

    def end(self):
        for process in self.all:
            process.terminate()
        for process in self.all:
            process.wait(timeout=20)


def log_in(port, client):
    organization = uuid.uuid5(uuid.NAMESPACE_DNS, f"{ORGANIZATIONS[client]}.gcmock")
    credentials = f"{uuid.uuid5(organization, f'client/{client}')}:{client}-secret"
    credentials = base64.b64encode(credentials.encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/x-www-form-urlencoded"}
    status, _, body = ask(port, "POST", "/oauth/token", body="grant_type=client_credentials", headers=headers)
    return status, json.loads(body).get("access_token")


def counts(port, requests):
    """How often each name got each status, of requests that are sent sixteen at a time."""
    with ThreadPoolExecutor(16) as pool:
        return Counter(pool.map(lambda request: (request[0], ask(port, "GET", *request[1:])[0]), requests))


def sockets_of(port, token):
    """The statuses of three handshakes on a channel, of which the first is asked over."""
    status, _, body = ask(port, "POST", "/api/v2/notifications/channels", token)
    assert status == 200, (status, body)
    path = urllib.parse.urlsplit(json.loads(body)["connectUri"]).path
    sockets = [WebSocket(port, path)]
    assert sockets[0].ask({"message": "ping"})["eventBody"]["message"] == "pong"
    sockets += [WebSocket(port, path) for _ in range(2)]
    for one in sockets:
        one.close()
    return [one.status for one in sockets]


def guests_of(port):
    """The statuses of eight guests, of whom the admitted ones read their history, and the statuses of that."""
    _, _, body = ask(port, "GET", "/api/v2/webdeployments/deployments", "pasted")
    deployment = json.loads(body)["entities"][0]["id"]
    statuses = []
    for number in range(8):
        guest = WebSocket(port, f"/v1?deploymentId={deployment}")
        statuses.append(guest.status)
        if guest.status == 101:
            guest.ask({"action": "configureSession", "deploymentId": deployment, "token": f"token-of-guest-{number}-at-the-deployment"})
            token = guest.ask({"action": "getJwt", "token": f"token-of-guest-{number}-at-the-deployment"})["body"]["jwt"]
            statuses.append(ask(port, "GET", "/api/v2/webmessaging/messages", token)[0])
        guest.close()
    return statuses


def rehearse(port):
    """What clients meet at this port: of each token, of each organization, at logins, and on sockets."""
    logins = [(client, *log_in(port, client)) for client in ORGANIZATIONS for _ in range(8)]
    issued = [(f"{client}-{number}", token) for number, (client, _, token) in enumerate(logins) if token]
    tokens = issued + [(f"pasted-{number}", f"pasted-{number}") for number in range(8)]
    users = counts(port, [(name, "/api/v2/users", token) for _ in range(50) for name, token in tokens])
    queues = counts(
        port,
        [(name.startswith("neighbour"), "/api/v2/routing/queues", token) for _ in range(10) for name, token in tokens],
    )
    return {
        "logins": Counter((client, status) for client, status, _ in logins),
        "tokens": users,
        "organizations": queues,
        "sockets": {name: sockets_of(port, token) for name, token in tokens},
        "guests": guests_of(port),
    }, [token for _, token in issued]


def check_the_spelling(front, port):
    """Names of headers are spelled as the server spells them. Envoy writes them in lower case."""
    for method, path, token in [("GET", "/api/v2/users/me", "spelling"), ("GET", "/api/v2/users/me", None), ("GET", "/api/v2/nothing", "spelling"), ("POST", "/oauth/token", None)]:
        direct, behind = (set(ask(at, method, path, token)[1].keys()) for at in (port, front))
        missing = direct - behind - {"Connection", "Gcmock-Scenario", "gcmock-scenario"}
        assert not missing or BALANCER == "envoy", (path, missing, behind)
    refused = [ask(front, "GET", "/api/v2/users", "spelling")[1] for _ in range(60)][-1]
    assert BALANCER == "envoy" or {"Retry-After", "ININ-Correlation-Id"} <= set(refused.keys()), refused.keys()


def check_the_admin_api(port):
    assert ask(port, "GET", "/__admin/ready", headers={"Host": "gcmock.example"})[0] == 200
    for path in ["/__admin/clock", "//__admin/clock", "/%5f%5fadmin/clock", "/x/../__admin/clock", "/__admin", "/metrics"]:
        status, _, body = ask(port, "GET", path)
        assert status != 200, (path, status, body)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as tunnel:
        tunnel.sendall(b"CONNECT api.mypurecloud.com:443 HTTP/1.1\r\nHost: api.mypurecloud.com:443\r\n\r\n")
        assert not tunnel.recv(64).startswith(b"HTTP/1.1 2")


def behind(folder, by, expected):
    """Rehearses three servers behind the balancer, and compares with what one server did."""
    processes = Processes(folder)
    front, *ports = free_ports(4)
    try:
        nodes = [processes.server(port, node) for node, port in enumerate(ports, 1)]
        addresses = [option for port in ports for option in ("--node", f"127.0.0.1:{port}")]
        printed = subprocess.run(
            [GCMOCK, "print", "balancer", BALANCER, "--by", by, "--listen", f"127.0.0.1:{front}", *addresses],
            check=True, capture_output=True,
        ).stdout
        file = Path(folder, "balancer.yaml" if BALANCER == "envoy" else "balancer.conf")
        file.write_bytes(printed)
        subprocess.run([*CHECK, str(file)], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        processes.start(*START, str(file))
        wait_until("the balancer starts", lambda: ask(front, "GET", "/__admin/ready")[0] == 200)
        time.sleep(1.5)
        met, issued = rehearse(front)
        compare(met, expected, by)
        check_the_admin_api(front)
        check_the_spelling(front, ports[0])
        served = [json.loads(ask(port, "GET", "/__admin/requests?operation=GET%20/api/v2/users&limit=1")[2]) for port in ports]
        wanted = 3 if by == "token" else 1
        assert sum(map(bool, served)) >= wanted, f"{sum(map(bool, served))} servers of three were asked"
        nodes[2].terminate()
        nodes[2].wait(timeout=20)
        wait_until(
            "the others take over the tokens of a server that has ended",
            lambda: {ask(front, "GET", "/api/v2/organizations/me", token)[0] for token in issued} == {200},
        )
    except BaseException:
        for log in sorted(Path(folder).glob("log-*")):
            sys.stderr.write(f"--- {log.name}\n{log.read_text()[-2000:]}")
        raise
    finally:
        processes.end()


def compare(met, expected, by):
    exact = ["logins", "tokens", "sockets", "guests"] + (["organizations"] if by == "organization" else [])
    for what in exact:
        if met[what] != expected[what]:
            raise SystemExit(f"FAILED  {BALANCER} by {by}, {what}:\n  one server: {expected[what]}\n  three: {met[what]}")
    print(f"passed  {BALANCER} by {by}: {sum(met['tokens'].values())} requests of {len(met['sockets'])} tokens, {', '.join(exact)} as on one server")


def main():
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(folder)
        try:
            (port,) = free_ports(1)
            processes.server(port, 0)
            expected, _ = rehearse(port)
        finally:
            processes.end()
    assert expected["tokens"]["pasted-0", 200] == 40 and expected["tokens"]["pasted-0", 429] == 10, expected["tokens"]
    assert expected["organizations"][False, 200] == 150, expected["organizations"]
    assert expected["sockets"]["pasted-0"] == [101, 101, 429], expected["sockets"]
    assert expected["guests"].count(429) == 3, expected["guests"]
    for by in ["token", "organization"]:
        with tempfile.TemporaryDirectory() as folder:
            behind(folder, by, expected)


main()
