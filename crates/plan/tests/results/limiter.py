"""A server that is limited by Python's `limits`, or not at all and slow.

    limiter.py PORT fixed|moving|counter|slow [LIMIT]

LIMIT is such as "30/10 seconds", or several with semicolons, all of which have to admit. `slow` answers after 50 to 400 ms.
"""

import random
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, kind = int(sys.argv[1]), sys.argv[2]
lock = threading.Lock()
if kind != "slow":
    from limits import parse_many, storage, strategies

    memory = storage.MemoryStorage()
    limiter = {
        "fixed": strategies.FixedWindowRateLimiter,
        "moving": strategies.MovingWindowRateLimiter,
        "counter": strategies.SlidingWindowCounterRateLimiter,
    }[kind](memory)
    bounds = parse_many(sys.argv[3])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if kind == "slow":
            time.sleep(random.uniform(0.05, 0.4))
            code = 200
        else:
            with lock:
                admits = all(limiter.test(bound, "all") for bound in bounds)
                code = 200 if admits and all([limiter.hit(bound, "all") for bound in bounds]) else 429
        body = b"{}\n"
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


Server(("127.0.0.1", port), Handler).serve_forever()
