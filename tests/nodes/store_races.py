#!/usr/bin/env python3
"""Nodes with one store count right where several things happen at once: bursts, cuts, resets, changes and foreign keys.

    tests/nodes/store_races.py GCMOCK [NAME...]

Each NAME is a test of this file, such as `charges_what_it_admits`; without one, all run.
Needs redis-server or valkey-server. Everything is on loopback, and ends with this program.
"""
import datetime
import json
import os
import random
import signal
import socket
import struct
import time
from collections import Counter

from cluster import CUT, DATE, DIRECT, Cluster, client_token, failures, free_slots, get, gets, keys_of, level, limit, run, together
from nodes import Load, Node, Store, end, limits_file, pipeline, same_clock, until
from websocket import WebSocket

MANUAL = ["--clock", "manual=2026-03-10T03:00:00Z"]
LATENCY = f"""
[[latency]]
match = ["GET {DATE}"]
base = "3ms"
"""


def charges_what_it_admits():
    limits = limit("here", "concurrency", 4, store="local") + limit("window", "fixed-window", 1_000_000, period="1h")
    with Cluster(limits + LATENCY, DIRECT, latency=True) as cluster:
        node, = cluster.nodes
        with Load(node, 16) as load:
            time.sleep(3)
        time.sleep(1)
        admitted, charged = load.statuses[200], level(node, "window")
        assert load.statuses[429] > 100, f"the local limit refuses: {load.statuses}"
        assert admitted == charged, f"{admitted} requests were admitted, {charged} are charged"
    print(f"passed: beside a local limit, {admitted} of {load.count} requests were admitted, and as many are charged in the store")


def reset_connections(port):
    """Connections that are reset within about the time of an answer."""
    request = f"GET {DATE} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer any\r\n\r\n".encode()
    for _ in range(500):
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.sendall(request)
            time.sleep(random.random() * 0.0012)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def frees_slots_of_reset_connections():
    for hold in ({}, {"hold": "connection"}):
        with Cluster(limit("slots", "concurrency", 100, **hold), DIRECT) as cluster:
            node, = cluster.nodes
            together(reset_connections, [node.port] * 8)
            until(lambda: free_slots(node) == 100, "all slots are free after clients have reset their connections", within=10)
            if hold:
                fills_up(node, 100)
    print("passed: 4000 connections that clients reset leave no slot taken, of requests and of connections")


def fills_up(node, capacity):
    kept = []
    for _ in range(capacity):
        until(lambda: get(node, kept=kept) == 200, "each slot can be taken", within=10)
    assert get(node, kept=kept) == 429, "one more than there are slots"
    for one in kept:
        one.close()


def frees_a_slot_during_a_cut():
    with Cluster(limit("slots", "concurrency", 1, hold="connection"), CUT, DIRECT) as cluster:
        first, second = cluster.nodes
        kept = []
        assert get(first, kept=kept) == 200
        until(lambda: get(second) == 429, "the other node knows that the slot is taken")
        cluster.cut()
        kept[0].close()
        time.sleep(0.5)
        cluster.mend()
        until(lambda: get(first) == 200, "the slot is free at the node that was cut off", within=10)
        until(lambda: get(second) == 200, "and at the other node", within=10)
    print("passed: a slot that a node frees while it is cut off is free at every node afterwards")


def frees_all_slots_after_cuts():
    with Cluster(limit("slots", "concurrency", 100_000), CUT) as cluster:
        node, = cluster.nodes
        for _ in range(4):
            with Load(node, 16):
                for _ in range(3):
                    time.sleep(0.4)
                    cluster.proxy.cut()
                    time.sleep(0.2)
                    cluster.proxy.mend()
            cluster.mend()
        until(lambda: free_slots(node) == 100_000, "all slots are free after some cuts under load", within=10)
    print("passed: twelve cuts under load leave no slot taken")


