// The parts "Organizations" and "Coverage".

import { useCredentials } from "./clients.js";
import { MOST_ROWS, button, element, fill, labelled, more, nameField, table, tell } from "./dom.js";
import { ask, download } from "./server.js";

const organizations = document.getElementById("organizations");
const coverage = document.getElementById("coverage");

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
  const [{ edges }, users, queues] = await Promise.all([
    ask("GET", `/__admin/edges?tenant=${tenant.id}`),
    listing(tenant, "users", ["name", "e-mail", "skill group", "status"], (user) => [user.name, user.email, user.skillGroup ?? "–", user.status]),
    listing(tenant, "queues", ["name", "id"], (queue) => [queue.name, element("code", {}, queue.id)]),
  ]);
  fill(
    parent,
    element("h3", {}, `Users of ${tenant.name}`),
    ...users,
    element("h3", {}, "Queues"),
    ...queues,
    element("h3", {}, "Edges"),
    table(`Edges of ${tenant.name}`, ["name", "host", "state"], edges.map((edge) => [edge.name, edge.host, edge.state])),
  );
}

/** The entities of a kind, with a field for a part of their names. */
async function listing(tenant, kind, heads, row) {
  const found = element("div", {});
  const draw = async () => {
    const query = new URLSearchParams({ tenant: tenant.id, limit: MOST_ROWS, name: name.value });
    const rows = (await ask("GET", `/__admin/${kind}?${query}`))[kind].map(row);
    fill(found, table(`${kind} of ${tenant.name}`, heads, rows), more(rows));
  };
  const name = nameField(`name of ${kind}`, draw);
  await draw();
  return [element("div", { className: "row" }, labelled("Name", name)), found];
}

function newOrganization() {
  const name = element("input", { placeholder: "name", size: 20 });
  const make = button("Make an organization", async () => {
    const made = await ask("POST", "/__admin/tenants", name.value ? { name: name.value } : {});
    useCredentials(made.clients[0]);
    await drawOrganizations();
    const rows = made.clients.map((client) => [client.name, element("code", {}, client.id), element("code", {}, client.secret ?? "public")]);
    const told = element("p", {}, `${made.name} has these credentials. They are shown only here, and in the lines of Connect until this page is closed.`);
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
