using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary><c>edgevision live</c> as a user starts, looks at and stops it.</summary>
public sealed class LiveCommandTests
{
    private const string Model = "models/shapes-fpn.onnx", Pattern = "test:320x240@20?objects=3&live=true";

    [Fact]
    public async Task It_says_where_the_page_is_shows_the_pipeline_and_stops_when_told()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        using var live = CommandLine.Start(null, "live", "--model", Model, "--source", Pattern, "--track", "bytetrack", "--address", "127.0.0.1:0");
        try
        {
            var page = new Uri(await PageAsync(live));
            using var http = new HttpClient { BaseAddress = page };
            await DeliveredAsync(http);
            Assert.Contains("EdgeVision", await http.GetStringAsync("", TestContext.Current.CancellationToken), StringComparison.Ordinal);
            byte[] jpeg = await http.GetByteArrayAsync("api/frame/test.jpg", TestContext.Current.CancellationToken);
            Assert.Equal([0xFF, 0xD8], jpeg[..2]);

            // The port is taken now, and the next one says so.
            var second = CommandLine.Run("live", "--model", Model, "--source", Pattern, "--address", FormattableString.Invariant($"127.0.0.1:{page.Port}"));
            Assert.Equal(1, second.ExitCode);
            Assert.Contains("the port is in use", second.Error, StringComparison.Ordinal);

            using var kill = Process.Start("kill", ["-TERM", live.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            var outcome = CommandLine.Finish(live);
            Assert.True(outcome.ExitCode == 0, $"exit code {outcome.ExitCode}: {outcome.Error}");
            Assert.Contains("source test: stopped", outcome.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("add up", outcome.Output, StringComparison.Ordinal);
        }
        finally
        {
            End(live);
        }
    }

    [Fact]
    public async Task Beyond_loopback_the_address_that_is_said_holds_the_token()
    {
        using var live = CommandLine.Start(null, "live", "--model", Model, "--source", Pattern, "--address", "0.0.0.0:0");
        try
        {
            var page = new Uri(await PageAsync(live));
            Assert.StartsWith("?token=", page.Query, StringComparison.Ordinal);
            using var http = new HttpClient { BaseAddress = new Uri(FormattableString.Invariant($"http://127.0.0.1:{page.Port}/")) };
            using var without = await http.GetAsync("api/ledger", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
            http.DefaultRequestHeaders.Add("Authorization", "Bearer " + Uri.UnescapeDataString(page.Query["?token=".Length..]));
            await DeliveredAsync(http);
        }
        finally
        {
            End(live);
        }
    }

    [Theory]
    [InlineData("give --model and --source", "live")]
    [InlineData("--config cannot be combined with --model", "live", "--config", "samples/pipelines/start.yaml", "--source", Pattern)]
    [InlineData("does not exist", "live", "--model", "missing.onnx", "--source", Pattern)]
    [InlineData("does not exist", "live", "--model", Model, "--source", "missing.mp4")]
    [InlineData("127.0.0.1:8090", "live", "--model", Model, "--source", Pattern, "--address", "8090")] // what an address looks like
    [InlineData("at least 16", "live", "--model", Model, "--source", Pattern, "--token", "short")]
    public void A_wrong_call_says_what_is_wrong(string said, params string[] arguments)
    {
        var outcome = CommandLine.Run(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(said, outcome.Error, StringComparison.Ordinal);
    }

    private static async Task<string> PageAsync(Process live)
    {
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        soon.CancelAfter(TimeSpan.FromMinutes(2));
        const string Before = "live page: ";
        while (await live.StandardOutput.ReadLineAsync(soon.Token) is { } line)
        {
            if (line.StartsWith(Before, StringComparison.Ordinal))
            {
                return line[Before.Length..];
            }
        }

        throw new InvalidOperationException($"it ended: {await live.StandardError.ReadToEndAsync(soon.Token)}");
    }

    private static async Task DeliveredAsync(HttpClient http)
    {
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        soon.CancelAfter(TimeSpan.FromMinutes(2));
        while (true)
        {
            using var ledger = JsonDocument.Parse(await http.GetStringAsync("api/ledger", soon.Token));
            if (ledger.RootElement.GetProperty("sources")[0].GetProperty("delivered").GetInt64() > 3)
            {
                return;
            }

            await Task.Delay(50, soon.Token);
        }
    }

    private static void End(Process live)
    {
        if (!live.HasExited)
        {
            live.Kill(entireProcessTree: true);
        }
    }
}
