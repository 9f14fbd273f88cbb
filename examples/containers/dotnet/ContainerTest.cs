using System.Net;
using System.Net.Http.Headers;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using Xunit;

namespace Example;

/// <summary>Starts gcmock with Testcontainers, if a container engine runs. $GCMOCK_IMAGE is the image of this repository's Dockerfile.</summary>
public sealed class ContainerTest : IAsyncLifetime
{
    private readonly IContainer gcmock = new ContainerBuilder()
        .WithImage(Environment.GetEnvironmentVariable("GCMOCK_IMAGE") ?? "gcmock:latest")
        .WithPortBinding(8080, true)
        .WithEnvironment("GCMOCK_ADMIN_TOKEN", "none")
        .WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged("gcmock listening on http://"))
        .Build();

    public Task InitializeAsync() => gcmock.StartAsync();

    public Task DisposeAsync() => gcmock.DisposeAsync().AsTask();

    [Fact]
    public async Task AContainerIsReadyWhenItSaysSo()
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{gcmock.Hostname}:{gcmock.GetMappedPublicPort(8080)}") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "any");
        using var me = await http.GetAsync("/api/v2/users/me");
        Assert.Equal(HttpStatusCode.OK, me.StatusCode);
    }
}
