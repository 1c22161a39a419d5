using System.Text.Json;

namespace EdgeVision;

/// <summary>One frame's results as they were recorded.</summary>
/// <param name="Sequence">Number of the frame in its source.</param>
/// <param name="Line">The line of JSON (<see cref="PipelineJson"/>).</param>
public readonly record struct RecordedResult(long Sequence, string Line);

/// <summary>One source of a recording.</summary>
public sealed class RecordedSource
{
    internal RecordedSource(string recording, RecordedSourceEntry entry) => (Entry, Folder) = (entry, Path.Combine(recording, entry.Folder));

    /// <summary>What the manifest says of it.</summary>
    public RecordedSourceEntry Entry { get; }

    /// <summary>Its name.</summary>
    public string Name => Entry.Name;

    internal string Folder { get; }

    internal IReadOnlyList<string> Segments
    {
        get
        {
            var segments = new List<string>();
            for (int i = 1; Path.Combine(Folder, SourceRecorder.SegmentName(i)) is var path && File.Exists(path); i++)
            {
                segments.Add(path);
            }

            return segments;
        }
    }

    /// <summary>Results of its frames in their order. The line that a crash cut off is left out.</summary>
    /// <exception cref="SourceException">The file cannot be read, or a line before the last is none.</exception>
    public IEnumerable<RecordedResult> Results()
    {
        string path = Path.Combine(Folder, SourceRecorder.Results);
        if (!File.Exists(path))
        {
            yield break; // a crash between its first frame and its results
        }

        using var reader = Open(path);
        string? next = reader.ReadLine();
        while (next is { } line)
        {
            next = reader.ReadLine();
            if (SequenceOf(line) is { } sequence)
            {
                yield return new RecordedResult(sequence, line);
            }
            else if (next is not null)
            {
                throw new SourceException($"'{path}' has a line that is no result: {OneLine.Of(line)}", canRetry: false);
            }
        }
    }

    private static StreamReader Open(string path)
    {
        try
        {
            return new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"'{path}' cannot be read: {OneLine.Of(e.Message)}", e, canRetry: false);
        }
    }

    private static long? SequenceOf(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("frame"u8, out var frame) && frame.TryGetInt64(out long sequence) ? sequence : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>A recording that <see cref="RecordingSink"/> has made, to be looked at or replayed.</summary>
public sealed class Recording
{
    private Recording(string folder, RecordingManifest manifest)
    {
        (Folder, Manifest) = (folder, manifest);
        Sources = [.. manifest.Sources.Select(s => new RecordedSource(folder, s))];
    }

    /// <summary>Its folder.</summary>
    public string Folder { get; }

    /// <summary>What it says of itself.</summary>
    public RecordingManifest Manifest { get; }

    /// <summary>Its sources.</summary>
    public IReadOnlyList<RecordedSource> Sources { get; }

    /// <summary>Reads a recording's manifest.</summary>
    /// <param name="folder">The recording's folder.</param>
    /// <exception cref="SourceException">The folder holds no recording that can be read.</exception>
    public static Recording Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new Recording(folder, RecordingManifest.Read(folder));
    }

    /// <summary>The source of that name.</summary>
    /// <exception cref="SourceException">There is none.</exception>
    public RecordedSource Source(string name) => Sources.FirstOrDefault(s => s.Name == name)
        ?? throw new SourceException($"recording '{Folder}' has no source '{name}'; it has {string.Join(", ", Sources.Select(s => s.Name))}", canRetry: false);

    /// <summary>A sentence for each model whose file is not what it was: a replay then gives other results. Empty where all are the same.</summary>
    public IReadOnlyList<string> ModelChanges()
    {
        var changes = new List<string>();
        foreach (var model in Manifest.Models)
        {
            if (!File.Exists(model.Path))
            {
                changes.Add($"model {model.Name}: '{model.Path}' is not there any more");
            }
            else if (!IsSame(model))
            {
                changes.Add($"model {model.Name}: '{model.Path}' is another file than the one recorded with");
            }
        }

        return changes;
    }

    // A manifest may come from elsewhere and name a device or a pipe, which has no length: reading it would never end.
    private static bool IsSame(RecordedModel model)
    {
        try
        {
            long length = (File.ResolveLinkTarget(model.Path, returnFinalTarget: true) as FileInfo ?? new FileInfo(model.Path)).Length;
            return length > 0 && length == model.Bytes && RecordedModel.Of(model.Name, model.Path).Sha256 == model.Sha256;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"'{model.Path}' cannot be looked at: {OneLine.Of(e.Message)}", e);
        }
    }
}
