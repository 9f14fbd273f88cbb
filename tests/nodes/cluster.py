"""A store and some nodes, for the tests of what happens at once."""
import base64
import json
import os
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from nodes import STORE, Node, Proxy, Store, end, kill_all, limits_file, until

DATE = "/api/v2/date"
DIRECT, CUT = False, True


def limit(name, algorithm, capacity, scope="tenant", **more):
    """One limit of a limits file."""
    keys = {"name": name, "namespace": "n", "key": name, "scope": [scope], "match": [f"GET {DATE}"]}
    keys |= {"algorithm": algorithm, "capacity": capacity} | more
    return "\n[[limit]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())


class Cluster:
    """A store and nodes. A node whose way is CUT goes to the store by a proxy, which `cut` cuts and `mend` mends, and which
    passes answers on after `delay` seconds."""

    def __init__(self, limits, *ways, options=(), delay=0, **more):
        self.store, self.limits, self.nodes = Store(), limits_file(limits), []
        self.proxy, self.options, self.more = Proxy(self.store, delay), options, more
        for way in ways:
            self.join(way)

    def join(self, way=DIRECT):
        self.nodes.append(Node("--limits", self.limits, *self.options, store=self.proxy if way else self.store, **self.more))
        until(self.is_whole, "the nodes know of each other")
        return self.nodes[-1]

    def is_whole(self):
        seen = [node.admin("GET", "nodes") for node in self.nodes]
        return all(len(one["nodes"]) == len(seen) and not one["storeFails"] for one in seen)

    def cut(self):
        self.proxy.cut()
        time.sleep(0.3)

    def mend(self):
        self.proxy.mend()
        until(self.is_whole, "the store takes part again")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proxy.close()
        end(*self.nodes, self.store)
        os.unlink(self.limits)


def get(node, token="any", kept=None):
    return node.call("GET", DATE, token=token, kept=kept)[0]


def gets(node, count, token="any"):
    return [get(node, token) for _ in range(count)]


def level(node, name):
    return sum(row["level"] for row in node.admin("GET", f"limits/{name}/buckets")["buckets"])


def free_slots(node):
    """The free slots of the only limit, of which this request takes one; none where the store did not decide."""
    headers = node.call("GET", DATE, token="any")[2]
    return None if "Gcmock-Store" in headers else int(headers.get("X-RateLimit-Remaining", -1)) + 1


def failures(node):
    lines = node.call("GET", "/metrics")[1].decode().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("gcmock_store_failures_total "))


def together(work, arguments):
    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(work, arguments))


def client_token(node, client):
    basic = base64.b64encode(f"{client['id']}:{client['secret']}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    status, text, _ = node.call("POST", "/oauth/token", "grant_type=client_credentials", headers=headers)
    assert status == 200, text
    return json.loads(text)["access_token"]


def keys_of(store, organization):
    found = store.call("KEYS", f"gcmock:*{organization}*:buckets").split(b"\r\n")
    return [key.decode() for key in found if key.startswith(b"gcmock:")]


def passes(test):
    try:
        test()
        return True
    except (Exception, SystemExit):
        print(f"FAILED: {test.__name__}", file=sys.stderr)
        traceback.print_exc(limit=-2)
        return False
    finally:
        kill_all()
        sys.stdout.flush()


def run(tests):
    """Runs the tests that the command names, or all."""
    if not STORE:
        sys.exit("redis-server or valkey-server is missing")
    names = sys.argv[2:] or [test.__name__ for test in tests]
    unknown = set(names) - {test.__name__ for test in tests}
    if unknown:
        sys.exit(f"no such test: {', '.join(unknown)}")
    failed = [test.__name__ for test in tests if test.__name__ in names and not passes(test)]
    if failed:
        sys.exit(f"{len(failed)} of {len(names)} failed: {', '.join(failed)}")
