#!/usr/bin/env python3
"""Nodes with one store end in one state, whatever is changed at each of them: limits, the clock, resets and limits files.

    tests/nodes/store_changes.py GCMOCK [NAME...]

Each NAME is a test of this file, such as `settles_changes_at_once`; without one, all run.
Needs redis-server or valkey-server. Everything is on loopback, and ends with this program.
"""
import json
import os
import signal
import subprocess
import time

from cluster import CUT, DIRECT, Cluster, gets, limit, run, together
from nodes import GCMOCK, Node, end, limits_file, until

WINDOW = limit("window", "fixed-window", 10, period="1h")


def limits_of(cluster, name="window"):
    shown = [node.admin("GET", "limits")["limits"] for node in cluster.nodes]
    return [next(one for one in limits if one["name"] == name) for limits in shown]


def capacities(cluster, name="window"):
    return [one["capacity"] for one in limits_of(cluster, name)]


def algorithms(cluster):
    return [(one["algorithm"], one["period"]) for one in limits_of(cluster)]


def modes(cluster):
    return [node.admin("GET", "clock")["mode"] for node in cluster.nodes]


def instants(cluster):
    """The model time of each node, to the minute."""
    return [node.admin("GET", "clock")["now"][:16] for node in cluster.nodes]


def patch(node, capacity, name="window"):
    node.admin("PATCH", f"limits/{name}", {"capacity": capacity})


def put(node, capacity):
    """Replaces all limits by one."""
    text = limit("window", "fixed-window", capacity, period="1h")
    status, answer, _ = node.call("PUT", "/__admin/limits", text, headers={"Content-Type": "application/toml"})
    assert status == 200, answer


def clock(node, action, **more):
    node.admin("PUT", "clock", {"action": action} | more)


def settle(cluster, what):
    """All nodes have the same limits and the same clock, and keep them."""
    same = lambda: all(len(set(of(cluster))) == 1 for of in (capacities, algorithms, modes, instants))
    time.sleep(0.3)
    try:
        until(same, f"one state after {what}", within=5)
    except SystemExit as late:
        raise SystemExit(f"{late}: {capacities(cluster)}, {algorithms(cluster)}, {modes(cluster)}, {instants(cluster)}") from None
    before = capacities(cluster), modes(cluster)
    time.sleep(0.2)
    assert (capacities(cluster), modes(cluster)) == before, f"it stays after {what}"


def settles_changes_at_once():
    with Cluster(WINDOW, DIRECT, DIRECT) as cluster:
        one, other = cluster.nodes
        slots = {"algorithm": "concurrency", "period": None}
        # Where one has reached the other node already, that refuses the other one.
        send = lambda node, keys: node.call("PATCH", "/__admin/limits/window", keys)
        pairs = {
            "two changes of a limit": (lambda: patch(one, 3), lambda: patch(other, 8)),
            "a change and a reset": (lambda: patch(one, 5), lambda: other.admin("POST", "reset")),
            "a replacement and a reset": (lambda: put(one, 6), lambda: other.admin("POST", "reset")),
            "changes that do not fit together": (lambda: send(one, slots), lambda: send(other, {"period": "2h"})),
            "another reset": (lambda: one.admin("POST", "reset"), lambda: other.admin("POST", "reset")),
            "a freeze and a resumption": (lambda: clock(one, "freeze"), lambda: clock(other, "resume")),
            "two advances": (lambda: clock(one, "advance", by="1h"), lambda: clock(other, "advance", by="2h")),
        }
        for _ in range(12):
            for what, both in pairs.items():
                together(lambda change: change(), both)
                settle(cluster, what)
    print("passed: of two changes at once at two nodes, one holds at both")


def settles_changes_of_a_cut():
    for loses in (False, True):
        with Cluster(WINDOW + limit("other", "fixed-window", 10, period="1h"), CUT, CUT) as cluster:
            one, other = cluster.nodes
            patch(one, 6, "other")
            until(lambda: capacities(cluster, "other") == [6, 6], "a change before the cut")
            cluster.cut()
            patch(one, 7)
            clock(one, "freeze")
            patch(other, 9)
            clock(other, "advance", by="1h")
            if loses:
                cluster.store.kill()
                cluster.store.run()
            cluster.mend()
            settle(cluster, "a cut")
            assert capacities(cluster)[0] in (7, 9) and capacities(cluster, "other") == [6, 6], capacities(cluster, "other")
            cluster.join()
            settle(cluster, "a node that joins after the cut")
    print("passed: of changes at two nodes during a cut, one holds at both, also where the store forgets, and at a node that joins")


def settles_a_reset_of_a_cut():
    for change in (patch, put):
        with Cluster(WINDOW, CUT, CUT) as cluster:
            one, other = cluster.nodes
            cluster.cut()
            change(one, 7)
            other.admin("POST", "reset")
            cluster.mend()
            settle(cluster, f"a reset and a {change.__name__} during a cut")
    print("passed: a change or a replacement at one node and a reset at another during a cut leave both with the same")


