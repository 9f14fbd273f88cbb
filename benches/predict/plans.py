"""Ordinary JMeter plans without scripts, each a variation of one of the shipped plans' loads."""
from xml.sax.saxutils import escape


def text(name, value):
    return f'<stringProp name="{name}">{escape(str(value))}</stringProp>'


def flag(name, value):
    return f'<boolProp name="{name}">{str(value).lower()}</boolProp>'


def number(name, value):
    return f'<intProp name="{name}">{value}</intProp>'


def double(name, value):
    return f"<doubleProp><name>{name}</name><value>{value}</value><savedValue>0.0</savedValue></doubleProp>"


def element(kind, name, properties=(), children=(), gui="TestBeanGUI"):
    inner = "".join(properties)
    below = "".join(children)
    tree = f"<hashTree>{below}</hashTree>" if below else "<hashTree/>"
    return f'<{kind} guiclass="{gui}" testclass="{kind}" testname="{escape(name)}" enabled="true">{inner}</{kind}>{tree}'


def main_controller(loops):
    inner = flag("LoopController.continue_forever", False) + number("LoopController.loops", loops)
    return (
        '<elementProp name="ThreadGroup.main_controller" elementType="LoopController" guiclass="LoopControlPanel" '
        f'testclass="LoopController" testname="Loop Controller">{inner}</elementProp>'
    )


def group(threads, ramp, duration, children):
    properties = [
        text("ThreadGroup.num_threads", threads),
        text("ThreadGroup.ramp_time", ramp),
        flag("ThreadGroup.scheduler", True),
        text("ThreadGroup.duration", duration),
        text("ThreadGroup.delay", ""),
        flag("ThreadGroup.same_user_on_next_iteration", True),
        text("ThreadGroup.on_sample_error", "continue"),
        main_controller(-1),
    ]
    return element("ThreadGroup", "Users", properties, children, "ThreadGroupGui")


def open_model(schedule, children):
    properties = [text("OpenModelThreadGroup.schedule", schedule), text("OpenModelThreadGroup.random_seed", "")]
    controller = (
        '<elementProp name="ThreadGroup.main_controller" elementType="OpenModelThreadGroupController" '
        'guiclass="OpenModelThreadGroupControllerGui" testclass="OpenModelThreadGroupController" testname="Main"/>'
    )
    return element("OpenModelThreadGroup", "Arrivals", [*properties, controller], children, "OpenModelThreadGroupGui")


def request(name, method, path, body=None, children=()):
    argument = text("Argument.value", body or "") + text("Argument.metadata", "=") + flag("HTTPArgument.always_encode", False)
    entry = f'<elementProp name="" elementType="HTTPArgument">{argument}</elementProp>' if body else ""
    arguments = f'<elementProp name="HTTPsampler.Arguments" elementType="Arguments"><collectionProp name="Arguments.arguments">{entry}</collectionProp></elementProp>'
    properties = [
        flag("HTTPSampler.postBodyRaw", bool(body)),
        arguments,
        text("HTTPSampler.path", path),
        text("HTTPSampler.method", method),
        flag("HTTPSampler.follow_redirects", True),
        flag("HTTPSampler.use_keepalive", True),
    ]
    return element("HTTPSamplerProxy", name, properties, children, "HttpTestSampleGui")


def plan(children):
    defaults = element(
        "ConfigTestElement",
        "Defaults",
        [
            '<elementProp name="HTTPsampler.Arguments" elementType="Arguments"><collectionProp name="Arguments.arguments"/></elementProp>',
            text("HTTPSampler.domain", "127.0.0.1"),
            text("HTTPSampler.port", "${__P(port,8080)}"),
            text("HTTPSampler.protocol", "http"),
        ],
        gui="HttpDefaultsGui",
    )
    entries = "".join(
        f'<elementProp name="" elementType="Header">{text("Header.name", name)}{text("Header.value", value)}</elementProp>'
        for name, value in [("Authorization", "Bearer rehearsal"), ("Content-Type", "application/json")]
    )
    headers = element("HeaderManager", "Headers", [f'<collectionProp name="HeaderManager.headers">{entries}</collectionProp>'], gui="HeaderPanel")
    whole = element("TestPlan", "Plan", [flag("TestPlan.serialize_threadgroups", False)], [defaults, headers, *children], "TestPlanGui")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3"><hashTree>{whole}</hashTree></jmeterTestPlan>\n'


def message(children=()):
    return request("Send message", "POST", "/api/v2/conversations/messages", '{"to":{"id":"p-${__threadNum}"},"text":"message"}', children)


def status(children=()):
    return request("Change availability", "PUT", "/api/v2/wfm/schedules/agents/agent-${__threadNum}", '{"status":"Busy"}', children)


def constant(delay):
    return element("ConstantTimer", "Constant", [text("ConstantTimer.delay", delay)], gui="ConstantTimerGui")


def random(kind, delay, spread):
    return element(kind, kind, [text("ConstantTimer.delay", delay), text("RandomTimer.range", spread)], gui=f"{kind}Gui")


def throughput(mode, per_minute):
    return element("ConstantThroughputTimer", "Throughput", [number("calcMode", mode), double("throughput", per_minute)])


def precise(per_second):
    properties = [
        number("batchSize", 1),
        number("batchThreadDelay", 0),
        double("allowedThroughputSurplus", 1.0),
        number("exactLimit", 10000),
        double("throughput", per_second * 60.0),
        number("throughputPeriod", 60),
        '<longProp name="duration">3600</longProp>',
        '<longProp name="randomSeed">0</longProp>',
    ]
    return element("PreciseThroughputTimer", "Precise", properties)


def two_loops():
    """Two loops with three timers, against the default limits: one of a token and one of users."""

    def loop(name, turns, children):
        return element("LoopController", name, [number("LoopController.loops", turns)], children, "LoopControlPanel")

    users = loop("Users", 3, [request("Get user", "GET", "/api/v2/users/me", children=[constant(300)]), request("List users", "GET", "/api/v2/users")])
    queues = loop("Queues", 2, [request("List queues", "GET", "/api/v2/routing/queues"), request("List skills", "GET", "/api/v2/routing/skills", children=[random("UniformRandomTimer", 100, 400.0)])])
    return plan([group(20, 5, 70, [constant(800), users, queues])])


# Name: the scenario that is served (None: the default limits), and the plan.
VARIATIONS = {
    "constant-900": ("messaging-tenant", plan([group(200, 5, 27, [message(), constant(900)])])),
    "gaussian-uniform": ("messaging-tenant", plan([group(200, 5, 27, [message(), random("GaussianRandomTimer", 700, 200.0), random("UniformRandomTimer", 0, 400.0)])])),
    "throughput-each-thread": ("messaging-tenant", plan([group(200, 1, 27, [message(), throughput(0, 60.0)])])),
    "throughput-active-threads": ("messaging-tenant", plan([group(200, 1, 20, [message(), throughput(1, 12000.0)])])),
    "throughput-shared": ("messaging-tenant", plan([group(200, 1, 27, [message(), throughput(4, 11000.0)])])),
    "open-model": ("messaging-tenant", plan([open_model("rate(0/s) even_arrivals(8 s) rate(220/s) even_arrivals(17 s)", [message()])])),
    "lockout-50": ("wem-availability", plan([group(50, 1, 20, [status()])])),
    "lockout-120": ("wem-availability", plan([group(120, 1, 20, [status()])])),
    "precise": ("wem-availability", plan([group(150, 1, 20, [status(), precise(125)])])),
    "two-layers": (None, two_loops()),
}
