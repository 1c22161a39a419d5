using EdgeVision.Configuration.Yaml;
using EdgeVision.Live;
using EdgeVision.Pipeline;

namespace EdgeVision.Configuration.Sections.Sinks;

/// <summary>Live page as a sink with a server of its own.</summary>
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

    /// <summary>Reads the options of a live page.</summary>
    public static Func<SinkContext, FrameSink>? Read(ConfigMap map)
    {
        var defaults = new LiveOptions();
        string name = map.GetString("name") ?? "live";
        var options = new LiveOptions
        {
            Address = map.GetString("address") ?? defaults.Address,
            Token = map.GetString("token"),
            Hosts = map.GetStrings("hosts") ?? [],
            MaxViewers = map.GetInt("max_viewers", 1, 1000) ?? defaults.MaxViewers,
            Quality = map.GetInt("quality", 1, 100) ?? defaults.Quality,
            MaxFramesPerSecond = map.GetDouble("fps", 0, 1000, exclusiveMin: true) ?? defaults.MaxFramesPerSecond,
            MaxWidth = map.GetInt("width", 0, Frame.MaxSide) ?? defaults.MaxWidth,
        };
        if (options.Token is null && map.Reading.Try(map.Node, () => TokenRequirement(options)) == "yes")
        {
            // A token generated at each start would have to be written to a log, which others may read.
            map.Reading.AddProblem(map.Node, "a live page that is reachable from other machines requires a token of at least " +
                $"{LiveOptions.MinTokenLength} characters: token: ${{LIVE_TOKEN}}");
        }

        return context => new LivePageSink(name, options, context);
    }

    private static string TokenRequirement(LiveOptions options)
    {
        var server = new LiveServer(options);
        server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return server.Token is null ? "no" : "yes";
    }

    /// <inheritdoc/>
    public override async ValueTask OpenAsync(CancellationToken cancel)
    {
        if (_context.Pipeline is { } pipeline)
        {
            _server.Watch(pipeline);
        }

        await _sink.OpenAsync(cancel).ConfigureAwait(false);
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
