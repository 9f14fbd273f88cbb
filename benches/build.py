#!/usr/bin/env python3
"""How long a newcomer waits for the first build.

usage: benches/build.py

Clones the last commit into a temporary folder, fetches the crates, and measures with an empty target folder each time:
`cargo run --release` until it serves, and `cargo test` until it is green. CPU seconds are those of all processes together.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SERVE = ["cargo", "run", "--release", "--locked", "--", "--listen", "127.0.0.1:0"]
TEST = ["cargo", "test", "--locked"]


def until_it_serves(process):
    assert process.stdout.readline().startswith(b"gcmock listening"), "it does not serve"
    ready = time.monotonic()
    process.send_signal(signal.SIGTERM)
    return ready


def until_it_ends(process):
    for _ in process.stdout:
        pass
    return time.monotonic()


def measure(command, until, clone):
    shutil.rmtree(f"{clone}/target", ignore_errors=True)
    environment = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=clone, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    took = until(process) - began
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)} failed")
    print(f"| `{' '.join(command[:3])}` | {took:.0f} | {used.ru_utime + used.ru_stime:.0f} |", flush=True)


def main():
    with tempfile.TemporaryDirectory() as clone:
        subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
        subprocess.run(["cargo", "fetch", "-q", "--locked"], cwd=clone, check=True)
        print("| | seconds | CPU seconds |\n|---|---|---|", flush=True)
        measure(SERVE, until_it_serves, clone)
        measure(TEST, until_it_ends, clone)


main()
