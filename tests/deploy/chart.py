#!/usr/bin/env python3
"""Judges deploy/helm/gcmock: chart.py GCMOCK_BINARY [HELM]. Ends with 1 if anything is not as expected."""

import base64
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import kubernetes_validate
import yaml

KUBERNETES = "1.33"
CHART = pathlib.Path(__file__).resolve().parents[2] / "deploy/helm/gcmock"
LIMITS = (pathlib.Path(__file__).parent / "limits.toml").read_text(encoding="utf-8")

FULL = {
    "scenario": "messaging-tenant",
    "limits": LIMITS,
    "organizations": {"acme.toml": 'name = "Acme"\n'},
    "options": {"GCMOCK_STRICT_AUTH": "true"},
    "adminToken": {"value": "s3cret"},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "state": {"existingClaim": "claim"},
    "imagePullSecrets": [{"name": "registry"}],
    "nodeSelector": {"kind": "load"},
    "podAnnotations": {"team": "performance"},
    "service": {"annotations": {"a": "b"}},
}
WRONG = {
    "an unknown key": {"scenarios": "messaging-tenant"},
    "an option that is not a text": {"options": {"GCMOCK_STRICT_AUTH": True}},
    "an organization that is not a file's name": {"organizations": {"../acme.toml": ""}},
    "no node": {"nodes": 0},
    "a store that is none": {"store": {"url": "http://store"}},
    "a key that no balancer has": {"balancer": {"by": "user"}},
    "a port out of range": {"service": {"port": 70000}},
    "an interval without a unit": {"serviceMonitor": {"interval": "15"}},
}


def values_file(folder, values):
    path = pathlib.Path(folder) / "values.yaml"
    path.write_text(json.dumps(values), encoding="utf-8")
    return str(path)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def check(what, holds):
    print(f"{'passed' if holds else 'FAILED'}  {what}")
    return holds


def manifests(helm, folder, values):
    rendered = run(helm, "template", "load", str(CHART), "--namespace", "tests", "-f", values_file(folder, values))
    if rendered.returncode != 0:
        sys.exit(f"FAILED  helm template: {rendered.stderr}")
    objects = [item for item in yaml.safe_load_all(rendered.stdout) if item]
    for item in objects:
        # The operator's own kind is in no schema of Kubernetes.
        if item["kind"] != "ServiceMonitor":
            kubernetes_validate.validate(item, KUBERNETES, strict=True)
    return objects


def render(helm, folder, values):
    return {item["kind"]: item for item in manifests(helm, folder, values)}


def container(objects):
    return objects["Deployment"]["spec"]["template"]["spec"]["containers"][0]


def variables(objects):
    return {entry["name"]: entry.get("value") for entry in container(objects)["env"]}


def token(objects):
    return base64.b64decode(objects["Secret"]["data"]["token"]).decode()


def plain(helm, folder):
    objects = render(helm, folder, {})
    pod, server = objects["Deployment"]["spec"]["template"]["spec"], container(objects)
    yield check("without values: a deployment, a service and a secret", sorted(objects) == ["Deployment", "Secret", "Service"])
    yield check("it runs without root", pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == 10001)
    yield check("its file system is read-only", server["securityContext"]["readOnlyRootFilesystem"])
    yield check("it has the probes", {server[kind]["httpGet"]["path"] for kind in ("livenessProbe", "readinessProbe")} == {"/__admin/health", "/__admin/ready"})
    yield check("it makes a token of 32 characters", len(token(objects)) == 32)
    yield check("the service finds the pod", objects["Service"]["spec"]["selector"].items() <= objects["Deployment"]["spec"]["template"]["metadata"]["labels"].items())
    other = render(helm, folder, {"adminToken": {"existingSecret": "mine"}})
    reference = container(other)["env"][0]["valueFrom"]["secretKeyRef"]
    yield check("a secret that exists is used", "Secret" not in other and reference == {"name": "mine", "key": "token"})


def full(gcmock, helm, folder):
    objects = render(helm, folder, FULL)
    limits = pathlib.Path(folder) / "limits.toml"
    limits.write_text(objects["ConfigMap"]["data"]["limits.toml"], encoding="utf-8")
    paths = [item["path"] for item in objects["Deployment"]["spec"]["template"]["spec"]["volumes"][1]["configMap"]["items"]]
    yield check("the limits arrive unchanged", limits.read_text(encoding="utf-8").strip() == LIMITS.strip() and run(gcmock, "check", str(limits)).returncode == 0)
    yield check("files are mounted where gcmock looks for them", paths == ["limits.toml", "organizations/acme.toml"])
    yield check("the limits layer over the scenario", (variables(objects)["GCMOCK_SCENARIO"], variables(objects)["GCMOCK_LIMITS"]) == ("messaging-tenant", "/config/limits.toml"))
    known = run(gcmock, "serve", "--help").stdout
    yield check("its variables are gcmock's", all(f"env: {name}" in known for name in variables(objects)))
    yield check("the token is the given one", token(objects) == "s3cret")


def pods(objects):
    return {item["metadata"]["name"]: item["spec"]["template"] for item in objects if item["kind"] in ("Deployment", "StatefulSet")}


