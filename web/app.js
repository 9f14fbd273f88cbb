// The live page: its connection to the server, the admin token, and which part is shown.

import { drawClients } from "./clients.js";
import * as deliveries from "./deliveries.js";
import * as nodes from "./nodes.js";
import * as now from "./now.js";
import { drawCoverage, drawOrganizations } from "./organizations.js";
import * as requests from "./requests.js";
import { TokenRequired, ask, feed, forget, keep } from "./server.js";
import * as steer from "./steer.js";
import { tell } from "./dom.js";

const at = (id) => document.getElementById(id);
/** What a part asks for when it is opened, and every two seconds while it is. */
const PARTS = {
  now: { open: lookAtLimits, again: lookAtLimits },
  requests: { open: requests.draw, again: requests.refresh },
  steer: { open: steer.draw, again: steer.drawSockets },
  deliveries: { open: deliveries.draw, again: deliveries.draw },
  nodes: { open: nodes.draw, again: nodes.draw },
  clients: { open: drawClients },
  organizations: { open: drawOrganizations },
  coverage: { open: drawCoverage },
};
const AGAIN = 2000;
/** The first wait and the longest one before the page connects again, in milliseconds. */
const [FIRST, LONGEST] = [500, 5000];

let shown = "now";

async function lookAtLimits() {
  now.takeLimits(await ask("GET", "/__admin/limits"));
  now.draw();
  await now.drawBuckets();
}

function show(part) {
  shown = part;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const selected = tab.id === `tab-${part}`;
    tab.setAttribute("aria-selected", selected);
    tab.tabIndex = selected ? 0 : -1;
    at(tab.getAttribute("aria-controls")).hidden = !selected;
  }
  history.replaceState(null, "", `#${part}`);
  // Before that the first event of the feed opens the part.
  if (at("connection").className === "live") attempt(PARTS[part].open);
}

/** Does what a part needs; what the server says against it is told. */
async function attempt(act) {
  try {
    await act();
  } catch (error) {
    if (error instanceof TokenRequired) askForToken("");
    else if (at("connection").className === "live") tell(error.message);
  }
}

function moveBetweenTabs(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const names = Object.keys(PARTS).filter((name) => !at(`tab-${name}`).hidden);
  const next = names[(names.indexOf(shown) + step + names.length) % names.length];
  show(next);
  at(`tab-${next}`).focus();
}

function connection(state, text) {
  at("connection").className = state;
  if (at("connection").textContent !== text) at("connection").textContent = text;
}

function take(name, content) {
  if (name === "history") {
    now.takeHistory(content);
    connection("live", "Live");
    attempt(PARTS[shown].open);
    return;
  }
  now.takeSecond(content);
  at("time").textContent = content.time.slice(0, 19).replace("T", " ");
  at("clock").textContent = content.clock === "manual" ? "frozen" : "running";
  now.draw();
}

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

let runs = 0;

/** Reads the feed, again and again: a server that was started again is found by itself. A later call ends this one. */
async function follow() {
  const run = ++runs;
  for (let pause = FIRST; run === runs; pause = Math.min(pause * 2, LONGEST)) {
    let why = "The server does not answer.";
    try {
      await open();
      await feed((name, content) => {
        pause = FIRST;
        take(name, content);
      });
    } catch (error) {
      if (run !== runs) return;
      if (error instanceof TokenRequired) return askForToken("");
      // A request that fails by itself is a TypeError.
      if (!(error instanceof TypeError)) why = error.message;
    }
    connection("lost", `${why} The page connects again by itself.`);
    await wait(pause);
  }
}

async function open() {
  const index = await ask("GET", "/__admin");
  at("version").textContent = index.version;
  await nodes.begin();
  at("login").hidden = true;
  at("page").hidden = false;
}

function askForToken(why) {
  forget();
  connection("", "");
  at("page").hidden = true;
  at("login").hidden = false;
  at("notice").textContent = why;
  at("token").value = "";
  at("token").focus();
}

async function login(event) {
  event.preventDefault();
  const token = at("token").value.trim();
  // No header can carry other characters.
  if (!/^[\x20-\x7e]+$/.test(token)) return askForToken("This is not the token of this server.");
  keep(token);
  try {
    await ask("GET", "/__admin");
  } catch (error) {
    return askForToken(error instanceof TokenRequired ? "This is not the token of this server." : error.message);
  }
  return follow();
}

now.begin();
requests.begin();
steer.begin();
deliveries.begin();
for (const tab of document.querySelectorAll("[role=tab]")) tab.addEventListener("click", () => show(tab.getAttribute("aria-controls")));
at("tabs").addEventListener("keydown", moveBetweenTabs);
at("login").addEventListener("submit", login);
setInterval(() => PARTS[shown].again && !document.hidden && at("connection").className === "live" && attempt(PARTS[shown].again), AGAIN);
show(Object.hasOwn(PARTS, location.hash.slice(1)) ? location.hash.slice(1) : "now");
follow();
