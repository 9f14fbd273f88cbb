"""Sends messages at a rate. A refused user waits for Retry-After, and the failures are counted by the limit that refused.

    gcmock run --scenario messaging-tenant -- sh -c 'locust -f locustfile.py --headless -u 200 -r 200 -t 60s --host "$GCMOCK_URI"'

$RATE is the number of messages a second of all users together (default: one a second and user). $GCMOCK_CLIENT_ID and
$GCMOCK_CLIENT_SECRET are a client of the platform; `gcmock run` sets them.
"""

import os
import random
import re

import gevent
import requests
from locust import FastHttpUser, constant_throughput, events, task

ATTEMPTS = 5


@events.test_start.add_listener
def log_in(environment, **_):
    client = os.environ["GCMOCK_CLIENT_ID"], os.environ["GCMOCK_CLIENT_SECRET"]
    answer = requests.post(environment.host + "/oauth/token", {"grant_type": "client_credentials"}, auth=client, timeout=10)
    answer.raise_for_status()
    environment.bearer = answer.json()["access_token"]


@events.quitting.add_listener
def judge(environment, **_):
    """Refusals are a result, so they alone do not make the run fail."""
    others = [error for error in environment.stats.errors.values() if "429 by " not in str(error.error)]
    environment.process_exit_code = 1 if others else 0


def limit_of(answer):
    """The limit's name: gcmock says it in a header; the platform has its key in the body."""
    if found := re.match('name="([^"]*)"', answer.headers.get("Gcmock-Limit", "")):
        return found.group(1)
    return (answer.json() or {}).get("limit", {}).get("key", "an unknown limit")


class Agent(FastHttpUser):
    def wait_time(self):
        users = self.environment.runner.target_user_count or 1
        return constant_throughput(float(os.environ.get("RATE", users)) / users)(self)

    def send(self):
        """Sends once; the seconds to wait after a refusal, else None."""
        body = {"to": {"id": "participant-1"}, "text": "hello"}
        headers = {"Authorization": f"Bearer {self.environment.bearer}"}
        with self.client.post("/api/v2/conversations/messages", json=body, headers=headers, catch_response=True) as answer:
            if answer.status_code != 429:
                return None
            answer.failure(f"429 by {limit_of(answer)}")
            return int(answer.headers.get("Retry-After", 1))

    @task
    def message(self):
        for _ in range(ATTEMPTS):
            wait = self.send()
            if wait is None:
                return
            # A spread, so that users who were refused together do not come back together.
            gevent.sleep(wait + random.random())
