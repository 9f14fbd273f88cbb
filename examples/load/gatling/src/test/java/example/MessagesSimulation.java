package example;

import static io.gatling.javaapi.core.CoreDsl.*;
import static io.gatling.javaapi.http.HttpDsl.*;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.core.Simulation;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;

/**
 * Sends messages at a rate. A refused user waits for Retry-After, and the refusals are counted by the limit that refused.
 *
 * <pre>gcmock run --scenario messaging-tenant -- sh -c 'USERS=200 SECONDS_OF_LOAD=60 mvn -q gatling:test'</pre>
 *
 * <p>$USERS users send one message a second each. $GCMOCK_CLIENT_ID and $GCMOCK_CLIENT_SECRET are a client of the platform;
 * `gcmock run` sets them, and $GCMOCK_URI.
 */
public class MessagesSimulation extends Simulation {
    private static final int ATTEMPTS = 5;
    private static final String URI_OF_SERVER = setting("GCMOCK_URI", "http://127.0.0.1:8080");
    private static final int USERS = Integer.parseInt(setting("USERS", "200"));
    private static final int SECONDS = Integer.parseInt(setting("SECONDS_OF_LOAD", "60"));
    private static final Pattern NAME = Pattern.compile("^name=\"([^\"]*)\"");

    private final Map<String, LongAdder> refused = new ConcurrentHashMap<>();
    private final String token = logIn();

    private final HttpRequestActionBuilder send = http("Send message")
            .post("/api/v2/conversations/messages")
            .body(StringBody("{\"to\":{\"id\":\"participant-1\"},\"text\":\"hello\"}"))
            .asJson()
            .check(
                    header("Retry-After").optional().saveAs("retryAfter"),
                    header("Gcmock-Limit").optional().saveAs("limit"),
                    // Last, so that the headers of a refusal are kept although this fails.
                    status().is(202));

    private final ChainBuilder message = exec(session -> session.set("attempt", 0).set("wait", 0L))
            .doWhile(session -> session.getLong("wait") > 0 && session.getInt("attempt") < ATTEMPTS || session.getInt("attempt") == 0)
            .on(pause(session -> Duration.ofMillis(session.getLong("wait")))
                    .exec(session -> session.removeAll("retryAfter", "limit"))
                    .exec(send)
                    .exec(this::noteRefusal));

    {
        var protocol = http.baseUrl(URI_OF_SERVER).authorizationHeader("Bearer " + token);
        var users = scenario("Agents").during(SECONDS).on(pace(1).exec(message));
        setUp(users.injectOpen(rampUsers(USERS).during(1))).protocols(protocol);
    }

    @Override
    public void after() {
        new TreeMap<>(refused).forEach((limit, count) -> System.out.println("refused by " + limit + ": " + count));
    }

    private Session noteRefusal(Session session) {
        var next = session.set("attempt", session.getInt("attempt") + 1).markAsSucceeded();
        if (!session.contains("retryAfter")) return next.set("wait", 0L);
        refused.computeIfAbsent(limitOf(session), limit -> new LongAdder()).increment();
        // A spread is added, so that users that were refused together do not come back together.
        var wait = Long.parseLong(session.getString("retryAfter")) * 1000 + ThreadLocalRandom.current().nextLong(1000);
        return next.set("wait", wait);
    }

    /** The name that gcmock says in a header. The platform has no such header. */
    private static String limitOf(Session session) {
        if (!session.contains("limit")) return "a limit of the platform";
        var name = NAME.matcher(session.getString("limit"));
        return name.find() ? name.group(1) : "an unnamed limit";
    }

    private static String logIn() {
        var form = "grant_type=client_credentials&client_id=" + setting("GCMOCK_CLIENT_ID", "")
                + "&client_secret=" + setting("GCMOCK_CLIENT_SECRET", "");
        var login = HttpRequest.newBuilder(URI.create(URI_OF_SERVER + "/oauth/token"));
        login.header("Content-Type", "application/x-www-form-urlencoded").POST(BodyPublishers.ofString(form));
        try {
            var answer = HttpClient.newHttpClient().send(login.build(), BodyHandlers.ofString()).body();
            var found = Pattern.compile("\"access_token\":\"([^\"]+)\"").matcher(answer);
            if (!found.find()) throw new IllegalStateException("no token: " + answer);
            return found.group(1);
        } catch (java.io.IOException | InterruptedException error) {
            throw new IllegalStateException("no token", error);
        }
    }

    private static String setting(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }
}