def keeps_a_refused_advance_to_itself():
    with Cluster(WINDOW, CUT, DIRECT) as cluster:
        one, other = cluster.nodes
        century = "876000h"
        clock(one, "freeze")
        for _ in range(4):
            clock(one, "advance", by=century)
        settle(cluster, "four centuries")
        cluster.cut()
        before = instants(cluster)[0]
        by = json.dumps({"action": "advance", "by": century})
        status, text, _ = one.call("PUT", "/__admin/clock", by, headers={"Content-Type": "application/json"})
        assert status == 400 and b"2500" in text, (status, text)
        clock(other, "advance", by="2h")
        cluster.mend()
        settle(cluster, "a refused advance")
        assert instants(cluster)[0] > before, "the advance of the other node holds"
    print("passed: an advance past the year 2500 is refused, and changes the clock of no other node")


def keeps_changes_of_several_limits():
    names = [f"limit {number}" for number in range(8)]
    with Cluster("".join(limit(name, "fixed-window", 10, period="1h") for name in names), DIRECT, DIRECT) as cluster:
        change = lambda at: patch(cluster.nodes[at % 2], 20 + at, f"limit%20{at}")
        together(change, range(8))
        for at, name in enumerate(names):
            until(lambda: capacities(cluster, name) == [20 + at] * 2, "each limit has its change", within=5)
        cluster.join()
        assert [capacities(cluster, name)[2] for name in names] == list(range(20, 28))
    print("passed: changes of eight limits at once at two nodes all hold, also at a node that joins")


def reads_changed_files():
    with Cluster(WINDOW + limit("other", "fixed-window", 10, period="1h"), DIRECT, DIRECT) as cluster:
        patch(cluster.nodes[0], 7)
        until(lambda: capacities(cluster) == [7, 7], "a change")
        cluster.nodes[0].process.send_signal(signal.SIGHUP)
        time.sleep(1.5)
        settle(cluster, "files that are read again as they were")
        with open(cluster.limits, "a", encoding="utf-8") as file:
            file.write(limit("new", "fixed-window", 50, period="1h"))
        until(lambda: capacities(cluster) == [10, 10], "the files hold again")
        time.sleep(1.5)
        patch(cluster.nodes[1], 8, "other")
        until(lambda: capacities(cluster, "other") == [8, 8], "another change")
        cluster.join()
        assert capacities(cluster) == [10] * 3 and capacities(cluster, "other") == [8] * 3, "an earlier change does not come back"
    print("passed: a limits file that is read again ends earlier changes at all nodes, and a later one does not bring them back")


def takes_over_files_that_one_node_has():
    with Cluster(WINDOW, DIRECT) as cluster:
        files = [limits_file(WINDOW) for _ in range(2)]
        join = lambda file: cluster.nodes.append(Node("--limits", file, store=cluster.store))
        join(files[0])
        until(cluster.is_whole, "the nodes know of each other")
        write(files[0], WINDOW.replace("capacity = 10", "capacity = 20"))
        until(lambda: capacities(cluster) == [20, 20], "a changed file of one node reaches the other")
        patch(cluster.nodes[0], 8)
        until(lambda: capacities(cluster) == [8, 8], "a change over it")
        write(cluster.limits, WINDOW.replace("capacity = 10", "capacity = 20"))
        until(lambda: "limits reloaded" in cluster.nodes[0].said(), "the other node reads the same file")
        time.sleep(1)
        settle(cluster, "two files that have changed in the same way")
        assert capacities(cluster) == [8, 8], "the second one ends no change"
        join(files[1])
        until(cluster.is_whole, "the node with other files knows of the others")
        until(lambda: "other limits" in cluster.nodes[2].said(), "that its files are others is told", within=10)
        assert capacities(cluster) == [8, 8, 10], "the files of a start stay"
        write(files[1], WINDOW.replace("capacity = 10", "capacity = 30"))
        until(lambda: capacities(cluster) == [30] * 3, "its file changes later")
        cluster.nodes[1].process.send_signal(signal.SIGHUP)
        time.sleep(1.5)
        assert capacities(cluster) == [20, 20, 30], "a file that is read again as it was holds at the nodes that have it"
        for file in files:
            os.unlink(file)
    print("passed: a limits file that changes at one node holds at all, files that differ at the start do not")


def write(file, text):
    with open(file, "w", encoding="utf-8") as opened:
        opened.write(text)


def shows_the_counts_of_all():
    with Cluster(WINDOW, DIRECT) as cluster:
        cluster.nodes += [Node("--limits", cluster.limits, "--node", name, store=cluster.store) for name in ("east", "west")]
        until(cluster.is_whole, "the nodes know of each other")
        _, east, west = cluster.nodes
        assert gets(east, 4) + gets(west, 8) == [200] * 10 + [429] * 2
        sums = lambda of: (of["hits"], of["admitted"], of["refused"])
        until(lambda: all(sums(one["totals"]) == (12, 10, 2) for one in limits_of(cluster)), "each node shows the sums", within=5)
        for one in limits_of(cluster):
            shares = {node["name"]: sums(node["counts"]) for node in one["nodes"]}
            assert shares == {"0": (0, 0, 0), "east": (4, 4, 0), "west": (8, 6, 2)}, one
    print("passed: each node shows what all have counted of a limit, and the share of each")


