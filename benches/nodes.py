#!/usr/bin/env python3
"""Decisions in a store that several servers share: how many a second, and what they cost the store.

usage: [PROFILE=release] benches/nodes.py [SECONDS]

Needs wrk, and redis-server or valkey-server, or another one that GCMOCK_TEST_STORE names. Starts a store, and servers whose three limits are in it, and drives the servers with wrk from the
same machine. Requests of many connections are decided in batches, those of one connection one by one. A thousand tokens are pasted ones of
one organization, or those of a thousand organizations. Prints for one and for three servers: requests a second, decisions for each second of the store's CPU, the store's share of a
core, requests for each second of the servers' CPU, and p50 and p99 beside those of servers without a store. Servers without a store share nothing, so
where they are as fast for each second of their CPU as one is, they are so many times as fast on so many cores.
"""
import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
GCMOCK = f"{ROOT}/target/{os.environ.get('PROFILE', 'dist')}/gcmock"
STORE = os.environ.get("GCMOCK_TEST_STORE") or shutil.which("valkey-server") or shutil.which("redis-server")
TICK = os.sysconf("SC_CLK_TCK")
MANY = 64
LIMIT = """
[[limit]]
name = "{name}"
namespace = "n"
key = "{name}"
scope = {scope}
match = ["GET /api/v2/date"]
algorithm = "{algorithm}"
capacity = 4000000000
period = "60s"
"""
LIMITS = (
    LIMIT.format(name="tenant", scope='["tenant"]', algorithm="token-bucket") + 'refill = 4000000000\n'
    + LIMIT.format(name="token", scope='["token"]', algorithm="fixed-window")
    + LIMIT.format(name="client", scope='["client"]', algorithm="fixed-window")
)
# One token after the other.
SEND = """
local n, tokens = 0, {{ {tokens} }}
request = function()
  n = n % #tokens + 1
  return wrk.format("GET", "/api/v2/date", {{ ["Authorization"] = "Bearer " .. tokens[n] }})
end
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def cpu_seconds(process):
    with open(f"/proc/{process.pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def milliseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def post(url, body, headers):
    with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="POST"), timeout=30) as answer:
        return json.load(answer)


def token_of_an_organization(address):
    client = post(f"{address}/__admin/tenants", b"{}", {"Content-Type": "application/json"})["clients"][0]
    basic = base64.b64encode(f"{client['id']}:{client['secret']}".encode()).decode()
    return post(f"{address}/oauth/token", b"grant_type=client_credentials", {"Authorization": f"Basic {basic}"})["access_token"]


def measure(folder, servers, tokens, shared, connections=MANY, organizations=False):
    port = free_port()
    command = [STORE, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    processes = [store := subprocess.Popen(command, stdout=subprocess.DEVNULL)]
    time.sleep(0.5)
    try:
        options = ["--store", f"valkey://127.0.0.1:{port}", "--share", "all"] if shared else []
        addresses = []
        for _ in range(servers):
            serve = [GCMOCK, "--listen", "127.0.0.1:0", "--limits", f"{folder}/limits.toml", *options]
            processes.append(subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
            addresses.append(processes[-1].stdout.readline().split()[-1])
        with open(f"{folder}/send.lua", "w") as script:
            made = [token_of_an_organization(addresses[0]) if organizations else f"bench-{n}" for n in range(tokens)]
            script.write(SEND.format(tokens=", ".join(f'"{token}"' for token in made)))
        nodes = [process for process in processes if process is not store]
        of_nodes = lambda: sum(map(cpu_seconds, nodes))
        before, nodes_before, begun = cpu_seconds(store), of_nodes(), time.monotonic()
        drive = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", f"{folder}/send.lua"]
        runs = [subprocess.Popen([*drive, f"{address}/"], stdout=subprocess.PIPE, text=True) for address in addresses]
        texts = [run.communicate()[0] for run in runs]
        used, nodes_used, took = cpu_seconds(store) - before, of_nodes() - nodes_before, time.monotonic() - begun
    finally:
        for process in processes:
            process.kill()
            process.wait()
    requests = sum(int(re.search(r"(\d+) requests in", text)[1]) for text in texts)
    assert not any("Non-2xx" in text for text in texts), texts
    p50, p99 = (max(milliseconds(re.search(rf"^\s+{p}%\s+(\S+)", text, re.M)[1]) for text in texts) for p in (50, 99))
    return requests / took, requests / used if shared else 0, used / took, requests / nodes_used, p50, p99


def main():
    if not STORE or not shutil.which("wrk"):
        sys.exit("wrk and redis-server or valkey-server are needed")
    print("servers | connections | tokens | store | requests/s | decisions per store CPU-second | store, of a core | requests per server CPU-second | p50 ms | p99 ms")
    plans = [(1, 1, False), (3, 1, False), (1, 1, True), (1, 1000, True), (1, 1000, True, MANY, True), (1, 1, False, 1), (1, 1, True, 1), (3, 1, True), (3, 1000, True)]
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/limits.toml", "w") as file:
            file.write(LIMITS)
        for servers, tokens, shared, *more in plans:
            rate, each, share, by_nodes, p50, p99 = measure(folder, servers, tokens, shared, *more)
            connections, each_of = (more or [MANY])[0], " organizations" if more[1:] else ""
            store = "yes" if shared else "no"
            print(f"{servers} | {connections} | {tokens}{each_of} | {store} | {rate:,.0f} | {each:,.0f} | {share:.2f} | {by_nodes:,.0f} | {p50:.2f} | {p99:.2f}", flush=True)


main()
