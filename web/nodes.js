// The part "Servers": those that share their limits in one store, and the sums over all.

import { element, fill, table } from "./dom.js";
import { ask } from "./server.js";

const panel = document.getElementById("nodes");
const tab = document.getElementById("tab-nodes");

/** Shows the part where this server has a store. */
export async function begin() {
  tab.hidden = (await ask("GET", "/__admin/nodes")).this === null;
}

/** Draws the servers. */
export async function draw() {
  const all = await ask("GET", "/__admin/nodes");
  const own = all.nodes.find((node) => node.node === all.this);
  const rows = all.nodes.map((node) => row(node, node === own, all, own));
  const sum = ["all", "", ...counts(all.total, all.total), ""];
  const heads = ["server", "version", "#requests", "#share", "#refused", "#sockets", "limits"];
  fill(panel, element("p", { id: "nodes-store", className: all.storeFails ? "no" : "soft" }, store(all)), table("Servers", heads, [...rows, sum]), element("p", { className: "soft" }, NOTE));
}

const NOTE = "The other parts of this page are of this server. Limits, clock and reset act on all.";

function store({ storeFails, failure }) {
  if (storeFails) return `The store fails, and shared limits act by their on_store_failure: ${failure ?? "it is slow"}.`;
  return failure ? `The store answers again. Its last failure: ${failure}.` : "The store answers.";
}

function row(node, isOwn, all, own) {
  const limits = node.limits === own.limits ? "as here" : element("span", { className: "no" }, "others than here");
  return [isOwn ? `${node.name} (this one)` : node.name, node.version, ...counts(node.counts, all.total), limits];
}

function counts({ requests, refused, sockets }, total) {
  return [requests, total.requests ? `${Math.round((requests / total.requests) * 100)} %` : "–", refused, sockets];
}
