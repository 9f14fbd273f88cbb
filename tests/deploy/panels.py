#!/usr/bin/env python3
"""Judges the dashboard and the alert rules: gcmock under a load that a limit refuses in part, and a Prometheus that scrapes it.

    panels.py GCMOCK_URL PROMETHEUS_URL DASHBOARD

Sends 20 messages a second for ten seconds, then asks Prometheus for each query of each panel and each variable.
A query without a number fails. Ends with 1 if anything is not as expected.
"""

import json
import math
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

SECONDS, EACH_SECOND = 10, 20
INTERVAL = "5s"


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def send(url):
    body = json.dumps({"to": {"id": "participant-1"}, "text": "hello"}).encode()
    headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
    try:
        urllib.request.urlopen(urllib.request.Request(url + "/api/v2/conversations/messages", body, headers), timeout=10).read()
    except urllib.error.HTTPError as refusal:
        refusal.read()


def load(url):
    began = time.monotonic()
    for number in range(SECONDS * EACH_SECOND):
        time.sleep(max(0.0, began + number / EACH_SECOND - time.monotonic()))
        send(url)


def ask(prometheus, expression):
    return json.loads(get(f"{prometheus}/api/v1/query?" + urllib.parse.urlencode({"query": expression})))["data"]["result"]


def in_place(expression):
    """The expression with the values that Grafana would put in place of its variables."""
    expression = expression.replace("$__rate_interval", INTERVAL).replace("$__range", "30s")
    return re.sub(r"\$(job|instance|limit)\b", ".*", expression)


def queries(panels):
    for panel in panels:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def without_a_number(prometheus, dashboard):
    for title, expression in queries(dashboard["panels"]):
        values = [float(series["value"][1]) for series in ask(prometheus, in_place(expression))]
        if not any(math.isfinite(value) for value in values):
            yield f"the panel “{title}” has no data: {expression}"


def without_values(prometheus, dashboard):
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
        if not any(series["metric"].get(label) for series in ask(prometheus, in_place(selector))):
            yield f"the variable {variable['name']} has no value"


def not_shown(gcmock, dashboard):
    text = json.dumps(dashboard)
    names = re.findall(r"^# TYPE (\S+) ", get(gcmock + "/metrics"), re.MULTILINE)
    return [name for name in names if name not in text]


def not_firing(prometheus, expected):
    alerts = json.loads(get(f"{prometheus}/api/v1/alerts"))["data"]["alerts"]
    firing = {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}
    return [f"the alert {name} is not raised" for name in expected if name not in firing]


def main():
    gcmock, prometheus, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        dashboard = json.load(file)
    load(gcmock)
    problems = [*without_a_number(prometheus, dashboard), *without_values(prometheus, dashboard)]
    problems += not_firing(prometheus, ["GcmockLimitRefuses", "GcmockClientsIgnoreRetryAfter"])
    for name in not_shown(gcmock, dashboard):
        print(f"note    {name} is in no panel")
    count = sum(1 for _ in queries(dashboard["panels"]))
    if problems:
        print("\n".join(f"FAILED  {problem}" for problem in problems))
        return 1
    print(f"passed  each of the {count} queries of the dashboard has data, and the alerts are raised")
    return 0


if __name__ == "__main__":
    sys.exit(main())
