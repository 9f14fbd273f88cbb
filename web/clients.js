// The part "Connect": lines to copy that log in at this server and call it.

import { button, element, fill, labelled, tell } from "./dom.js";
import { ask } from "./server.js";

const panel = document.getElementById("clients");
const id = element("input", { size: 38, oninput: drawLines });
const secret = element("input", { size: 24, placeholder: "CLIENT-SECRET", oninput: drawLines });
let base = null;
let token = "ACCESS-TOKEN";

/** Fills the lines with the credentials of a client. */
export function useCredentials(client) {
  [id.value, secret.value] = [client.id, client.secret ?? ""];
}

/** Draws the part. */
export async function drawClients() {
  const [index, { tenants }] = await Promise.all([ask("GET", "/__admin"), ask("GET", "/__admin/tenants")]);
  base = platformOf(index);
  id.value ||= tenants[0]?.clients[0]?.id ?? "";
  const issue = button("Issue a token for these lines", async () => {
    const { tokens } = await ask("POST", "/__admin/tokens", { count: 1 });
    token = tokens[0].token;
    drawLines();
  });
  const about = "Each line sends one request. In a proxy's place, this server answers for the platform's own host names. It does not tell the secrets of its clients: an organization that is made on this page brings its own.";
  fill(
    panel,
    element("h2", {}, "Call this server"),
    element("p", { className: "soft" }, about),
    element("div", { className: "row" }, labelled("Client id", id), labelled("Client secret", secret), issue),
    element("div", { id: "snippets" }),
  );
  drawLines();
}

/** The platform's address, which is the page's own unless the admin API has an address to itself. */
function platformOf(index) {
  const platform = new URL(index.platform ?? location.origin);
  // A listener on all addresses has none that a client can use. The page's own host leads to the same machine.
  if (["0.0.0.0", "[::]"].includes(platform.hostname)) platform.hostname = location.hostname;
  return platform;
}

function drawLines() {
  const client = { id: id.value, secret: secret.value || "CLIENT-SECRET" };
  const made = [...logins(client), ...requests(client)].flatMap(([name, text]) => {
    const copy = button(`Copy ${name}`, async () => {
      await navigator.clipboard.writeText(text);
      tell(`${name} is copied.`);
    });
    return [element("div", { className: "row" }, element("h3", {}, name), copy), element("pre", { tabIndex: 0 }, text)];
  });
  fill(document.getElementById("snippets"), ...made);
}

/** The lines that exchange credentials for a token. */
function logins(client) {
  const url = `${base.origin}/oauth/token`;
  const form = new URLSearchParams({ grant_type: "client_credentials", client_id: client.id, client_secret: client.secret });
  return [
    ["curl: log in", `curl -s -d '${form}' ${url}`],
    ["Python: log in", `import requests\nanswer = requests.post("${url}", auth=("${client.id}", "${client.secret}"), data={"grant_type": "client_credentials"})\nprint(answer.json()["access_token"])`],
    ["JavaScript: log in", `const login = await fetch("${url}", { method: "POST", body: new URLSearchParams("${form}") });\nconst { access_token } = await login.json();`],
    ["Java: log in", `var login = HttpRequest.newBuilder(URI.create("${url}")).header("Content-Type", "application/x-www-form-urlencoded").POST(BodyPublishers.ofString("${form}")).build();\nSystem.out.println(HttpClient.newHttpClient().send(login, BodyHandlers.ofString()).body());`],
    ["Go: log in", `form, _ := url.ParseQuery("${form}")\nanswer, err := http.PostForm("${url}", form)`],
  ];
}

/** The lines that send a request. */
function requests(client) {
  const url = `${base.origin}/api/v2/users/me`;
  const { hostname, port, protocol } = base;
  return [
    ["curl", `curl -i -H 'Authorization: Bearer ${token}' ${url}`],
    ["JMeter", `jmeter -n -H ${hostname} -P ${port || (protocol === "https:" ? 443 : 80)} -JclientId=${client.id} -JclientSecret=${client.secret} -t plan.jmx -l result.jtl`],
    ["Python", `import requests\nanswer = requests.get("${url}", headers={"Authorization": "Bearer ${token}"})\nprint(answer.status_code, answer.headers.get("Retry-After"), answer.text)`],
    ["JavaScript", `const answer = await fetch("${url}", { headers: { Authorization: "Bearer ${token}" } });\nconsole.log(answer.status, answer.headers.get("Retry-After"), await answer.text());`],
    ["Java", `var request = HttpRequest.newBuilder(URI.create("${url}")).header("Authorization", "Bearer ${token}").build();\nvar answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());\nSystem.out.println(answer.statusCode() + " " + answer.body());`],
    ["Go", `request, _ := http.NewRequest("GET", "${url}", nil)\nrequest.Header.Set("Authorization", "Bearer ${token}")\nanswer, err := http.DefaultClient.Do(request)`],
  ];
}
