import com.mypurecloud.sdk.v2.ApiClient;
import com.mypurecloud.sdk.v2.ApiException;
import com.mypurecloud.sdk.v2.api.OrganizationApi;
import java.net.InetSocketAddress;
import java.net.Proxy;

/**
 * The official Java SDK through gcmock as its proxy: Rehearse PORT CLIENT_ID CLIENT_SECRET. gcmock serves `limits.toml` of the
 * folder above, and Java trusts its CA by a truststore.
 */
public class Rehearse {
    private static final int CAPACITY = 5;

    public static void main(String[] arguments) throws Exception {
        Proxy gcmock = new Proxy(Proxy.Type.HTTP, new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
        ApiClient client = ApiClient.Builder.standard().withBasePath("https://api.mypurecloud.com").withProxy(gcmock).build();
        client.authorizeClientCredentials(arguments[1], arguments[2]);
        OrganizationApi organization = new OrganizationApi(client);
        ApiException refusal = null;
        for (int call = 0; call < 4 * CAPACITY && refusal == null; call++) {
            refusal = refused(organization);
        }
        check(refusal != null && refusal.getStatusCode() == 429, "a 429, not " + refusal);
        check(Integer.parseInt(refusal.getHeaders().get("Retry-After")) >= 1, "Retry-After, as the SDK spells it");
        check(refusal.getCorrelationId() != null, "the correlation id, as the SDK spells its header");
        System.out.println("passed  the Java SDK logs in, calls and is refused through the proxy");
        System.exit(0); // The SDK's threads would keep the program for a minute.
    }

    private static ApiException refused(OrganizationApi organization) throws Exception {
        try {
            organization.getOrganizationsMe();
            return null;
        } catch (ApiException refusal) {
            return refusal;
        }
    }

    private static void check(boolean holds, String expected) {
        if (!holds) {
            System.out.println("FAILED  the Java SDK: expected " + expected);
            System.exit(1);
        }
    }
}
