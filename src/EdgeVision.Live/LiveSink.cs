namespace EdgeVision.Live;

/// <summary>
/// Hands frames to a <see cref="LiveServer"/>. A write takes no time and cannot fail: pictures are made on the server's side, of the newest frame,
/// only while somebody looks. Keeps one share of the newest frame of each source.
/// </summary>
public sealed class LiveSink : FrameSink
{
    private readonly LiveServer _server;

    /// <summary>Makes the sink.</summary>
    /// <param name="server">The server; started with the sink where it is not yet, and the caller's to dispose.</param>
    /// <param name="name">Name in the ledger.</param>
    public LiveSink(LiveServer server, string name = "live")
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(server);
        _server = server;
    }

    /// <inheritdoc/>
    public override async ValueTask OpenAsync(CancellationToken cancel) => await _server.StartAsync(cancel);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(frame);
        _server.Publish(frame);
        return ValueTask.CompletedTask;
    }
}
