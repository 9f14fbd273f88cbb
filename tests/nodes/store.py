#!/usr/bin/env python3
"""Three nodes with one store refuse as one node does.

    tests/nodes/store.py GCMOCK

Needs redis-server or valkey-server. Everything is on loopback, and ends with this program.
"""
import http.client
import json
import os
import random
import socket
import sys
import time
import uuid

from nodes import STORE, Node, Store, end, kill_all, limits_file, same_clock, until
from websocket import WebSocket

LIMITS = """
[[limit]]
name = "tenant-tokens"
namespace = "n"
key = "a"
scope = ["tenant"]
match = ["GET /api/v2/**"]
algorithm = "token-bucket"
capacity = 40
refill = 7
period = "3s"

[[limit]]
name = "token-window"
namespace = "n"
key = "b"
scope = ["token"]
match = ["GET /api/v2/users/**"]
algorithm = "fixed-window"
capacity = 15
period = "10s"

[[limit]]
name = "queues-lockout"
namespace = "n"
key = "c"
scope = ["client"]
match = ["GET /api/v2/routing/queues"]
algorithm = "fixed-window"
capacity = 5
period = "4s"
lockout = "6s"
count_refused = true

[[limit]]
name = "shadow"
namespace = "n"
key = "d"
scope = []
match = ["GET /api/v2/**"]
algorithm = "token-bucket"
capacity = 10
refill = 1
period = "1s"
mode = "shadow"

[[limit]]
name = "local-window"
namespace = "n"
key = "e"
scope = ["tenant"]
match = ["GET /api/v2/date"]
algorithm = "fixed-window"
capacity = 100000
period = "60s"
store = "local"
"""

SHOWN = ["Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Gcmock-Limit"]


def walk(nodes, seed, steps):
    """Status and limit headers of each request, sent to a random node."""
    which, plan, seen = random.Random(), random.Random(seed), []
    tokens = [nodes[0].login(), nodes[0].login()]
    paths = ["/api/v2/users/me", "/api/v2/users", "/api/v2/routing/queues", "/api/v2/date"]
    for _ in range(steps):
        if plan.random() < 0.1:
            which.choice(nodes).advance(f"{plan.randrange(1, 2500)}ms")
            same_clock(nodes)
        token, path = plan.choice(tokens), plan.choice(paths)
        status, _, headers = which.choice(nodes).call("GET", path, token=token)
        seen.append((path, status, [headers.get(name) for name in SHOWN]))
    return seen


# Of each scenario: a request that its limits cover, and enough of them to be refused.
SCENARIOS = {
    "byoc-websocket": ("WS", "/api/v2/platform/websocket?access_token=any", 80),
    "messaging-tenant": ("POST", f"/api/v2/conversations/messages/{uuid.UUID(int=7)}/messages", 1700),
    "wem-availability": ("PUT", f"/api/v2/wfm/schedules/agents/{uuid.UUID(int=7)}", 200),
    "messaging-digital": ("POST", f"/api/v2/conversations/messages/{uuid.UUID(int=7)}/communications/{uuid.UUID(int=8)}/messages", 40),
    "architect-scripts": ("GET", "/api/v2/architect/scripts/one", 400),
}


def burst(nodes, method, path, count):
    """Whether each request was refused and its limit headers, all in one instant, and some a second and a half later."""
    seen, open_sockets = [], []
    for step in range(count + 60):
        if step == count:
            random.choice(nodes).advance("1500ms")
            same_clock(nodes)
        node = random.choice(nodes)
        if method == "WS":
            open_sockets.append(WebSocket(node.port, path))
            seen.append(open_sockets[-1].status)
        else:
            # A connection that is closed gives its slot back at some time after that, so none is closed between.
            status, _, headers = node.call(method, path, {}, "any", kept=open_sockets if count < 100 else None)
            seen.append((status == 429, [headers.get(name) for name in SHOWN]))
    for one in open_sockets:
        one.close()
    return seen


def rehearses_the_scenarios():
    for name, (method, path, count) in SCENARIOS.items():
        options = ["--scenario", name, "--clock", "manual=2026-03-08T00:00:00Z"]
        store = Store()
        one, three = Node(*options), [Node(*options, store=store) for _ in range(3)]
        same_clock(three)
        expected, found = burst([one], method, path, count), burst(three, method, path, count)
        for step, (left, right) in enumerate(zip(expected, found)):
            assert left == right, f"{name}, step {step}: one node {left}, three nodes {right}"
        refused = sum(seen == 429 or seen[0] is True for seen in map(tuplet, found))
        assert 0 < refused < len(found), f"{name}: {refused} of {len(found)} refused"
        end(one, *three, store)
        print(f"{name}: {refused} of {len(found)} refused, by three nodes as by one")


