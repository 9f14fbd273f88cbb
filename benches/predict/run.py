#!/usr/bin/env python3
"""Runs plans with a real JMeter 5.6.3 against gcmock, and puts `gcmock predict` beside what was observed.

usage: benches/predict/run.py [--gcmock BINARY] [--runs N] [--keep FOLDER] [NAME...]

Fifteen plans: the five shipped ones and ten variations, six to seven minutes a run. The cores have to be idle: a run on
a busy machine sends less than its plan says, and no prediction of the plan can know. Ends with 1 if the predictions miss
what is promised: refusals within 2 % in the median and within 5 % for nine of ten, the first refusal within 0.5 s or 5 %.
A plan that draws random times is also right if the observed refusals are within the range of 20 predictions.
"""
import argparse
import csv
import datetime
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

from plans import VARIATIONS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Name: the scenario, and the properties that shorten the shipped plan.
SHIPPED = {
    "messaging-tenant": {"duration": 27},
    "wem-availability": {},
    "messaging-digital": {"pace": 2000, "duration": 27},
    "architect-scripts": {"rampUp": 10},
    "byoc-websocket": {"rampUp": 10},
}
# A machine whose threads take longer is starved: JMeter then sends less than its plan says.
STARVED_MS = 6.0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gcmock", default=f"{ROOT}/target/release/gcmock", help="the binary; built if it is the default")
    parser.add_argument("--runs", type=int, default=1, help="runs of each plan")
    parser.add_argument("--keep", help="a folder for plans, JTLs and logs")
    parser.add_argument("names", nargs="*", help="plans; all without a name")
    return parser.parse_args()


def install():
    cache = os.environ.get("GCMOCK_TEST_CACHE") or os.path.expanduser("~/.cache/gcmock-tests")
    installed = subprocess.run([f"{ROOT}/tests/jmeter/install.sh", cache], check=True, stdout=subprocess.PIPE, text=True)
    return installed.stdout.strip()


def cases(folder, names):
    """Each plan: its name, scenario, file and properties."""
    for name, properties in SHIPPED.items():
        yield name, name, f"{ROOT}/fixtures/plans/{name}.jmx", properties
    for name, (scenario, plan) in VARIATIONS.items():
        path = f"{folder}/{name}.jmx"
        with open(path, "w", encoding="utf-8") as file:
            file.write(plan)
        yield name, scenario, path, {}


def properties_of(properties):
    return [f"-J{name}={value}" for name, value in properties.items()]


def limits_of(scenario):
    return ["--scenario", scenario] if scenario else []


def observe(jmeter, gcmock, folder, case):
    """One run of JMeter: the rows of its JTL, and the time that each thread took to be made, in ms."""
    name, scenario, plan, properties = case
    jtl, log = f"{folder}/{name}.jtl", f"{folder}/{name}.log"
    for stale in (jtl, log):
        if os.path.exists(stale):
            os.unlink(stale)
    server = subprocess.Popen([gcmock, "serve", "--listen", "127.0.0.1:0", *limits_of(scenario)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = server.stdout.readline().strip().rsplit(":", 1)[1]
        command = [jmeter, "-n", "-t", plan, "-l", jtl, "-j", log, f"-Jport={port}", *properties_of(properties)]
        environment = {**os.environ, "JVM_ARGS": os.environ.get("JVM_ARGS", "-Xms256m -Xmx1g -XX:+UseSerialGC")}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, timeout=600)
    finally:
        server.terminate()
        server.wait()
    with open(jtl, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return rows, thread_cost(log)



def thread_cost(log):
    """What the making of a thread took, in ms: the time between the two lines of JMeter's log about the start of a group.
    The most of all groups of more than ten threads, `None` without one."""
    with open(log, encoding="utf-8", errors="replace") as file:
        text = file.read()
    stamp = r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3})"
    starts = re.findall(stamp + r".*Starting thread group\.\.\. number=(\d+) threads=(\d+)", text)
    ends = dict(reversed(found) for found in re.findall(stamp + r".*Started thread group number (\d+)", text))
    costs = [
        (instant(ends[group]) - instant(began)) * 1000 / int(threads)
        for began, group, threads in starts
        if group in ends and int(threads) > 10
    ]
    return max(costs, default=None)


