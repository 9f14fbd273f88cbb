#!/usr/bin/env python3
"""Nodes with one store go on where one of them dies, stops or comes back, where the store forgets or drops connections, and where
the clocks of hosts differ.

    tests/nodes/store_deaths.py GCMOCK [NAME...]

Each NAME is a test of this file, such as `settles_for_a_dead_node`; without one, all run.
Needs redis-server or valkey-server. Everything is on loopback, and ends with this program.
"""
import datetime
import json
import os
import re
import shutil
import signal
import socket
import threading
import time

from cluster import CUT, DATE, DIRECT, Cluster, free_slots, get, level, limit, run, together
from nodes import Load, Node, Store, end, limits_file, pipeline, until

MANUAL = ["--clock", "manual=2026-03-10T03:00:00Z"]


def ask(token):
    return f"GET {DATE} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer t{token}\r\n\r\n".encode()


def headers(node, token="any"):
    return node.call("GET", DATE, token=token)[2]


def settles_for_a_dead_node():
    buckets, tokens = 8000, limit("tokens", "token-bucket", 1000, scope="token", refill=1, period="1h")
    # The way of the first node is slow, so that it dies in the middle.
    with Cluster(tokens, CUT, DIRECT, options=MANUAL, delay=0.1, timeout="5s") as cluster:
        first, second = cluster.nodes
        for _ in range(3):
            together(lambda part: pipeline(second, [ask(token) for token in range(part, buckets, 8)]), range(8))
        first.advance("1h")
        time.sleep(1.5)
        # It is answered when the buckets are settled.
        threading.Thread(target=first.call, args=("PATCH", "/__admin/limits/tokens", {"refill": 100}), daemon=True).start()
        numbers = lambda state: re.search(rb" \d+ \d+ \d+" + state, cluster.store.call("HVALS", "gcmock:{all}:numbers"))
        until(lambda: numbers(b""), "the node begins to settle the buckets")
        assert not numbers(b" done"), "the node dies too late"
        first.process.kill()
        cluster.nodes.remove(first)
        until(lambda: numbers(b" done"), "the other node settles them", within=30)
        # Two of three units are left where a bucket is settled. Under the new numbers none would be.
        remaining = {headers(second, f"t{token}")["X-RateLimit-Remaining"] for token in range(0, buckets, 97)}
        assert remaining == {"997"}, remaining
        end(first)
    print("passed: where a node dies while it settles a changed limit, another one settles the rest")


class Listener(threading.Thread):
    """Counts the messages of nodes by their kinds."""

    def __init__(self, store):
        super().__init__(daemon=True)
        self.link, self.seen = socket.create_connection(("127.0.0.1", store.port)), b""
        self.link.sendall(b"SUBSCRIBE gcmock:{all}:messages\r\n")
        self.start()

    def run(self):
        while piece := self.link.recv(1 << 18):
            self.seen += piece

    def count(self, kind):
        return self.seen.count(b'"message":{"' + kind + b'"')


def lists_agents_once_where_many_nodes_come_back():
    count = 6
    with Cluster(limit("window", "fixed-window", 10, period="1h"), *[CUT] * count) as cluster:
        listener = Listener(cluster.store)
        cluster.cut()
        time.sleep(5)
        cluster.mend()
        time.sleep(2)
        lists = listener.count(b"Seats")
        assert count <= lists <= 4 * count, f"{count} nodes came back together, and sent {lists} lists of agents"
    print(f"passed: {count} nodes that come back together send {lists} lists of agents")


def charges_once_where_connections_are_killed():
    # The headers are those of the slots as long as less than a thousandth of the window is used.
    with Cluster(limit("window", "fixed-window", 1_000_000_000, period="1h") + limit("slots", "concurrency", 1000), DIRECT, DIRECT) as cluster:
        before = level(cluster.nodes[0], "window")
        with Load(cluster.nodes[0], 8) as one, Load(cluster.nodes[1], 8) as other:
            for _ in range(15):
                time.sleep(0.2)
                cluster.store.call("CLIENT", "KILL", "TYPE", "normal")
        until(cluster.is_whole, "the store takes part again")
        time.sleep(1.5)
        decided = one.count + other.count - one.without_store - other.without_store
        charged = level(cluster.nodes[0], "window") - before
        assert charged == decided, f"the store decided {decided} requests, and has {charged} charges"
        for node in cluster.nodes:
            until(lambda: free_slots(node) == 1000, "no slot is lost", within=10)
    print(f"passed: fifteen times all connections to the store are killed: {decided} requests are decided by it, and charged once")


def tells_an_emptied_store_again():
    limits = limit("window", "fixed-window", 10, period="1h")
    for keys in (["FLUSHALL"], ["DEL", "gcmock:{all}:world"]):
        with Cluster(limits, DIRECT, DIRECT) as cluster:
            first, second = cluster.nodes
            first.admin("PUT", "clock", {"action": "freeze"})
            first.admin("PATCH", "limits/window", {"capacity": 7})
            until(lambda: second.admin("GET", "clock")["mode"] == "manual", "the clock is frozen everywhere")
            token = first.login()
            cluster.store.call(*keys)
            until(lambda: b"clock" in cluster.store.call("HKEYS", "gcmock:{all}:world"), "the store is told again", within=5)
            third = cluster.join()
            for node in cluster.nodes:
                until(lambda: node.admin("GET", "clock")["mode"] == "manual", "the clock stays frozen", within=5)
                assert node.admin("GET", "limits")["limits"][0]["capacity"] == 7, "the change of a limit stays"
                for one in (token, third.login()):
                    assert node.call("GET", "/api/v2/users/me", token=one)[0] == 200, "a token is known at all nodes"
            assert any("has forgotten" in node.said() for node in (first, second)), first.said()
    print("passed: a store that was emptied is told again of clock, limits and key, before another node joins")


