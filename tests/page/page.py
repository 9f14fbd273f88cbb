"""The live page in Chromium: see run.sh."""
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import Select

GCMOCK = sys.argv[1]
AXE = next(pathlib.Path(sys.prefix).glob("lib/*/site-packages/axe_playwright_python/axe.min.js"))
# The longest wait for anything to show; most of it shows within the next second of the feed.
PATIENCE = 20
LIMITS = """
[[limit]]
name = "hot"
namespace = "test"
key = "hot.rate"
scope = ["user"]
match = ["GET /api/v2/users/me"]
algorithm = "fixed-window"
capacity = 5
period = "60s"
value = 70

[[limit]]
name = "address"
namespace = "test"
key = "address.rate"
scope = ["ip"]
match = ["GET /api/v2/routing/queues"]
algorithm = "fixed-window"
capacity = 1
period = "60s"
"""


class Server:
    """A gcmock whose admin API asks for a token."""

    def __init__(self, folder, listen="127.0.0.1:0", more=(), token="mine"):
        limits = pathlib.Path(folder, "limits.toml")
        limits.write_text(LIMITS, encoding="utf-8")
        command = [GCMOCK, "serve", "--listen", listen, "--limits", str(limits), "--admin-token", token, "--no-latency", *more]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        # The ready lines: the platform's, and the admin API's if it has an address of its own.
        lines = [self.process.stdout.readline().split()[-1] for _ in range(2 if "--admin-listen" in more else 1)]
        self.platform, self.url = lines[0], lines[-1]
        self.address = self.url.split("//")[1]

    def admin(self, method, path, body=None):
        headers = {"Authorization": "Bearer mine", "Content-Type": "application/json", "Accept": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def end(self):
        self.process.terminate()
        self.process.wait(timeout=20)


class Load(threading.Thread):
    """Sends some requests a second with a token of an agent, until it is told to end."""

    def __init__(self, server, token):
        super().__init__(daemon=True)
        self.server, self.token, self.ended = server, token, threading.Event()

    def run(self):
        connection = http.client.HTTPConnection(self.server.address, timeout=10)
        while not self.ended.wait(0.05):
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.send(connection, self.token)

    @staticmethod
    def send(connection, token):
        connection.request("GET", "/api/v2/users/me", headers={"Authorization": f"Bearer {token}"})
        connection.getresponse().read()

    def end(self):
        self.ended.set()
        self.join()


def browser():
    options = webdriver.ChromeOptions()
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,1000"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


class Page:
    def __init__(self, driver, server):
        self.driver, self.server = driver, server

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def text(self, selector):
        return self.driver.execute_script("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def texts(self, selector):
        return self.driver.execute_script("return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector)

    def until(self, what, holds):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(WebDriverException, TypeError, ValueError):
                if holds():
                    return
            time.sleep(0.1)
        self.driver.save_screenshot("/tmp/gcmock-page.png")
        raise AssertionError(f"{what}: not seen within {PATIENCE} s")

    def press(self, selector):
        # The element may be drawn again between the look and the click.
        self.until(f"pressing {selector}", lambda: self.driver.execute_script(
            "const found = document.querySelector(arguments[0]); if (!found) return false; found.click(); return true", selector))

    def choose(self, selector, value):
        self.until(f"choosing {value}", lambda: Select(self.find(selector)).select_by_value(value) or True)

    def write(self, selector, value):
        def written():
            field = self.find(selector)
            field.send_keys(Keys.CONTROL, "a")
            field.send_keys(value, Keys.TAB)
            return True

        # A part may be drawn again meanwhile.
        self.until(f"writing {value}", written)

    def open(self, part):
        self.press(f"#tab-{part}")
        self.until(part, lambda: self.find(f"#{part}").is_displayed())

    def button(self, text, within="body"):
        """Presses the button with this text or label."""
        self.until(f"button {text}", lambda: self.driver.execute_script(
            """const all = [...document.querySelectorAll(arguments[1] + " button")];
            const found = all.find((one) => one.textContent === arguments[0] || one.ariaLabel === arguments[0]);
            if (!found || found.disabled) return false; found.click(); return true""", text, within))

    def told(self, part_of_text):
        self.until(part_of_text, lambda: part_of_text in self.text("#message"))


def asks_for_the_token(page):
    page.driver.get(page.server.url)
    page.until("the field for the token", lambda: page.find("#login").is_displayed())
    page.write("#token", "wrong")
    page.press("#login button")
    page.until("a refusal of the token", lambda: "not the token" in page.text("#notice"))
    page.write("#token", "mine")
    page.press("#login button")
    page.until("the page", lambda: page.text("#connection") == "Live")
    assert page.driver.get_cookies() == []


def tells_the_first_paint(page):
    script = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
    page.until("something painted", lambda: page.driver.execute_script(script) is not None)
    print(f"the first paint came after {page.driver.execute_script(script):.0f} ms")


def shows_the_load(page):
    page.until("offered requests", lambda: int(page.text("#tile-offered")) > 5)
    page.until("refused requests", lambda: int(page.text("#tile-refused")) > 0)
    page.until("a limit that refuses", lambda: "refusing" in page.text("#now-limits"))
    page.until("the key of its bucket", lambda: "5 / 5" in page.text("#now-limits"))
    before = page.text("#time")
    page.until("model time that moves", lambda: page.text("#time") != before)


def shows_the_buckets_of_a_limit(page):
    page.button("hot", "#now-limits")
    page.until("its buckets", lambda: "Buckets of hot" in page.text("#now-buckets"))
    page.until("a bucket in use", lambda: page.find("#now-buckets [aria-label^='Refill the bucket of ']"))
    page.press("#now-buckets [aria-label^='Refill the bucket of ']")
    page.told("One bucket of hot is full again")
    page.button("Refill all buckets of this limit")
    page.told("are full again")


def explains_a_refusal(page):
    # The window that a refill closed is not the one of the sentence; the list is a second behind. Until the next request there is none.
    opened = lambda: next((bucket["opened"] for bucket in page.server.admin("GET", "/__admin/limits/hot/buckets")["buckets"]), None)
    newest = lambda: page.server.admin("GET", "/__admin/requests?limit=1&limitName=hot")["requests"][0]["time"]
    page.until("a refusal of the open window", lambda: opened() and opened() <= newest())
    time.sleep(2)
    page.press("#now-refusals button")
    page.until("the sentence", lambda: "used 5 of 5 of hot in the window that opened at" in page.text("#why"))
    page.until("the limit's bucket", lambda: "has 5 of 5 now" in page.text("#why"))
    page.until("the caller's requests", lambda: "The last requests of this caller" in page.text("#why"))
    page.until("the verdict", lambda: "before Retry-After had passed" in page.text("#why"))
    page.until("the levels", lambda: "Levels of the limits" in page.text("#why"))
    page.until("the entry", lambda: "correlationId" in page.text("#why"))
    axe(page, "an explanation")
    page.button("Close", "#why")


def explains_no_bucket_that_may_be_anothers(page):
    """The journal does not have the address of a caller, so the bucket of a limit by address is not shown."""
    for _ in range(2):
        with contextlib.suppress(urllib.error.HTTPError):
            page.server.admin("GET", "/api/v2/routing/queues")
    page.open("requests")
    page.write("#requests [name=limitName]", "address")
    page.until("its refusals", lambda: "/api/v2/routing/queues" in page.text("#requests-found") and "users/me" not in page.text("#requests-found"))
    page.button("GET /api/v2/routing/queues", "#requests-found")
    page.until("why no bucket is shown", lambda: "does not have the ip of a caller" in page.text("#why"))
    page.until("the numbers of the limit", lambda: "used 1 of 1 of address; the next" in page.text("#why"))
    page.button("Close", "#why")
    page.write("#requests [name=limitName]", Keys.BACKSPACE)
    page.open("steer")


def filters_the_journal(page):
    page.open("requests")
    page.until("entries", lambda: "/api/v2/users/me" in page.text("#requests-found"))
    page.write("#requests [name=status]", "200")
    page.until("admitted ones only", lambda: "429" not in page.text("#requests-found table") and "200" in page.text("#requests-found"))
    page.write("#requests [name=status]", "4xx")
    page.write("#requests [name=limitName]", "hot")
    page.until("refused ones only", lambda: "200" not in page.text("#requests-found td:nth-child(2)") and "429" in page.text("#requests-found"))
    newest = page.server.admin("GET", "/__admin/requests?limit=1&status=429")["requests"][0]
    page.write("#requests [name=correlationId]", newest["correlationId"])
    page.until("one entry", lambda: len(page.driver.find_elements("css selector", "#requests-found tbody tr")) == 1)
    page.write("#requests [name=caller]", "nobody")
    page.until("why nothing is found", lambda: "Unknown caller" in page.text("#requests-found"))


def steers_the_clock(page):
    page.open("steer")
    page.button("Freeze")
    page.until("a frozen clock", lambda: page.text("#clock") == "frozen")
    before = page.server.admin("GET", "/__admin/clock")["now"]
    page.write("#steer input[aria-label='time to advance by']", "1h")
    page.button("Advance")
    page.told("1h later")
    assert page.server.admin("GET", "/__admin/clock")["now"][:13] != before[:13]
    page.button("Resume")
    page.until("a clock that runs", lambda: page.text("#clock") == "running")


def changes_a_limit_and_back(page):
    limit = lambda: page.server.admin("GET", "/__admin/limits")["limits"][0]
    page.write("#steer-limits [aria-label='capacity of hot']", "70")
    page.button("Change hot")
    page.told("the levels of its buckets stay")
    assert limit()["capacity"] == 70
    page.button("Back hot")
    page.until("the old number", lambda: limit()["capacity"] == 5)
    assert limit()["value"] == 70
    page.write("#steer-limits [aria-label='capacity of hot']", "0")
    page.button("Change hot")
    page.told("capacity")
    assert limit()["capacity"] == 5
    page.button("Refill hot")
    page.told("full again")


def steers_the_workforce(page):
    page.write("#steer [aria-label='name of agents']", "agent-1")
    page.until("agents of that name", lambda: "agent-1" in page.text("#steer-agents") and "agent-2" not in page.text("#steer-agents"))
    agent = page.server.admin("GET", "/__admin/agents?limit=1")["agents"][0]
    page.choose(f"#steer-agents [aria-label='status of {agent['name']}']", "Meal")
    page.until("the agent's status", lambda: page.server.admin("GET", "/__admin/agents?limit=1")["agents"][0]["status"] == "Meal")
    edge = page.server.admin("GET", "/__admin/edges")["edges"][0]
    page.choose(f"#steer-edges [aria-label='state of {edge['name']}']", "draining")
    page.until("the edge's state", lambda: page.server.admin("GET", "/__admin/edges")["edges"][0]["state"] == "draining")
    page.write(f"#steer-edges [aria-label='lag of {edge['name']}']", "7s")
    page.until("the edge's lag", lambda: page.server.admin("GET", "/__admin/edges")["edges"][0]["sync_lag"] == "7s")
    group = lambda: page.server.admin("GET", "/__admin/skill-groups")["skillGroups"][0]
    strict, name = group()["strict_adherence"], group()["name"]
    page.press(f"#steer-groups [aria-label='strict adherence of {name}']")
    page.until("the group's strictness", lambda: group()["strict_adherence"] != strict)


def closes_a_socket(page):
    sockets = lambda: page.server.admin("GET", "/__admin/sockets")["sockets"]
    with handshake(page.server) as stream:
        page.until("the open socket", lambda: len(sockets()) == 1)
        number = sockets()[0]["id"]
        page.open("steer")
        page.button(f"Close socket {number}", "#steer-sockets")
        ends_as_the_server_asks(stream)
        page.until("no socket", lambda: sockets() == [])
    page.until("an empty list", lambda: "None." in page.text("#steer-sockets"))


def ends_as_the_server_asks(stream):
    """Reads to the close frame, 0x88, and answers it. A client masks its frames."""
    heard = b""
    while b"\x88" not in heard:
        more = stream.recv(4096)
        assert more, heard
        heard += more
    stream.sendall(b"\x88\x80\0\0\0\0")


def handshake(server):
    """A WebSocket of an agent, open at the server."""
    host, port = server.address.split(":")
    stream = socket.create_connection((host, int(port)), timeout=PATIENCE)
    head = f"GET /api/v2/platform/websocket?access_token=any HTTP/1.1\r\nHost: {server.address}\r\nConnection: Upgrade\r\n"
    head += "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    stream.sendall(head.encode())
    answer = stream.recv(4096)
    assert answer.startswith(b"HTTP/1.1 101"), answer
    return stream


def injects_a_fault(page):
    faults = lambda: [fault["name"] for fault in page.server.admin("GET", "/__admin/faults")["faults"]]
    page.button("Inject")
    page.until("the fault", lambda: faults() == ["outage"] and "outage" in page.text("#steer-faults table"))
    page.button("Remove outage")
    page.until("no fault", lambda: faults() == [])
    page.choose("#steer [aria-label='preset of the fault']", "gateway-502")
    for field, value in [("after", "2"), ("times", "3")]:
        page.write(f"#steer [name={field}]", value)
    page.write("#steer [aria-label='until in model time']", "90s")
    page.button("Inject")
    page.until("the preset", lambda: faults() == ["outage"])
    fault = page.server.admin("GET", "/__admin/faults/outage")
    assert (fault["status"], fault["share"], fault["after"], fault["times"], fault["between"]) == (502, 0.2, 2, 3, ["0s", "90s"]), fault
    page.button("Remove outage")
    page.until("no fault", lambda: faults() == [])


def shows_the_deliveries(page):
    topic = "v2.users.{id}.presence"
    flow = page.server.admin("GET", "/api/v2/flows")["entities"][0]["id"]
    trigger = {"name": "Hook", "enabled": True, "topicName": topic, "target": {"type": "Workflow", "id": flow}}
    page.server.admin("POST", "/api/v2/processautomation/triggers", trigger)
    page.server.admin("POST", "/__admin/events", {"topic": topic.replace("{id}", "7"), "eventBody": {}})
    page.open("deliveries")
    page.until("the match", lambda: "trigger: Hook" in page.text("#deliveries-found") and "1 matched" in page.text("#deliveries-counts"))
    page.choose("#deliveries [aria-label='state of the deliveries']", "failed")
    page.until("no failure", lambda: "Nothing was sent" in page.text("#deliveries-found"))
    page.button("Empty the log")
    page.until("an empty log", lambda: page.server.admin("GET", "/__admin/deliveries")["deliveries"] == [])


def makes_an_organization(page):
    page.open("organizations")
    page.write("#organizations [placeholder=name]", "made-here")
    page.button("Make an organization")
    page.until("its credentials", lambda: "They are shown only here" in page.text("#credentials"))
    page.button("made-here", "#organizations")
    page.until("its users", lambda: "agent-1" in page.text("#entities"))
    page.write("#entities [aria-label='name of users']", "AGENT-12")
    page.until("users of that name", lambda: "agent-12" in page.text("#entities") and "agent-2" not in page.text("#entities"))


def downloads_the_report(page):
    folder = pathlib.Path(tempfile.mkdtemp())
    page.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
    page.open("organizations")
    page.button("Download the report")
    report = folder / "gcmock-report.html"
    page.until("the report", lambda: report.exists() and "</html>" in report.read_text(encoding="utf-8"))
    assert "hot" in report.read_text(encoding="utf-8"), "the limit that refuses"
    shutil.rmtree(folder)


def empties_the_journal(page):
    total = lambda: page.server.admin("POST", "/__admin/requests/count", {})["count"]
    before = total()
    page.open("requests")
    page.button("Empty the journal")
    # The load goes on, so the journal is not empty for long.
    page.until("a journal that begins again", lambda: total() < before)


def gives_lines_to_copy(page):
    page.open("clients")
    # The organization that the page has made brings its credentials.
    page.until("lines to log in", lambda: "client_credentials" in page.text("#snippets pre"))
    login = subprocess.run(["sh", "-c", page.text("#snippets pre")], capture_output=True, text=True, timeout=20, check=True).stdout
    assert "access_token" in login, login
    page.button("Issue a token for these lines")
    line = lambda: next(text for text in page.texts("#snippets pre") if text.startswith("curl -i"))
    page.until("a token", lambda: "ACCESS-TOKEN" not in line())
    line = line()
    answer = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=20, check=True).stdout
    # The agent of the token may have used its limit up by now.
    assert "200 OK" in answer or "hot.rate" in answer, (line, answer)


def shows_the_coverage(page):
    page.open("coverage")
    page.until("counts", lambda: "operations:" in page.text("#coverage"))
    page.write("#coverage input", "/api/v2/routing/queues")
    page.until("operations of queues", lambda: "/api/v2/routing/queues" in page.text("#coverage td code"))


def works_by_keyboard(page):
    page.find("#tab-coverage").send_keys(Keys.ARROW_RIGHT)
    page.until("the first part", lambda: page.find("#now").is_displayed())
    assert page.driver.switch_to.active_element.get_attribute("id") == "tab-now"


def resets(page):
    page.open("steer")
    page.driver.execute_script("window.confirm = () => true")
    page.button("Reset")
    page.told("as at the start")


def survives_a_restart(page, folder):
    page.open("now")
    address = page.server.address
    page.server.end()
    page.until("the loss", lambda: "does not answer" in page.text("#connection"))
    page.server = Server(folder, address)
    page.until("the new connection", lambda: page.text("#connection") == "Live")


def asks_again_when_its_token_ends(page, folder):
    for token in ["another", "mine"]:
        address = page.server.address
        page.server.end()
        page.server = Server(folder, address, token=token)
        page.until("the field for the token", lambda: page.find("#login").is_displayed())
        page.write("#token", token)
        page.press("#login button")
        page.until("the page", lambda: page.text("#connection") == "Live")


def names_the_platform(page, folder):
    """Under --admin-listen, the lines of "Connect" name the address of the platform, which is not that of the page."""
    page.server.end()
    page.server = Server(folder, more=["--admin-listen", "127.0.0.1:0"])
    assert page.server.platform != page.server.url
    asks_for_the_token(page)
    page.open("clients")
    page.until("the platform's address", lambda: f"{page.server.platform}/oauth/token" in page.text("#snippets pre"))
    assert page.server.address not in page.text("#snippets")
    port = page.server.platform.rsplit(":", 1)[1]
    assert f"-P {port} " in page.text("#snippets")


def shows_the_servers(page, folder):
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if not program:
        return print("the servers with one store: not run, this machine has no store")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    store = subprocess.Popen([program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)
    shared = ["--store", f"redis://127.0.0.1:{port}", "--store-timeout", "1s"]
    page.server.end()
    page.server = Server(folder, more=[*shared, "--node", "one"])
    other = Server(folder, more=[*shared, "--node", "two"])
    try:
        token = other.admin("POST", "/__admin/tokens", {"count": 1})["tokens"][0]["token"]
        Load.send(http.client.HTTPConnection(other.address, timeout=10), token)
        asks_for_the_token(page)
        page.open("nodes")
        page.until("both servers and their sum", lambda: all(text in page.text("#nodes table") for text in ["one (this one)", "two", "100 %", "as here", "all"]))
        axe(page, "nodes")
        store.terminate()
        page.until("the store's end", lambda: "The store fails" in page.text("#nodes-store") or "last failure" in page.text("#nodes-store"))
    finally:
        other.end()
        store.kill()


def fits_a_phone(page):
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    for part in ["now", "requests", "steer", "deliveries", "clients", "organizations", "coverage"]:
        page.open(part)
        time.sleep(0.3)
        width = page.driver.execute_script("return document.documentElement.scrollWidth")
        assert width <= 360, f"{part} is {width} px wide"
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def documents_fit(page, folder):
    """A report and a prediction at three widths, light, dark and on paper."""
    report, prediction = pathlib.Path(folder, "report.html"), pathlib.Path(folder, "prediction.html")
    limits = pathlib.Path(folder, "limits.toml")
    subprocess.run([GCMOCK, "report", "--url", page.server.url, "--admin-token", "mine", "-o", report], check=True, capture_output=True, timeout=60)
    users = ["--users", "20", "--every", "1s", "--operation", "GET /api/v2/users/me", "--duration", "1m", "--limits", limits]
    subprocess.run([GCMOCK, "predict", *users, "--format", "html", "-o", prediction], check=True, capture_output=True, timeout=60)
    for file in [report, prediction]:
        page.driver.get(file.as_uri())
        for width in [360, 768, 1280]:
            page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
            seen = page.driver.execute_script("return document.documentElement.scrollWidth")
            assert seen <= width, f"{file.name} is {seen} px wide at {width} px"
        for scheme in ["light", "dark"]:
            emulate(page, scheme)
            axe(page, f"{file.name}, {scheme}")
            prints(page, f"{file.name} on paper, {scheme}")
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def emulate(page, scheme, media=""):
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]})


