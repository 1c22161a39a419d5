using EdgeVision.Pipeline;

namespace EdgeVision.Live;

/// <summary>Passes frames to a <see cref="LiveServer"/>.</summary>
/// <remarks>
/// A write takes no time and cannot fail: images are encoded by the server, from the newest frame, only while there are
/// viewers. The server holds one reference to the newest frame of each source.
/// </remarks>
public sealed class LiveSink : FrameSink
{
    private readonly bool _owns;

    /// <summary>Initializes a sink for a server owned by the caller; opening the sink starts the server if needed.</summary>
    /// <param name="server">The server.</param>
    /// <param name="name">Name in the ledger.</param>
    public LiveSink(LiveServer server, string name = "live")
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(server);
        Server = server;
    }

    /// <summary>Initializes a sink with a server of its own, which starts and stops with it.</summary>
    /// <param name="options">Address, access and limits.</param>
    /// <param name="name">Name in the ledger.</param>
    /// <exception cref="PipelineConfigException">An option is out of range.</exception>
    public LiveSink(LiveOptions options, string name = "live")
        : this(new LiveServer(options), name) => _owns = true;

    /// <summary>Gets the server, on which to call <see cref="LiveServer.Watch(VisionPipeline)"/>.</summary>
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
