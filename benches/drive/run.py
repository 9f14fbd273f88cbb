#!/usr/bin/env python3
"""What `gcmock drive` sends beside a gcmock on the same cores: requests a second, and connections at once.

usage: [PROFILE=release] benches/drive/run.py [SECONDS] [RATE] [CONNECTIONS]

Builds the binary with the profile `dist`, or with $PROFILE; with $GCMOCK nothing is built. Two runs against a server
without latency whose limits never refuse: an open loop of RATE requests a second, and a plan of CONNECTIONS users that
send RATE requests a second together, each on a connection of its own. Prints the requests a second that were sent, the
lateness of the driver, and for driver and server CPU a request and the most resident memory. Writes a result file, as
a run does. Needs `ulimit -n` above CONNECTIONS for each process.
"""
import os
import re
import resource
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
RATE = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
CONNECTIONS = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
PROFILE = os.environ.get("PROFILE", "dist")
GCMOCK = os.environ.get("GCMOCK") or f"{ROOT}/target/{PROFILE}/gcmock"
LIMITS = f"{ROOT}/benches/throughput/admitted.toml"
OPERATION = "GET /api/v2/users/me"
TICK = os.sysconf("SC_CLK_TCK")
PLAN = """<?xml version="1.0" encoding="UTF-8"?>
<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3"><hashTree>
<TestPlan testclass="TestPlan" testname="Connections"/><hashTree>
<ThreadGroup testclass="ThreadGroup" testname="Users">
<intProp name="ThreadGroup.num_threads">{threads}</intProp><intProp name="ThreadGroup.ramp_time">{ramp}</intProp>
<boolProp name="ThreadGroup.scheduler">true</boolProp><stringProp name="ThreadGroup.duration">{duration}</stringProp>
<elementProp name="ThreadGroup.main_controller" elementType="LoopController">
<intProp name="LoopController.loops">-1</intProp></elementProp></ThreadGroup><hashTree>
<HeaderManager testclass="HeaderManager" testname="Headers">
<collectionProp name="HeaderManager.headers"><elementProp name="" elementType="Header">
<stringProp name="Header.name">Authorization</stringProp><stringProp name="Header.value">Bearer bench</stringProp>
</elementProp></collectionProp></HeaderManager><hashTree/>
<ConstantTimer testclass="ConstantTimer" testname="Pause">
<stringProp name="ConstantTimer.delay">{pause}</stringProp></ConstantTimer><hashTree/>
<HTTPSamplerProxy testclass="HTTPSamplerProxy" testname="Me">
<stringProp name="HTTPSampler.path">/api/v2/users/me</stringProp><stringProp name="HTTPSampler.method">GET</stringProp>
</HTTPSamplerProxy><hashTree/>
</hashTree></hashTree></hashTree></jmeterTestPlan>
"""


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def peak(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def run(name, folder, arguments):
    server = subprocess.Popen(
        [GCMOCK, "serve", "--listen", "127.0.0.1:0", "--no-latency", "--limits", LIMITS],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    try:
        url = server.stdout.readline().split()[-1]
        before = cpu_seconds(server.pid)
        command = [GCMOCK, "drive", *arguments, "--target", url, "-l", f"{folder}/{name}.jtl"]
        driver = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        said = driver.stdout.read()
        _, status, usage = os.wait4(driver.pid, 0)
        assert status == 0, said
        report(name, said, usage, cpu_seconds(server.pid) - before, peak(server.pid))
    finally:
        server.terminate()
        server.wait()


def report(name, said, usage, server_cpu, server_peak):
    sent = int(re.match(r"Sent ([\d,]+)", said).group(1).replace(",", ""))
    rate = float(re.search(r"\(([\d.]+)/s\)", said).group(1))
    late = re.search(r"Sent late: (.*)\.", said).group(1)
    driver_cpu = usage.ru_utime + usage.ru_stime
    print(
        f"| {name} | {rate:,.0f} | {late} | {driver_cpu / sent * 1e6:.1f} | {server_cpu / sent * 1e6:.1f} "
        f"| {usage.ru_maxrss / 1024:.0f} MB | {server_peak:.0f} MB |",
        flush=True,
    )
    failed = re.search(r"([\d,]+) failed", said).group(1)
    if failed != "0":
        print(said, flush=True)


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    if not os.environ.get("GCMOCK"):
        subprocess.run(["cargo", "build", "--profile", PROFILE, "--locked", "--bin", "gcmock"], cwd=ROOT, check=True)
    ramp = max(CONNECTIONS // 2000, 1)
    with tempfile.TemporaryDirectory() as folder:
        plan = f"{folder}/plan.jmx"
        with open(plan, "w") as file:
            pause = CONNECTIONS * 1000 // RATE
            file.write(PLAN.format(threads=CONNECTIONS, ramp=ramp, duration=ramp + SECONDS, pause=pause))
        print("| run | req/s | sent late | driver, CPU us a request | server, CPU us a request | driver, peak | server, peak |")
        print("|---|---|---|---|---|---|---|")
        run("open loop", folder, ["--rate", f"{RATE}/s", "--for", f"{SECONDS}s", "--operation", OPERATION])
        run(f"{CONNECTIONS:,} users".replace(",", " "), folder, [plan])


if __name__ == "__main__":
    main()
