using System.Text.Json;

namespace EdgeVision.Pipeline.Recording;

/// <summary>Options of a <see cref="RecordingDiff"/>.</summary>
public sealed record RecordingDiffOptions
{
    /// <summary>Maximum difference of two numbers that counts as equal; 0 requires the same digits.</summary>
    public double Tolerance { get; init; }

    /// <summary>Maximum number of differences kept as text; all are counted.</summary>
    public int MaxDifferences { get; init; } = 1000;
}

/// <summary>Compares recorded results with those of a replay, frame by frame, and describes the differences.</summary>
/// <remarks>
/// A difference reads like "frame 12 of door: detection 3 score 0.81 → 0.8". The fields <c>timing_ms</c> and <c>captured_at</c>, which
/// differ in every run, are ignored. Frames of a source must be added in order.
/// </remarks>
public sealed class RecordingDiff : IDisposable
{
    private readonly RecordingDiffOptions _options;
    private readonly Dictionary<string, IEnumerator<RecordedResult>> _recorded = [];
    private readonly HashSet<string> _ended = [];
    private readonly List<string> _texts = [];

    /// <summary>Creates a comparison with a recording.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="options">Options of the comparison.</param>
    public RecordingDiff(RecordingReader recording, RecordingDiffOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(recording);
        _options = options ?? new RecordingDiffOptions();
        foreach (var source in recording.Sources)
        {
            var results = source.ReadResults().GetEnumerator();
            _recorded[source.Name] = results;
            Advance(source.Name, results);
        }
    }

    /// <summary>Number of frames in both.</summary>
    public long Frames { get; private set; }

    /// <summary>Number of frames that differ, including those that only one of the two has.</summary>
    public long DifferentFrames { get; private set; }

    /// <summary>Number of differences.</summary>
    public long Count { get; private set; }

    /// <summary>Descriptions of the differences in the order found; the first <see cref="RecordingDiffOptions.MaxDifferences"/>.</summary>
    public IReadOnlyList<string> Differences => _texts;

    /// <summary>Summary such as "120 frames, no differences" or "120 frames, 2 differ in 5 places; the first: …".</summary>
    public string Summary => Count == 0
        ? $"{Frames} frames, no differences"
        : $"{Frames} frames, {DifferentFrames} differ in {Count} places; the first: {(_texts.Count > 0 ? _texts[0] : "not kept")}";

    /// <summary>Compares two recordings of the same sources.</summary>
    /// <param name="recorded">Original recording.</param>
    /// <param name="replayed">Recording of a replay.</param>
    /// <param name="options">Options of the comparison.</param>
    /// <exception cref="SourceException">One of the two cannot be read.</exception>
    public static RecordingDiff Compare(RecordingReader recorded, RecordingReader replayed, RecordingDiffOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(replayed);
        var diff = new RecordingDiff(recorded, options);
        foreach (var source in replayed.Sources)
        {
            foreach (var result in source.ReadResults())
            {
                diff.Add(source.Name, result.Sequence, result.Line);
            }
        }

        diff.Complete();
        return diff;
    }

    /// <summary>Compares the results of a replayed frame with the recorded ones.</summary>
    /// <param name="source">Name of its source.</param>
    /// <param name="sequence">Its sequence number.</param>
    /// <param name="line">Its line of JSON.</param>
    public void Add(string source, long sequence, string line)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(line);
        if (!_recorded.TryGetValue(source, out var results))
        {
            AddFrameDifference($"frame {sequence} of {source}: was not recorded");
            return;
        }

        while (!_ended.Contains(source) && results.Current.Sequence < sequence)
        {
            AddFrameDifference($"frame {results.Current.Sequence} of {source}: is missing in the replay");
            Advance(source, results);
        }

        if (_ended.Contains(source) || results.Current.Sequence != sequence)
        {
            AddFrameDifference($"frame {sequence} of {source}: was not recorded");
            return;
        }

        string expected = results.Current.Line;
        Advance(source, results);
        Frames++;
        long before = Count;
        if (expected != line)
        {
            using var was = JsonDocument.Parse(expected);
            using var now = JsonDocument.Parse(line);
            new JsonComparer(this, $"frame {sequence} of {source}:").CompareObjects(was.RootElement, now.RootElement, "", top: true);
        }

