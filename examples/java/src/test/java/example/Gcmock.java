package example;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Starts one gcmock for all test classes of a run and creates an organization for each test, so that tests can run in
 * parallel.
 *
 * <p>The binary is $GCMOCK_BIN, or `gcmock` on the PATH. If $GCMOCK_URI names a running server, as under
 * `gcmock run -- mvn test`, the tests use that server.
 */
final class Gcmock implements BeforeEachCallback, AfterEachCallback {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(Gcmock.class);

    private String uri;
    private String tenant;
    private String token;

    /** The server's base URL: for `ApiClient.Builder…withBasePath`. */
    String uri() {
        return uri;
    }

    /** A GET with the token of this test's organization. */
    HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(uri + path)).header("Authorization", "Bearer " + token));
    }

    /** Changes the server itself: its clock, its agents, its limits. */
    HttpResponse<String> admin(String method, String path, String json) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(uri + "/__admin" + path));
        return send(request.header("Content-Type", "application/json").method(method, BodyPublishers.ofString(json)));
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        var store = context.getRoot().getStore(NAMESPACE);
        uri = store.getOrComputeIfAbsent("server", key -> new Server(), Server.class).uri;
        var made = admin("POST", "/tenants", "{}").body();
        tenant = first(made, "\"id\":\"([^\"]+)\"");
        var client = first(made, "\"clients\":\\[\\{\"id\":\"([^\"]+)\"");
        var secret = first(made, "\"secret\":\"([^\"]+)\"");
        var form = "grant_type=client_credentials&client_id=" + client + "&client_secret=" + secret;
        var login = HttpRequest.newBuilder(URI.create(uri + "/oauth/token"));
        login.header("Content-Type", "application/x-www-form-urlencoded").POST(BodyPublishers.ofString(form));
        token = first(send(login).body(), "\"access_token\":\"([^\"]+)\"");
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        admin("DELETE", "/tenants/" + tenant, "");
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return HTTP.send(request.build(), BodyHandlers.ofString());
    }

    private static String first(String text, String pattern) {
        var found = Pattern.compile(pattern).matcher(text);
        if (!found.find()) throw new IllegalStateException("no " + pattern + " in " + text);
        return found.group(1);
    }

    /** JUnit closes it after all tests. */
    private static final class Server implements AutoCloseable {
        final String uri;
        private final Process process;

        Server() {
            var running = System.getenv("GCMOCK_URI");
            if (running != null) {
                uri = running;
                process = null;
                return;
            }
            var binary = System.getenv().getOrDefault("GCMOCK_BIN", "gcmock");
            // On a frozen clock a minute's quota is tested in milliseconds.
            var command = new ProcessBuilder(binary, "serve", "--listen", "127.0.0.1:0", "--clock", "manual");
            try {
                process = command.redirectError(ProcessBuilder.Redirect.DISCARD).start();
                // The server prints the ready line when it accepts requests, so nothing else is waited for.
                var ready = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
                uri = ready.substring(ready.lastIndexOf(' ') + 1);
            } catch (IOException error) {
                throw new IllegalStateException("cannot start " + binary, error);
            }
        }

        @Override
        public void close() throws InterruptedException {
            if (process != null) {
                process.destroy();
                process.waitFor();
            }
        }
    }
}
