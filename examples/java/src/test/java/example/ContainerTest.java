package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/** Starts gcmock with Testcontainers, if a container engine runs. $GCMOCK_IMAGE is the image of this repository's Dockerfile. */
@EnabledIfEnvironmentVariable(named = "GCMOCK_IMAGE", matches = ".+")
class ContainerTest {
    @Test
    void aContainerIsReadyWhenItSaysSo() throws Exception {
        var image = DockerImageName.parse(System.getenv("GCMOCK_IMAGE"));
        try (var gcmock = new GenericContainer<>(image)) {
            gcmock.withExposedPorts(8080).withEnv("GCMOCK_ADMIN_TOKEN", "none");
            gcmock.waitingFor(Wait.forLogMessage("gcmock listening on http://.*\\n", 1)).start();
            var uri = "http://" + gcmock.getHost() + ":" + gcmock.getMappedPort(8080);
            var me = HttpRequest.newBuilder(URI.create(uri + "/api/v2/users/me")).header("Authorization", "Bearer any");
            assertEquals(200, HttpClient.newHttpClient().send(me.build(), BodyHandlers.discarding()).statusCode());
        }
    }
}