def subscribed(node, token, user):
    """A topic that somebody has subscribed to."""
    channel = json.loads(node.call("POST", "/api/v2/notifications/channels", {}, token)[1])["id"]
    topic, path = f"v2.users.{user}.presence", f"/api/v2/notifications/channels/{channel}/subscriptions"
    assert node.call("PUT", path, json.dumps([{"id": topic}]), token, {"Content-Type": "application/json"})[0] == 200
    return topic


def post_event(topic):
    body = json.dumps({"topic": topic, "eventBody": {"a": 1}})
    return f"POST /__admin/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def publish(node, event, seconds):
    statuses, ends = Counter(), time.monotonic() + seconds
    while time.monotonic() < ends:
        statuses += pipeline(node, [event] * 200)
    return statuses


def decides_beside_many_events():
    with Cluster(limit("window", "fixed-window", 1_000_000, period="1h"), DIRECT, DIRECT) as cluster:
        node, other = cluster.nodes
        one = node.admin("POST", "tokens", {"count": 1})["tokens"][0]
        event, before = post_event(subscribed(node, one["token"], one["userId"])), failures(node) + failures(other)
        with Load(node, 4) as load:
            sent = sum(together(lambda _: publish(node, event, 4), range(2)), Counter())
        failed = failures(node) + failures(other) - before
        assert sent.keys() == {200} and sent[200] > 1000, f"events are published: {sent}"
        # On a busy machine there are fewer than a hundred requests.
        assert failed <= 1 + load.count / 100, f"{failed} of {load.count} requests were decided without the store"
    print(f"passed: {sent[200]} events leave {failed} of {load.count} requests without the store")


def agrees_after_resets_and_an_empty_store():
    with Cluster(limit("window", "fixed-window", 10, period="1h"), CUT) as cluster:
        old, = cluster.nodes
        for _ in range(3):
            old.admin("POST", "reset")
        time.sleep(0.3)
        cluster.cut()
        cluster.store.kill()
        cluster.store.run()
        new = Node("--limits", cluster.limits, store=cluster.store)
        cluster.nodes.append(new)
        cluster.mend()
        for one, other in ((new, old), (old, new)):
            knows_tokens_and_resets(one, other)
    print("passed: nodes with other numbers of resets know each other's tokens, and are reset together")


def knows_tokens_and_resets(one, other):
    nodes, tokens = (one, other), [one.login(), other.login()]
    statuses = lambda: {node.call("GET", "/api/v2/users/me", token=token)[0] for node in nodes for token in tokens}
    until(lambda: statuses() == {200}, "the token of each node is known at the other", within=5)
    capacities = lambda: [node.admin("GET", "limits")["limits"][0]["capacity"] for node in nodes]
    other.admin("PATCH", "limits/window", {"capacity": 7})
    until(lambda: capacities() == [7, 7], "a limit changes at both nodes", within=5)
    one.admin("POST", "reset")
    until(lambda: capacities() == [10, 10], "a reset at one node resets both", within=5)
    until(lambda: statuses() == {401}, "a reset ends the tokens of both", within=5)


def keeps_the_greater_number_of_resets():
    with Cluster(limit("window", "fixed-window", 100, period="1h"), CUT, DIRECT) as cluster:
        away, there = cluster.nodes
        cluster.cut()
        away.admin("POST", "reset")
        for _ in range(2):
            there.admin("POST", "reset")
        cluster.mend()
        tokens = [node.login() for node in (away, there, cluster.join())]
        statuses = lambda: {node.call("GET", "/api/v2/users/me", token=token)[0] for node in cluster.nodes for token in tokens}
        until(lambda: statuses() == {200}, "each token is known at each node", within=5)
        away.admin("POST", "reset")
        until(lambda: statuses() == {401}, "a reset ends the tokens of all", within=5)
    print("passed: a node that was reset less often while it was cut off follows the others")


