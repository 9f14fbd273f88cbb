// The part "Now": traffic, limits with their levels, sockets and the last refusals.

import { SECONDS, legend, level, lines } from "./chart.js";
import { button, element, fill, table, tell } from "./dom.js";
import { explain, sentence } from "./requests.js";
import { ask } from "./server.js";

const panel = document.getElementById("now");
const REFUSALS = 20;
/** From this share of its capacity on, a limit is near. */
const NEAR = 0.8;

/** What the feed has told: a value for each of the last seconds. */
const past = { last: 0, requests: [], refused: [], levels: new Map(), refusals: [] };
let newest = null;
let limits = [];
let opened = null;

const parts = Object.fromEntries(
  ["tiles", "traffic", "limits", "buckets", "sockets", "refusals"].map((name) => [name, element("div", { id: `now-${name}` })]),
);

/** Draws the empty part. */
export function begin() {
  parts.tiles.className = "tiles";
  panel.replaceChildren(
    parts.tiles,
    element("h2", {}, "Requests a second"),
    parts.traffic,
    element("h2", {}, "Limits in force"),
    parts.limits,
    parts.buckets,
    element("h2", {}, "Last refusals"),
    parts.refusals,
    element("h2", {}, "Open sockets"),
    parts.sockets,
  );
}

/** Takes the first event of the feed. */
export function takeHistory(history) {
  past.last = history.last;
  past.requests = history.seconds.map(([requests]) => requests);
  past.refused = history.seconds.map(([, refused]) => refused);
  past.refusals = [];
  past.levels = new Map();
  for (const [name, seconds] of Object.entries(history.limits)) {
    const levels = new Array(history.seconds.length).fill(0);
    for (const [at, used] of seconds) levels[at] = used;
    past.levels.set(name, levels);
  }
}

/** Takes one second. */
export function takeSecond(second) {
  newest = second;
  // What a slow page has missed is drawn as nothing, so that the rest keeps its place.
  for (let missed = Math.min(second.second - past.last - 1, SECONDS); missed > 0; missed -= 1) {
    [past.requests, past.refused].forEach((values) => push(values, 0));
    past.levels.forEach((levels) => push(levels, levels.at(-1) ?? 0));
  }
  past.last = second.second;
  push(past.requests, second.requests);
  push(past.refused, second.refused);
  for (const limit of second.limits) {
    if (!past.levels.has(limit.name)) past.levels.set(limit.name, new Array(past.requests.length - 1).fill(0));
    push(past.levels.get(limit.name), limit.level);
  }
  for (const name of past.levels.keys()) {
    if (!second.limits.some((limit) => limit.name === name)) past.levels.delete(name);
  }
  const levels = second.limits.filter((limit) => limit.level > 0);
  const fresh = second.refusals.map((entry) => ({ ...entry, levels }));
  past.refusals = [...fresh, ...past.refusals].slice(0, REFUSALS);
}

function push(values, value) {
  values.push(value);
  if (values.length > SECONDS) values.shift();
}

/** Takes the limits with their numbers and counts. */
export function takeLimits(answer) {
  limits = answer.limits;
}

/** Draws what is known. */
export function draw() {
  if (!newest || panel.hidden) return;
  fill(parts.tiles, ...tiles());
  const admitted = past.requests.map((requests, at) => Math.max(0, requests - past.refused[at]));
  const series = { offered: past.requests, admitted, refused: past.refused };
  fill(parts.traffic, legend(Object.keys(series)), lines("Requests a second over the last ten minutes", series, parts.traffic.clientWidth));
  fill(parts.limits, limitTable());
  fill(parts.sockets, socketTable());
  fill(parts.refusals, refusalTable());
}

