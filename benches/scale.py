#!/usr/bin/env python3
"""How many times as fast three servers behind a balancer are as one.

usage: [PROFILE=release] benches/scale.py [SECONDS [SHARE]]

Needs wrk, haproxy, and the right to make control groups (Linux, root). Each server may use SHARE of a core (0.15), so that three of them,
the balancer and wrk fit on two cores. The limits are of the token and the client, below the balancer's key (`gcmock print balancer haproxy`, by token), so the
servers share nothing. Prints requests a second of one and of three servers in each of five rounds, and the median of the ratios.
"""
import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GCMOCK = f"{ROOT}/target/{os.environ.get('PROFILE', 'dist')}/gcmock"
SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 4
SHARE = float(sys.argv[2]) if len(sys.argv) > 2 else 0.15
PERIOD = 20_000
ROUNDS, TOKENS = 5, 300
LIMITS = "".join(
    f"""
[[limit]]
name = "{scope}"
namespace = "n"
key = "{scope}"
scope = ["{scope}"]
match = ["GET /api/v2/date"]
algorithm = "fixed-window"
capacity = 4000000000
period = "60s"
"""
    for scope in ("token", "client")
)
# One token after the other.
SEND = """
local n = 0
request = function()
  n = n % {tokens} + 1
  return wrk.format("GET", "/api/v2/date", {{ ["Authorization"] = "Bearer bench-" .. n }})
end
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def write(path, text):
    with open(path, "w") as file:
        file.write(str(text))


def quota(stack, number, process):
    """Gives a process its share of a core, in a control group of the first or the second kind."""
    is_second = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
    group = f"/sys/fs/cgroup/{'' if is_second else 'cpu/'}gcmock-bench-{os.getpid()}-{number}"
    os.mkdir(group)
    stack.callback(os.rmdir, group)
    if is_second:
        write(f"{group}/cpu.max", f"{int(SHARE * PERIOD)} {PERIOD}")
    else:
        write(f"{group}/cpu.cfs_period_us", PERIOD)
        write(f"{group}/cpu.cfs_quota_us", int(SHARE * PERIOD))
    write(f"{group}/cgroup.procs", process.pid)


def ended(process):
    process.kill()
    process.wait()


def is_ready(port):
    with contextlib.suppress(OSError, urllib.error.URLError):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v2/date", headers={"Authorization": "Bearer bench-1"})
        return urllib.request.urlopen(request, timeout=5).status == 200
    return False


def rate(folder, servers):
    """Requests a second of so many servers behind the balancer."""
    with contextlib.ExitStack() as stack:
        ports, front = [free_port() for _ in range(servers)], free_port()
        for number, port in enumerate(ports):
            serve = [GCMOCK, "--listen", f"127.0.0.1:{port}", "--limits", f"{folder}/limits.toml", "--node", str(number + 1), "--token-key", "the key of the bench"]
            process = subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            quota(stack, number, process)
            stack.callback(ended, process)
        addresses = [argument for port in ports for argument in ("--node", f"127.0.0.1:{port}")]
        printed = subprocess.run([GCMOCK, "print", "balancer", "haproxy", "--by", "token", "--listen", f"127.0.0.1:{front}", *addresses], capture_output=True, text=True, check=True)
        write(f"{folder}/haproxy.cfg", printed.stdout)
        balancer = subprocess.Popen(["haproxy", "-db", "-f", f"{folder}/haproxy.cfg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(ended, balancer)
        while not is_ready(front):
            time.sleep(0.1)
        # The health checks find all servers.
        time.sleep(3)
        drive = ["wrk", "-t1", "-c64", f"-d{SECONDS}s", "-s", f"{folder}/send.lua", f"http://127.0.0.1:{front}/"]
        text = subprocess.run(drive, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in text, text
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def main():
    if not shutil.which("wrk") or not shutil.which("haproxy"):
        sys.exit("wrk and haproxy are needed")
    with tempfile.TemporaryDirectory() as folder:
        write(f"{folder}/limits.toml", LIMITS)
        write(f"{folder}/send.lua", SEND.format(tokens=TOKENS))
        ratios = []
        for _ in range(ROUNDS):
            one, three = rate(folder, 1), rate(folder, 3)
            ratios.append(three / one)
            print(f"{SHARE} of a core each: one server {one:,.0f} requests/s, three {three:,.0f}: {three / one:.2f} times", flush=True)
        print(f"median {statistics.median(ratios):.2f} times")


main()
