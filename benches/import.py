#!/usr/bin/env python3
"""Measures how long `gcmock import` takes for a Terraform export, in JSON and in HCL.

usage: benches/import.py [RESOURCES]   2,000 without an argument
       GCMOCK_BINARY=FILE              the binary; default: target/release/gcmock

Writes an export of skills, queues with members, and users with skills, and imports it three times in each form. With no
more than 2,000 resources, an import that takes more than 2 s ends the script with exit code 1.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.environ.get("GCMOCK_BINARY", f"{ROOT}/target/release/gcmock")
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
BOUND_COUNT, BOUND = 2_000, 2.0
SKILLS, QUEUES = COUNT // 20, COUNT // 10
USERS = COUNT - SKILLS - QUEUES
# The members of each queue.
MEMBERS = 50


def resources():
    """The type, the label and the fields of each resource. A value in `${}` is a reference, a list is of blocks."""
    for number in range(SKILLS):
        yield "routing_skill", f"s{number}", {"name": f"Skill {number}"}
    for number in range(USERS):
        skill = f"${{genesyscloud_routing_skill.s{number % SKILLS}.id}}"
        fields = {"name": f"User {number}", "email": f"user{number}@corp.example"}
        yield "user", f"u{number}", fields | {"routing_skills": [{"skill_id": skill, "proficiency": number % 5 + 1}]}
    for number in range(QUEUES):
        members = [f"${{genesyscloud_user.u{(number * 7 + index) % USERS}.id}}" for index in range(MEMBERS)]
        yield "routing_queue", f"q{number}", {"name": f"Queue {number}", "members": [{"user_id": user} for user in members]}


def as_json():
    types = {}
    for kind, label, fields in resources():
        types.setdefault(f"genesyscloud_{kind}", {})[label] = fields
    return json.dumps({"resource": types}, indent=2)


def as_hcl():
    return "\n".join(f'resource "genesyscloud_{kind}" "{label}" {{\n{block(fields)}}}' for kind, label, fields in resources())


def block(fields):
    lines = []
    for name, value in fields.items():
        if isinstance(value, list):
            lines += [f"{name} {{\n{block(one)}}}\n" for one in value]
        else:
            is_reference = isinstance(value, str) and value.startswith("${")
            lines.append(f"{name} = {value[2:-1] if is_reference else json.dumps(value)}\n")
    return "".join(lines)


def seconds(path, out):
    began = time.monotonic()
    subprocess.run([BINARY, "import", "--from", path, "--out", out], stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def main():
    slowest = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, text in [("main.tf.json", as_json()), ("main.tf", as_hcl())]:
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            times = [seconds(path, os.path.join(folder, "organization.toml")) for _ in range(3)]
            slowest = max(slowest, *times)
            told = ", ".join(f"{one:.2f}" for one in times)
            print(f"{name}, {COUNT} resources, {len(text) / 1e6:.1f} MB: {told} s")
    if COUNT <= BOUND_COUNT and slowest > BOUND:
        sys.exit(f"an import took {slowest:.2f} s, expected at most {BOUND:.0f} s")


if __name__ == "__main__":
    main()