def keeps_a_limit_that_one_node_has():
    base, admitted = limit("window", "fixed-window", 100_000, period="1h"), []
    with Cluster(base, DIRECT) as cluster:
        # Files that differ at the start are not taken over by the others.
        for number in range(4):
            limits = limits_file(base + limit(f"new-{number}", "fixed-window", 5, period="1h"))
            node = Node("--limits", limits, store=cluster.store)
            ends, seen = time.monotonic() + 0.8, []
            while time.monotonic() < ends:
                seen.append(get(node))
            admitted.append(seen.count(200))
            end(node)
            os.unlink(limits)
    assert admitted == [5] * 4, f"limits of 5 admitted {admitted}"
    print("passed: a limit that one node has just put in force stays in the store, though others do not have it")


def gives_back_as_fast_as_it_charges():
    limits = limit("window", "fixed-window", 10_000_000, period="1h")
    limits += limit("here", "token-bucket", 100, refill=100, period="1s", store="local")
    with Cluster(limits, CUT, delay=0.003) as cluster:
        node, = cluster.nodes
        with Load(node, 64) as load:
            time.sleep(4)
        time.sleep(1)
        admitted, charged = load.statuses[200], level(node, "window")
        assert load.statuses[429] > 10 * admitted and load.without_store == 0, f"{load.statuses}, {load.without_store} without the store"
        assert admitted == charged, f"{admitted} requests were admitted, {charged} are charged"
    print(f"passed: with a slow store, {admitted} of {load.count} requests were admitted, and as many are charged")


def change(node, limits):
    """What is admitted under the limits in force, under others, and some time later."""
    seen = [gets(node, 5)]
    assert node.call("PUT", "/__admin/limits", limits, headers={"Content-Type": "application/toml"})[0] == 200
    for wait in (0, 0.5):
        time.sleep(wait)
        seen.append(gets(node, 6))
    return seen


def changes_an_algorithm_as_one_node():
    window, slots = limit("same", "fixed-window", 3, period="10m"), limit("same", "concurrency", 3)
    for first, second in ((window, slots), (slots, window)):
        with Cluster(first, DIRECT, DIRECT) as cluster:
            alone = Node("--limits", cluster.limits)
            expected, found = change(alone, second), change(cluster.nodes[0], second)
            end(alone)
            assert found == expected, f"one node {expected}, with a store {found}"
            other = gets(cluster.nodes[1], 2)
            assert other == expected[2][-2:], f"one node {expected[2]}, the other node with a store {other}"
    print("passed: a limit that turns into another algorithm under its name counts as on one node")


def refills_nobody_after_a_cut():
    with Cluster(limit("tokens", "token-bucket", 20, refill=10, period="1s"), DIRECT, CUT) as cluster:
        node = cluster.nodes[0]
        cluster.cut()
        node.admin("PATCH", "limits/tokens", {"refill": 1, "period": "1h"})
        time.sleep(1)
        first = gets(node, 40).count(200)
        assert first == 20, f"{first} were admitted by 20 tokens"
        time.sleep(3)
        cluster.mend()
        time.sleep(1)
        after = [gets(node, 20).count(200) for node in cluster.nodes]
        assert after == [0, 0], f"{after} were admitted after the other node came back"
    print("passed: a node that comes back after a limit has changed refills nobody")


def bears_a_foreign_key():
    windows = [limit(scope, "fixed-window", 1_000_000, scope=scope, period="1h") for scope in ("tenant", "ip")]
    with Cluster("".join(windows), DIRECT) as cluster:
        node, = cluster.nodes
        made = node.admin("POST", "tenants", {"name": "other"})
        token = client_token(node, made["clients"][0])
        assert get(node, token) == 200
        key, = keys_of(cluster.store, made["id"])
        assert cluster.store.call("SET", key, "foreign") == b"+OK"
        before, lines = failures(node), node.said().count("\n")
        with Load(node, 1, token=token) as broken, Load(node, 4) as whole:
            time.sleep(3)
        failed, lines = failures(node) - before, node.said().count("\n") - lines
        assert whole.without_store == 0, f"{whole.without_store} of {whole.count} requests of another organization were decided without the store"
        assert broken.without_store == broken.count > 10, f"{broken.without_store} of {broken.count} requests were decided without the store"
        assert failed <= broken.count + 5, f"{failed} failures, {broken.count} requests of the organization"
        assert lines < 20, f"{lines} lines are in the log: {node.said()[-1000:]}"
    print(f"passed: a foreign key in place of an organization's buckets fails its {broken.count} requests, and 0 of {whole.count} others, in {lines} lines")


