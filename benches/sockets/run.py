#!/usr/bin/env python3
"""Ten thousand WebSockets on gcmock, beside a minimal tokio-tungstenite server: memory, handshakes, one
event to all, REST latency meanwhile, and what is left after all of them were aborted.

usage: benches/sockets/run.py [COUNT]

Builds the binary of the `dist` profile and the examples. Needs `ulimit -n` above COUNT for each process.
"""
import http.client
import json
import os
import resource
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
DIST = f"{ROOT}/target/dist"
LIMITS = "[[limit]]\nname = \"open\"\nnamespace = \"n\"\nkey = \"k\"\nscope = [\"tenant\"]\nmatch = [\"WS /api/v2/platform/websocket\"]\nalgorithm = \"concurrency\"\ncapacity = 1000000\n"
TOPIC = "v2.system.socket_closing"


def serve(command):
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return server, server.stdout.readline().split()[-1].removeprefix("http://")


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


def ask(address, method, path, body=None):
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request(method, path, body and json.dumps(body), {"Authorization": "Bearer bench", "Content-Type": "application/json"})
    answer = connection.getresponse().read()
    connection.close()
    return json.loads(answer) if answer else None


def latency(address, count=3000):
    connection = http.client.HTTPConnection(address, timeout=30)
    took = []
    for _ in range(count):
        start = time.perf_counter()
        connection.request("GET", "/api/v2/users/me", headers={"Authorization": "Bearer bench"})
        connection.getresponse().read()
        took.append(time.perf_counter() - start)
    connection.close()
    return statistics.median(took) * 1e6


class Client:
    def __init__(self, url, first):
        command = [f"{DIST}/examples/socket_load", url, str(COUNT), first]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read(self, what):
        words = self.process.stdout.readline().split()
        assert words and words[0] == what, words
        return float(words[1]) if len(words) > 1 else None

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def fan_out(client, publish):
    took = []
    for _ in range(5):
        start = time.time_ns()
        publish()
        client.tell("event")
        took.append((client.read("event") - start) / 1e6)
    return statistics.median(took)


def measure(server, address, url, first, publish, gcmock):
    base, figures = resident(server.pid), {}
    if gcmock:
        latency(address, 500)
        base = resident(server.pid)
        figures["REST idle, us"] = latency(address)
    client = Client(url, first)
    figures["handshakes a second"] = COUNT / client.read("open")
    time.sleep(1)
    figures["KiB a socket"] = (resident(server.pid) - base) / COUNT / 1024
    if gcmock:
        figures["REST with sockets, us"] = latency(address)
    figures["one event to all, ms"] = fan_out(client, lambda: publish(client))
    client.tell("abort")
    client.read("aborted")
    time.sleep(2)
    figures["MB left 2 s after aborts"] = (resident(server.pid) - base) / 1e6
    if gcmock:
        figures["sockets left"] = len(ask(address, "GET", "/__admin/sockets")["sockets"])
    client.end()
    return figures


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    subprocess.run(["cargo", "build", "--profile", "dist", "--quiet", "--examples", "--bin", "gcmock"], cwd=ROOT, check=True)
    limits = f"/tmp/gcmock-sockets-{os.getpid()}.toml"
    with open(limits, "w") as file:
        file.write(LIMITS)
    results = {}
    try:
        server, address = serve([f"{DIST}/examples/bare_sockets"])
        try:
            publish = lambda client: client.tell("say !marker" + "x" * 100)
            results["bare"] = measure(server, address, f"ws://{address}/", "hello", publish, False)
        finally:
            server.terminate(), server.wait()
        server, address = serve([f"{DIST}/gcmock", "serve", "--listen", "127.0.0.1:0", "--limits", limits])
        try:
            event = {"topic": TOPIC, "eventBody": {"message": "marker" + "x" * 100}}
            publish = lambda client: ask(address, "POST", "/__admin/events", event)
            first = json.dumps({"message": "subscribe", "topics": [TOPIC]})
            url = f"ws://{address}/api/v2/platform/websocket?access_token=bench"
            results["gcmock"] = measure(server, address, url, first, publish, True)
        finally:
            server.terminate(), server.wait()
    finally:
        os.unlink(limits)
    for name, value in results["gcmock"].items():
        bare = results["bare"].get(name)
        print(f"{name:28} {value:10.1f}" + (f"   bare {bare:10.1f}   ratio {value / bare:.2f}" if bare else ""))


if __name__ == "__main__":
    main()
