using System.Diagnostics;
using System.Globalization;
using EdgeVision.Profiling;

namespace EdgeVision.Cli.Profiling;

/// <summary>Measures all configurations, one after another, each in a separate process.</summary>
internal sealed class ProfileRunner(ProfileArguments call, TextWriter log)
{
    private readonly List<ProfileRow> _rows = [];
    private readonly Dictionary<(string Model, int? Width, int? Height, string Provider), ProfileAnswer> _metrics = [];

    /// <summary>Gets the rows measured so far.</summary>
    public IReadOnlyList<ProfileRow> Rows => _rows;

    /// <summary>Measures all configurations.</summary>
    /// <param name="each">Called after every row, so that nothing is lost if a later one fails.</param>
    /// <param name="cancel">Cancels the measurement.</param>
    public async Task RunAsync(Action each, CancellationToken cancel)
    {
        var (files, notes) = ProfilePlan.SelectPrecisions(ProfilePlan.FindFiles(call.Models), call.Precisions);
        var plan = new List<ProfileRequest>();
        foreach (string file in files)
        {
            var request = new ProfileRequest { Model = file, Spec = call.Spec };
            var answer = await RunJobAsync(new ProfileJob(ProfileTask.Inspect, request, call.Options), static (_, _) => { }, cancel);
            if (answer.Model is not { } takes)
            {
                _rows.Add(ModelProfiler.CreateFailedRow(request, call.Options, answer.Error ?? "the model could not be inspected"));
                continue;
            }

            var (requests, own) = ProfilePlan.CreateRequests(file, takes, call);
            plan.AddRange(requests);
            notes.AddRange(own);
        }

        foreach (string note in notes)
        {
            log.WriteLine($"edgevision: {note}");
        }

        if (plan.Count > ProfilePlan.MaxConfigurations)
        {
            throw new UsageException($"there are {plan.Count} configurations; the maximum is {ProfilePlan.MaxConfigurations}: give fewer values");
        }

        using var bar = new ProfileProgressBar(plan.Count, log);
        foreach (var request in plan)
        {
            bar.Begin(ProfilePlan.Describe(request));
            var row = await MeasureAsync(request, bar, cancel);
            _rows.Add(row);
            bar.End(row);
            each();
        }
    }

    private async Task<ProfileRow> MeasureAsync(ProfileRequest request, ProfileProgressBar bar, CancellationToken cancel)
    {
        var options = call.TraceFolder is { } folder
            ? call.Options with
            {
                TracePath = Path.Combine(folder, FileName(request, ".json")),
                OperatorRuns = Math.Max(call.Options.OperatorRuns, 1),
            }
            : call.Options;
        if (call.SamplesFolder is { } samples)
        {
            options = options with { SamplesPath = Path.Combine(samples, FileName(request, ".csv")) };
        }

        var answer = await RunJobAsync(new ProfileJob(ProfileTask.Measure, request, options) { Picture = call.ImagePath }, bar.Report, cancel);
        if (answer.Row is not { } row)
        {
            return ModelProfiler.CreateFailedRow(request, options, answer.Error ?? "not measured");
        }

        if (ProfilePlan.FindData(request.Model, call.Data) is not { } data)
        {
            return row;
        }

        // Accuracy does not depend on threads, batch or rate.
        var key = (request.Model, request.Width, request.Height, row.Provider);
        if (!_metrics.TryGetValue(key, out var metric))
        {
            var job = new ProfileJob(ProfileTask.Evaluate, request, options) { Data = data, Limit = call.DataLimit };
            metric = await RunJobAsync(job, bar.Report, cancel);
            _metrics.Add(key, metric);
            if (metric.Error is { } error)
            {
                bar.WriteLine($"edgevision: the accuracy of {row.Model} was not measured: {error}");
            }
        }

        return metric.Metric is { } m ? row with { Metric = m.Value, MetricName = m.Name, MetricSource = m.Source } : row;
    }

    private static string FileName(ProfileRequest request, string extension) => ProfilePlan.Describe(request).Replace(' ', '-') + extension;

    private Task<ProfileAnswer> RunJobAsync(ProfileJob job, Action<string, double> progress, CancellationToken cancel) =>
        ProfileProcess.RunAsync(job, call.Timeout, progress, cancel);
}

/// <summary>Shows the progress of a profile: a progress bar on a terminal, one line per row elsewhere.</summary>
internal sealed class ProfileProgressBar(int total, TextWriter log) : IDisposable
{
    private readonly bool _live = !Console.IsErrorRedirected;
    private readonly long _start = Stopwatch.GetTimestamp();
    private int _done;
    private string _what = "";

    public void Begin(string what)
    {
        _what = what;
        Report("load", 0);
    }

    public void Report(string phase, double share)
    {
        if (!_live)
        {
            return;
        }

        const int Width = 20;
        int full = _done * Width / Math.Max(1, total);
        string left = "";
        if (_done > 0)
        {
            var rest = TimeSpan.FromSeconds(Stopwatch.GetElapsedTime(_start).TotalSeconds / _done * (total - _done));
            left = string.Create(CultureInfo.InvariantCulture, $"  {rest:h\\:mm\\:ss} left");
        }

        string bar = new string('#', full) + new string('.', Width - full);
        string line = string.Create(CultureInfo.InvariantCulture, $"[{bar}] {_done}/{total} {_what}: {phase} {share:P0}{left}");
        log.Write($"\r{Fit(line)}");
    }

    public void End(ProfileRow row)
    {
        _done++;
        string stability = row.Stable ? "" : $" (unstable: {string.Join("; ", row.Unstable)})";
        WriteLine(row.Error is { } error
            ? $"{_done,4}/{total} {_what}: {error}"
            : FormattableString.Invariant($"{_done,4}/{total} {_what}: p50 {row.P50Ms:F2} ms, p99 {row.P99Ms:F2} ms{stability}"));
    }

    /// <summary>Writes a line above the progress bar.</summary>
    public void WriteLine(string line)
    {
        if (_live)
        {
            log.Write($"\r{Fit("")}\r");
        }

        log.WriteLine(line);
    }

    public void Dispose()
    {
        if (_live)
        {
            log.Write($"\r{Fit("")}\r");
        }
    }

    private static string Fit(string line)
    {
        int width = 79;
        try
        {
            width = Console.BufferWidth > 20 ? Console.BufferWidth - 1 : width;
        }
        catch (IOException)
        {
        }

        return line.Length > width ? line[..width] : line.PadRight(width);
    }
}
