#!/usr/bin/env python3
"""Soaks gcmock in connects, aborts, bursts, broken frames and slow readers, and asserts what is left.

usage: benches/sockets/soak.py [SECONDS]

Two hundred workers open sockets and treat them badly; meanwhile events of all sizes are published, agents change
their status, and everything is reset now and then. In the end nothing may be open, no place of a limit held, and
the memory has to be near what it was after the first tenth.
"""
import json
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run  # noqa: E402  the same server and helpers

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 300
MAX_GROWTH = 60e6


def metric(address, name):
    connection = run.http.client.HTTPConnection(address, timeout=30)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(name + " "))


def disturb(address, rng, n):
    body = {"topic": run.TOPIC, "eventBody": "x" * rng.choice([10, 1000, 100_000])}
    run.ask(address, "POST", "/__admin/events", body)
    status = rng.choice(["On Break", "On Queue", "Available", "Busy"])
    run.ask(address, "PUT", f"/__admin/agents/agent-{rng.randint(1, 100)}", {"status": status})
    if n % 400 == 399:
        run.ask(address, "POST", "/__admin/reset")


def main():
    subprocess.run(["cargo", "build", "--release", "--quiet", "--examples", "--bin", "gcmock"], cwd=run.ROOT, check=True)
    limits = f"/tmp/gcmock-soak-{os.getpid()}.toml"
    with open(limits, "w") as file:
        file.write(run.LIMITS)
    server, address = run.serve([f"{run.RELEASE}/gcmock", "serve", "--listen", "127.0.0.1:0", "--limits", limits])
    first = json.dumps({"message": "subscribe", "topics": [run.TOPIC]})
    url = f"ws://{address}/api/v2/platform/websocket?access_token=soak&agentId=agent-7"
    try:
        command = [f"{run.RELEASE}/examples/socket_load", url, "churn", str(SECONDS), first]
        client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        rng, n, settled, peak = random.Random(7), 0, None, 0
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            disturb(address, rng, n)
            n += 1
            peak = max(peak, metric(address, "gcmock_open_sockets"))
            if settled is None and time.monotonic() > end - SECONDS * 0.9:
                settled = run.resident(server.pid)
            time.sleep(0.05)
        churned = int(client.communicate(timeout=60)[0].split()[1])
        time.sleep(8)
        left = run.ask(address, "GET", "/__admin/sockets")["total"]
        held = [bucket for bucket in run.ask(address, "GET", "/__admin/limits/open/buckets")["buckets"] if bucket["level"]]
        growth = run.resident(server.pid) - settled
        dropped, opened = metric(address, "gcmock_frames_dropped_total"), metric(address, "gcmock_sockets_opened_total")
        print(f"{churned} sockets by the client, {opened:.0f} by the server, {peak:.0f} at most open, {dropped:.0f} frames dropped")
        print(f"left: {left} sockets, {len(held)} held places, memory {settled / 1e6:.0f} MB after a tenth, {growth / 1e6:+.1f} MB since")
        assert server.poll() is None and left == 0 and not held and metric(address, "gcmock_open_sockets") == 0
        assert growth < MAX_GROWTH, growth
    finally:
        server.terminate()
        code = server.wait()
        os.unlink(limits)
    assert code == 0, code
    print("passed")


if __name__ == "__main__":
    main()
