#!/usr/bin/env python3
"""Judges deploy/helm/gcmock: chart.py GCMOCK_BINARY [HELM]. Ends with 1 if anything is not as expected."""

import base64
import json
import pathlib
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


def render(helm, folder, values):
    rendered = run(helm, "template", "load", str(CHART), "--namespace", "tests", "-f", values_file(folder, values))
    if rendered.returncode != 0:
        sys.exit(f"FAILED  helm template: {rendered.stderr}")
    objects = [item for item in yaml.safe_load_all(rendered.stdout) if item]
    for item in objects:
        # The operator's own kind is in no schema of Kubernetes.
        if item["kind"] != "ServiceMonitor":
            kubernetes_validate.validate(item, KUBERNETES, strict=True)
    return {item["kind"]: item for item in objects}


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
        results += [*plain(helm, folder), *full(gcmock, helm, folder), *wrong(helm, folder)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
