"""Closed loops of users against one server; writes a JTL in CSV.

    client.py OUT SECONDS USERS THINK_MIN THINK_MAX URL...

Each user keeps one connection and waits a uniform time between requests. The URLs come in turn; a URL's path is its label.
"""

import http.client
import random
import sys
import threading
import time
from urllib.parse import urlsplit

out, seconds, users, low, high, *urls = sys.argv[1:]
seconds, users, low, high = float(seconds), int(users), float(low), float(high)
end = time.time() + seconds
rows, lock = [], threading.Lock()


def user(number):
    rng = random.Random(number)
    connection = None
    time.sleep(rng.uniform(0, high))
    turn = number
    while time.time() < end:
        url = urlsplit(urls[turn % len(urls)])
        turn += 1
        start, connect = time.time(), 0.0
        if connection is None:
            connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
            connection.connect()
            connect = time.time() - start
        try:
            connection.request("GET", url.path)
            answer = connection.getresponse()
            answer.read()
            code, closes = answer.status, answer.will_close
        except OSError as error:
            code, closes = f"Non HTTP response code: {type(error).__name__}", True
        took = time.time() - start
        if closes:
            connection.close()
            connection = None
        row = (int(start * 1000), round(took * 1000), url.path, code, f"User {number}", str(code == 200).lower(), round(took * 1000), round(connect * 1000))
        with lock:
            rows.append(row)
        time.sleep(rng.uniform(low, high))


threads = [threading.Thread(target=user, args=(number,)) for number in range(users)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with open(out, "w", encoding="utf-8") as file:
    file.write("timeStamp,elapsed,label,responseCode,threadName,success,Latency,Connect\n")
    for row in rows:
        file.write(",".join(map(str, row)) + "\n")
