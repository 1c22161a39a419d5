using System.Globalization;
using System.IO.Enumeration;

namespace EdgeVision.Cli;

/// <summary>What was asked for, as it was called.</summary>
internal sealed record ProfileCall
{
    public required string[] Models { get; init; }
    public string? Spec { get; init; }
    public (int Width, int Height)[] Sizes { get; init; } = [];
    public int[] Batches { get; init; } = [1];
    public string[] Providers { get; init; } = ["auto"];
    public Dictionary<string, string> ProviderOptions { get; init; } = [];
    public string? ProviderLibrary { get; init; }
    public int[] Threads { get; init; } = [Environment.ProcessorCount];
    public bool ThreadsGiven { get; init; }
    public string[] Precisions { get; init; } = [];
    public double?[] Rates { get; init; } = [null];
    public bool RandomArrivals { get; init; }
    public required ProfileOptions Options { get; init; }
    public string? Picture { get; init; }
    public string[] Data { get; init; } = [];
    public int? DataLimit { get; init; }
    public string? TraceFolder { get; init; }
    public string? SamplesFolder { get; init; }
    public TimeSpan Timeout { get; init; }
}

/// <summary>Models and the configurations in which each is measured.</summary>
internal static class ProfilePlan
{
    /// <summary>Most configurations of a call: more are a slip, and would take days.</summary>
    public const int Most = 10_000;

    private static readonly string[] PrecisionMarks = ["fp16", "int8", "bf16"];

    /// <summary>The files that paths and patterns stand for, by name, each once.</summary>
    /// <exception cref="WrongCallException">One stands for nothing.</exception>
    public static string[] Files(IEnumerable<string> patterns)
    {
        var files = new List<string>();
        foreach (string pattern in patterns)
        {
            string[] found = File.Exists(pattern) ? [pattern]
                : Directory.Exists(pattern) ? [.. Directory.EnumerateFiles(pattern, "*.onnx").Order(StringComparer.Ordinal)]
                : Matching(pattern);
            files.AddRange(found.Length > 0 ? found
                : throw new WrongCallException(Directory.Exists(pattern) ? $"there is no .onnx file in '{pattern}'" : pattern.AsSpan().ContainsAny('*', '?') ? $"no file matches '{pattern}'" : $"model '{pattern}' does not exist"));
        }

        return [.. files.DistinctBy(Path.GetFullPath)];
    }

    /// <summary>The configurations of one model, and what of the call does not apply to it, for people.</summary>
    public static (List<ProfileRequest> Requests, List<string> Notes) Of(string model, ProfileModel takes, ProfileCall call)
    {
        var notes = new List<string>();
        string name = Path.GetFileNameWithoutExtension(model);
        (int, int)?[] sizes = [null];
        if (takes.OpenSize && call.Sizes.Length > 0)
        {
            sizes = [.. call.Sizes.Select(s => ((int, int)?)s)];
        }
        else if (!takes.OpenSize && call.Sizes.Any(s => s != (takes.Width, takes.Height)))
        {
            notes.Add($"{name} takes {takes.Width}x{takes.Height} alone");
        }

        var batches = call.Batches;
        if (!takes.OpenBatch)
        {
            if (batches.Any(b => b != takes.Batch))
            {
                notes.Add($"{name} takes batches of {takes.Batch} alone");
            }

            batches = [takes.Batch];
        }

        var requests = from size in sizes
                       from batch in batches
                       from provider in call.Providers
                       from threads in call.Threads
                       from rate in call.Rates
                       select new ProfileRequest
                       {
                           Model = model, Spec = call.Spec, Width = size?.Item1, Height = size?.Item2, Batch = batch, Provider = provider,
                           ProviderOptions = call.ProviderOptions, ProviderLibrary = call.ProviderLibrary, Threads = threads, RateFps = rate, RandomArrivals = rate is not null && call.RandomArrivals,
                       };
        return ([.. requests], notes);
    }

    /// <summary>
    /// The files of the precisions that are asked for: the model itself for fp32 (or as it is), and the variant beside it that says so in its name
    /// (model-fp16.onnx, model.int8.onnx) for the others.
    /// </summary>
    public static (string[] Files, List<string> Notes) Precise(string[] files, string[] precisions)
    {
        if (precisions.Length == 0)
        {
            return (files, []);
        }

        var chosen = new List<string>();
        var notes = new List<string>();
        foreach (string file in files)
        {
            string name = Path.GetFileNameWithoutExtension(file);
            if (PrecisionMarks.FirstOrDefault(m => IsMarked(name, m)) is { } own)
            {
                // A variant that a pattern found by itself.
                if (precisions.Contains(own))
                {
                    chosen.Add(file);
                }

                continue;
            }

            foreach (string precision in precisions)
            {
                string? found = precision == "fp32" ? file
                    : new[] { $"{name}-{precision}.onnx", $"{name}.{precision}.onnx", $"{name}_{precision}.onnx" }.Select(n => Path.Combine(Path.GetDirectoryName(file) ?? "", n)).FirstOrDefault(File.Exists);
                if (found is not null)
                {
                    chosen.Add(found);
                }
                else
                {
                    notes.Add($"{name} has no {precision} variant: there is no {name}-{precision}.onnx beside it");
                }
            }
        }

        return ([.. chosen.DistinctBy(Path.GetFullPath)], notes);
    }

    /// <summary>The data that a model is evaluated on: the first whose pattern its name matches; null without.</summary>
    /// <param name="model">File.</param>
    /// <param name="data">PATH, or PATTERN=PATH.</param>
    public static string? DataOf(string model, IEnumerable<string> data)
    {
        string name = Path.GetFileNameWithoutExtension(model);
        foreach (string entry in data)
        {
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || FileSystemName.MatchesSimpleExpression(entry.AsSpan(0, equals), name, ignoreCase: true))
            {
                return entry[(equals + 1)..];
            }
        }

        return null;
    }

    /// <summary>"320" or "640x384".</summary>
    public static (int Width, int Height)? ParseSize(string text)
    {
        string[] parts = text.Split('x', 'X');
        int[] sides = [.. parts.Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0)];
        return parts.Length is 1 or 2 && sides.All(s => s is >= 1 and <= 16384) ? (sides[0], sides[^1]) : null;
    }

    /// <summary>A configuration in a few words, for a progress bar.</summary>
    public static string Words(ProfileRequest request) => string.Create(CultureInfo.InvariantCulture,
        $"{Path.GetFileNameWithoutExtension(request.Model)}{(request.Width is { } w ? $" {w}x{request.Height}" : "")}{(request.Batch > 1 ? $" batch {request.Batch}" : "")} {request.Provider} {request.Threads} thread{(request.Threads == 1 ? "" : "s")}{(request.RateFps is { } r ? $" at {r} fps" : "")}");

    private static bool IsMarked(string name, string precision) => name.Length > precision.Length && name.EndsWith(precision, StringComparison.OrdinalIgnoreCase) && name[^(precision.Length + 1)] is '-' or '.' or '_';

    private static string[] Matching(string pattern)
    {
        string folder = Path.GetDirectoryName(pattern) is { Length: > 0 } named ? named : ".";
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, Path.GetFileName(pattern)).Order(StringComparer.Ordinal)] : [];
    }
}
