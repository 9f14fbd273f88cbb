#!/usr/bin/env python3
"""Judges one rehearsal: what JMeter saw (an XML JTL with response headers) and what gcmock's journal says.

Always asked: every sample is an HTTP answer, 2xx or 429, or a socket that opened or closed well; every 429 has a
Retry-After of whole seconds and a Gcmock-Limit, or a status line that says as much; the journal counts as many 429s as the JTL. The options ask for counts. Prints one line; ends 1 if
anything is not as asked.
"""

import argparse
import collections
import json
import re
import sys
import urllib.request
import xml.etree.ElementTree as ElementTree

Sample = collections.namedtuple("Sample", "start label code thread headers message")


def read(path):
    samples, depth = [], 0
    for event, node in ElementTree.iterparse(path, ("start", "end")):
        if node.tag not in ("httpSample", "sample"):
            continue
        depth += 1 if event == "start" else -1
        # What lies within a sample is a part of it: a frame that was passed over, say.
        if event == "end" and depth == 0:
            headers, message = node.findtext("responseHeader") or "", node.get("rm") or ""
            samples.append(Sample(int(node.get("ts")), node.get("lb"), node.get("rc"), node.get("tn"), headers, message))
            node.clear()
    return sorted(samples)


def span(text):
    low, _, high = text.partition("..")
    return float(low), float(high or low)


def header(sample, name):
    found = re.search(rf"(?im)^{name}:[ \t]*(.*?)[ \t]*$", sample.headers)
    return found and found.group(1)


def within(what, value, bounds):
    if bounds and not (value is not None and bounds[0] <= value <= bounds[1]):
        yield f"{what} is {value}, expected {bounds[0]:g}..{bounds[1]:g}"


def unexplained(refused):
    # A refused handshake shows its status line alone.
    phrase = r"Too Many Requests: \S.*, retry in [1-9]\d* s"
    refused = [s for s in refused if not re.search(phrase, s.message)]
    if bad := [s for s in refused if not re.fullmatch(r"[1-9]\d*", header(s, "Retry-After") or "")]:
        yield f"{len(bad)} refusals without a whole Retry-After"
    if bad := [s for s in refused if not header(s, "Gcmock-Limit")]:
        yield f"{len(bad)} refusals without Gcmock-Limit"


def strange(samples):
    codes = collections.Counter(s.code for s in samples if not re.fullmatch(r"2\d\d|101|429|1000", s.code))
    if codes:
        yield "neither 2xx nor 429, nor a socket opened or closed: " + ", ".join(f"{n} x {code}" for code, n in codes.most_common())


def served(samples, expected):
    """The given number of users are never refused, all others always."""
    seen = collections.defaultdict(set)
    for s in samples:
        seen[s.thread].add(s.code == "429")
    never = sum(1 for codes in seen.values() if codes == {False})
    mixed = sum(1 for codes in seen.values() if len(codes) == 2)
    if never != expected or mixed:
        yield f"{never} users never refused (expected {expected}), {mixed} now refused and now not"


def journal(url, refused):
    body = json.dumps({"status": 429}).encode()
    request = urllib.request.Request(url + "/__admin/requests/count", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        count = json.load(answer)["count"]
    if count != refused:
        yield f"the journal counts {count} refusals, the JTL {refused}"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jtl")
    parser.add_argument("--name", default="rehearsal")
    parser.add_argument("--label", default=".*", help="the samples that the counts are about, a regular expression")
    parser.add_argument("--admitted", type=span, help="MIN..MAX or a number")
    parser.add_argument("--refused", type=span, help="MIN..MAX or a number")
    parser.add_argument("--first-refusal", type=span, help="MIN..MAX seconds after the first sample")
    parser.add_argument("--users-served", type=int, help="this number of users is never refused, all others always")
    parser.add_argument("--untouched", help="samples of which none may be refused, a regular expression")
    parser.add_argument("--journal", metavar="URL", help="where gcmock listens")
    return parser.parse_args()


def judge(options, samples):
    counted = [s for s in samples if re.fullmatch(options.label, s.label)]
    refused = [s for s in counted if s.code == "429"]
    first = (refused[0].start - counted[0].start) / 1000 if refused else None
    problems = [] if counted else ["no samples"]
    problems += strange(samples)
    problems += unexplained([s for s in samples if s.code == "429"])
    problems += within("admitted", len(counted) - len(refused), options.admitted)
    problems += within("refused", len(refused), options.refused)
    problems += within("the first refusal", first, options.first_refusal)
    if options.users_served is not None:
        problems += served(counted, options.users_served)
    if options.untouched:
        others = [s for s in samples if re.fullmatch(options.untouched, s.label)]
        problems += within("refused of the untouched", sum(s.code == "429" for s in others), (0, 0))
        problems += [] if others else ["no samples that should be untouched"]
    if options.journal:
        problems += journal(options.journal, sum(s.code == "429" for s in samples))
    took = (counted[-1].start - counted[0].start) / 1000 if counted else 0
    tail = f", the first after {first:.2f} s" if refused else ""
    return problems, f"{len(counted)} sent in {took:.1f} s, {len(counted) - len(refused)} admitted, {len(refused)} refused{tail}"


def main():
    options = arguments()
    problems, summary = judge(options, read(options.jtl))
    verdict = "FAILED" if problems else "passed"
    print(f"{verdict}  {options.name}: {summary}" + "".join(f"\n        {p}" for p in problems), flush=True)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
