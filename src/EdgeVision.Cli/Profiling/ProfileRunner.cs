using System.Diagnostics;
using System.Globalization;

namespace EdgeVision.Cli;

/// <summary>Measures every configuration of a call, one after another, each in a process of its own.</summary>
internal sealed class ProfileRunner(ProfileCall call, TextWriter log)
{
    private readonly List<ProfileRow> _rows = [];
    private readonly Dictionary<(string Model, int? Width, int? Height, string Provider), ProfileAnswer> _metrics = [];

    /// <summary>Rows so far.</summary>
    public IReadOnlyList<ProfileRow> Rows => _rows;

    /// <summary>Measures all; <paramref name="each"/> is called after every row, so that what is measured is kept whatever comes.</summary>
    public async Task Run(Action each, CancellationToken cancel)
    {
        var (files, notes) = ProfilePlan.Precise(ProfilePlan.Files(call.Models), call.Precisions);
        var plan = new List<ProfileRequest>();
        foreach (string file in files)
        {
            var request = new ProfileRequest { Model = file, Spec = call.Spec };
            var answer = await Ask(new ProfileJob(ProfileTask.Inspect, request, call.Options), static (_, _) => { }, cancel);
            if (answer.Model is not { } takes)
            {
                _rows.Add(ModelProfiler.Failed(request, call.Options, answer.Error ?? "nothing is known of it"));
                continue;
            }

            var (requests, own) = ProfilePlan.Of(file, takes, call);
            plan.AddRange(requests);
            notes.AddRange(own);
        }

        foreach (string note in notes)
        {
            log.WriteLine($"edgevision: {note}");
        }

        if (plan.Count > ProfilePlan.Most)
        {
            throw new WrongCallException($"that is {plan.Count} configurations; {ProfilePlan.Most} is the most");
        }

        using var bar = new ProfileBar(plan.Count, log);
        foreach (var request in plan)
        {
            bar.Begin(ProfilePlan.Words(request));
            var row = await Measure(request, bar, cancel);
            _rows.Add(row);
            bar.End(row);
            each();
        }
    }

    private async Task<ProfileRow> Measure(ProfileRequest request, ProfileBar bar, CancellationToken cancel)
    {
        var options = call.TraceFolder is { } folder
            ? call.Options with { TracePath = Path.Combine(folder, FileName(request, ".json")), OperatorRuns = Math.Max(call.Options.OperatorRuns, 1) }
            : call.Options;
        if (call.SamplesFolder is { } samples)
        {
            options = options with { SamplesPath = Path.Combine(samples, FileName(request, ".csv")) };
        }

        var answer = await Ask(new ProfileJob(ProfileTask.Measure, request, options) { Picture = call.Picture }, bar.Report, cancel);
        if (answer.Row is not { } row)
        {
            return ModelProfiler.Failed(request, options, answer.Error ?? "it was not measured");
        }

        if (ProfilePlan.DataOf(request.Model, call.Data) is not { } data)
        {
            return row;
        }

        // Accuracy does not depend on threads, batch or rate.
        var key = (request.Model, request.Width, request.Height, row.Provider);
        if (!_metrics.TryGetValue(key, out var metric))
        {
            metric = await Ask(new ProfileJob(ProfileTask.Evaluate, request, options) { Data = data, Limit = call.DataLimit }, bar.Report, cancel);
            _metrics.Add(key, metric);
            if (metric.Error is { } error)
            {
                bar.Say($"edgevision: the accuracy of {row.Model} was not measured: {error}");
            }
        }

        return metric.Metric is { } m ? row with { Metric = m.Value, MetricName = m.Name, MetricSource = m.Source } : row;
    }

    private static string FileName(ProfileRequest request, string extension) => ProfilePlan.Words(request).Replace(' ', '-') + extension;

    private Task<ProfileAnswer> Ask(ProfileJob job, Action<string, double> progress, CancellationToken cancel) => ProfileProcess.Run(job, call.Timeout, progress, cancel);
}

/// <summary>How far a profile is: a line that is written over on a terminal, a line for each row elsewhere.</summary>
internal sealed class ProfileBar(int total, TextWriter log) : IDisposable
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
        string left = _done == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"  {TimeSpan.FromSeconds(Stopwatch.GetElapsedTime(_start).TotalSeconds / _done * (total - _done)):h\\:mm\\:ss} left");
        string line = string.Create(CultureInfo.InvariantCulture, $"[{new string('#', full)}{new string('.', Width - full)}] {_done}/{total} {_what}: {phase} {share:P0}{left}");
        log.Write($"\r{Fit(line)}");
    }

    public void End(ProfileRow row)
    {
        _done++;
        Say(row.Error is { } error
            ? $"{_done,4}/{total} {_what}: {error}"
            : string.Create(CultureInfo.InvariantCulture, $"{_done,4}/{total} {_what}: p50 {row.P50Ms:F2} ms, p99 {row.P99Ms:F2} ms{(row.Stable ? "" : $" (not stable: {string.Join("; ", row.Unstable)})")}"));
    }

    /// <summary>Writes a line that stays.</summary>
    public void Say(string line)
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
