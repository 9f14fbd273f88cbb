#!/usr/bin/env python3
"""Instructions a request takes in gcmock beside bare axum handlers, counted by callgrind: the same on a busy machine.

usage: [PROFILE=release] benches/throughput/instructions.py [REQUESTS]

Needs valgrind and taskset. Builds what run.py builds, sends the request of send.lua over 32 connections, and prints the
instructions of the server's process, without those of the kernel. `callgrind_annotate --inclusive=yes` shows where they are, in the
files that are named.
"""
import http.client
import os
import signal
import subprocess
import sys
import urllib.parse

from run import PATH, ROOT, TARGETS, build

REQUESTS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
CONNECTIONS = 32
BODY = b'{"to":{"id":"participant-1"},"text":"message"}'
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer bench"}
NAMES = ["bare admitted", "bare refused", "gcmock admitted", "gcmock refused"]


def send(uri, requests):
    """Sends on all connections, then reads from all: as wrk does, several requests wait when the server looks."""
    address = urllib.parse.urlsplit(uri).netloc
    connections = [http.client.HTTPConnection(address) for _ in range(CONNECTIONS)]
    for _ in range(requests // CONNECTIONS):
        for connection in connections:
            connection.request("POST", PATH, BODY, HEADERS)
        for connection in connections:
            connection.getresponse().read()


def measure(name, command):
    """Counts from the first request after a warm-up to the last one."""
    out = f"{ROOT}/target/callgrind-{name.replace(' ', '-')}"
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
    server = subprocess.Popen(
        ["taskset", "-c", "0", *valgrind, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        uri = server.stdout.readline().split()[-1]
        send(uri, 20 * CONNECTIONS)
        control(server, "--zero")
        send(uri, REQUESTS)
        control(server, "--dump")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    with open(f"{out}.1", encoding="utf-8", errors="replace") as dump:
        total = next(int(line.split()[1]) for line in dump if line.startswith(("summary:", "totals:")))
    print(f"| {name} | {total / (REQUESTS // CONNECTIONS * CONNECTIONS):,.0f} | {os.path.relpath(out, ROOT)}.1 |")


def control(server, what):
    subprocess.run(["callgrind_control", what, str(server.pid)], stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    build()
    print("| target | instructions a request | file |\n|---|---|---|")
    for name in NAMES:
        measure(name, TARGETS[name])
