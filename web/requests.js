// The part "Requests": the journal with filters, and the explanation of one entry.

import { button, element, fill, labelled, table } from "./dom.js";
import { TokenRequired, ask } from "./server.js";

const panel = document.getElementById("requests");
const dialog = document.getElementById("why");
const MOST = 100;

const FIELDS = [
  ["status", "Status", "429 or 4xx"],
  ["operation", "Operation", "POST /api/v2/conversations/messages/**"],
  ["limitName", "Refused by", "name of a limit"],
  ["fault", "Fault", "name, or *"],
  ["caller", "Caller", "user, client or token"],
  ["correlationId", "Correlation id", ""],
  ["tenant", "Organization", "id or name"],
];

const fields = new Map();
const found = element("div", { id: "requests-found" });
let live = true;

/** Draws the filters. */
export function begin() {
  const made = FIELDS.map(([name, text, placeholder]) => {
    const field = element("input", { type: "search", placeholder, size: 16, oninput: later, name });
    fields.set(name, field);
    return labelled(text, field);
  });
  const newest = element("input", { type: "checkbox", checked: true, onchange: (event) => (live = event.target.checked) });
  const clear = button("Empty the journal", async () => {
    await ask("DELETE", "/__admin/requests");
    await draw();
  });
  panel.replaceChildren(element("div", { className: "row", role: "search" }, ...made), element("div", { className: "row" }, labelled("Keep the newest in view", newest), clear), found);
}

let timer;

function later() {
  clearTimeout(timer);
  timer = setTimeout(draw, 300);
}

/** Draws the newest entries again, unless the box for that is off. */
export const refresh = () => (live ? draw() : undefined);

let turns = 0;

/** Draws the entries that match. An answer to older filters that comes later is not drawn. */
export async function draw() {
  const turn = ++turns;
  const query = new URLSearchParams({ limit: MOST });
  for (const [name, field] of fields) if (field.value.trim()) query.set(name, field.value.trim());
  try {
    const { requests } = await ask("GET", `/__admin/requests?${query}`);
    if (turn !== turns) return;
    fill(found, requests.length ? entryTable(requests) : element("p", { className: "soft" }, "No entry matches."));
  } catch (error) {
    if (error instanceof TokenRequired) throw error;
    fill(found, element("p", { className: "no" }, error.message));
  }
}

function entryTable(entries) {
  const rows = entries.map((entry) => {
    const open = button(entry.operation, () => explain(entry), { className: "link" });
    open.dataset.focus = entry.correlationId;
    return [element("time", {}, entry.time.slice(11, 23)), status(entry), open, entry.caller ?? "", entry.limit ?? "", `${entry.usedPercent} %`, `${entry.tookMs.toFixed(1)} ms`];
  });
  return table("Requests, the newest first", ["time", "status", "operation", "caller", "refused by", "#used", "#took"], rows);
}

const status = (entry) => element("span", { className: entry.limit ? "no" : entry.status >= 400 ? "near" : "yes" }, String(entry.status));

/** Why an entry was refused, in one sentence; in numbers where its limit and its bucket are known. */
export function sentence(entry, { limit, bucket } = {}) {
  const who = entry.caller ?? "An anonymous client";
  if (entry.fault) return `${who} was struck by the fault ${entry.fault}.`;
  if (entry.reason) return entry.reason;
  if (!entry.limit) return `${who} was answered ${entry.status}.`;
  const wait = entry.retryAfter === null ? "" : `; the next is admitted in ${entry.retryAfter} s`;
  if (!limit) return `${who} met ${entry.limit} at ${entry.usedPercent} %${wait}.`;
  // A window that opened later is not the one that the entry met.
  const opened = bucket?.opened && bucket.opened <= entry.time ? bucket.opened : null;
  const part = entry.usedPercent >= 100 ? limit.capacity : `${entry.usedPercent} %`;
  const since = opened ? ` in the window that opened at ${opened.slice(11, 19)}` : "";
  return `${whose(limit, entry) ?? who} used ${part} of ${limit.capacity} of ${limit.name}${since}${wait}.`;
}

/** Whose use a limit counts, as far as the entry has it. */
function whose(limit, entry) {
  if (!limit.scope.length) return "All callers together";
  const [, client, user] = entry.caller?.match(/^(.*) \((.*)\)$/) ?? [null, entry.caller, null];
  const name = user ?? client;
  const subjects = { token: name && `${name}'s token`, user: name, client, tenant: entry.tenantName };
  const scope = Object.keys(subjects).find((of) => limit.scope.includes(of));
  return subjects[scope];
}