def tells_of_agents_after_a_cut():
    with Cluster("[response]\n", DIRECT, CUT, options=MANUAL) as cluster:
        first, second = cluster.nodes
        same_clock(cluster.nodes)
        for node in cluster.nodes:
            node.admin("PUT", "skill-groups/Voice", {"required_staff": 1})
        connect = lambda node, agent: WebSocket(node.port, f"/api/v2/platform/websocket?agentId={agent}&access_token=pasted")
        cluster.cut()
        seat = connect(first, "agent-1")
        assert seat.status == 101
        time.sleep(0.3)
        cluster.mend()
        assert connect(first, "agent-2").status == 429
        until(lambda: connect(second, "agent-2").status == 429, "the node that was cut off knows of the agent", within=8)
    print("passed: an agent that connects elsewhere while a node is cut off is known there afterwards")


def waits_for_a_loading_store():
    store, limits = Store("--dbfilename", "d.rdb", "--rdbcompression", "no"), limits_file(limit("window", "fixed-window", 100_000, period="1h"))
    # While it loads, a store answers once for each 2 MB.
    store.call("EVAL", "\"for i=1,4000 do redis.call('SET',i,string.rep('x',4000)) end\"", "0")
    assert store.call("SAVE") == b"+OK"
    store.kill()
    store.arguments += ("--key-load-delay", "1500")
    store.run()
    node = Node("--limits", limits, store=store)
    shown = node.admin("GET", "nodes")
    assert b"LOADING" in store.call("GET", "1"), "the store loads its data still"
    assert shown["storeFails"] and "load" in (shown["failure"] or "").lower(), shown
    assert node.call("GET", DATE, token="any")[2]["Gcmock-Store"] == "failed"
    until(lambda: "Gcmock-Store" not in node.call("GET", DATE, token="any")[2], "the node joins", node)
    shown = node.admin("GET", "nodes")
    assert shown["this"] and not shown["storeFails"] and shown["failure"] is None, shown
    end(node, store)
    os.unlink(limits)
    print("passed: gcmock starts while the store loads its data, lists that and why it fails meanwhile, and joins when it has loaded")


def ahead(node):
    """Seconds that the clock of the model is ahead of a real one, whose start is anywhere; at least as many."""
    now = datetime.datetime.fromisoformat(node.admin("GET", "clock")["now"].replace("Z", "+00:00")).timestamp()
    return now - time.monotonic()


def most_ahead(node, seconds):
    most, ends = ahead(node), time.monotonic() + seconds
    while time.monotonic() < ends:
        time.sleep(0.02)
        most = max(most, ahead(node))
    return most


def await_beat(store):
    """Ends shortly before a node renews its lease again, which it does every second."""
    leases = lambda: store.call("HVALS", "gcmock:{all}:nodes")
    before = leases()
    until(lambda: leases() != before, "a node renews its lease", within=5)
    time.sleep(random.uniform(0.9, 0.96))


