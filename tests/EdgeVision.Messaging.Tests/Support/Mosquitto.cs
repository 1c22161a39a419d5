using System.Diagnostics;
using Xunit;

namespace EdgeVision.Messaging.Tests.Support;

/// <summary>
/// Mosquitto that keeps sessions and messages in its database and writes it after every change. It does so after it has acknowledged: what it
/// acknowledged in the instant before it is killed may be gone, and <see cref="Holds"/> tells when it is safe.
/// </summary>
internal sealed class Mosquitto : BrokerProcess
{
    private readonly string _config;

    private Mosquitto(string listener)
        : base("mosquitto", "mosquitto")
    {
        _config = Write("mosquitto.conf", $"""
            listener {Port} 127.0.0.1
            user root
            persistence true
            persistence_location {Folder}/
            autosave_on_changes true
            autosave_interval 1
            max_queued_messages 0
            log_dest stderr
            {listener.Replace("{folder}", Folder, StringComparison.Ordinal)}
            """);
    }

    protected override IEnumerable<string> Arguments => ["-c", _config];

    public static Mosquitto Run(string listener = "allow_anonymous true")
    {
        var broker = new Mosquitto(listener);
        broker.StartOrDispose();
        return broker;
    }

    /// <summary>With a user whose password is asked for.</summary>
    public static Mosquitto RunWithUser(string user, string password)
    {
        var broker = new Mosquitto("allow_anonymous false\npassword_file {folder}/passwords");
        using (var tool = Process.Start(new ProcessStartInfo("mosquitto_passwd", ["-b", "-c", Path.Combine(broker.Folder, "passwords"), user, password]))!)
        {
            tool.WaitForExit();
            Assert.Equal(0, tool.ExitCode);
        }

        broker.StartOrDispose();
        return broker;
    }

    /// <summary>With TLS; asks for clients' certificates if told.</summary>
    public static Mosquitto RunWithTls(TestCertificates certificates, bool askClients)
    {
        var broker = new Mosquitto($"allow_anonymous true\ncafile {certificates.CaFile}\ncertfile {certificates.ServerFile}\nkeyfile {certificates.ServerKeyFile}\nrequire_certificate {(askClients ? "true" : "false")}");
        broker.StartOrDispose();
        return broker;
    }

    /// <summary>Whether the database on disk holds a text.</summary>
    public bool Holds(string text)
    {
        string database = Path.Combine(Folder, "mosquitto.db");
        return File.Exists(database) && File.ReadAllBytes(database).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0;
    }

    private void StartOrDispose()
    {
        try
        {
            Start();
        }
        catch
        {
            Dispose();
            throw;
        }
    }
}