# What stands on the page without being seen on paper, and what is dark behind or light in front there.
UNREADABLE = """
const luminance = (color) => {
  const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
  return a < .1 ? null : (.2126 * r + .7152 * g + .0722 * b) / 255;
};
const found = [];
for (const one of document.querySelectorAll("html, body, main, header, h1, h2, h3, p, dt, dd, th, td, figure, figcaption, .card, .tiles div, .legend li, .area svg, .bands svg, footer")) {
  const style = getComputedStyle(one), box = one.getBoundingClientRect(), name = `${one.tagName} ${one.textContent.slice(0, 30)}`;
  if (one.textContent.trim() && (style.display === "none" || style.visibility === "hidden" || box.width * box.height === 0)) found.push(`${name}: hidden`);
  if (luminance(style.backgroundColor) !== null && luminance(style.backgroundColor) < .8) found.push(`${name}: behind it ${style.backgroundColor}`);
  if (luminance(style.color) > .5) found.push(`${name}: in ${style.color}`);
}
return found.slice(0, 5);
"""


def prints(page, where):
    """On paper everything that has a text is seen, dark on light, and nothing is wider than the sheet."""
    emulate(page, "dark" if where.endswith("dark") else "light", "print")
    found = page.driver.execute_script(UNREADABLE)
    assert not found, f"{where}: {found}"
    width, seen = page.driver.execute_script("return [innerWidth, document.documentElement.scrollWidth]")
    assert seen <= width, f"{where} is {seen} px wide at {width} px"
    axe(page, where)


