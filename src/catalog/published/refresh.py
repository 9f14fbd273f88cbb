#!/usr/bin/env python3
"""Writes operations.txt and models.txt from the API document that the vendor's API serves.

usage: refresh.py DOCUMENT [MODELLED]

DOCUMENT is Swagger 2.0 as JSON, also with gzip. Operations that it lacks stay as they are, and those that were removed
from the API stay marked. Only facts are taken: methods, paths, statuses, and the names, types
and enumerations of properties. operations.txt has every operation, with the properties that its answer needs to be of
the right kind. MODELLED is a file of lines `METHOD template`, or - for the standard input: operations that are emulated by
hand. For these, and for those that had them before, the whole request, answer and parameters are written, and models.txt
has the definitions that they use.
"""
import gzip
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REMOVED = "removed"
METHODS = ["get", "head", "post", "put", "patch", "delete"]
# The properties by which a client tells what it got.
IDENTITY = ["id", "name", "selfUri", "jobId", "executionId", "transactionId"]
# The properties of an answer that gives the address of an upload.
ADDRESSES = ["uploadUrl", "uploadUri", "uploadDestinationUri"]
UPLOAD = [*ADDRESSES, "url", "uploadKey", "headers", "uploadHeaders"]
LISTS = ["entities", "results", "items", "Resources", "values", "conversations"]
# The parameters that have the size of a page.
SIZES = ["pageSize", "limit", "maxResults"]
STATES = ["state", "status", "jobState", "queryStatus"]
STARTED = ["queued", "submitted", "created", "initiated", "pending", "started", "processing", "running", "inprogress", "in_progress", "open", "new"]
# Properties that the document requires and that public programs leave out: definition and property.
OPTIONAL = {("PhoneColumn", "type")}
DONE = ["complete", "completed", "succeeded", "success", "fulfilled", "finished", "done", "closed", "published"]


class Document:
    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        self.document = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
        self.definitions = self.document["definitions"]
        # The document calls it an object. It is an array, as its name says.
        self.definitions["ArrayNode"] = {"type": "array", "items": {}}
        self.used = {}

    def deref(self, schema):
        while isinstance(schema.get("$ref"), str):
            schema = self.definitions[name_of(schema)]
        return schema

    def scalar(self, schema):
        kind = schema.get("type")
        if schema.get("enum") and kind == "string":
            return "(" + "|".join(quoted(word) for word in schema["enum"]) + ")"
        form = schema.get("format")
        if kind == "string":
            return {"date-time": "t", "date": "d", "interval": "v", "uuid": "u"}.get(form, "s")
        if kind == "integer":
            return "l" if form == "int64" else "i"
        return {"number": "n", "boolean": "b", "file": "s"}.get(kind, "*")

    def essential(self, schema, top=True, depth=0):
        """The type with the properties that an answer of its kind needs."""
        schema = self.deref(schema)
        kind = schema.get("type")
        if kind == "array":
            return "[" + (self.scalar(self.deref(schema["items"])) if depth < 3 else "*") + "]"
        if "properties" not in schema:
            if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
                return "{*}"
            return "*" if kind == "object" else self.scalar(schema)
        required = schema.get("required", [])
        listing = next((name for name in LISTS if is_array(self, schema, name)), None) if top else None
        upload = UPLOAD if top and gives_address(schema["properties"]) else []
        parts = []
        for name, value in schema["properties"].items():
            state = top and name in STATES and self.deref(value).get("enum")
            envelope = listing and name not in LISTS and self.scalar(self.deref(value)) not in "*"
            if not (name in required or name in IDENTITY and (top or name in required) or name == listing or state or envelope or name in upload):
                continue
            kind = state_words(self.deref(value)["enum"]) if state else self.essential(value, False, depth + 1) if depth < 4 else "*"
            parts.append(f"{quoted(name)}:{kind}{'!' if name in required else ''}")
        return "{" + " ".join(parts) + "}"

    def whole(self, schema):
        """The type with every property, by reference."""
        if isinstance(schema.get("$ref"), str):
            name = name_of(schema)
            if name not in self.used:
                self.used[name] = None
                self.used[name] = self.definition(self.definitions[name], name)
            return name
        if schema.get("type") == "array":
            return "[" + self.whole(schema["items"]) + "]"
        extra = schema.get("additionalProperties")
        if "properties" not in schema:
            return "{" + self.whole(extra) + "}" if isinstance(extra, dict) and extra else self.scalar(schema)
        return "{" + " ".join(line.replace(" ", ":", 1) for line in self.properties(schema)) + "}"

    def properties(self, schema, definition=""):
        required = [name for name in schema.get("required", []) if (definition, name) not in OPTIONAL]
        for name, value in schema["properties"].items():
            flags = ("!" if name in required else "") + ("~" if value.get("readOnly") else "")
            yield f"{quoted(name)} {self.whole(value)}{flags}"

    def definition(self, schema, name):
        return list(self.properties(schema, name)) if "properties" in schema else self.whole(schema)