def keeps_its_clock_beside_a_stalled_store():
    with Cluster(limit("window", "fixed-window", 10, period="1s"), DIRECT) as cluster:
        node, = cluster.nodes
        before, jump = most_ahead(node, 0.5), 0
        for stall in (2, 0.9, 1.1, 0.8, 1):
            await_beat(cluster.store)
            os.kill(cluster.store.process.pid, signal.SIGSTOP)
            jump = max(jump, most_ahead(node, stall) - before)
            os.kill(cluster.store.process.pid, signal.SIGCONT)
            jump = max(jump, most_ahead(node, 0.5) - before)
        assert jump <= 0.2, f"the clock of the model was {jump:.2f} s ahead"
    print(f"passed: the clock of the model is at most {jump:.3f} s ahead when the store stalls")


def lifts_a_lockout_by_a_refill():
    with Cluster(limit("slots", "concurrency", 1, hold="connection", lockout="1h"), DIRECT, DIRECT) as cluster:
        first, second = cluster.nodes
        kept = []
        assert [get(node, kept=kept) for node in (first, second)] == [200, 429]
        kept[0].close()
        time.sleep(0.5)
        assert [get(node) for node in (first, second)] == [429, 429], "the organization is locked out"
        for node in (first, second):
            # A request that comes before the slot of the last one is free locks the organization out again.
            first.admin("DELETE", "limits/slots/buckets")
            until(lambda: get(node) == 200 or first.admin("DELETE", "limits/slots/buckets"), "a refill lifts the lockout", within=5)
    print("passed: a refill lifts the lockout of a shared limit of slots at every node")


def new_client(node, name):
    role = json.loads(node.call("GET", "/api/v2/authorization/roles", token="any")[1])["entities"][0]["id"]
    order = {"name": name, "authorizedGrantType": "CLIENT-CREDENTIALS", "roleIds": [role]}
    return json.loads(node.call("POST", "/api/v2/oauth/clients", order, "any")[1])


def counts_new_clients_apart():
    with Cluster(limit("client-window", "fixed-window", 5, scope="client", period="1h"), DIRECT, DIRECT) as cluster:
        tokens = [client_token(node, new_client(node, f"client-{at}")) for at, node in enumerate(cluster.nodes)]
        for node, token in zip(cluster.nodes, tokens):
            seen = gets(node, 7, token)
            assert seen == [200] * 5 + [429] * 2, f"a client of its own node is counted with another: {seen}"
    print("passed: clients that are made at several nodes are counted apart")


def decides_while_many_buckets_change():
    limits = limit("tokens", "token-bucket", 1_000_000, scope="token", refill=1, period="1h")
    with Cluster(limits, DIRECT, DIRECT, timeout="250ms") as cluster:
        node = cluster.nodes[0]
        ask = lambda token: f"GET {DATE} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer t{token}\r\n\r\n".encode()
        asked = together(lambda part: pipeline(node, [ask(token) for token in range(part, 100_000, 16)]), range(16))
        assert sum(one[200] for one in asked) == 100_000, asked
        with Load(node, 4) as load:
            time.sleep(0.5)
            node.admin("PATCH", "limits/tokens", {"capacity": 2_000_000})
            time.sleep(4)
        assert load.without_store < load.count / 100, f"{load.without_store} of {load.count} requests were decided without the store"
    print(f"passed: 100000 buckets get other numbers, and {load.without_store} of {load.count} requests are decided without the store")


TESTS = [
    charges_what_it_admits,
    frees_slots_of_reset_connections,
    frees_a_slot_during_a_cut,
    frees_all_slots_after_cuts,
    decides_beside_many_events,
    agrees_after_resets_and_an_empty_store,
    keeps_the_greater_number_of_resets,
    keeps_a_limit_that_one_node_has,
    gives_back_as_fast_as_it_charges,
    changes_an_algorithm_as_one_node,
    refills_nobody_after_a_cut,
    bears_a_foreign_key,
    tells_of_agents_after_a_cut,
    waits_for_a_loading_store,
    keeps_its_clock_beside_a_stalled_store,
    lifts_a_lockout_by_a_refill,
    counts_new_clients_apart,
    decides_while_many_buckets_change,
]


run(TESTS)
