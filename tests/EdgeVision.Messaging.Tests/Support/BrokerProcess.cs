using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace EdgeVision.Messaging.Tests.Support;

/// <summary>A broker of the machine's own, on loopback and a free port, with a folder of its own; killed with the test, however that ends.</summary>
internal abstract class BrokerProcess : IDisposable
{
    private const int Continue = 18, Stop = 19, Terminate = 15;

    private readonly StringBuilder _log = new();
    private Process? _process;

    protected BrokerProcess(string program, string package)
    {
        string? found = new[] { "/usr/sbin", "/usr/bin", "/usr/local/bin" }.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, $"{program} is not installed (Debian package {package})");
        Program = found!;
        Folder = Directory.CreateTempSubdirectory("edgevision-broker-").FullName;
        Port = FreePort();
    }

    public string Folder { get; }

    public int Port { get; }

    protected string Program { get; }

    protected abstract IEnumerable<string> Arguments { get; }

    /// <summary>Starts it and waits until it takes connections.</summary>
    public void Start()
    {
        var start = new ProcessStartInfo(Program, Arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Wait.Until(IsListening, () => $"{Program} does not listen:\n{Log}");
    }

    /// <summary>Ends it at once, as a power cut would end the process.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Asks it to end, as a service manager does.</summary>
    public void End()
    {
        Send(Terminate);
        Assert.True(_process!.WaitForExit(30_000), $"{Program} does not end:\n{Log}");
        _process.Dispose();
        _process = null;
    }

    /// <summary>Holds it: connections stay, and nothing is answered.</summary>
    public void Freeze() => Send(Stop);

    public void Thaw() => Send(Continue);

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            Kill();
        }

        Directory.Delete(Folder, recursive: true);
    }

    protected string Write(string name, string text)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Note(string? line)
    {
        lock (_log)
        {
            _log.AppendLine(line);
        }
    }

    private bool IsListening()
    {
        Assert.False(_process!.HasExited, $"{Program} ended:\n{Log}");
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Send(int signal) => Assert.Equal(0, kill(_process!.Id, signal));

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);
}
