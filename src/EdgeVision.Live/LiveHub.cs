using System.Collections.Concurrent;
using System.Text.Json;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ledger;

namespace EdgeVision.Live;

/// <summary>Shared state of the live server: the sources' images, the log, the pipeline's ledger, and the viewers.</summary>
internal sealed class LiveHub(LiveOptions options) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<LiveViewer> _viewers = [];
    private readonly ConcurrentDictionary<string, LiveFeed> _feeds = new(StringComparer.Ordinal);

    public LiveLog Log { get; } = new();

    /// <summary>Gets or sets the function that returns the ledger; null while no pipeline is watched.</summary>
    public Func<PipelineStatistics>? Ledger { get; set; }

    /// <summary>Gets or sets the function that returns a source's rules; null while no pipeline is watched.</summary>
    public Func<string, IReadOnlyList<IPipelineRule>>? Rules { get; set; }

    public int ViewerCount
    {
        get
        {
            lock (_lock)
            {
                return _viewers.Count;
            }
        }
    }

    /// <summary>Gets the number of JPEGs encoded for all sources.</summary>
    public long EncodedCount => _feeds.Values.Sum(f => f.EncodedCount);

    public void Publish(PipelineFrame frame)
    {
        Log.Add(frame);
        (_feeds.TryGetValue(frame.Source, out var feed) ? feed : Open(frame.Source)).Publish(frame);
    }

    /// <summary>Returns the feed of a source; null for a name that is neither in the frames nor in the ledger.</summary>
    public LiveFeed? Find(string source) => _feeds.TryGetValue(source, out var feed) ? feed
        : Ledger?.Invoke().Sources.Any(s => s.Name == source) == true ? Open(source)
        : null;

    /// <summary>Adds a viewer; returns false when the maximum number of viewers is reached.</summary>
    public bool TryAddViewer(LiveViewer viewer)
    {
        lock (_lock)
        {
            if (_viewers.Count >= options.MaxViewers)
            {
                return false;
            }

            _viewers.Add(viewer);
            foreach (var feed in _feeds.Values.Where(f => viewer.Source is null || viewer.Source == f.Name))
            {
                feed.Attach(viewer);
            }

            return true;
        }
    }

    public void RemoveViewer(LiveViewer viewer)
    {
        lock (_lock)
        {
            _viewers.Remove(viewer);
            foreach (var feed in _feeds.Values)
            {
                feed.Detach(viewer);
            }
        }
    }

    /// <summary>
    /// Writes the state that a page shows beside the images: ledger, outlines, log entries above a number, and viewer counts.
    /// </summary>
    /// <returns>The number of the last log entry.</returns>
    public long WriteState(Utf8JsonWriter writer, LiveViewer viewer, long logged)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "state"u8);
        writer.WriteNumber("viewers"u8, ViewerCount);
        writer.WriteNumber("skipped"u8, viewer.SkippedCount);
        if (Ledger is { } ledger)
        {
            var snapshot = ledger();
            writer.WritePropertyName("ledger"u8);
            PipelineStatisticsJson.Write(writer, snapshot);
            writer.WriteStartObject("outlines"u8);
            foreach (var source in snapshot.Sources)
            {
                WriteOutlines(writer, source.Name);
            }

            writer.WriteEndObject();
        }

        writer.WritePropertyName("log"u8);
        logged = Log.Write(writer, logged);
        writer.WriteEndObject();
        return logged;
    }

    public void Dispose()
    {
        foreach (var feed in _feeds.Values)
        {
            feed.Dispose();
        }
    }

    private void WriteOutlines(Utf8JsonWriter writer, string source)
    {
        writer.WriteStartArray(source);
        foreach (var rule in Rules?.Invoke(source) ?? [])
        {
            if (rule.Outline.Count < 2)
            {
                continue;
            }

            writer.WriteStartObject();
            writer.WriteString("rule"u8, rule.Name);
            writer.WriteBoolean("area"u8, rule.IsPolygon);
            writer.WriteStartArray("points"u8);
            foreach (var (x, y) in rule.Outline)
            {
                writer.WriteStartArray();
                writer.WriteNumberValue(x);
                writer.WriteNumberValue(y);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    // Under the lock, so that a viewer that connects at the same moment is attached once.
    private LiveFeed Open(string source)
    {
        lock (_lock)
        {
            if (_feeds.TryGetValue(source, out var feed))
            {
                return feed;
            }

            feed = new LiveFeed(source, options, s => Rules?.Invoke(s) ?? []);
            _feeds[source] = feed;
            foreach (var viewer in _viewers.Where(v => v.Source is null || v.Source == source))
            {
                feed.Attach(viewer);
            }

            return feed;
        }
    }
}
