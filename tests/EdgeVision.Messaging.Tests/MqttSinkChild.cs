using System.Diagnostics;
using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>What the child process does whose end the broker is to notice: it connects, and waits to be killed.</summary>
public sealed class MqttSinkChild
{
    private const string PortVariable = "EDGEVISION_TEST_BROKER";

    [Fact]
    public async Task Connects_and_waits()
    {
        string? port = Environment.GetEnvironmentVariable(PortVariable);
        Assert.SkipWhen(port is null, "only in the child process");
        await using var sink = new MqttSink(new MqttOptions { Name = "child", Url = $"127.0.0.1:{port}", AvailabilityTopic = "state/{sink}" });
        await sink.OpenAsync(TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }

    internal static Process Start(int port)
    {
        string host = Environment.ProcessPath!;
        var start = new ProcessStartInfo(host) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(host) == "dotnet")
        {
            start.ArgumentList.Add(typeof(MqttSinkChild).Assembly.Location);
        }

        start.ArgumentList.Add("-class");
        start.ArgumentList.Add(typeof(MqttSinkChild).FullName!);
        start.Environment[PortVariable] = $"{port}";
        return Process.Start(start)!;
    }
}
