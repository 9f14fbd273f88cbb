// The server: its admin API, its feed, and the admin token of this tab.

const KEY = "gcmock-admin-token";

/** Thrown where the server requires another token. */
export class TokenRequired extends Error {}

let token = sessionStorage.getItem(KEY);

/** Keeps the token for this tab. */
export function keep(text) {
  token = text;
  sessionStorage.setItem(KEY, text);
}

/** Forgets the token. */
export function forget() {
  token = null;
  sessionStorage.removeItem(KEY);
}

// The token is sent in this header alone: an address would be kept in the history and in logs.
function request(path, options = {}) {
  const headers = { Accept: "application/json", ...options.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  return fetch(path, { cache: "no-store", credentials: "omit", redirect: "error", ...options, headers });
}

async function failed(answer) {
  if (answer.status === 401) return new TokenRequired("This server asks for its admin token.");
  const body = await answer.json().catch(() => null);
  return new Error(body?.message ?? `The server answers ${answer.status}.`);
}

/** The answer of the admin API to `method path`, with `body` as JSON. Throws what the server says against it. */
export async function ask(method, path, body) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await request(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!answer.ok) throw await failed(answer);
  return answer.status === 204 ? null : answer.json();
}

/** A file of the admin API. */
export async function download(path) {
  const answer = await request(path, { headers: { Accept: "*/*" } });
  if (!answer.ok) throw await failed(answer);
  return answer.blob();
}

/** Calls `take(name, content)` for each event of the feed, until it ends. */
export async function feed(take, signal) {
  const answer = await request("/__admin/feed", { headers: { Accept: "text/event-stream" }, signal });
  if (!answer.ok) throw await failed(answer);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) take(...parsed(event));
  }
}

function parsed(event) {
  const field = (name) =>
    event
      .split("\n")
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  return [field("event"), JSON.parse(field("data"))];
}
