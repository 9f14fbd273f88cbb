#!/usr/bin/env python3
"""What the live page costs a server of 10,000 requests a second: CPU with and without three readers, and bytes a second.

usage: [PROFILE=release] benches/page.py [ROUNDS] [SECONDS]

Needs two cores and the binary of the profile `release`, or of $PROFILE. Each round drives the server twice, without
readers and with three, and compares the CPU time of the server's process. Beside it the bytes that a page receives.
"""
import http.client
import os
import signal
import statistics
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 8
GCMOCK = f"{ROOT}/target/{os.environ.get('PROFILE', 'release')}/gcmock"
READERS = 3
RATE = 10_000
TICK = os.sysconf("SC_CLK_TCK")


class Reader(threading.Thread):
    """A page: it reads the feed and counts its bytes."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection(address)
        self.connection.request("GET", "/__admin/feed")
        self.answer = self.connection.getresponse()
        # The first event has the last ten minutes.
        while self.answer.readline() != b"\n":
            pass
        self.bytes, self.seconds = 0, 0

    def run(self):
        try:
            while line := self.answer.readline():
                self.bytes += len(line)
                self.seconds += line == b"\n"
        except (OSError, AttributeError, http.client.HTTPException):
            pass


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def drive(uri, pid):
    """CPU seconds of the server a second, and the requests a second that were sent."""
    before = cpu_seconds(pid)
    command = ["taskset", "-c", "1", GCMOCK, "drive", "--target", uri, "--rate", f"{RATE}/s", "--for", f"{SECONDS}s"]
    command += ["--operation", "GET /api/v2/users/me", "--abort-on-429", "0"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (cpu_seconds(pid) - before) / SECONDS


def main():
    command = ["taskset", "-c", "0", GCMOCK, "serve", "--listen", "127.0.0.1:0", "--limits", f"{HERE}/throughput/admitted.toml"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    uri = server.stdout.readline().split()[-1]
    differences, without, sizes = [], [], []
    try:
        drive(uri, server.pid)
        for _ in range(ROUNDS):
            alone = drive(uri, server.pid)
            readers = [Reader(uri.split("//")[1]) for _ in range(READERS)]
            for reader in readers:
                reader.start()
            watched = drive(uri, server.pid)
            sizes += [reader.bytes / max(1, reader.seconds) for reader in readers]
            for reader in readers:
                reader.connection.sock.close()
            without.append(alone)
            differences.append(watched - alone)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    print(f"server without a page: {statistics.median(without):.3f} cores")
    print(f"three pages add: {statistics.median(differences) * 100:.2f} % of a core (of each round: {', '.join(f'{one * 100:.1f}' for one in differences)})")
    print(f"a page receives: {statistics.median(sizes):,.0f} bytes a second")


main()