def axe(page, where):
    page.driver.execute_script(AXE.read_text(encoding="utf-8"))
    found = page.driver.execute_async_script("axe.run().then(arguments[0])")
    serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    told = [(one["id"], one["nodes"][0]["html"][:200]) for one in serious]
    assert not told, f"{where}: {told}"


def is_accessible(page):
    for scheme in ["light", "dark"]:
        emulate(page, scheme)
        for part in ["now", "requests", "steer", "deliveries", "clients", "organizations", "coverage"]:
            page.open(part)
            time.sleep(0.3)
            axe(page, f"{part}, {scheme}")


def no_error_in_the_console(page):
    # The answers of 4xx and the lost connection are meant.
    errors = [entry for entry in page.driver.get_log("browser") if entry["source"] not in ("network",)]
    assert not errors, errors


def main():
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        page = Page(browser(), server)
        try:
            asks_for_the_token(page)
            token = server.admin("POST", "/__admin/tokens", {"count": 1})["tokens"][0]["token"]
            load = Load(server, token)
            load.start()
            steps = [tells_the_first_paint, shows_the_load, shows_the_buckets_of_a_limit, explains_a_refusal, explains_no_bucket_that_may_be_anothers]
            steps += [filters_the_journal, steers_the_clock]
            steps += [changes_a_limit_and_back, closes_a_socket, steers_the_workforce, injects_a_fault, shows_the_deliveries, makes_an_organization]
            steps += [downloads_the_report, empties_the_journal, gives_lines_to_copy, shows_the_coverage]
            steps += [works_by_keyboard, is_accessible, fits_a_phone, resets]
            for step in steps:
                step(page)
                print(f"ok {step.__name__}", flush=True)
            load.end()
            survives_a_restart(page, folder)
            asks_again_when_its_token_ends(page, folder)
            names_the_platform(page, folder)
            shows_the_servers(page, folder)
            no_error_in_the_console(page)
            documents_fit(page, folder)
            print(f"{len(steps) + 7} passed")
        finally:
            page.driver.quit()
            page.server.end()


if __name__ == "__main__":
    os.environ.pop("http_proxy", None)
    main()
