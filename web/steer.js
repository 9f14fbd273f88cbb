// The part "Steer": the clock, the limits' numbers, agents, edges, skill groups, sockets, faults, and a new start.

import { MOST_ROWS, button, element, fill, labelled, more, nameField, table, tell } from "./dom.js";
import { quota } from "./now.js";
import { ask } from "./server.js";

const panel = document.getElementById("steer");
const parts = Object.fromEntries(["limits", "faults", "agents", "edges", "groups", "sockets"].map((name) => [name, element("div", { id: `steer-${name}` })]));
const agentName = nameField("name of agents", drawAgents);
/** The numbers of limits before they were changed here. */
const before = new Map();

const path = (resource, id) => `/__admin/${resource}/${encodeURIComponent(id)}`;

/** Draws the part. */
export function begin() {
  panel.replaceChildren(
    element("h2", {}, "Clock"),
    clock(),
    element("h2", {}, "Limits"),
    parts.limits,
    element("h2", {}, "Faults"),
    newFault(),
    parts.faults,
    element("h2", {}, "Agents"),
    element("div", { className: "row" }, labelled("Name", agentName)),
    parts.agents,
    element("h2", {}, "Edges"),
    parts.edges,
    element("h2", {}, "Skill groups"),
    parts.groups,
    element("h2", {}, "Open sockets"),
    parts.sockets,
    element("h2", {}, "A new start"),
    restart(),
  );
}

/** Asks the server for everything that can be changed, and draws it. */
export async function draw() {
  await Promise.all([drawLimits(), drawFaults(), drawAgents(), drawEdges(), drawGroups(), drawSockets()]);
}

function clock() {
  const by = element("input", { className: "short", value: "60s", ariaLabel: "time to advance by" });
  const change = (body, text) => async () => {
    await ask("PUT", "/__admin/clock", body());
    tell(text());
  };
  return element(
    "div",
    { className: "row" },
    button("Freeze", change(() => ({ action: "freeze" }), () => "Model time stands still.")),
    button("Resume", change(() => ({ action: "resume" }), () => "Model time runs.")),
    button("Advance", change(() => ({ action: "advance", by: by.value }), () => `Model time is ${by.value} later.`)),
    labelled("by", by),
  );
}

async function drawLimits() {
  const { limits } = await ask("GET", "/__admin/limits");
  const rows = limits.map(limitRow);
  fill(parts.limits, table("Limits and their numbers", ["limit", "quota", "capacity", "refill", "period", "mode", "actions"], rows));
}

function limitRow(limit) {
  const numbers = ["capacity", "refill", "period"];
  const fields = Object.fromEntries(numbers.filter((name) => limit[name] !== null).map((name) => [name, field(limit, name)]));
  const mode = choice(["enforce", "shadow"], limit.mode, `mode of ${limit.name}`);
  const change = async (values) => {
    await ask("PATCH", path("limits", limit.name), values);
    await drawLimits();
  };
  const save = button("Change", async () => {
    if (!before.has(limit.name)) before.set(limit.name, picked(limit));
    const values = Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, of.type === "number" ? Number(of.value) : of.value]));
    await change({ ...values, mode: mode.value });
    tell(`${limit.name} is changed; the levels of its buckets stay.`);
  });
  const back = button("Back", async () => {
    await change(before.get(limit.name));
    before.delete(limit.name);
    await drawLimits();
  });
  back.hidden = !before.has(limit.name);
  const refill = button("Refill", async () => {
    await ask("DELETE", `${path("limits", limit.name)}/buckets`);
    tell(`The buckets of ${limit.name} are full again.`);
  });
  [save, back, refill].forEach((control, at) => {
    control.dataset.focus = `${limit.name} ${at}`;
    control.setAttribute("aria-label", `${control.textContent} ${limit.name}`);
  });
  return [element("code", {}, limit.name), quota(limit), fields.capacity, fields.refill ?? "–", fields.period ?? "–", mode, element("span", { className: "row" }, save, back, refill)];
}

function picked(limit) {
  const keys = ["capacity", "value", "refill", "period", "mode"].filter((name) => limit[name] !== null);
  return Object.fromEntries(keys.map((name) => [name, limit[name]]));
}

function field(limit, name) {
  const properties = name === "period" ? { className: "short" } : { type: "number", min: 1 };
  return element("input", { ...properties, value: limit[name], ariaLabel: `${name} of ${limit.name}` });
}

function choice(values, chosen, label, onchange) {
  const options = values.map((value) => element("option", { value, selected: value === chosen }, value));
  return element("select", { ariaLabel: label, ...(onchange ? { onchange } : {}) }, ...options);
}

/** A change that is sent at once; what the server says against it is told. */
const changing = (act, again) => async (event) => {
  try {
    await act(event.target);
  } catch (error) {
    tell(error.message);
  }
  await again();
};

async function drawFaults() {
  const { faults, presets, kinds } = await ask("GET", "/__admin/faults");
  offerKinds(kinds);
  if (presetField.options.length === 1) presetField.append(...presets.map(({ name, summary }) => element("option", { value: name, title: summary }, name)));
  const rows = faults.map((fault) => {
    const remove = button("Remove", async () => {
      await ask("DELETE", path("faults", fault.name));
      await drawFaults();
    }, { ariaLabel: `Remove ${fault.name}` });
    return [element("code", {}, fault.name), element("code", {}, JSON.stringify(fault)), remove];
  });
  const list = rows.length ? table("Faults in force", ["fault", "keys", "actions"], rows) : element("p", { className: "soft" }, "None in force.");
  fill(parts.faults, list);
}

