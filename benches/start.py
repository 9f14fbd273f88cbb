#!/usr/bin/env python3
"""Measures the time until gcmock is ready, its memory while idle, and the time of its end.

usage: benches/start.py [STARTS]          medians of twenty starts without an argument
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STARTS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
GCMOCK = [f"{ROOT}/target/dist/gcmock", "serve", "--listen", "127.0.0.1:0"]


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1000


def once(options):
    began = time.monotonic()
    server = subprocess.Popen([*GCMOCK, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    server.stdout.readline()
    ready = time.monotonic() - began
    time.sleep(0.2)
    memory, asked = resident(server.pid), time.monotonic()
    server.terminate()
    assert server.wait(timeout=10) == 0
    return ready * 1000, memory, (time.monotonic() - asked) * 1000


def main():
    subprocess.run(["cargo", "build", "--profile", "dist", "--locked", "--quiet", "--bin", "gcmock"], cwd=ROOT, check=True)
    print("| | ready after ms | resident MB | ended after ms |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as state:
        for name, options in {"http": [], "and https": ["--tls-listen", "127.0.0.1:0", "--state-dir", state]}.items():
            medians = [statistics.median(column) for column in zip(*(once(options) for _ in range(STARTS)))]
            print(f"| {name} | " + " | ".join(f"{median:.1f}" for median in medians) + " |")


if __name__ == "__main__":
    main()
