using System.Globalization;
using System.IO.Enumeration;
using EdgeVision.Profiling;

namespace EdgeVision.Cli.Profiling;

/// <summary>Arguments of <c>profile</c>.</summary>
internal sealed record ProfileArguments
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
    public string? ImagePath { get; init; }
    public string[] Data { get; init; } = [];
    public int? DataLimit { get; init; }
    public string? TraceFolder { get; init; }
    public string? SamplesFolder { get; init; }
    public TimeSpan Timeout { get; init; }
}

/// <summary>Determines the models to measure and the configurations of each.</summary>
internal static class ProfilePlan
{
    /// <summary>Maximum number of configurations; more are probably a mistake, and would take days.</summary>
    public const int MaxConfigurations = 10_000;

    private static readonly string[] PrecisionMarks = ["fp16", "int8", "bf16"];

    /// <summary>Returns the files that paths and patterns stand for, sorted by name within each, without duplicates.</summary>
    /// <exception cref="UsageException">A path or pattern matches no file.</exception>
    public static string[] FindFiles(IEnumerable<string> patterns)
    {
        var files = new List<string>();
        foreach (string pattern in patterns)
        {
            string[] found = File.Exists(pattern) ? [pattern]
                : Directory.Exists(pattern) ? [.. Directory.EnumerateFiles(pattern, "*.onnx").Order(StringComparer.Ordinal)]
                : Matching(pattern);
            files.AddRange(found.Length > 0 ? found
                : throw new UsageException(
                    Directory.Exists(pattern) ? $"no .onnx file found in '{pattern}'"
                    : pattern.AsSpan().ContainsAny('*', '?') ? $"no file matches '{pattern}'"
                    : $"model '{pattern}' does not exist"));
        }

        return [.. files.DistinctBy(Path.GetFullPath)];
    }

    /// <summary>Returns the configurations of one model, and notes on arguments that do not apply to it.</summary>
    public static (List<ProfileRequest> Requests, List<string> Notes) CreateRequests(string model, ModelInputInfo takes, ProfileArguments call)
    {
        var notes = new List<string>();
        string name = Path.GetFileNameWithoutExtension(model);
        (int, int)?[] sizes = [null];
        if (takes.HasVariableSize && call.Sizes.Length > 0)
        {
            sizes = [.. call.Sizes.Select(s => ((int, int)?)s)];
        }
        else if (!takes.HasVariableSize && call.Sizes.Any(s => s != (takes.Width, takes.Height)))
        {
            notes.Add($"{name} has the fixed input size {takes.Width}x{takes.Height}; --sizes is ignored");
        }

        var batches = call.Batches;
        if (!takes.HasVariableBatch)
        {
            if (batches.Any(b => b != takes.Batch))
            {
                notes.Add($"{name} has the fixed batch size {takes.Batch}; --batch is ignored");
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
                           Model = model,
                           Spec = call.Spec,
                           Width = size?.Item1,
                           Height = size?.Item2,
                           Batch = batch,
                           Provider = provider,
                           ProviderOptions = call.ProviderOptions,
                           ProviderLibrary = call.ProviderLibrary,
                           Threads = threads,
                           RateFps = rate,
                           RandomArrivals = rate is not null && call.RandomArrivals,
                       };
        return ([.. requests], notes);
    }

    /// <summary>Returns the files of the given precisions, and notes on variants that do not exist.</summary>
    /// <remarks>
    /// fp32, or no precision, stands for the model itself; the others for the file beside it with the precision in its name, such as
    /// model-fp16.onnx or model.int8.onnx.
    /// </remarks>
    public static (string[] Files, List<string> Notes) SelectPrecisions(string[] files, string[] precisions)
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
                // The file is itself a variant, matched by a pattern.
                if (precisions.Contains(own))
                {
                    chosen.Add(file);
                }

                continue;
            }

            foreach (string precision in precisions)
            {
                string[] variants = [$"{name}-{precision}.onnx", $"{name}.{precision}.onnx", $"{name}_{precision}.onnx"];
                string? found = precision == "fp32"
                    ? file
                    : variants.Select(n => Path.Combine(Path.GetDirectoryName(file) ?? "", n)).FirstOrDefault(File.Exists);
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

    /// <summary>Returns the first data set whose pattern matches the name of a model; null if none does.</summary>
    /// <param name="model">File of the model.</param>
    /// <param name="data">Data sets as PATH or PATTERN=PATH.</param>
    public static string? FindData(string model, IEnumerable<string> data)
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

    /// <summary>Parses a size in pixels such as "320" or "640x384", 1 to 16384 a side; null if it is invalid.</summary>
    public static (int Width, int Height)? ParseSize(string text)
    {
        string[] parts = text.Split('x', 'X');
        int[] sides = [.. parts.Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0)];
        return parts.Length is 1 or 2 && sides.All(s => s is >= 1 and <= 16384) ? (sides[0], sides[^1]) : null;
    }

    /// <summary>Returns a short description of a configuration, for the progress bar and file names.</summary>
    public static string Describe(ProfileRequest request)
    {
        string model = Path.GetFileNameWithoutExtension(request.Model), threads = request.Threads == 1 ? "thread" : "threads";
        string size = request.Width is { } w ? FormattableString.Invariant($" {w}x{request.Height}") : "";
        string batch = request.Batch > 1 ? FormattableString.Invariant($" batch {request.Batch}") : "";
        string rate = request.RateFps is { } r ? FormattableString.Invariant($" at {r} fps") : "";
        return FormattableString.Invariant($"{model}{size}{batch} {request.Provider} {request.Threads} {threads}{rate}");
    }

    private static bool IsMarked(string name, string precision) =>
        name.Length > precision.Length
        && name.EndsWith(precision, StringComparison.OrdinalIgnoreCase)
        && name[^(precision.Length + 1)] is '-' or '.' or '_';

    private static string[] Matching(string pattern)
    {
        string folder = Path.GetDirectoryName(pattern) is { Length: > 0 } named ? named : ".";
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, Path.GetFileName(pattern)).Order(StringComparer.Ordinal)]
            : [];
    }
}
