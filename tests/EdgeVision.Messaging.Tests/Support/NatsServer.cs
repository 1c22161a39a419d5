namespace EdgeVision.Messaging.Tests.Support;

/// <summary>nats-server with JetStream in files; a message of a stream with one copy is written before it is acknowledged.</summary>
internal sealed class NatsServer : BrokerProcess
{
    private readonly string _config;

    private NatsServer(string more)
        : base("nats-server", "nats-server")
    {
        _config = Write("nats.conf", $$"""
            listen: "127.0.0.1:{{Port}}"
            jetstream { store_dir: "{{Folder}}/store" }
            {{more}}
            """);
    }

    protected override IEnumerable<string> Arguments => ["-c", _config];

    public string Url => $"nats://127.0.0.1:{Port}";

    public static NatsServer Run(string more = "")
    {
        var server = new NatsServer(more);
        try
        {
            server.Start();
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }
}
