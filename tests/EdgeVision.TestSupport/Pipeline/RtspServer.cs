using System.Diagnostics;
using Xunit;

namespace EdgeVision.TestSupport.Pipeline;

/// <summary>A real RTSP server (tools/rtsp-server.sh) on a port of its own; killed with the test.</summary>
internal sealed class RtspServer : IDisposable
{
    private readonly Process _process;

    private RtspServer(Process process, string address) => (_process, Address) = (process, address);

    /// <summary>rtsp://127.0.0.1:PORT/test</summary>
    public string Address { get; }

    /// <summary>Number of the port.</summary>
    public int Port => new Uri(Address).Port;

    /// <summary>The address with a user and password in it.</summary>
    public string AddressFor(string user, string password) => Address.Replace("rtsp://", $"rtsp://{Uri.EscapeDataString(user)}:{Uri.EscapeDataString(password)}@", StringComparison.Ordinal);

    /// <summary>Serves a video; skips the test where GStreamer is not installed.</summary>
    public static RtspServer Start(string video, int port = 0, string? user = null, string? password = null)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the RTSP server runs on Linux");
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[Script(), video, "--port", $"{port}", .. user is null ? Array.Empty<string>() : ["--user", user, "--password", password!]])
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        try
        {
            var line = process.StandardOutput.ReadLineAsync();
            Assert.True(line.Wait(TimeSpan.FromSeconds(60)), "the RTSP server said nothing");
            if (line.Result is { } address)
            {
                process.BeginErrorReadLine();
                return new RtspServer(process, address);
            }

            string error = process.StandardError.ReadToEnd();
            Assert.SkipWhen(error.Contains("apt-get install", StringComparison.Ordinal), error.Trim());
            Assert.Fail($"the RTSP server ended: {error}");
            throw new UnreachableException();
        }
        catch
        {
            Kill(process);
            throw;
        }
    }

    /// <summary>Makes it answer nothing more without closing a connection: a camera that hangs.</summary>
    public void Stop()
    {
        using var stop = Process.Start("kill", ["-STOP", $"{_process.Id}"]);
        stop.WaitForExit();
    }

    public void Dispose() => Kill(_process);

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit(5000);
            process.Dispose();
        }
        catch (InvalidOperationException)
        {
            // A test that kills it in its middle disposes it once more at its end.
        }
    }

    private static string Script()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "tools", "rtsp-server.sh");
            if (File.Exists(path))
            {
                return path;
            }
        }

        Assert.Skip("tools/rtsp-server.sh is not above the tests");
        return "";
    }
}
