#!/usr/bin/env python3
"""Floods gcmock, and asserts that its memory stays within the bounds of docs/bounds.md.

usage: [PROFILE=release] benches/flood.py [COUNT]           a million of each without an argument
       GCMOCK_BINARY=FILE                 the server, instead of one that is built

First what is new each time: made-up tokens under a limit that never forgets, conversations, issued tokens, notification
channels, organizations, and unknown paths; of each more than its bound, one kind after the other on one server.
Then clients that ask and do not read, of readers.py, while another client is answered.
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

import readers

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
# Requests that are on their way at a time: as many as both sides' buffers take in one go.
BATCH = 200
LIMITS = """
[[limit]]
name      = "a-day"
namespace = "flood"
key       = "k"
scope     = ["token"]
match     = ["* /api/v2/**"]
algorithm = "fixed-window"
capacity  = 1000000
period    = "24h"
"""
# What each kind may add at most, in MB: the bounds of docs/bounds.md, with room for the allocator.
MOST = {"tokens": 250, "conversations": 80, "logins": 60, "channels": 60, "organizations": 60, "used organizations": 1600, "paths": 30}


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


def request(address, method, path, bearer, body=""):
    kind = "application/x-www-form-urlencoded" if path == "/oauth/token" else "application/json"
    return (
        f"{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {bearer}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def flood(address, requests):
    """Sends them pipelined over one connection; how often each status came."""
    host, port = address.split(":")
    seen = {}
    with socket.create_connection((host, int(port)), timeout=60) as stream:
        answers, batch = stream.makefile("rb", buffering=1 << 16), []
        for one in requests:
            batch.append(one)
            if len(batch) == BATCH:
                exchange(stream, answers, batch, seen)
                batch = []
        exchange(stream, answers, batch, seen)
    return seen


def exchange(stream, answers, batch, seen):
    writer = threading.Thread(target=stream.sendall, args=(b"".join(batch),))
    writer.start()
    for _ in batch:
        status = answers.readline().split()[1].decode()
        length = 0
        while (line := answers.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        answers.read(length)
        seen[status] = seen.get(status, 0) + 1
    writer.join()


def kinds(address, login):
    form = f"grant_type=client_credentials&client_id={login['id']}&client_secret={login['secret']}"
    body = json.dumps({"to": {"id": "participant-1"}, "text": "x" * 100})
    return {
        "tokens": (request(address, "GET", "/api/v2/users/me", f"token-{n}") for n in range(COUNT * 5 // 2)),
        "conversations": (request(address, "POST", "/api/v2/conversations/messages", "one", body) for n in range(COUNT)),
        "logins": (request(address, "POST", "/oauth/token", "none", form) for n in range(COUNT // 4)),
        "channels": (request(address, "POST", "/api/v2/notifications/channels", f"owner-{n}") for n in range(COUNT // 10)),
        "organizations": (request(address, "POST", "/__admin/tenants", "none") for n in range(1100)),
        "used organizations": use_organizations(address),
        "paths": (request(address, "GET", f"/api/v2/nobody/knows/{n}", "two") for n in range(COUNT // 10)),
    }


def use_organizations(address):
    """One request for each organization that there is when the first one is sent."""
    for tenant in ask(address, "GET", "/__admin/tenants")["tenants"]:
        yield request(address, "GET", f"/__admin/agents?tenant={tenant['id']}", "none")


def ask(address, method, path):
    return json.loads(subprocess.check_output(["curl", "-fsS", "--max-time", "60", "-X", method, f"http://{address}{path}"]))


def flood_with_news(server, address):
    """The kinds that add more than their bound."""
    client, failed = ask(address, "POST", "/__admin/tenants")["clients"][0], []
    for kind, requests in kinds(address, client).items():
        before, began = resident(server.pid), time.monotonic()
        seen = flood(address, requests)
        added = (resident(server.pid) - before) / 1e6
        print(f"{kind:24} {sum(seen.values()):9} in {time.monotonic() - began:5.1f} s  {added:+7.1f} MB of {MOST[kind]}   {seen}", flush=True)
        if added > MOST[kind] or any(status >= "5" for status in seen):
            failed.append(kind)
    return failed


def peak(pid, before):
    """The most that it adds until that stays the same for two seconds."""
    most, since = 0, time.monotonic()
    while time.monotonic() - since < 2:
        added = (resident(pid) - before) / 1e6
        if added > most + 0.5:
            most, since = added, time.monotonic()
        time.sleep(0.01)
    return most


def flood_with_readers(server, where, kinds):
    """The clients that do not read. What one kind leaves to the allocator the next one uses again."""
    flood(where.http, (request(where.http, "GET", "/api/v2/users/me", f"token-{n}") for n in range(70_000)))
    base, failed = resident(server.pid), []
    for kind, (open_clients, most) in kinds.items():
        began, clients, added = time.monotonic(), [], 0
        opening = threading.Thread(target=lambda: clients.extend(open_clients()))
        opening.start()
        while opening.is_alive():
            added = max(added, peak(server.pid, base))
        added = max(added, peak(server.pid, base))
        status = ask(where.http, "GET", "/__admin/health")["status"]
        print(f"{kind:24} {len(clients):9} in {time.monotonic() - began:5.1f} s  {added:+7.1f} MB of {most}   {status}", flush=True)
        if added > most or not clients:
            failed.append(kind)
        for client in clients:
            client.close()
        # Answered as soon as there is room again.
        ask(where.http, "GET", "/__admin/limits")
    return failed


def on_a_server(binary, flooded):
    """Runs a flood on a server of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/limits.toml"
        with open(file, "w") as limits:
            limits.write(LIMITS)
        listen = ["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--state-dir", folder]
        command = [binary, "serve", *listen, "--limits", file, "--clock", "manual"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            where = readers.Server(*(server.stdout.readline().split("://")[-1].strip() for _ in range(2)))
            failed = flooded(server, where)
            print(f"{resident(server.pid) / 1e6:.0f} MB in the end", flush=True)
            return failed
        finally:
            server.terminate()
            server.wait(timeout=30)


def main():
    binary = os.environ.get("GCMOCK_BINARY")
    if not binary:
        profile = os.environ.get("PROFILE", "dist")
        subprocess.run(["cargo", "build", "--profile", profile, "--quiet", "--bin", "gcmock"], cwd=ROOT, check=True)
        binary = f"{ROOT}/target/{profile}/gcmock"
    failed = on_a_server(binary, lambda server, where: flood_with_readers(server, where, readers.kinds(where)))
    failed += on_a_server(binary, lambda server, where: flood_with_readers(server, where, readers.sent_kinds(where, COUNT)))
    failed += on_a_server(binary, lambda server, where: flood_with_news(server, where.http))
    assert not failed, failed
    print("passed")


if __name__ == "__main__":
    main()