def found_by(objects):
    """The names of the sets whose pods each service finds."""
    services = {item["metadata"]["name"]: item["spec"]["selector"].items() for item in objects if item["kind"] == "Service"}
    return {name: [of for of, pod in pods(objects).items() if selector <= pod["metadata"]["labels"].items()] for name, selector in services.items()}


def store_of(objects):
    server = pods(objects)["load-gcmock"]["spec"]["containers"][0]
    return next((entry for entry in server["env"] if entry["name"] == "GCMOCK_STORE"), {})


def balancer(gcmock, folder, objects):
    """Does what the pod of the balancer does at its start."""
    file = pathlib.Path(folder) / "haproxy.cfg"
    arguments = pods(objects)["load-gcmock-balancer"]["spec"]["initContainers"][0]["args"]
    printed = run(gcmock, *(argument.replace("/balancer/haproxy.cfg", str(file)) for argument in arguments))
    text = file.read_text(encoding="utf-8") if printed.returncode == 0 else printed.stderr
    yield check("the balancer knows each server by its name", all(f"server {n} load-gcmock-{n}.load-gcmock-nodes.tests.svc.cluster.local:8080" in text for n in (1, 2, 3)))
    if shutil.which("haproxy"):
        yield check("HAProxy takes the configuration", run("haproxy", "-c", "-f", str(file)).returncode == 0)


def several(gcmock, helm, folder):
    objects = manifests(helm, folder, {"nodes": 3, "serviceMonitor": {"enabled": True}})
    kinds = {(item["kind"], item["metadata"]["name"]): item for item in objects}
    servers = kinds["StatefulSet", "load-gcmock"]["spec"]
    yield check("three servers with the names 1 to 3", (servers["replicas"], servers["ordinals"]["start"], servers["serviceName"]) == (3, 1, "load-gcmock-nodes"))
    expected = {"load-gcmock": ["load-gcmock-balancer"], "load-gcmock-nodes": ["load-gcmock"], "load-gcmock-store": ["load-gcmock-store"]}
    yield check("each service finds its pods alone", found_by(objects) == expected)
    monitored = kinds["ServiceMonitor", "load-gcmock"]["spec"]["selector"]["matchLabels"].items()
    services = [item["metadata"] for item in objects if item["kind"] == "Service"]
    yield check("the servers are scraped, and not their balancer", [one["name"] for one in services if monitored <= one["labels"].items()] == ["load-gcmock-nodes"])
    known = run(gcmock, "serve", "--help").stdout
    names = [entry["name"] for entry in pods(objects)["load-gcmock"]["spec"]["containers"][0]["env"]]
    yield check("the variables of a server are gcmock's", all(f"env: {name}" in known for name in names if name != "STORE_PASSWORD"))
    yield check("the store has a password", store_of(objects)["value"] == "valkey://:$(STORE_PASSWORD)@load-gcmock-store:6379" and len(base64.b64decode(kinds["Secret", "load-gcmock-store"]["data"]["password"])) == 32)
    hardened = [one["spec"]["securityContext"]["runAsNonRoot"] and one["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] for one in pods(objects).values()]
    yield check("all run without root on read-only file systems", hardened == [True] * 3)
    yield from balancer(gcmock, folder, objects)
    own = manifests(helm, folder, {"nodes": 2, "store": {"existingSecret": "mine"}})
    yield check("a store that exists is used", "load-gcmock-store" not in pods(own) and store_of(own)["valueFrom"]["secretKeyRef"] == {"name": "mine", "key": "url"})
    one = manifests(helm, folder, {"store": {"url": "redis://store"}})
    yield check("one server can have a store", sorted(pods(one)) == ["load-gcmock"] and store_of(one)["value"] == "redis://store")
    claim = run(helm, "template", "load", str(CHART), "-f", values_file(folder, {"nodes": 2, "state": {"existingClaim": "claim"}}))
    yield check("a claim of one server is refused for several", claim.returncode != 0 and "state.existingClaim is for one node" in claim.stderr)


def wrong(helm, folder):
    for what, values in WRONG.items():
        yield check(f"refused: {what}", run(helm, "lint", str(CHART), "-f", values_file(folder, values)).returncode != 0)


def by_schema():
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    validator = jsonschema.Draft7Validator(schema)
    yield check("the default values fit the schema", validator.is_valid(defaults))
    yield check("the schema has every value", set(defaults) == set(schema["properties"]) - {"global"})
    yield check("the schema refuses wrong values", not any(validator.is_valid(values) for values in WRONG.values()))


def main():
    gcmock, helm = sys.argv[1], (sys.argv[2:] or [None])[0]
    with tempfile.TemporaryDirectory() as folder:
        results = list(by_schema())
        if helm is None:
            print("Helm: not run, this machine has none")
            return 0 if all(results) else 1
        linted = run(helm, "lint", "--strict", str(CHART))
        results.append(check("helm lint", linted.returncode == 0) or print(linted.stdout))
        results += [*plain(helm, folder), *full(gcmock, helm, folder), *several(gcmock, helm, folder), *wrong(helm, folder)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
