using System.Text.Json;
using EdgeVision.Diagnostics;
using EdgeVision.Results;
using EdgeVision.Specs;

namespace EdgeVision.Models.Verification;

/// <summary>Compares two lines of <see cref="ResultJson"/> number by number, each kind with its own tolerance.</summary>
/// <remarks>
/// Times and names of sources and models are ignored. Detections and classes are compared in any order, because entries of nearly
/// equal score may swap on another processor; a detection whose score is within its tolerance of the minimum score may be missing.
/// </remarks>
public static class ResultComparer
{
    private const int MaxEntries = 10_000;

    /// <summary>Returns the largest difference and its place.</summary>
    /// <remarks>The unit is the tolerance, so 1 is the limit; infinite if something is missing or of another class.</remarks>
    /// <exception cref="SpecException">The expected line is not a line of results.</exception>
    public static (double Worst, string Where) Compare(string expected, string actual, GoldenTolerances tolerances, float confidence)
    {
        try
        {
            using var e = JsonDocument.Parse(expected);
            using var a = JsonDocument.Parse(actual);
            var worst = (Value: 0.0, Where: "");
            Walk(e.RootElement, a.RootElement, "", new Limits(tolerances, confidence), ref worst);
            return (worst.Value, worst.Where);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or IndexOutOfRangeException or KeyNotFoundException)
        {
            throw new SpecException($"the self-test's results are not a line of results: {ErrorText.ToSingleLine(e.Message)}", e);
        }
        catch (JsonException e)
        {
            throw new SpecException($"the self-test's results are not valid JSON: {ErrorText.ToSingleLine(e.Message)}", e);
        }
    }

    private static void Walk(JsonElement e, JsonElement a, string path, Limits t, ref (double Value, string Where) worst)
    {
        if (e.ValueKind != a.ValueKind)
        {
            worst = (double.PositiveInfinity, $": {path} must be of the kind {e.ValueKind}; got {a.ValueKind}");
            return;
        }

        switch (e.ValueKind)
        {
            case JsonValueKind.Object:
                Objects(e, a, path, t, ref worst);
                break;
            case JsonValueKind.Array when path is "detections" or "classes":
                Entries(e, a, path, t, ref worst);
                break;
            case JsonValueKind.Array:
                if (e.GetArrayLength() != a.GetArrayLength())
                {
                    worst = (double.PositiveInfinity, $": {path} must have {e.GetArrayLength()} entries; got {a.GetArrayLength()}");
                    return;
                }

                for (int i = 0; i < e.GetArrayLength(); i++)
                {
                    Walk(e[i], a[i], $"{path}[{i}]", t, ref worst);
                }

                break;
            case JsonValueKind.Number:
                double x = e.GetDouble(), y = a.GetDouble(), difference = Math.Abs(x - y) / Allowed(path, x, t);
                if (difference > worst.Value)
                {
                    worst = (difference, FormattableString.Invariant($": {path} must be {x}; got {y}"));
                }

                break;
            case JsonValueKind.String when e.GetString() != a.GetString() && !path.EndsWith("mask.counts", StringComparison.Ordinal):
                worst = (double.PositiveInfinity, $": {path} must be '{e.GetString()}'; got '{a.GetString()}'");
                break;
        }
    }

    private static void Objects(JsonElement e, JsonElement a, string path, Limits t, ref (double Value, string Where) worst)
    {
        double pixels = path.EndsWith("segmentation", StringComparison.Ordinal) && e.TryGetProperty("size", out var size)
            ? (double)size[0].GetInt32() * size[1].GetInt32()
            : 0;
        foreach (var property in e.EnumerateObject())
        {
            if (path.Length == 0 && property.Name is "timing_ms" or "source" or "model")
            {
                continue;
            }

            string name = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            if (property.Name == "class_areas")
            {
                Areas(property.Value, a, name, pixels * t.Tolerances.Maps, ref worst);
            }
            else if (a.TryGetProperty(property.Name, out var other))
            {
                Walk(property.Value, other, name, t, ref worst);
            }
            else
            {
                worst = (double.PositiveInfinity, $": {name} is missing");
            }
        }

        foreach (var property in a.EnumerateObject())
        {
            if (!e.TryGetProperty(property.Name, out _))
            {
                worst = (double.PositiveInfinity, $": {path}.{property.Name} is unexpected");
            }
        }
    }

