// Package gcmock starts gcmock with Testcontainers, if a container engine runs. $GCMOCK_IMAGE is the image of this repository's
// Dockerfile.
package gcmock

import (
	"context"
	"net/http"
	"os"
	"testing"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

// start returns the server's base URL. The container ends with the test.
func start(t *testing.T) string {
	t.Helper()
	image := os.Getenv("GCMOCK_IMAGE")
	if image == "" {
		image = "gcmock:latest"
	}
	ctx := context.Background()
	container, err := testcontainers.Run(ctx, image,
		testcontainers.WithExposedPorts("8080/tcp"),
		testcontainers.WithEnv(map[string]string{"GCMOCK_ADMIN_TOKEN": "none"}),
		testcontainers.WithWaitStrategy(wait.ForLog("gcmock listening on http://")),
	)
	testcontainers.CleanupContainer(t, container)
	if err != nil {
		t.Fatal(err)
	}
	uri, err := container.PortEndpoint(ctx, "8080/tcp", "http")
	if err != nil {
		t.Fatal(err)
	}
	return uri
}

func TestAContainerIsReadyWhenItSaysSo(t *testing.T) {
	me, err := http.NewRequest(http.MethodGet, start(t)+"/api/v2/users/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	me.Header.Set("Authorization", "Bearer any")
	answer, err := http.DefaultClient.Do(me)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("status %d", answer.StatusCode)
	}
}
