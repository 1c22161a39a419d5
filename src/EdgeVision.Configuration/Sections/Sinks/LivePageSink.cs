using EdgeVision.Live;

namespace EdgeVision.Configuration;

/// <summary>The live page as a sink that has its server.</summary>
internal sealed class LivePageSink : FrameSink
{
    private readonly LiveServer _server;
    private readonly LiveSink _sink;
    private readonly SinkContext _context;

    private LivePageSink(string name, LiveOptions options, SinkContext context)
        : base(name)
    {
        (_server, _context) = (new LiveServer(options), context);
        _sink = new LiveSink(_server, name);
    }

    /// <summary>Where the page is, with the token that opens it; null before it is served.</summary>
    public static Func<SinkContext, FrameSink>? Read(ConfigMap map)
    {
        var defaults = new LiveOptions();
        string name = map.Text("name") ?? "live";
        var options = new LiveOptions
        {
            Address = map.Text("address") ?? defaults.Address,
            Token = map.Text("token"),
            Hosts = map.Texts("hosts") ?? [],
            MaxViewers = map.Whole("max_viewers", 1, 1000) ?? defaults.MaxViewers,
            Quality = map.Whole("quality", 1, 100) ?? defaults.Quality,
            MaxFramesPerSecond = map.Number("fps", 0, 1000, above: true) ?? defaults.MaxFramesPerSecond,
            MaxWidth = map.Whole("width", 0, Frame.MaxSide) ?? defaults.MaxWidth,
        };
        return context => new LivePageSink(name, options, context);
    }

    /// <inheritdoc/>
    public override async ValueTask OpenAsync(CancellationToken cancel)
    {
        _context.Watch(_server);
        await _sink.OpenAsync(cancel).ConfigureAwait(false);
        _context.Say(Name, $"the live page is at {_server.Address}{(_server.Token is { } token && _context.MayShowTokens ? $"?token={token}" : "")}");
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel) => _sink.WriteAsync(frame, cancel);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _sink.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}
