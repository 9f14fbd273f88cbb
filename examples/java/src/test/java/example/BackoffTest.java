package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tests a client: it reaches its limit, waits for the Retry-After, and is admitted again. */
class BackoffTest {
    @RegisterExtension
    final Gcmock gcmock = new Gcmock();

    @Test
    void the181stCallOfAMinuteIsRefusedAndWaitingHelps() throws Exception {
        for (int call = 0; call < 180; call++) {
            assertEquals(200, gcmock.get("/api/v2/users?pageSize=1").statusCode());
        }
        var refused = gcmock.get("/api/v2/users?pageSize=1");
        assertEquals(429, refused.statusCode());
        assertTrue(refused.body().contains("user.rate.per.minute"), refused.body());
        var wait = refused.headers().firstValue("Retry-After").orElseThrow();
        assertEquals("60", wait);

        gcmock.admin("PUT", "/clock", "{\"action\":\"advance\",\"by\":\"" + wait + "s\"}");
        assertEquals(200, gcmock.get("/api/v2/users?pageSize=1").statusCode());
    }

    @Test
    void anotherTestHasBucketsOfItsOwn() throws Exception {
        assertEquals(200, gcmock.get("/api/v2/users?pageSize=1").statusCode());
    }
}
