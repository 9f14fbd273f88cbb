#!/usr/bin/env python3
"""Measures a large organization: 10,000 agents, 1,000 queues, 100,000 conversations of this day.

usage: benches/world.py [CONVERSATIONS]   100,000 without an argument
       GCMOCK_BINARY=FILE                 the server, instead of one that is built
       GCMOCK_SPEC=FILE                   an API document that the server reads too

Prints the start, the memory, and the median and the slowest of 21 requests of each kind, one after the other.
"""
import datetime
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import flood

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONVERSATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
AGENTS, QUEUES, ROUNDS = 10_000, 1_000, 21


def organization():
    """A file whose agents are in ten skill groups. Each queue has the thousand agents of one of them as members."""
    groups = "".join(
        f'[[skill_group]]\nname = "group {number}"\nmanagement_unit = "unit"\nagents = [["On Queue", {AGENTS // 10}]]\n'
        for number in range(10)
    )
    queues = "".join(
        f'[[queue]]\nname = "Queue {number}"\nskill_groups = ["group {number % 10}"]\n' for number in range(QUEUES)
    )
    return f"""
name = "Large"
domain = "large.example"
[[administrator]]
name = "administrator"
[[edge]]
name = "one"
host = "one"
time_zone = "UTC"
[[management_unit]]
name = "unit"
business_unit = "business"
time_zone = "UTC"
{groups}{queues}"""


def start(folder):
    binary = os.environ.get("GCMOCK_BINARY")
    if not binary:
        subprocess.run(["cargo", "build", "--profile", "dist"], cwd=ROOT, check=True)
        binary = os.path.join(ROOT, "target/dist/gcmock")
    with open(os.path.join(folder, "large.toml"), "w") as file:
        file.write(organization())
    limits = os.path.join(folder, "none.limits")
    open(limits, "w").close()
    command = [binary, "serve", "--listen", "127.0.0.1:0", "--organizations", folder, "--limits", limits]
    began = time.monotonic()
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    address = None
    while address is None:
        line = server.stdout.readline()
        if not line:
            sys.exit("the server ended")
        address = next((word.removeprefix("http://").rstrip("/") for word in line.split() if word.startswith("http://")), None)
    print(f"ready after {(time.monotonic() - began) * 1000:.0f} ms, {flood.resident(server.pid) / 1e6:.1f} MB")
    return server, address


def ask(connection, method, path, body=None):
    headers = {"Authorization": "Bearer anyone", "Content-Type": "application/json"}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        sys.exit(f"{method} {path}: {answer.status} {text[:300]}")
    return json.loads(text) if text else None


def measure(connection, what, method, path, body=None):
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask(connection, method, path, body)
        times.append((time.perf_counter() - began) * 1000)
    print(f"{what:44} {statistics.median(times):8.2f} ms  slowest {max(times):8.2f} ms")


def fill(address, queue):
    requests = (
        flood.request(address, "POST", "/api/v2/conversations/messages", "anyone",
                      json.dumps({"queueId": queue[number % len(queue)], "toAddress": f"+1317{number:07}",
                                  "toAddressMessengerType": "sms", "useExistingConversation": False}))
        for number in range(CONVERSATIONS)
    )
    began = time.monotonic()
    seen = flood.flood(address, requests)
    print(f"{CONVERSATIONS} conversations in {time.monotonic() - began:.1f} s: {seen}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        server, address = start(folder)
        try:
            connection = http.client.HTTPConnection(address, timeout=60)
            queues = [one["id"] for page in range(1, 11)
                      for one in ask(connection, "GET", f"/api/v2/routing/queues?pageSize=100&pageNumber={page}")["entities"]]
            fill(address, queues)
            print(f"{flood.resident(server.pid) / 1e6:.1f} MB")
            now = datetime.datetime.now(datetime.timezone.utc)
            day = f"{now - datetime.timedelta(hours=23):%Y-%m-%dT%H:%M:%S.000Z}/{now + datetime.timedelta(hours=1):%Y-%m-%dT%H:%M:%S.000Z}"
            one = {"type": "and", "predicates": [{"dimension": "queueId", "value": queues[7]}]}
            measure(connection, "a page of users", "GET", "/api/v2/users?pageSize=100&pageNumber=50")
            measure(connection, "a page of users, expanded", "GET", "/api/v2/users?pageSize=25&pageNumber=200&expand=presence,routingStatus,skills,groups")
            measure(connection, "users/search", "POST", "/api/v2/users/search", {"query": [{"type": "CONTAINS", "fields": ["name"], "value": "999"}]})
            measure(connection, "a page of queues", "GET", "/api/v2/routing/queues?pageSize=100&pageNumber=9")
            measure(connection, "queues by name, sorted", "GET", "/api/v2/routing/queues?pageSize=25&name=*99*&sortBy=name&sortOrder=desc")
            measure(connection, "a page of queue members", "GET", f"/api/v2/routing/queues/{queues[0]}/members?pageSize=100&pageNumber=5")
            measure(connection, "a page of a user's queues", "GET", "/api/v2/users/agent-5000/queues?pageSize=100")
            measure(connection, "the caller's conversations", "GET", "/api/v2/conversations")
            measure(connection, "conversations/details/query, a page of the day", "POST", "/api/v2/analytics/conversations/details/query",
                    {"interval": day, "paging": {"pageSize": 100, "pageNumber": 500}})
            measure(connection, "the same of one queue", "POST", "/api/v2/analytics/conversations/details/query",
                    {"interval": day, "paging": {"pageSize": 100, "pageNumber": 1}, "segmentFilters": [one]})
            metrics = ["nOffered", "tAnswered", "tHandle", "nConnected", "oServiceLevel"]
            measure(connection, "conversations/aggregates/query over the day", "POST", "/api/v2/analytics/conversations/aggregates/query",
                    {"interval": day, "metrics": metrics})
            measure(connection, "the same by queue and half hour", "POST", "/api/v2/analytics/conversations/aggregates/query",
                    {"interval": day, "granularity": "PT30M", "groupBy": ["queueId"], "metrics": metrics})
            measure(connection, "users/aggregates/query over the day", "POST", "/api/v2/analytics/users/aggregates/query",
                    {"interval": day, "groupBy": ["userId"], "metrics": ["tSystemPresence", "tAgentRoutingStatus"]})
            measure(connection, "queues/observations/query of one queue", "POST", "/api/v2/analytics/queues/observations/query",
                    {"filter": {"type": "and", "predicates": [{"dimension": "queueId", "value": queues[0]}]}, "metrics": ["oWaiting", "oInteracting", "oOnQueueUsers"]})
            print(f"{flood.resident(server.pid) / 1e6:.1f} MB")
        finally:
            server.terminate()
            server.wait(10)


main()