        if (Count > before)
        {
            DifferentFrames++;
        }
    }

    /// <summary>Adds the frames missing in the replay; call it after the last frame.</summary>
    public void Complete()
    {
        foreach (var (source, results) in _recorded)
        {
            while (!_ended.Contains(source))
            {
                AddFrameDifference($"frame {results.Current.Sequence} of {source}: is missing in the replay");
                Advance(source, results);
            }
        }
    }

    /// <summary>Closes the recording's files.</summary>
    public void Dispose()
    {
        foreach (var results in _recorded.Values)
        {
            results.Dispose();
        }
    }

    private void Advance(string source, IEnumerator<RecordedResult> results)
    {
        if (!results.MoveNext())
        {
            _ended.Add(source);
        }
    }

    private void AddFrameDifference(string text)
    {
        DifferentFrames++;
        AddDifference(text);
    }

    private void AddDifference(string text)
    {
        Count++;
        if (_texts.Count < _options.MaxDifferences)
        {
            _texts.Add(text);
        }
    }

    // Walks through two results in parallel; locations read like "detection 3 score".
    private sealed class JsonComparer(RecordingDiff diff, string frame)
    {
        public void CompareObjects(JsonElement was, JsonElement now, string place, bool top = false)
        {
            foreach (var property in was.EnumerateObject())
            {
                if (top && property.Name is "timing_ms" or "captured_at")
                {
                    continue;
                }

                string here = place + " " + property.Name;
                if (now.TryGetProperty(property.Name, out var other))
                {
                    CompareValues(property.Value, other, here, property.Name);
                }
                else
                {
                    AddDifference(here, Shorten(property.Value), "nothing");
                }
            }

            foreach (var property in now.EnumerateObject())
            {
                if (!was.TryGetProperty(property.Name, out _) && !(top && property.Name is "timing_ms" or "captured_at"))
                {
                    AddDifference(place + " " + property.Name, "nothing", Shorten(property.Value));
                }
            }
        }

        private void CompareValues(JsonElement was, JsonElement now, string place, string name)
        {
            if (was.ValueKind != now.ValueKind)
            {
                AddDifference(place, Shorten(was), Shorten(now));
                return;
            }

            switch (was.ValueKind)
            {
                case JsonValueKind.Object:
                    CompareObjects(was, now, place);
                    break;
                case JsonValueKind.Array:
                    CompareArrays(was, now, place, name);
                    break;
                case JsonValueKind.Number when !AreEqual(was, now):
                case JsonValueKind.String when was.GetString() != now.GetString():
                    AddDifference(place, Shorten(was), Shorten(now));
                    break;
            }
        }

        private void CompareArrays(JsonElement was, JsonElement now, string place, string name)
        {
            int count = was.GetArrayLength(), given = now.GetArrayLength();
            if (count != given)
            {
                diff.AddDifference($"{frame}{place}: {count} → {given}");
            }

            // "detections" becomes "detection 3"; other arrays keep their name before the index.
            string parent = place[..^name.Length];
            string one = name is "detections" or "classes" or "crops" or "events" or "keypoints" ? ToSingular(name) : name;
            for (int i = 0; i < Math.Min(count, given); i++)
            {
                CompareValues(was[i], now[i], $"{parent}{one} {i}", $"{one} {i}");
            }
        }

        private bool AreEqual(JsonElement was, JsonElement now) => was.GetRawText() == now.GetRawText()
            || diff._options.Tolerance > 0 && Math.Abs(was.GetDouble() - now.GetDouble()) <= diff._options.Tolerance;

        private void AddDifference(string place, string was, string now) => diff.AddDifference($"{frame}{place} {was} → {now}");

        private static string ToSingular(string name) => name == "classes" ? "class" : name[..^1];

        private static string Shorten(JsonElement value)
        {
            string text = value.GetRawText();
            return text.Length <= 40 ? text : text[..40] + "…";
        }
    }
}
