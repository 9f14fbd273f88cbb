#!/usr/bin/env python3
"""Throughput of gcmock beside bare axum handlers: interleaved runs of wrk, one core each.

usage: [PROFILE=release] benches/throughput/run.py [ROUNDS] [SECONDS]

Needs wrk and taskset, and two cores. Builds the binary and the example with the profile `dist`, or with $PROFILE, starts each server
on core 0, drives it from core 1, and prints medians: requests a second, server CPU a request (from
/proc/PID/stat: the steady figure on a shared machine), p99, and their ratios to the bare handler
that parses the same JSON and answers the same JSON; of https and of faults, to gcmock over http without a fault. The faults
match every send: one strikes none of them, the other a tenth, which get a 503.
"""
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 4
PROFILE = os.environ.get("PROFILE", "dist")
PATH = "/api/v2/conversations/messages"
GCMOCK = [f"{ROOT}/target/{PROFILE}/gcmock", "serve", "--listen", "127.0.0.1:0"]
BARE = f"{ROOT}/target/{PROFILE}/examples/bare_axum"
STATE = tempfile.TemporaryDirectory()
FAULTS = ["0", "0.1"]


def fault(share):
    """A limits file with a fault for a share of the sends, and its path."""
    path = f"{STATE.name}/fault-{share}.toml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'[[fault]]\nname = "bench"\nmatch = ["POST {PATH}"]\nstatus = 503\nshare = {share}\n')
    return path


TARGETS = {
    "bare admitted": [BARE],
    "bare refused": [BARE, "refused"],
    "gcmock admitted": [*GCMOCK, "--limits", f"{HERE}/admitted.toml"],
    "gcmock refused": [*GCMOCK, "--limits", f"{HERE}/refused.toml"],
    "gcmock https": [
        GCMOCK[0], "serve", "--listen", "none", "--tls-listen", "127.0.0.1:0", "--state-dir", STATE.name,
        "--limits", f"{HERE}/admitted.toml",
    ],
} | {f"gcmock fault {share}": [*GCMOCK, "--limits", f"{HERE}/admitted.toml", "--limits", fault(share)] for share in FAULTS}
# What each is compared with, but for the bare ones themselves.
BASES = {"gcmock admitted": "bare admitted", "gcmock refused": "bare refused", "gcmock https": "gcmock admitted"}
BASES |= {f"gcmock fault {share}": "gcmock admitted" for share in FAULTS}
TICK = os.sysconf("SC_CLK_TCK")


def start(command):
    server = subprocess.Popen(
        ["taskset", "-c", "0", *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    return server, server.stdout.readline().split()[-1]


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def drive(uri, seconds):
    command = ["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{seconds}s", "--latency", "-s", f"{HERE}/send.lua", uri + PATH]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def milliseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def measure(server, uri):
    before = cpu_seconds(server.pid)
    report = drive(uri, SECONDS)
    spent = cpu_seconds(server.pid) - before
    requests = int(re.search(r"(\d+) requests in", report).group(1))
    return {
        "req/s": float(re.search(r"Requests/sec:\s+([\d.]+)", report).group(1)),
        "cpu us/req": spent / requests * 1e6,
        "p99 ms": milliseconds(re.search(r"(?m)^\s+99%\s+(\S+)", report).group(1)),
    }


def build():
    subprocess.run(["cargo", "build", "--profile", PROFILE, "--locked", "--bin", "gcmock", "--example", "bare_axum"], cwd=ROOT, check=True)


def main():
    build()
    servers = {name: start(command) for name, command in TARGETS.items()}
    rounds = {name: [] for name in TARGETS}
    try:
        for server, uri in servers.values():
            drive(uri, 1)
        for _ in range(ROUNDS):
            for name, (server, uri) in servers.items():
                rounds[name].append(measure(server, uri))
    finally:
        for server, _ in servers.values():
            server.send_signal(signal.SIGTERM)
            server.wait()
    report(rounds)


def report(rounds):
    # Each run is compared with one of its own round: the machine drifts.
    print("| target | compared with | req/s | CPU us a request | p99 ms | ratio of req/s | of CPU | of p99 |")
    print("|---|---|---|---|---|---|---|---|")
    for name, runs in rounds.items():
        bare = rounds[BASES.get(name, name)]
        median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        ratio = {key: statistics.median(run[key] / base[key] for run, base in zip(runs, bare)) for key in runs[0]}
        print(
            f"| {name} | {BASES.get(name, '')} | {median['req/s']:,.0f} | {median['cpu us/req']:.2f} | {median['p99 ms']:.2f} "
            f"| {ratio['req/s']:.3f} | {1 / ratio['cpu us/req']:.3f} | {ratio['p99 ms']:.2f} |"
        )


if __name__ == "__main__":
    main()
