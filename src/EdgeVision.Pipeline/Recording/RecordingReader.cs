using System.Text.Json;
using EdgeVision.Diagnostics;

namespace EdgeVision.Pipeline.Recording;

/// <summary>Recorded results of one frame.</summary>
/// <param name="Sequence">Sequence number of the frame in its source.</param>
/// <param name="Line">The line of JSON (<see cref="PipelineJson"/>).</param>
public readonly record struct RecordedResult(long Sequence, string Line);

/// <summary>Source of a recording.</summary>
public sealed class RecordedSource
{
    internal RecordedSource(string recording, RecordedSourceEntry entry) =>
        (Entry, Folder) = (entry, Path.Combine(recording, entry.Folder));

    /// <summary>Entry of the source in the manifest.</summary>
    public RecordedSourceEntry Entry { get; }

    /// <summary>Name of the source.</summary>
    public string Name => Entry.Name;

    internal string Folder { get; }

    internal IReadOnlyList<string> Segments
    {
        get
        {
            var segments = new List<string>();
            for (int i = 1; Path.Combine(Folder, SourceRecorder.GetSegmentName(i)) is var path && File.Exists(path); i++)
            {
                segments.Add(path);
            }

            return segments;
        }
    }

    /// <summary>Returns the results of its frames in order. A line cut off by a crash is left out.</summary>
    /// <exception cref="SourceException">The file cannot be read, or a line before the last is invalid.</exception>
    public IEnumerable<RecordedResult> ReadResults()
    {
        string path = Path.Combine(Folder, SourceRecorder.ResultsFileName);
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
                throw new SourceException($"'{path}' has an invalid line: {ErrorText.ToSingleLine(line)}", canRetry: false);
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
            throw new SourceException($"'{path}' cannot be read: {ErrorText.ToSingleLine(e.Message)}", e, canRetry: false);
        }
    }

    private static long? SequenceOf(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("frame"u8, out var frame)
                && frame.TryGetInt64(out long sequence) ? sequence : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>Recording made by a <see cref="RecordingSink"/>, for inspection or replay.</summary>
public sealed class RecordingReader
{
    private RecordingReader(string folder, RecordingManifest manifest)
    {
        (Folder, Manifest) = (folder, manifest);
        Sources = [.. manifest.Sources.Select(s => new RecordedSource(folder, s))];
    }

    /// <summary>Folder of the recording.</summary>
    public string Folder { get; }

    /// <summary>Manifest of the recording.</summary>
    public RecordingManifest Manifest { get; }

    /// <summary>Sources of the recording.</summary>
    public IReadOnlyList<RecordedSource> Sources { get; }

    /// <summary>Reads a recording's manifest.</summary>
    /// <param name="folder">Folder of the recording.</param>
    /// <exception cref="SourceException">The folder has no readable recording.</exception>
    public static RecordingReader Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new RecordingReader(folder, RecordingManifest.Read(folder));
    }

    /// <summary>Returns the source with the given name.</summary>
    /// <exception cref="SourceException">No source has that name.</exception>
    public RecordedSource GetSource(string name) => Sources.FirstOrDefault(s => s.Name == name)
        ?? throw new SourceException(
            $"recording '{Folder}' has no source '{name}'; sources are {string.Join(", ", Sources.Select(s => s.Name))}",
            canRetry: false);

    /// <summary>Returns a message per model whose file has changed, so that a replay gives other results; empty if none has.</summary>
    public IReadOnlyList<string> GetModelChanges()
    {
        var changes = new List<string>();
        foreach (var model in Manifest.Models)
        {
            if (!File.Exists(model.Path))
            {
                changes.Add($"model {model.Name}: '{model.Path}' no longer exists");
            }
            else if (!IsUnchanged(model))
            {
                changes.Add($"model {model.Name}: '{model.Path}' has changed since the recording");
            }
        }

        return changes;
    }

    // A manifest is untrusted and may name a device or a pipe, which has no length: reading it would never end.
    private static bool IsUnchanged(RecordedModel model)
    {
        try
        {
            long length = (File.ResolveLinkTarget(model.Path, returnFinalTarget: true) as FileInfo ?? new FileInfo(model.Path)).Length;
            return length > 0 && length == model.Bytes && RecordedModel.FromFile(model.Name, model.Path).Sha256 == model.Sha256;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"'{model.Path}' cannot be read: {ErrorText.ToSingleLine(e.Message)}", e);
        }
    }
}
