using System.Globalization;
using System.Text;
using EdgeVision.Profiling;

namespace EdgeVision.Cli.Profiling;

/// <summary>Writes rows as CSV (RFC 4180), one line per row.</summary>
/// <remarks>
/// Columns have the names of the JSON's fields; the fields of nested objects are flattened, and lists of numbers are joined by semicolons.
/// Operators are left out.
/// </remarks>
internal static class ProfileCsv
{
    private static readonly (string Name, Func<ProfileRow, object?> Of)[] Columns =
    [
        ("model", r => r.Model), ("model_sha256", r => r.ModelSha256), ("task", r => r.Task), ("architecture", r => r.Architecture),
        ("device", r => r.Device), ("width", r => r.Width), ("height", r => r.Height), ("batch", r => r.Batch),
        ("provider", r => r.Provider), ("threads", r => r.Threads),
        ("precision", r => r.Precision), ("mode", r => r.Mode == ProfileMode.Open ? "open" : "closed"), ("rate_fps", r => r.RateFps),
        ("random_arrivals", r => r.RandomArrivals), ("error", r => r.Error), ("load_ms", r => r.LoadMs), ("first_ms", r => r.FirstMs),
        ("warmup_iterations", r => r.WarmupIterations), ("iterations", r => r.Iterations), ("seconds", r => r.Seconds),
        ("min_ms", r => r.MinMs), ("p50_ms", r => r.P50Ms), ("p90_ms", r => r.P90Ms), ("p95_ms", r => r.P95Ms), ("p99_ms", r => r.P99Ms),
        ("p999_ms", r => r.P999Ms), ("max_ms", r => r.MaxMs), ("mean_ms", r => r.MeanMs), ("stddev_ms", r => r.StddevMs),
        ("p50_interval_ms", r => r.P50IntervalMs), ("p99_interval_ms", r => r.P99IntervalMs), ("windows_p50_ms", r => r.WindowsP50Ms),
        .. Times("service", r => r.ServiceMs), .. Times("queue", r => r.QueueMs),
        ("throughput_fps", r => r.ThroughputFps),
        .. Stages("", r => r.StagesMs), .. Stages("p50_", r => r.StagesP50Ms),
        .. Stages("p99_", r => r.StagesP99Ms), .. Stages("max_", r => r.StagesMaxMs),
        ("peak_rss_mb", r => r.PeakRssMb), ("base_rss_mb", r => r.BaseRssMb), ("loaded_rss_mb", r => r.LoadedRssMb),
        ("model_mb", r => r.ModelMb), ("macs", r => r.Macs), ("params", r => r.Params), ("cpu_percent", r => r.CpuPercent),
        .. Range("temperature_c", r => r.TemperatureC), .. Range("frequency_mhz", r => r.FrequencyMhz),
        ("energy_source", r => r.Energy?.Source), ("energy_joules_per_run", r => r.Energy?.JoulesPerRun),
        ("energy_watts", r => r.Energy?.Watts),
        ("metric", r => r.Metric), ("metric_name", r => r.MetricName), ("metric_source", r => r.MetricSource), ("stable", r => r.Stable),
        ("unstable", r => string.Join("; ", r.Unstable)), ("notes", r => string.Join("; ", r.Notes)),
        ("inputs", r => string.Join("; ", r.Inputs ?? [])), ("outputs", r => string.Join("; ", r.Outputs ?? [])),
        ("provider_options", r => string.Join("; ", (r.ProviderOptions ?? []).Select(o => $"{o.Key}={o.Value}"))),
        ("machine_fingerprint", r => r.Machine?.Fingerprint), ("machine_cpu", r => r.Machine?.Cpu),
        ("machine_cores", r => r.Machine?.Cores),
        ("machine_architecture", r => r.Machine?.Architecture), ("machine_kernels", r => r.Machine?.Kernels),
        ("machine_board", r => r.Machine?.Board), ("machine_memory_mb", r => r.Machine?.MemoryMb),
        ("machine_system", r => r.Machine?.System),
        ("machine_governor", r => r.Machine?.Governor), ("machine_emulated", r => r.Machine?.Emulated),
        ("machine_edgevision", r => r.Machine?.EdgeVision), ("machine_onnxruntime", r => r.Machine?.OnnxRuntime),
        ("machine_dotnet", r => r.Machine?.Dotnet), ("measured_at", r => r.MeasuredAt),
    ];

    public static string Format(IReadOnlyList<ProfileRow> rows)
    {
        var text = new StringBuilder();
        text.AppendJoin(',', Columns.Select(c => c.Name)).Append("\r\n");
        foreach (var row in rows)
        {
            text.AppendJoin(',', Columns.Select(c => Quote(Text(c.Of(row))))).Append("\r\n");
        }

        return text.ToString();
    }

    private static (string, Func<ProfileRow, object?>)[] Times(string name, Func<ProfileRow, ProfileTimes?> of) =>
    [
        ($"{name}_p50_ms", r => of(r)?.P50), ($"{name}_p90_ms", r => of(r)?.P90), ($"{name}_p99_ms", r => of(r)?.P99),
        ($"{name}_p999_ms", r => of(r)?.P999), ($"{name}_max_ms", r => of(r)?.Max), ($"{name}_mean_ms", r => of(r)?.Mean),
    ];

    private static (string, Func<ProfileRow, object?>)[] Stages(string figure, Func<ProfileRow, ProfileStages?> of) =>
    [
        ($"stages_{figure}preprocess_ms", r => of(r)?.Preprocess), ($"stages_{figure}copy_in_ms", r => of(r)?.CopyIn),
        ($"stages_{figure}run_ms", r => of(r)?.Run), ($"stages_{figure}copy_out_ms", r => of(r)?.CopyOut),
        ($"stages_{figure}postprocess_ms", r => of(r)?.Postprocess),
    ];

    private static (string, Func<ProfileRow, object?>)[] Range(string name, Func<ProfileRow, ProfileRange?> of) =>
    [
        ($"{name}_start", r => of(r)?.Start), ($"{name}_end", r => of(r)?.End),
        ($"{name}_min", r => of(r)?.Min), ($"{name}_max", r => of(r)?.Max),
    ];

    private static string Text(object? value) => value switch
    {
        null => "",
        bool yes => yes ? "true" : "false",
        double[] numbers => string.Join(';', numbers.Select(n => n.ToString("R", CultureInfo.InvariantCulture))),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Quote(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"")}\"";
}