/** The presets and the kinds, which the server tells. */
const presetField = element("select", { ariaLabel: "preset of the fault" }, element("option", { value: "" }, "none"));
const kindField = element("select", { ariaLabel: "kind of the fault" });
const matchField = element("input", { size: 24 });
const valueField = element("input", { className: "short" });

/** Fills the field of kinds once. A chosen kind brings an example of its requests and its value. */
function offerKinds(kinds) {
  if (kindField.options.length) return;
  const example = ({ match, value }) => [matchField.value, valueField.value] = [match ?? "", String(JSON.parse(value))];
  kindField.append(...kinds.map(({ key }) => element("option", { value: key }, key)));
  kindField.onchange = () => example(kinds[kindField.selectedIndex]);
  example(kinds[0]);
}

function newFault() {
  const name = element("input", { value: "outage", className: "short" });
  const number = (name, properties) => element("input", { type: "number", name, className: "short", ...properties });
  const numbers = [number("share", { min: 0, max: 1, step: 0.05, placeholder: 1 }), number("after", { min: 0, placeholder: 0 }), number("times", { min: 1 })];
  const [from, until] = ["from", "until"].map((end) => element("input", { className: "short", placeholder: "60s", ariaLabel: `${end} in model time` }));
  const kept = [labelled("Match", matchField), labelled("Kind", kindField), labelled("Value", valueField)];
  presetField.onchange = () => kept.forEach((label) => (label.hidden = presetField.value !== ""));
  const add = button("Inject", async () => {
    const fault = presetField.value ? { preset: presetField.value } : { ...(matchField.value ? { match: [matchField.value] } : {}), [kindField.value]: literal(valueField.value) };
    for (const of of numbers) if (of.value !== "") fault[of.name] = Number(of.value);
    if (from.value || until.value) fault.between = [from.value || "0s", until.value];
    await ask("PUT", path("faults", name.value), fault);
    tell(`The fault ${name.value} is in force.`);
    await drawFaults();
  });
  return element("div", { className: "row" }, labelled("Name", name), labelled("Preset", presetField), ...kept, ...["Share", "After", "Times"].map((text, at) => labelled(text, numbers[at])), labelled("Between", from), labelled("and", until), add);
}

/** `503` is a number, `true` a truth, everything else a text. */
function literal(text) {
  if (text === "true") return true;
  return /^\d+$/.test(text) ? Number(text) : text;
}

async function drawAgents() {
  const query = new URLSearchParams({ limit: MOST_ROWS, name: agentName.value });
  const { agents, statuses } = await ask("GET", `/__admin/agents?${query}`);
  const rows = agents.map((agent) => {
    const set = changing((chosen) => ask("PUT", path("agents", agent.id), { status: chosen.value }), drawAgents);
    const status = choice(statuses, agent.status, `status of ${agent.name}`, set);
    status.dataset.focus = agent.id;
    return [agent.name, agent.skillGroup ?? "–", status];
  });
  fill(parts.agents, table("Agents of the default organization", ["agent", "skill group", "status"], rows), more(rows));
}

async function drawEdges() {
  const { edges } = await ask("GET", "/__admin/edges");
  const rows = edges.map((edge) => {
    const set = (key) => changing((chosen) => ask("PUT", path("edges", edge.id), { [key]: chosen.value }), drawEdges);
    const lag = element("input", { className: "short", value: edge.sync_lag, ariaLabel: `lag of ${edge.name}`, onchange: set("sync_lag") });
    return [edge.name, edge.host, lag, choice(["in-service", "draining"], edge.state, `state of ${edge.name}`, set("state"))];
  });
  fill(parts.edges, table("Edges of the default organization", ["edge", "host", "lag", "state"], rows));
}

async function drawGroups() {
  const { skillGroups } = await ask("GET", "/__admin/skill-groups");
  const rows = skillGroups.map((group) => {
    const set = (key, value) => changing((chosen) => ask("PUT", path("skill-groups", group.id), { [key]: value(chosen) }), drawGroups);
    const strict = element("input", { type: "checkbox", checked: group.strict_adherence, ariaLabel: `strict adherence of ${group.name}`, onchange: set("strict_adherence", (of) => of.checked) });
    const staff = element("input", { type: "number", min: 0, value: group.required_staff ?? "", ariaLabel: `required staff of ${group.name}`, onchange: set("required_staff", (of) => (of.value === "" ? null : Number(of.value))) });
    return [group.name, strict, staff];
  });
  fill(parts.groups, table("Skill groups of the default organization", ["skill group", "strict adherence", "required staff"], rows));
}

/** Draws the open sockets: they open and close without this page. */
export async function drawSockets() {
  const { sockets, total } = await ask("GET", "/__admin/sockets?limit=50");
  if (!total) return fill(parts.sockets, element("p", { className: "soft" }, "None."));
  const rows = sockets.map((socket) => {
    const close = button("Close", async () => {
      await ask("DELETE", path("sockets", socket.id));
      await drawSockets();
    }, { ariaLabel: `Close socket ${socket.id}`, "data-focus": `socket-${socket.id}` });
    return [socket.id, socket.kind, socket.path ?? "", socket.agent ?? socket.caller ?? "", close];
  });
  return fill(parts.sockets, element("p", { className: "soft" }, `${total} open.`), table("Open sockets", ["#socket", "kind", "path", "agent", "actions"], rows));
}

function restart() {
  const reset = button("Reset", async () => {
    if (!confirm("Reset limits, levels, journal, tokens and data?")) return;
    await ask("POST", "/__admin/reset");
    before.clear();
    tell("Limits, levels, journal, tokens and data are as at the start.");
    await draw();
  });
  return element("div", { className: "row" }, reset, element("span", { className: "soft" }, "Limits, levels, journal, tokens and data begin again. The clock stays."));
}