/** Opens the explanation of an entry. */
export async function explain(entry) {
  const parts = element("div", {}, element("p", { className: "soft" }, "Asking the server …"));
  const close = button("Close", () => dialog.close(), { autofocus: true });
  const why = element("p", { className: entry.limit ? "no" : "" }, sentence(entry));
  fill(dialog, element("h2", { id: "why-title" }, `${entry.status} ${entry.operation}`), why, parts, close);
  if (!dialog.open) dialog.showModal();
  const met = entry.limit && entry.limit !== "adherence" ? await bucketOf(entry) : null;
  fill(why, sentence(entry, met ?? {}));
  fill(parts, ...(await explanation(entry, met)));
}

async function explanation(entry, met) {
  return [...(met ? [element("p", {}, state(entry, met))] : []), ...levels(entry), ...(await history(entry)), ...(await conduct(entry)), element("h3", {}, "The request"), lines(entry)];
}

/** The limit that refused an entry, as it is now, and the bucket that counts the entry's caller. */
async function bucketOf(entry) {
  const { limits } = await ask("GET", "/__admin/limits");
  const limit = limits.find((of) => of.name === entry.limit);
  if (!limit || untold(limit).length) return { limit };
  const { buckets } = await ask("GET", `/__admin/limits/${encodeURIComponent(limit.name)}/buckets?limit=10000`);
  return { limit, bucket: buckets.find((bucket) => isOf(bucket, entry)) };
}

function state(entry, { limit, bucket: own }) {
  if (!limit) return `The limit ${entry.limit} is no longer in force.`;
  const rule = `${limit.name} counts ${limit.match.join(", ")} by ${limit.scope.join(", ") || "the whole server"}.`;
  const lacking = untold(limit);
  if (lacking.length) return `${rule} The journal does not have the ${lacking.join(" or the ")} of a caller, so its bucket is not shown.`;
  if (!own) return `${rule} It has no bucket of this caller now.`;
  const key = Object.entries(own.key).map(([scope, value]) => `${scope} ${value?.name ?? value}`).join(", ") || "the whole server";
  const level = own.locked ? "is locked" : `has ${own.level} of ${own.capacity}`;
  return `${rule} The bucket of ${key} ${level} now, and is empty again in ${own.resetsIn} s.`;
}

/** Whether an entry has this value of a scope. An entry has nothing of the other scopes. */
const OF_ENTRY = {
  token: (entry, value) => entry.token === value,
  tenant: (entry, value) => entry.tenantName === value,
  edge: (entry, value) => entry.edge === value,
  endpoint: (entry, value) => entry.operation === value,
  user: (entry, value) => (value === null ? entry.user === null : Boolean(entry.caller?.endsWith(`(${value})`))),
  client: (entry, value) => value?.id === entry.client,
};

/** The scopes of a limit whose values the journal does not have: of several buckets, it does not tell the caller's. */
const untold = (limit) => limit.scope.filter((scope) => !(scope in OF_ENTRY));

/** Whether a bucket counts the caller of an entry. */
function isOf(bucket, entry) {
  if (bucket.tenant !== null && bucket.tenant !== entry.tenant) return false;
  return Object.entries(bucket.key).every(([scope, value]) => OF_ENTRY[scope]?.(entry, value));
}

function levels(entry) {
  if (!entry.levels?.length) return [];
  const rows = entry.levels.map((limit) => [limit.name, `${limit.level} / ${limit.capacity}`, limit.key ?? ""]);
  return [element("h3", {}, "Levels of the limits at that second"), table("Levels at that second", ["limit", "#level", "fullest bucket"], rows)];
}

async function history(entry) {
  if (!entry.token) return [];
  const { requests } = await ask("GET", `/__admin/requests?caller=${entry.token}&limit=10`);
  const rows = requests.map((one) => [element("time", {}, one.time.slice(11, 23)), status(one), one.operation, one.limit ?? ""]);
  return [element("h3", {}, "The last requests of this caller"), table("The last requests of this caller", ["time", "status", "operation", "refused by"], rows)];
}

async function conduct(entry) {
  const { callers } = await ask("GET", "/__admin/audit?limit=1000");
  const own = callers.filter((caller) => caller.token === entry.token && (caller.operation === null || caller.operation === entry.operation));
  if (!own.length) return [];
  const sum = (name) => own.reduce((total, caller) => total + caller[name], 0);
  const early = sum("early");
  const verdict = early > 0 ? `${early} of them came before Retry-After had passed.` : "None of them came before Retry-After had passed.";
  return [element("h3", {}, "How this caller behaves"), element("p", {}, `It was refused ${sum("refusals")} times and tried again ${sum("retries")} times. `, element("span", { className: early ? "no" : "yes" }, verdict))];
}

function lines(entry) {
  const shown = Object.entries(entry).filter(([name, value]) => name !== "levels" && value !== null && value !== undefined);
  const text = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  return element("dl", {}, ...shown.flatMap(([name, value]) => [element("dt", {}, name), element("dd", { className: "mono" }, text(value))]));
}