def tuplet(seen):
    """The status of a handshake as what a request shows."""
    return (seen == 429, []) if isinstance(seen, int) else seen


def refuses_as_one(limits):
    clock = ["--clock", "manual=2026-03-08T00:00:00Z", "--limits", limits]
    for seed in range(3):
        store = Store()
        one, three = Node(*clock), [Node(*clock, store=store) for _ in range(3)]
        same_clock(three)
        expected, found = walk([one], seed, 400), walk(three, seed, 400)
        for step, (left, right) in enumerate(zip(expected, found)):
            assert left == right, f"seed {seed}, step {step}: one node {left}, three nodes {right}"
        refused = sum(status == 429 for _, status, _ in found)
        assert 30 < refused < 390, refused
        end(one, *three, store)
        print(f"three nodes refuse as one: 400 requests, {refused} refused, seed {seed}")


def shares_the_world(limits):
    store = Store()
    nodes = [Node("--limits", limits, store=store) for _ in range(3)]
    token = nodes[0].login()
    assert nodes[1].call("GET", "/api/v2/users/me", token=token)[0] == 200, "a token of another node"
    assert nodes[2].call("DELETE", "/api/v2/tokens/me", token=token)[0] == 200
    until(lambda: nodes[0].call("GET", "/api/v2/users/me", token=token)[0] == 401, "it is revoked everywhere", within=10)
    print("a token is known and revoked on every node")
    nodes[1].admin("PUT", "clock", {"action": "freeze"})
    until(lambda: all(node.admin("GET", "clock")["mode"] == "manual" for node in nodes), "all are frozen", within=10)
    same_clock(nodes)
    nodes[2].advance("90s")
    same_clock(nodes)
    late = Node("--limits", limits, store=store)
    same_clock(nodes + [late])
    nodes[0].admin("PUT", "clock", {"action": "resume"})
    until(lambda: all(node.admin("GET", "clock")["mode"] == "system" for node in nodes), "all run", within=10)
    print("the clock is frozen, advanced and resumed on every node, and on one that joins later")
    nodes[0].admin("PATCH", "limits/tenant-tokens", {"capacity": 4})
    for node in nodes + [late]:
        capacity = lambda: {l["name"]: l for l in node.admin("GET", "limits")["limits"]}["tenant-tokens"]["capacity"]
        until(lambda: capacity() == 4, "the limit changes everywhere", within=10)
    print("a changed limit is changed on every node")
    refills(nodes)
    token = nodes[0].login()
    nodes[1].admin("POST", "reset")
    until(lambda: nodes[2].call("GET", "/api/v2/users/me", token=token)[0] == 401, "a reset ends tokens everywhere", within=10)
    until(lambda: nodes[0].admin("GET", "limits")["limits"][0]["capacity"] == 40, "and changed limits", within=10)
    print("a reset reaches every node")
    total = lambda: nodes[0].admin("GET", "nodes")
    until(lambda: len(total()["nodes"]) == 4, "all are listed")
    late.process.kill()
    until(lambda: len(total()["nodes"]) == 3, "a dead node leaves", within=10)
    other = Node("--scenario", "messaging-digital", store=store)
    until(lambda: "other limits" in nodes[0].said(), "other limits are told", within=10)
    print("the nodes are listed, a dead one leaves, one with other limits is told")
    end(*nodes, late, other, store)