def keeps_its_own_changes():
    with Cluster(WINDOW, DIRECT, DIRECT) as cluster:
        one, other = cluster.nodes
        for capacity in range(20, 80):
            if capacity % 20 == 0:
                one.admin("POST", "reset")
            patch(one, capacity)
            assert capacities(cluster)[0] == capacity, "a change holds at once where it was made"
        until(lambda: capacities(cluster) == [79, 79], "the last change")
        for _ in range(20):
            for action, mode in (("freeze", "manual"), ("resume", "system")):
                clock(other, action)
                assert modes(cluster)[1] == mode, "and so does the clock"
    print("passed: changes of one node hold there at once, one after the other")


def answers_when_all_have_followed():
    with Cluster(WINDOW, DIRECT, DIRECT, DIRECT) as cluster:
        one, other, third = cluster.nodes
        me = lambda node, token: node.call("GET", "/api/v2/users/me", token=token)[0]
        for round in range(8):
            one.admin("POST", "reset")
            token = other.login()
            skill = json.loads(third.call("POST", "/api/v2/routing/skills", {"name": f"s{round}"}, token)[1])["id"]
            time.sleep(0.4)
            seen = [me(node, token) for node in cluster.nodes]
            assert seen == [200] * 3, f"a token that is issued elsewhere after a reset stays: {seen}"
            assert third.call("GET", f"/api/v2/routing/skills/{skill}", token=token)[0] == 200, "and what is created"
            patch(one, 20 + round)
            assert capacities(cluster) == [20 + round] * 3, "a changed limit holds everywhere"
            clock(other, "freeze")
            assert modes(cluster) == ["manual"] * 3, "and the clock"
            clock(third, "resume")
            assert modes(cluster) == ["system"] * 3, modes(cluster)
        joined = Node("--limits", cluster.limits, store=cluster.store)
        one.admin("POST", "reset")
        token = joined.login()
        time.sleep(0.4)
        assert me(one, token) == 200, "a server that has just joined is waited for too"
        end(joined)
        began = time.monotonic()
        one.admin("POST", "reset")
        assert time.monotonic() - began < 3, "a server that has died is not waited for long"
    print("passed: a reset and a change of limits or clock are answered when all servers have followed them")


def keeps_what_else_is_set():
    with Cluster(WINDOW, DIRECT, DIRECT) as cluster:
        one, other = cluster.nodes
        one.admin("POST", "reset")
        for node in cluster.nodes:
            node.admin("PUT", "faults/f", {"match": ["GET /api/v2/users/me"], "status": 503})
        patch(one, 5)
        until(lambda: capacities(cluster) == [5, 5], "a change")
        assert [len(node.admin("GET", "faults")["faults"]) for node in cluster.nodes] == [1, 1]
    print("passed: a fault that is set right after a reset stays")


def tells_no_passing_difference():
    with Cluster(WINDOW, DIRECT, DIRECT) as cluster:
        for capacity in range(20, 26):
            patch(cluster.nodes[capacity % 2], capacity)
            time.sleep(0.7)
        assert not any("other limits" in node.said() for node in cluster.nodes), cluster.nodes[0].said()
        other = Node("--scenario", "messaging-digital", "--node", "west", store=cluster.store)
        until(lambda: "node west has other limits" in cluster.nodes[0].said(), "other limits are told", within=10)
        end(other)
    print("passed: limits that differ while a change is on its way are not told, others are")


def refuses_a_snapshot():
    with Cluster(WINDOW, DIRECT) as cluster:
        node, = cluster.nodes
        assert gets(node, 3) == [200] * 3
        saved = node.call("GET", "/__admin/snapshot")[1]
        load = lambda query: node.call("PUT", f"/__admin/snapshot{query}", saved, headers={"Content-Type": "application/json"})
        status, text, _ = load("")
        assert status == 409 and b"--store" in text, (status, text)
        name = json.loads(saved)["organizations"][0]["id"]
        assert load(f"?tenant={name}")[0] == 200, "one organization can be loaded"
        file = limits_file("")
        command = [GCMOCK, "--port", "0", "--state", file, "--store", cluster.store.address]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=20)
        assert ended.returncode == 2 and "--store" in ended.stderr, ended
        os.unlink(file)
    print("passed: a server with a store loads no snapshot of a whole server")


TESTS = [
    settles_changes_at_once,
    settles_changes_of_a_cut,
    settles_a_reset_of_a_cut,
    keeps_a_refused_advance_to_itself,
    keeps_changes_of_several_limits,
    reads_changed_files,
    takes_over_files_that_one_node_has,
    shows_the_counts_of_all,
    keeps_its_own_changes,
    answers_when_all_have_followed,
    keeps_what_else_is_set,
    tells_no_passing_difference,
    refuses_a_snapshot,
]


run(TESTS)