def instant(stamp):
    return datetime.datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S,%f").timestamp()


def judged(rows):
    """Refusals, the first of them in seconds after the first sample, and all samples."""
    refused = [int(row["timeStamp"]) for row in rows if row["responseCode"] == "429"]
    first = min(int(row["timeStamp"]) for row in rows)
    return len(refused), (min(refused) - first) / 1000 if refused else None, len(rows)


def predict(gcmock, case):
    _, scenario, plan, properties = case
    command = [gcmock, "predict", plan, *limits_of(scenario), *properties_of(properties), "--seeds", "20", "--format", "json"]
    answer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return answer["refused"], answer["firstRefusalSeconds"], answer["samples"], answer.get("refusedRange")


def off(predicted, observed):
    """The error of a count in percent."""
    if observed == 0:
        return 0.0 if predicted == 0 else 100.0
    return 100 * (predicted - observed) / observed


def is_near(forecast, observed):
    """Within 5 %, or within the range of the predictions of a plan that draws."""
    lowest, highest = forecast[3] or (observed + 1, observed)
    return abs(off(forecast[0], observed)) <= 5 or lowest <= observed <= highest


def first_is_right(predicted, observed):
    if predicted is None or observed is None:
        return predicted == observed
    return abs(predicted - observed) <= max(0.5, 0.05 * observed)


def shown(value):
    return "–" if value is None else f"{value:.2f}"


def main():
    options = arguments()
    if options.gcmock == f"{ROOT}/target/release/gcmock":
        subprocess.run(["cargo", "build", "--release", "--locked", "--quiet", "--bin", "gcmock"], cwd=ROOT, check=True)
    jmeter, errors, near, firsts = install(), [], [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        every = list(cases(folder, options.names))
        unknown = set(options.names) - {case[0] for case in every}
        if unknown:
            sys.exit(f"no such plan: {', '.join(sorted(unknown))}; there are {', '.join(case[0] for case in every)}")
        print("| plan | predicted: first s, refused, samples | observed | refused % | first s | ms a thread |")
        print("|---|---|---|---|---|---|")
        for case in (case for case in every if not options.names or case[0] in options.names):
            forecast = predict(options.gcmock, case)
            for _ in range(options.runs):
                rows, cost = observe(jmeter, options.gcmock, folder, case)
                seen = judged(rows)
                errors.append(off(forecast[0], seen[0]))
                near.append(is_near(forecast, seen[0]))
                firsts.append(first_is_right(forecast[1], seen[1]))
                starved = " (starved)" if cost is not None and cost > STARVED_MS else ""
                difference = "–" if None in (forecast[1], seen[1]) else f"{forecast[1] - seen[1]:+.2f}"
                drawn = f" ({forecast[3][0]} to {forecast[3][1]})" if forecast[3] else ""
                print(f"| {case[0]} | {shown(forecast[1])} / {forecast[0]}{drawn} / {forecast[2]} | {shown(seen[1])} / {seen[0]} / {seen[2]} | {errors[-1]:+.1f} | {difference}{'' if firsts[-1] else ' !'} | {shown(cost)}{starved} |", flush=True)
    sys.exit(verdict([abs(error) for error in errors], near, firsts))


def verdict(errors, near, firsts):
    median = statistics.median(errors)
    print(f"\nrefusals: median {median:.1f} %, {sum(near)} of {len(near)} within 5 % or the range; first refusal right in {sum(firsts)} of {len(firsts)}")
    return 0 if median <= 2 and sum(near) >= 0.9 * len(near) and all(firsts) else 1


if __name__ == "__main__":
    main()
