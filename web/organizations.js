// The parts "Connect", "Organizations" and "Coverage".

import { button, element, fill, labelled, table, tell } from "./dom.js";
import { ask, download } from "./server.js";

const clients = document.getElementById("clients");
const organizations = document.getElementById("organizations");
const coverage = document.getElementById("coverage");

/** Draws "Connect": lines to copy that call this server. */
export async function drawClients() {
  const base = platformOf(await ask("GET", "/__admin"));
  const issue = button("Issue a token for these lines", async () => {
    const { tokens } = await ask("POST", "/__admin/tokens", { count: 1 });
    drawLines(base, tokens[0].token);
  });
  fill(
    clients,
    element("h2", {}, "Call this server"),
    element("p", { className: "soft" }, "Each line sends one request. In a proxy's place, this server answers for the platform's own host names."),
    element("div", { className: "row" }, issue),
    element("div", { id: "snippets" }),
  );
  drawLines(base, "ACCESS-TOKEN");
}

/** The platform's address, which is the page's own unless the admin API has an address to itself. */
function platformOf(index) {
  const base = new URL(index.platform ?? location.origin);
  // A listener on all addresses has none that a client can use. The page's own host leads to the same machine.
  if (["0.0.0.0", "[::]"].includes(base.hostname)) base.hostname = location.hostname;
  return base;
}

function drawLines(base, token) {
  const made = snippets(base, token).flatMap(([name, text]) => {
    const copy = button(`Copy ${name}`, async () => {
      await navigator.clipboard.writeText(text);
      tell(`${name} is copied.`);
    });
    return [element("div", { className: "row" }, element("h3", {}, name), copy), element("pre", { tabIndex: 0 }, text)];
  });
  fill(document.getElementById("snippets"), ...made);
}

function snippets(base, token) {
  const url = `${base.origin}/api/v2/users/me`;
  const { hostname, port, protocol } = base;
  return [
    ["curl", `curl -i -H 'Authorization: Bearer ${token}' ${url}`],
    ["JMeter", `jmeter -n -H ${hostname} -P ${port || (protocol === "https:" ? 443 : 80)} -t plan.jmx -l result.jtl`],
    ["Python", `import requests\nanswer = requests.get("${url}", headers={"Authorization": "Bearer ${token}"})\nprint(answer.status_code, answer.headers.get("Retry-After"), answer.text)`],
    ["JavaScript", `const answer = await fetch("${url}", { headers: { Authorization: "Bearer ${token}" } });\nconsole.log(answer.status, answer.headers.get("Retry-After"), await answer.text());`],
    ["Java", `var request = HttpRequest.newBuilder(URI.create("${url}")).header("Authorization", "Bearer ${token}").build();\nvar answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());\nSystem.out.println(answer.statusCode() + " " + answer.body());`],
    ["Go", `request, _ := http.NewRequest("GET", "${url}", nil)\nrequest.Header.Set("Authorization", "Bearer ${token}")\nanswer, err := http.DefaultClient.Do(request)`],
  ];
}

/** Draws "Organizations": what each has, and a field for a new one. */
export async function drawOrganizations() {
  const { tenants } = await ask("GET", "/__admin/tenants");
  const entities = element("div", { id: "entities" });
  const rows = tenants.map((tenant) => {
    const open = button(tenant.name, () => drawEntities(entities, tenant), { className: "link" });
    return [open, element("code", {}, tenant.id), tenant.clients.map((client) => client.name).join(", ")];
  });
  fill(organizations, element("h2", {}, "Organizations"), table("Organizations", ["name", "id", "clients"], rows), newOrganization(), entities, report());
}

async function drawEntities(parent, tenant) {
  const query = `?tenant=${tenant.id}&limit=100`;
  const [{ users }, { queues }, { edges }] = await Promise.all([
    ask("GET", `/__admin/users${query}`),
    ask("GET", `/__admin/queues${query}`),
    ask("GET", `/__admin/edges?tenant=${tenant.id}`),
  ]);
  fill(
    parent,
    element("h3", {}, `Users of ${tenant.name} (the first 100)`),
    table(`Users of ${tenant.name}`, ["name", "e-mail", "skill group", "status"], users.map((user) => [user.name, user.email, user.skillGroup ?? "–", user.status])),
    element("h3", {}, "Queues"),
    table(`Queues of ${tenant.name}`, ["name", "id"], queues.map((queue) => [queue.name, element("code", {}, queue.id)])),
    element("h3", {}, "Edges"),
    table(`Edges of ${tenant.name}`, ["name", "host", "state"], edges.map((edge) => [edge.name, edge.host, edge.state])),
  );
}

function newOrganization() {
  const name = element("input", { placeholder: "name", size: 20 });
  const make = button("Make an organization", async () => {
    const made = await ask("POST", "/__admin/tenants", name.value ? { name: name.value } : {});
    await drawOrganizations();
    const rows = made.clients.map((client) => [client.name, element("code", {}, client.id), element("code", {}, client.secret ?? "public")]);
    const told = element("p", {}, `${made.name} has these credentials. They are shown only here.`);
    document.getElementById("entities").before(element("div", { id: "credentials" }, told, table("Credentials", ["client", "id", "secret"], rows)));
  });
  return element("div", { className: "row" }, labelled("Name", name), make);
}

function report() {
  const save = button("Download the report", async () => {
    const link = element("a", { href: URL.createObjectURL(await download("/__admin/report")), download: "gcmock-report.html" });
    link.click();
    URL.revokeObjectURL(link.href);
  });
  return element("div", {}, element("h2", {}, "Report on the run so far"), element("div", { className: "row" }, save));
}

let operations = null;

/** Draws "Coverage": how each operation is answered. */
export async function drawCoverage() {
  operations ??= await ask("GET", "/__admin/coverage");
  const list = element("div", {});
  const search = element("input", { type: "search", size: 28, placeholder: "part of a path", oninput: () => drawOperations(list, search.value) });
  const { total, byHand, generic, validated } = operations;
  const told = `${total} operations: ${byHand} with a handler of their own, ${generic} by their shape, ${validated} with checked requests.`;
  fill(coverage, element("h2", {}, "Coverage"), element("p", {}, told), element("div", { className: "row" }, labelled("Path", search)), list);
  drawOperations(list, "");
}

const MOST = 200;

function drawOperations(list, text) {
  const wanted = operations.operations.filter((operation) => operation.path.includes(text));
  const rows = wanted.slice(0, MOST).map((operation) => [
    operation.method,
    element("code", {}, operation.path),
    operation.byHand ? element("span", { className: "yes" }, "by hand") : "by its shape",
    operation.validated ? "yes" : "no",
  ]);
  const rest = wanted.length > MOST ? element("p", { className: "soft" }, `${wanted.length - MOST} more; type a part of the path.`) : null;
  fill(list, table("Operations", ["method", "path", "answered", "checked"], rows), ...(rest ? [rest] : []));
}
