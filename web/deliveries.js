// The part "Deliveries": the events that left this server for webhooks, with each attempt.

import { button, element, fill, labelled, table } from "./dom.js";
import { ask } from "./server.js";

const panel = document.getElementById("deliveries");
const MOST = 100;

const state = element("select", { ariaLabel: "state of the deliveries", onchange: () => draw() }, element("option", { value: "" }, "all"));
const counts = element("p", { id: "deliveries-counts", className: "soft" });
const found = element("div", { id: "deliveries-found" });

/** Draws the controls. */
export function begin() {
  const clear = button("Empty the log", async () => {
    await ask("DELETE", "/__admin/deliveries");
    await draw();
  });
  panel.replaceChildren(element("div", { className: "row" }, labelled("State", state), clear), counts, found);
}

/** Draws the newest deliveries. */
export async function draw() {
  const query = new URLSearchParams({ limit: MOST });
  if (state.value) query.set("state", state.value);
  const log = await ask("GET", `/__admin/deliveries?${query}`);
  if (state.options.length === 1) state.append(...Object.keys(log.counts).map((name) => element("option", { value: words(name).replace(" ", "-") }, words(name))));
  const told = Object.entries(log.counts).filter(([, count]) => count > 0);
  counts.textContent = told.map(([name, count]) => `${count} ${words(name)}`).join(", ") + (log.lostEvents ? `; ${log.lostEvents} events are not in the file` : "");
  const none = "Nothing was sent. A trigger with a webhook, an open messaging integration or --events-url sends events.";
  fill(found, log.deliveries.length ? table("Deliveries, newest first", ["time", "source", "topic", "URL", "state", "attempts"], log.deliveries.map(row)) : element("p", { className: "soft" }, none));
}

/** `notAllowed` is "not allowed". */
const words = (name) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function row(delivery) {
  const mark = { delivered: "", waiting: "", matched: "" }[delivery.state] ?? "no";
  const attempts = delivery.attempts.map((attempt) => `${attempt.status ?? attempt.error} (${attempt.tookMs.toFixed(1)} ms)`);
  return [
    delivery.time.slice(0, 19).replace("T", " "),
    delivery.name ? `${delivery.source}: ${delivery.name}` : delivery.source,
    element("code", {}, delivery.topic || "–"),
    delivery.url ?? "–",
    element("span", { className: mark }, delivery.state),
    delivery.note ?? (attempts.join(", ") || "–"),
  ];
}
