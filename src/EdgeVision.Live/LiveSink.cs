namespace EdgeVision.Live;

/// <summary>
/// Hands frames to a <see cref="LiveServer"/>. A write takes no time and cannot fail: pictures are made on the server's side, of the newest frame,
/// only while somebody looks. The server keeps one share of the newest frame of each source.
/// </summary>
public sealed class LiveSink : FrameSink
{
    private readonly bool _owns;

    /// <summary>Makes the sink of a server that is the caller's to dispose; it is started with the sink where it is not yet.</summary>
    /// <param name="server">The server.</param>
    /// <param name="name">Name in the ledger.</param>
    public LiveSink(LiveServer server, string name = "live")
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(server);
        Server = server;
    }

    /// <summary>Makes the sink and a server of its own, which starts and ends with it.</summary>
    /// <param name="options">Where, for whom, how much.</param>
    /// <param name="name">Name in the ledger.</param>
    /// <exception cref="PipelineConfigException">An option is impossible.</exception>
    public LiveSink(LiveOptions options, string name = "live")
        : this(new LiveServer(options), name) => _owns = true;

    /// <summary>The server, to be told which pipeline to watch.</summary>
    public LiveServer Server { get; }

    /// <inheritdoc/>
    public override async ValueTask OpenAsync(CancellationToken cancel) => await Server.StartAsync(cancel);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(frame);
        Server.Publish(frame);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_owns)
        {
            await Server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}