def shape(path):
    """The path with a nameless parameter for each of its own: parameters may have another name."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def name_of(schema):
    return "".join(c if c.isalnum() else "_" for c in schema["$ref"].split("/")[-1])


def quoted(word):
    word = str(word)
    return word if word and all(c.isalnum() or c in "_-.$@/+" for c in word) else json.dumps(word)


def is_array(document, schema, name):
    return name in schema["properties"] and document.deref(schema["properties"][name]).get("type") == "array"


def state_words(words):
    def find(known):
        return next((word for name in known for word in words if word.lower() == name), None)

    started, done = find(STARTED), find(DONE)
    picked = [word for word in (started, done) if word] or words[:1]
    return "(" + "|".join(quoted(word) for word in dict.fromkeys(picked)) + ")"


def success(operation):
    """The status of success and its schema: the first with a schema, else the first."""
    answers = {status: answer for status, answer in operation["responses"].items() if status[0] in "2d"}
    with_schema = [status for status in sorted(answers) if "schema" in answers[status]]
    status = (with_schema or sorted(answers))[0]
    schema = answers[status].get("schema")
    return ("200" if status == "default" else status), schema


def parameter(document, of):
    schema = of.get("items") if of.get("type") == "array" else of
    kind = document.scalar(schema)
    kind = f"[{kind}]" if of.get("type") == "array" else kind
    return f"?{quoted(of['name'])}:{kind}{most(of)}{'!' if of.get('required') else ''}"


def most(of):
    """`<=100` for the size of a page whose description has the greatest."""
    if of["name"] not in SIZES or of.get("type") != "integer":
        return ""
    greatest = re.search(r"(?i)\bmax(?:imum)?\b[^0-9.]*?(\d+)", of.get("description", ""))
    return f"<={greatest[1]}" if greatest else ""


def gives_address(properties):
    return any(name in properties for name in ADDRESSES) or "url" in properties and "headers" in properties


def request_only(document, operation, answer):
    """The properties of the body that the answer lacks. For an id of an entity, the property that refers to it."""
    body = next((of.get("schema", {}) for of in operation.get("parameters", []) if of["in"] == "body"), {})
    answered = document.deref(answer).get("properties")
    only = [name for name in document.deref(body).get("properties", {}) if answered is not None and name not in answered]
    return [named(document, name, answered) for name in only]


def named(document, name, answered):
    """`typeId:type` for an id, and `skillIds:skills` for several."""

    def refers(to, many):
        schema = document.deref(answered.get(to, {}))
        schema = document.deref(schema.get("items", {})) if many and schema.get("type") == "array" else {} if many else schema
        return "id" in schema.get("properties", {})

    stem = name[:-3] if name.endswith("Ids") else name[:-2] if name.endswith("Id") else ""
    many = name.endswith("Ids")
    to = next((to for to in ([stem + "s", stem] if many else [stem]) if stem and refers(to, many)), None)
    return f"{name}:{to}" if to else name


def line(document, method, operation, modelled):
    describe = document.whole if modelled else document.essential
    status, schema = success(operation)
    parts = [f" {method.upper()} {status}" + (" whole" if modelled else "")]
    for of in operation.get("parameters", []):
        if of["in"] == "body":
            body = of.get("schema", {})
            kind = document.whole(body) if modelled else document.essential(body) if document.deref(body).get("type") == "array" else "s" if document.deref(body).get("type") == "string" else "*"
            parts.append(f"<{kind}{'!' if of.get('required') else ''}")
        elif of["in"] == "query" and modelled:
            parts.append(parameter(document, of))
    if schema is not None:
        only = [] if modelled else request_only(document, operation, schema)
        parts += ["-" + ",".join(only)] if only else []
        parts.append(">" + describe(schema))
    return " ".join(parts)


def read_known():
    """The operations of operations.txt: path, method, the rest of the line with its aliases replaced."""
    known, aliases, path = {}, {}, ""
    with open(os.path.join(HERE, "operations.txt")) as file:
        for text in file.read().splitlines():
            if text.startswith(" "):
                method, _, rest = text.strip().partition(" ")
                head, mark, kind = rest.partition(">")
                known.setdefault(path, {})[method.lower()] = head + mark + aliases.get(kind, kind)
            elif text.startswith("/"):
                path = text
            else:
                name, _, kind = text.partition(" = ")
                aliases[name] = kind
    return known


def main():
    document = Document(sys.argv[1])
    modelled = set()
    if len(sys.argv) > 2:
        with sys.stdin if sys.argv[2] == "-" else open(sys.argv[2]) as file:
            modelled = {shape(text.strip()) for text in file}
    lines = []
    known = read_known()
    for path in sorted({*document.document["paths"], *known}):
        methods, kept = document.document["paths"].get(path, {}), known.get(path, {})
        lines.append(path)
        for method in METHODS:
            if method in methods and kept.get(method) != REMOVED:
                whole = shape(f"{method.upper()} {path}") in modelled or " whole" in kept.get(method, "")
                lines.append(line(document, method, methods[method], whole))
            elif method in kept:
                lines.append(f" {method.upper()} {kept[method]}")
    types = {}
    for text in lines:
        if text.startswith(" ") and " >" in text:
            kind = text.split(" >", 1)[1]
            types[kind] = types.get(kind, 0) + 1
    aliases = {}
    listings = [kind for kind, count in types.items() if count > 2 and len(kind) > 30 and any(f"{name}:[" in kind for name in LISTS)]
    for kind in sorted(listings, key=lambda kind: -types[kind]):
        word = "AnyPage" if "pageNumber:" in kind else "AnyCursor" if "nextUri:" in kind else "AnyListing"
        number = sum(name.startswith(word) for name in aliases.values()) + 1
        aliases[kind] = word if number == 1 else f"{word}{number}"
    write("operations.txt", [f"{name} = {kind}" for kind, name in aliases.items()] + [alias(text, aliases) for text in lines])
    blocks = []
    for name, kind in sorted(document.used.items()):
        blocks += [f"{name} = {kind}"] if isinstance(kind, str) else [name, *(f" {text}" for text in kind)]
    write("models.txt", blocks)


def alias(text, aliases):
    head, mark, kind = text.partition(" >")
    return head + mark + aliases.get(kind, kind) if text.startswith(" ") else text


def write(name, lines):
    with open(os.path.join(HERE, name), "w") as file:
        file.write("\n".join(lines) + "\n")


main()
