#!/usr/bin/env python3
"""Judges what `gcmock learn` makes of a JTL: the kind of the limit, its capacity, and its rate or period.

    learned.py GCMOCK JTL KIND CAPACITY NUMBER [--plan PLAN PROPERTY=VALUE...]

Capacity and number may be 3 % off: a busy machine stamps its samples late. The tests of the crate ask 1 % of recorded runs. With a plan the circle is closed: `gcmock predict` of that plan against the learned limits has to
name as many refusals as the JTL has, 5 % more or fewer. Prints one line; ends 1 if anything is not so.
"""

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
    return found is not None and abs(found - expected) <= part * expected


gcmock, jtl, kind, capacity, number, *rest = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    limits = f"{folder}/learned.toml"
    answer = json.loads(run(gcmock, "learn", jtl, "--format", "json", "--out", limits))
    run(gcmock, "check", limits)
    limit = answer["limits"][0] if answer["limits"] else {}
    found = limit.get("ratePerSecond") or limit.get("periodSeconds")
    right = answer["fits"] and limit["kind"] == kind
    right = right and near(limit["capacity"], float(capacity), 0.03) and near(found, float(number), 0.03)
    said = answer["answer"]
    if right and rest and rest[0] == "--plan":
        properties = [f"-J{property}" for property in rest[2:]]
        told = json.loads(run(gcmock, "predict", rest[1], "--limits", limits, "--format", "json", *properties))
        said += f" Predicted {told['refused']} refusals, seen {answer['refused']}."
        right = near(told["refused"], answer["refused"], 0.05)
print("ok      " if right else "FAILED  ", said, sep="")
sys.exit(not right)