function tiles() {
  const open = newest.sockets.reduce((sum, edge) => sum + edge.open, 0);
  const latency = (value) => (value === null ? "–" : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`);
  const values = [
    ["offered", newest.requests, "offered a second"],
    ["admitted", Math.max(0, newest.requests - newest.refused), "admitted a second"],
    ["refused", newest.refused, "refused a second"],
    ["p50", latency(newest.p50Ms), "median latency"],
    ["p99", latency(newest.p99Ms), "99th percentile"],
    ["open", open, "open sockets"],
  ];
  return values.map(([id, value, text]) => {
    const className = id === "refused" && value > 0 ? "no" : "";
    const shown = typeof value === "number" ? value.toLocaleString("en") : value;
    return element("div", { className: "tile" }, element("b", { id: `tile-${id}`, className }, shown), element("span", {}, text));
  });
}

function state(limit, now) {
  if (now.refused > 0) return element("span", { className: "no" }, limit.mode === "shadow" ? "would refuse" : "refusing");
  if (now.level >= now.capacity * NEAR) return element("span", { className: "near" }, "near");
  return element("span", { className: "soft" }, now.level > 0 ? "in use" : "idle");
}

function limitTable() {
  const now = new Map(newest.limits.map((limit) => [limit.name, limit]));
  const known = limits.filter((limit) => now.has(limit.name));
  // Limits that have been met come first. The order does not follow the levels, or the rows would jump.
  const met = (limit) => limit.totals.hits > 0;
  const sorted = [...known.filter(met), ...known.filter((limit) => !met(limit))];
  const rows = sorted.map((limit) => limitRow(limit, now.get(limit.name)));
  return table("Limits in force", ["limit", "counted by", "quota", "level over 10 min", "fullest bucket", "state", "#requests", "#refused"], rows);
}

function limitRow(limit, now) {
  const open = button(limit.name, () => show(limit.name), { className: "link mono", title: limit.match.join("\n") });
  open.dataset.focus = limit.name;
  const meter = element("meter", { max: now.capacity, value: now.level, high: now.capacity * NEAR, optimum: 0, ariaLabel: `level of ${limit.name}` });
  const fullest = element("span", { title: now.key ?? "" }, meter, ` ${now.level} / ${now.capacity}`);
  const { hits, refused, shadowRefused } = limit.totals;
  const drawn = level(past.levels.get(limit.name) ?? [], now.capacity, `level of ${limit.name} over the last ten minutes`);
  return [open, limit.scope.join(", ") || "server", quota(limit), drawn, fullest, state(limit, now), hits.toLocaleString("en"), (refused + shadowRefused).toLocaleString("en")];
}

/** "300 per 60s". */
export function quota(limit) {
  const only = limit.mode === "shadow" ? " (only counted)" : "";
  if (limit.algorithm === "concurrency") return `${limit.capacity} at a time${only}`;
  if (limit.algorithm === "fixed-window") return `${limit.capacity} per ${limit.period}${only}`;
  return `${limit.refill} per ${limit.period}, up to ${limit.capacity} at once${only}`;
}

async function show(name) {
  opened = opened === name ? null : name;
  await drawBuckets();
}

async function bucketsOf(name) {
  try {
    return await ask("GET", `/__admin/limits/${encodeURIComponent(name)}/buckets?limit=20`);
  } catch (error) {
    // The limit may be gone; then it is told once.
    if (name === opened) opened = null;
    throw error;
  }
}

/** Draws the buckets of the limit that is open. */
export async function drawBuckets() {
  const name = opened;
  if (!name) return fill(parts.buckets);
  const { buckets } = await bucketsOf(name);
  if (name !== opened) return undefined;
  const rows = buckets.map((bucket) => [
    element("code", {}, keyText(bucket.key)),
    `${bucket.level} / ${bucket.capacity}`,
    bucket.highest,
    bucket.refused,
    bucket.locked ? element("span", { className: "no" }, "locked") : `${bucket.resetsIn} s`,
    refillOf(name, bucket),
  ]);
  const refill = button("Refill all buckets of this limit", async () => {
    await ask("DELETE", `/__admin/limits/${encodeURIComponent(name)}/buckets`);
    tell(`The buckets of ${name} are full again.`);
    await drawBuckets();
  });
  const title = element("h3", {}, `Buckets of ${name}, nearest to a refusal first`);
  const list = rows.length ? table(`Buckets of ${name}`, ["key", "#level", "#highest", "#refused", "#full again in", "actions"], rows) : element("p", { className: "soft" }, "No bucket is in use.");
  return fill(parts.buckets, title, list, element("div", { className: "row" }, refill));
}

function refillOf(name, bucket) {
  const refill = button("Refill", async () => {
    await ask("DELETE", `/__admin/limits/${encodeURIComponent(name)}/buckets/${bucket.id}`);
    tell(`One bucket of ${name} is full again.`);
    await drawBuckets();
  });
  refill.dataset.focus = bucket.id;
  refill.setAttribute("aria-label", `Refill the bucket of ${keyText(bucket.key)}`);
  return refill;
}

const keyText = (key) => Object.entries(key).map(([scope, value]) => `${scope} ${text(value)}`).join(", ") || "server";

const text = (value) => (value !== null && typeof value === "object" ? value.name ?? JSON.stringify(value) : String(value));

function socketTable() {
  if (!newest.sockets.length) return element("p", { className: "soft" }, "None.");
  return table("Open sockets by edge", ["edge", "#open"], newest.sockets.map((edge) => [edge.edge ?? "no edge", edge.open]));
}

function refusalTable() {
  if (!past.refusals.length) return element("p", { className: "soft" }, "None since this page was opened. The part Requests has all of them.");
  const rows = past.refusals.map((entry) => {
    const why = button(sentence(entry), () => explain(entry), { className: "link" });
    why.dataset.focus = entry.correlationId;
    return [element("time", {}, entry.time.slice(11, 23)), why, entry.operation];
  });
  return table("Last refusals", ["time", "why", "operation"], rows);
}