def tells_a_late_node(limits):
    store = Store()
    first = Node("--limits", limits, store=store)
    (revoked, _), (token, user) = [(one["token"], one["userId"]) for one in first.admin("POST", "tokens", {"count": 2})["tokens"]]
    assert first.call("DELETE", "/api/v2/tokens/me", token=revoked)[0] == 200
    channel = json.loads(first.call("POST", "/api/v2/notifications/channels", {}, token)[1])["id"]
    topics, topic = f"/api/v2/notifications/channels/{channel}/subscriptions", [{"id": f"v2.users.{user}.presence"}]
    assert first.call("PUT", topics, json.dumps(topic), token, {"Content-Type": "application/json"})[0] == 200
    subscribed = first.call("GET", topics, token=token)[1]
    for change in ({"capacity": 4}, {"period": "7s"}):
        first.admin("PATCH", "limits/tenant-tokens", change)
    numbers = lambda node: [node.admin("GET", "limits")["limits"][0][key] for key in ("capacity", "period")]
    changed = numbers(first)
    late = Node("--limits", limits, store=store)
    assert numbers(late) == changed != [40, 3.0], (numbers(late), changed)
    assert late.call("GET", "/api/v2/users/me", token=revoked)[0] == 401
    assert late.call("GET", topics, token=token)[1] == subscribed
    other = Node("--scenario", "messaging-digital", store=store)
    assert "tenant-tokens" not in {one["name"] for one in other.admin("GET", "limits")["limits"]}, "limits of other files stay"
    first.admin("POST", "reset")
    later = Node("--limits", limits, store=store)
    assert numbers(later) != changed and later.call("GET", topics, token=later.login())[0] == 404, "what was reset is not told"
    print("a node that joins later knows of changed limits, revoked tokens and channels")
    end(first, late, later, other, store)


def refills(nodes):
    token = nodes[0].login()
    used = lambda node: {r["level"] for r in node.admin("GET", "limits/token-window/buckets")["buckets"]}
    assert nodes[0].call("GET", "/api/v2/users/me", token=token)[0] == 200
    assert max(used(nodes[1])) > 0
    nodes[2].admin("DELETE", "limits/token-window/buckets")
    until(lambda: max(used(nodes[2]) | {0}) == 0, "the limit is refilled", within=10)
    print("a bucket is listed and refilled at another node")


SLOTS = """
[[limit]]
name = "three-at-once"
namespace = "n"
key = "a"
scope = ["tenant"]
match = ["GET /api/v2/date"]
algorithm = "concurrency"
hold = "connection"
capacity = 3
"""


ONE = """
[[limit]]
name = "one-at-a-time"
namespace = "n"
key = "a"
scope = ["tenant"]
match = ["GET /api/v2/date"]
algorithm = "concurrency"
capacity = 1
"""


def frees_slots_with_the_answer():
    store, limits = Store(), limits_file(ONE)
    nodes = [Node("--limits", limits, store=store) for _ in range(3)]
    seen = [random.choice(nodes).call("GET", "/api/v2/date", token="any")[0] for _ in range(300)]
    assert seen == [200] * 300, f"{seen.count(429)} requests met a slot of an answer that was sent"
    print("a slot is free at every node when the answer is there")
    end(*nodes, store)
    os.unlink(limits)


def hold(node, token):
    link = http.client.HTTPConnection("127.0.0.1", node.port, timeout=10)
    link.request("GET", "/api/v2/date", headers={"Authorization": f"Bearer {token}"})
    answer = link.getresponse()
    answer.read()
    return answer.status, link


def taken(node, token, what, within):
    """A connection that got a slot in the end."""
    got = []

    def tried():
        status, link = hold(node, token)
        got[:] = [(status, link)]
        return status == 200

    until(tried, what, within=within)
    return got[0]


def gives_slots_back():
    store, limits = Store(), limits_file(SLOTS)
    nodes = [Node("--limits", limits, store=store) for _ in range(3)]
    token = nodes[0].login()
    held = [hold(node, token) for node in nodes]
    assert [status for status, _ in held] == [200, 200, 200]
    assert hold(nodes[0], token)[0] == 429, "a fourth"
    held[0][1].close()
    held[0] = taken(nodes[1], token, "a closed connection gives its slot back", within=10)
    assert hold(nodes[0], token)[0] == 429, "all are taken again"
    nodes[1].admin("POST", "reset")
    for node in nodes:
        until(lambda: node.call("GET", "/api/v2/users/me", token=token)[0] == 401, "the reset reaches every node", within=10)
    token = nodes[0].login()
    before = held
    held = [taken(node, token, "a reset frees all slots, as on one node", within=10) for node in nodes]
    assert hold(nodes[0], token)[0] == 429, "a fourth after the reset"
    for _, link in before:
        link.close()
    time.sleep(0.3)
    assert hold(nodes[0], token)[0] == 429, "a slot from before the reset frees nothing"
    nodes[2].process.kill()
    begun = time.monotonic()
    taken(nodes[0], token, "a dead node gives its slots back", within=10)
    print(f"a dead node gave its slot back after {time.monotonic() - begun:.1f} s")
    end(*nodes, store)
    os.unlink(limits)