    // Matches each expected entry with the nearest remaining entry of its class.
    private static void Entries(JsonElement expected, JsonElement actual, string path, Limits t, ref (double Value, string Where) worst)
    {
        int count = expected.GetArrayLength(), given = actual.GetArrayLength();
        if (count > MaxEntries)
        {
            throw new SpecException($"the self-test's results can have at most {MaxEntries} {path}; got {count}");
        }

        var left = Enumerable.Range(0, given).ToList();
        for (int i = 0; i < count; i++)
        {
            int best = -1;
            var nearest = (Value: double.PositiveInfinity, Where: "");
            foreach (int other in left)
            {
                if (expected[i].GetProperty("class_id").GetInt32() != actual[other].GetProperty("class_id").GetInt32())
                {
                    continue;
                }

                var difference = (Value: 0.0, Where: "");
                Walk(expected[i], actual[other], $"{path}[{i}]", t, ref difference);
                if (best < 0 || difference.Value < nearest.Value)
                {
                    (best, nearest) = (other, difference);
                }
            }

            if (best >= 0 && (nearest.Value <= 1 || !Doubtful(expected[i])))
            {
                left.Remove(best);
                if (nearest.Value > worst.Value)
                {
                    worst = nearest;
                }
            }
            else if (!Doubtful(expected[i]))
            {
                worst = (double.PositiveInfinity, $": {path}[{i}] is missing; expected {count} entries, got {given}");
            }
        }

        foreach (int other in left)
        {
            if (!Doubtful(actual[other]))
            {
                int id = actual[other].GetProperty("class_id").GetInt32();
                worst = (double.PositiveInfinity, $": {path} has an unexpected entry of class {id}; expected {count} entries, got {given}");
            }
        }

        // Whether the score is so close to the minimum that rounding decides whether it is reported.
        bool Doubtful(JsonElement entry) =>
            path == "detections" && entry.GetProperty("score").GetDouble() <= t.Confidence + t.Tolerances.Scores;
    }

    // A class of a few pixels may appear or disappear.
    private static void Areas(JsonElement expected, JsonElement parent, string path, double allowed, ref (double Value, string Where) worst)
    {
        if (!parent.TryGetProperty("class_areas", out var actual))
        {
            worst = (double.PositiveInfinity, $": {path} is missing");
            return;
        }

        foreach (string id in expected.EnumerateObject().Concat(actual.EnumerateObject()).Select(p => p.Name).Distinct())
        {
            double x = expected.TryGetProperty(id, out var was) ? was.GetDouble() : 0;
            double y = actual.TryGetProperty(id, out var now) ? now.GetDouble() : 0;
            double difference = Math.Abs(x - y) / Math.Max(allowed, 1);
            if (difference > worst.Value)
            {
                worst = (difference, FormattableString.Invariant($": {path}.{id} must be {x}; got {y}"));
            }
        }
    }

    private static double Allowed(string path, double value, Limits t)
    {
        string field = path[(path.LastIndexOf('.') + 1)..];
        int bracket = field.IndexOf('[', StringComparison.Ordinal);
        string name = bracket < 0 ? field : field[..bracket];
        if (name == "keypoints")
        {
            return path.EndsWith("[2]", StringComparison.Ordinal) ? t.Tolerances.Scores : t.Tolerances.Pixels;
        }

        return name switch
        {
            "box" => t.Tolerances.Pixels,
            "rbox" => path.EndsWith("[4]", StringComparison.Ordinal) ? t.Tolerances.Scores : t.Tolerances.Pixels,
            "score" or "embedding" or "rotation" => t.Tolerances.Scores,
            "min" or "median" or "max" => Math.Max(Math.Abs(value) * t.Tolerances.Maps, 1e-3),
            _ => 1e-9, // sizes and class ids must be equal
        };
    }

    private readonly record struct Limits(GoldenTolerances Tolerances, float Confidence);
}
