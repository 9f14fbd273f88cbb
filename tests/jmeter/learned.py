#!/usr/bin/env python3
"""Judges what `gcmock learn` makes of a JTL: the kind of the limit, its capacity, and its rate or period.

    learned.py GCMOCK JTL KIND CAPACITY NUMBER [--also JTL] [--settled QUESTION] [--plan PLAN PROPERTY=VALUE...]

Capacity and number may be 3 % off: a busy machine stamps its samples late. The tests of the crate ask 1 % of recorded
runs. Two files of the same service are read together. A question that is settled is none that the run leaves open. With a plan the circle is closed: `gcmock predict` of
that plan against the learned limits has to name as many refusals as the JTL has, 5 % more or fewer. Prints one line;
ends 1 if anything is not so.
"""

import argparse
import json
import subprocess
import sys
import tempfile


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ends {done.returncode}: {done.stderr}")
    return done.stdout


def near(found, expected, part):
    if expected is None:
        return found is None
    return found is not None and abs(found - expected) <= part * expected


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["gcmock", "jtl", "kind"]:
        parser.add_argument(name)
    parser.add_argument("capacity", type=float)
    parser.add_argument("number", type=lambda text: None if text == "none" else float(text), help="none: the kind has no rate and no period")
    parser.add_argument("--also", action="append", default=[], help="another file")
    parser.add_argument("--settled", help="the begin of a question")
    parser.add_argument("--plan", nargs="+", metavar=("PLAN", "PROPERTY=VALUE"))
    return parser.parse_args()


def as_asked(options, answer):
    limit = answer["limits"][0] if answer["limits"] else {}
    found = limit.get("ratePerSecond") or limit.get("periodSeconds")
    right = answer["fits"] and limit["kind"] == options.kind
    right = right and near(limit["capacity"], options.capacity, 0.03) and near(found, options.number, 0.03)
    is_open = options.settled and any(asked["question"].startswith(options.settled) for asked in answer["questions"])
    return right and not is_open


options = arguments()
with tempfile.TemporaryDirectory() as folder:
    limits = f"{folder}/learned.toml"
    answer = json.loads(run(options.gcmock, "learn", options.jtl, *options.also, "--format", "json", "--out", limits))
    run(options.gcmock, "check", limits)
    right, said = as_asked(options, answer), answer["answer"]
    if right and options.plan:
        plan, *properties = options.plan
        properties = [f"-J{given}" for given in properties]
        predicted = json.loads(run(options.gcmock, "predict", plan, "--limits", limits, "--format", "json", *properties))
        said += f" Predicted {predicted['refused']} refusals, seen {answer['refused']}."
        right = near(predicted["refused"], answer["refused"], 0.05)
print("ok      " if right else "FAILED  ", said, sep="")
sys.exit(not right)