MESSAGES = """
[[limit]]
name = "five-frames"
namespace = "n"
key = "a"
scope = ["tenant"]
match = ["WS-MESSAGE /channels/*"]
algorithm = "fixed-window"
capacity = 5
period = "60s"
"""


def shares_channels_and_frames():
    store, limits = Store(), limits_file(MESSAGES)
    nodes = [Node("--limits", limits, "--clock", "manual", store=store) for _ in range(3)]
    same_clock(nodes)
    tokens = nodes[0].admin("POST", "tokens", {"count": 1})["tokens"][0]
    token, user = tokens["token"], tokens["userId"]
    ask = lambda node, method, path, body=None: json.loads(node.call(method, f"/api/v2/{path}", body, token)[1])
    channel = ask(nodes[0], "POST", "notifications/channels", {})["id"]
    topics = f"notifications/channels/{channel}/subscriptions"
    until(lambda: nodes[1].call("GET", f"/api/v2/{topics}", token=token)[0] == 200, "all nodes have the channel", within=10)
    topic = f"v2.users.{user}.presence"
    status, text, _ = nodes[1].call("PUT", f"/api/v2/{topics}", json.dumps([{"id": topic}]), token, {"Content-Type": "application/json"})
    assert status == 200, text
    for node in nodes:
        until(lambda: [t["id"] for t in ask(node, "GET", topics)["entities"]] == [topic], "the topic is everywhere", within=10)
    sockets = [WebSocket(node.port, f"/channels/{channel}") for node in (nodes[1], nodes[2])]
    assert [one.status for one in sockets] == [101, 101]
    definitions = ask(nodes[0], "GET", "presencedefinitions?pageSize=100")["entities"]
    busy = next(one for one in definitions if one["systemPresence"].upper() == "BUSY")
    changed = nodes[0].call(
        "PATCH", f"/api/v2/users/{user}/presences/purecloud", {"presenceDefinition": {"id": busy["id"]}}, token
    )
    assert changed[0] == 200, changed
    for one in sockets:
        event = one.read()
        assert event["topicName"] == topic, event
    print("a channel is opened on other nodes, and hears an event of the first")
    answers = [one.ask({"message": "ping"}) for one in sockets * 3]
    assert [answer.get("result") for answer in answers] == [None] * 5 + ["429"], answers
    print("the frames of sockets on two nodes are counted together")
    end(*nodes, store)
    os.unlink(limits)


def shares_the_staff():
    store, limits = Store(), limits_file("[response]\n")
    nodes = [Node("--limits", limits, "--clock", "manual=2026-03-10T03:00:00Z", store=store) for _ in range(3)]
    same_clock(nodes)
    for node in nodes:
        node.admin("PUT", "skill-groups/Voice", {"required_staff": 2})
    path = lambda agent: f"/api/v2/platform/websocket?agentId={agent}&access_token=pasted"
    connect = lambda node, agent: WebSocket(node.port, path(agent))
    first, again, second = connect(nodes[0], "agent-1"), connect(nodes[1], "agent-1"), connect(nodes[1], "agent-2")
    assert [one.status for one in (first, again, second)] == [101] * 3
    until(lambda: connect(nodes[2], "agent-3").status == 429, "the group is full on every node", within=10)
    late = Node("--limits", limits, store=store)
    late.admin("PUT", "skill-groups/Voice", {"required_staff": 2})
    until(lambda: connect(late, "agent-3").status == 429, "and on one that joins later", within=10)
    store.kill()
    store.run()
    until(lambda: len(late.admin("GET", "nodes")["nodes"]) == 4, "all have joined the new store", within=10)
    for node in [*nodes, late]:
        until(lambda: connect(node, "agent-3").status == 429, "a new store hears of all agents", within=10)
    nodes[1].process.kill()
    until(lambda: connect(nodes[2], "agent-3").status == 101, "a dead node has no agents", within=10)
    print("the agents of all nodes are counted together, those of a dead node are not")
    end(*nodes, late, store)
    os.unlink(limits)


def main():
    if not STORE:
        sys.exit("redis-server or valkey-server is missing")
    limits = limits_file(LIMITS)
    try:
        refuses_as_one(limits)
        rehearses_the_scenarios()
        shares_the_world(limits)
        tells_a_late_node(limits)
        gives_slots_back()
        frees_slots_with_the_answer()
        shares_channels_and_frames()
        shares_the_staff()
    finally:
        kill_all()
        os.unlink(limits)


main()