def keeps_revoked_tokens_where_the_store_forgets():
    with Cluster(limit("window", "fixed-window", 1000, period="1h"), DIRECT, DIRECT) as cluster:
        first, second = cluster.nodes
        revoked, valid = first.login(), first.login()
        assert second.call("DELETE", "/api/v2/tokens/me", token=revoked)[0] == 200
        channel = json.loads(first.call("POST", "/api/v2/notifications/channels", {}, valid)[1])["id"]
        topics = f"/api/v2/notifications/channels/{channel}/subscriptions"
        until(lambda: second.call("GET", topics, token=valid)[0] == 200, "both have the channel")
        for empties in (lambda: (cluster.store.kill(), cluster.store.run()), lambda: cluster.store.call("FLUSHALL")):
            empties()
            until(lambda: cluster.store.call("HLEN", "gcmock:{all}:kept") == b":2", "the messages are kept again", within=10)
            until(cluster.is_whole, "the store takes part again")
            cluster.join()
            for node in cluster.nodes:
                assert node.call("GET", "/api/v2/users/me", token=revoked)[0] == 401, "a revoked token stays so"
                assert node.call("GET", topics, token=valid)[0] == 200, "a channel is known"
    print("passed: revoked tokens and channels are kept again where the store forgets, for servers that join later")


def fills_up(node, capacity):
    """Each slot of a connection can be taken, and no other one."""
    kept, statuses = [], []

    def take():
        statuses.append(get(node, kept=kept))
        return statuses.count(200) == capacity

    until(take, f"{capacity} slots can be taken", within=15)
    assert get(node, kept=kept) == 429, "one more than there are slots"
    for link in kept:
        link.close()


def stop_for(process, seconds):
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGCONT)


def goes_on_after_attacks():
    limits = limit("slots", "concurrency", 1000) + limit("kept", "concurrency", 20, hold="connection", on_store_failure="local")
    with Cluster(limits, DIRECT, DIRECT, DIRECT, timeout="250ms") as cluster:
        first, second, third = cluster.nodes
        with Load(first, 4) as one, Load(second, 4) as other, Load(third, 4):
            stop_for(third.process, 6)
            stop_for(cluster.store.process, 0.7)
            for command in (["FLUSHALL"], ["CLIENT", "KILL", "TYPE", "normal"], ["SCRIPT", "FLUSH"], ["CONFIG", "SET", "maxmemory", "1"]):
                cluster.store.call(*command)
                time.sleep(1)
            cluster.store.call("CONFIG", "SET", "maxmemory", "0")
            time.sleep(1)
            cluster.store.kill()
            time.sleep(1)
            cluster.store.run()
            time.sleep(2)
        longest = max(one.longest, other.longest)
        third.process.kill()
        cluster.nodes.remove(third)
        until(cluster.is_whole, "the nodes that live are whole")
        for node in cluster.nodes:
            until(lambda: free_slots(node) is not None, "the store decides again", within=10)
            fills_up(node, 20)
            time.sleep(1)
        said = "".join(node.said() for node in [first, second, third])
        assert "panicked" not in said, said
        # A request waits for the decision, and as long for the slots that it gives back.
        assert longest < 2 * 0.25 + 1, f"a request took {longest:.2f} s"
        end(third)
    print(f"passed: after stops, kills, an emptied and a full store no permit is lost, and no request took over {longest:.2f} s")


def shares_a_clock_where_hosts_differ():
    faketime = shutil.which("faketime")
    if not faketime:
        print("not run: clocks of hosts that differ need faketime")
        return
    store, limits = Store(), limits_file(limit("window", "fixed-window", 3, period="1h"))
    nodes = [Node("--limits", limits, store=store, host_clock=by) for by in (None, "+7m", "-5m")]
    now = lambda node: datetime.datetime.fromisoformat(node.admin("GET", "clock")["now"].replace("Z", "+00:00")).timestamp()
    until(lambda: max(map(now, nodes)) - min(map(now, nodes)) < 1, "the nodes have one clock")
    token = nodes[1].login()
    seen = [node.call("GET", DATE, token=token)[0] for node in (*nodes, *nodes)]
    assert seen == [200] * 3 + [429] * 3, seen
    assert not any("the store" in node.said() for node in nodes), nodes[1].said()
    end(*nodes, store)
    os.unlink(limits)
    print("passed: nodes on hosts whose clocks differ by minutes have one clock, know each other's tokens and share windows")


def says_that_a_store_is_slow():
    with Cluster(limit("window", "fixed-window", 100_000, period="1h"), CUT, delay=0.4, timeout="50ms") as cluster:
        node, = cluster.nodes
        seen = []

        def fails():
            get(node)
            seen.append(node.admin("GET", "nodes"))
            return seen[-1]["storeFails"]

        until(fails, "the store fails")
        assert "--store-timeout" in seen[-1]["failure"], seen[-1]
    print("passed: the list of nodes says of a store that answers later than requests wait that it fails, and why")


TESTS = [
    settles_for_a_dead_node,
    lists_agents_once_where_many_nodes_come_back,
    charges_once_where_connections_are_killed,
    tells_an_emptied_store_again,
    keeps_revoked_tokens_where_the_store_forgets,
    goes_on_after_attacks,
    shares_a_clock_where_hosts_differ,
    says_that_a_store_is_slow,
]


run(TESTS)
