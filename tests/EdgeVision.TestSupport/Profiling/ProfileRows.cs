using EdgeVision.Profiling;

namespace EdgeVision.TestSupport.Profiling;

/// <summary>Rows as a profile would have them, drawn from a seed: latencies with a log-normal body and a tail, and figures that agree with one another.</summary>
internal static class ProfileRows
{
    private const int Windows = 12;

    /// <summary>A row of a model whose median is about <paramref name="ms"/>.</summary>
    /// <param name="seed">Another seed is another measurement of the same thing.</param>
    /// <param name="scatter">Standard deviation of the windows' medians, as a share.</param>
    public static ProfileRow Row(string model = "resnet18", double ms = 10, double? metric = 0.9, int seed = 1, double scatter = 0.005, int runs = 2400)
    {
        var random = new Random(seed);
        List<double> all = [], medians = [];
        for (int window = 0; window < Windows; window++)
        {
            double level = ms * Math.Exp(scatter * Gauss(random));
            double[] times = [.. Enumerable.Range(0, runs / Windows).Select(_ => level * Math.Exp(0.02 * Gauss(random)) * (random.NextDouble() < 0.02 ? 1.5 + random.NextDouble() : 1)).Order()];
            medians.Add(times[times.Length / 2]);
            all.AddRange(times);
        }

        all.Sort();
        double Rank(double share) => all[Math.Max(0, (int)Math.Ceiling(share * all.Count) - 1)];
        double mean = all.Average(), spread = 1.96 * Math.Sqrt(all.Count * 0.99 * 0.01);
        return new ProfileRow
        {
            Model = model,
            ModelSha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(model))),
            Task = "classify",
            Architecture = model,
            Device = "bench",
            Width = 224,
            Height = 224,
            Threads = 2,
            LoadMs = 4 * ms,
            FirstMs = 1.5 * ms,
            WarmupIterations = 40,
            Iterations = all.Count,
            Seconds = all.Sum() / 1000,
            MinMs = all[0],
            P50Ms = Rank(0.5),
            P90Ms = Rank(0.9),
            P95Ms = Rank(0.95),
            P99Ms = Rank(0.99),
            P999Ms = Rank(0.999),
            MaxMs = all[^1],
            MeanMs = mean,
            StddevMs = Math.Sqrt(all.Average(t => (t - mean) * (t - mean))),
            P50IntervalMs = [medians.Min(), medians.Max()],
            P99IntervalMs = [all[(int)(0.99 * all.Count - spread)], all[Math.Min(all.Count - 1, (int)Math.Ceiling(0.99 * all.Count + spread))]],
            WindowsP50Ms = [.. medians],
            ThroughputFps = 1000 / mean,
            StagesMs = new ProfileStages(0.06 * mean, 0, 0.88 * mean, 0.01 * mean, 0.05 * mean),
            PeakRssMb = 60 + 8 * ms,
            BaseRssMb = 45,
            ModelMb = 2 * ms,
            Macs = (long)(180e6 * ms),
            Params = (long)(0.5e6 * ms),
            CpuPercent = 195,
            TemperatureC = new ProfileRange(48, 55, 48, 56),
            FrequencyMhz = new ProfileRange(2600, 2600, 2580, 2610),
            Metric = metric,
            MetricName = metric is null ? null : "top-1",
            MetricSource = metric is null ? null : "samples/scenes",
            Stable = true,
            Machine = Machine(),
            MeasuredAt = new DateTime(2026, 5, 4, 12, 30, 0, DateTimeKind.Utc),
        };
    }

    /// <summary>The machine of <see cref="Row"/>.</summary>
    public static ProfileMachine Machine() => new()
    {
        Fingerprint = "0123456789abcdef",
        Cpu = "Bench Processor 2000",
        Cores = 2,
        Architecture = "x64",
        Kernels = "AVX2",
        MemoryMb = 8000,
        System = "Debian 12",
        EdgeVision = "0.1.0",
        OnnxRuntime = "1.31.1",
        Dotnet = "10.0.1",
    };

    /// <summary>A sweep over tasks, sizes, threads and two devices, with what real ones have: rows without a metric, unstable, emulated, failed and open ones.</summary>
    public static ProfileRow[] Sweep()
    {
        List<ProfileRow> rows = [];
        (string Name, string Task, string? Metric, double Ms, double Accuracy)[] models =
        [
            ("tinyresnet", "classify", "top-1", 0.8, 0.90), ("mobilenetv2", "classify", "top-1", 2.1, 0.945), ("resnet18", "classify", "top-1", 6.2, 0.962), ("resnet50", "classify", "top-1", 15.5, 0.969),
            ("convnext", "classify", "top-1", 11.0, 0.958), ("vit-tiny", "classify", null, 8.4, 0), ("resnet18-w0.5", "classify", null, 2.4, 0),
            ("shelves-ssdlite", "detect", "mAP", 3.9, 0.71), ("shelves-yolo", "detect", "mAP", 7.5, 0.894), ("shelves-faster-rcnn", "detect", "mAP", 44, 0.91), ("scenes-unet", "segment", "mIoU", 9.1, 0.83),
        ];
        foreach (var (name, task, metric, ms, accuracy) in models)
        {
            foreach (int size in (int[])[160, 224, 320])
            {
                foreach (int threads in (int[])[1, 2])
                {
                    double scale = size * size / (224.0 * 224);
                    var row = Row(name, ms * scale * (threads == 1 ? 1.75 : 1), metric is null ? null : Math.Round(accuracy - 0.06 * Math.Pow(224.0 / size - 1, 2) - (size < 224 ? 0.02 : 0), 4), seed: rows.Count, runs: 1200);
                    rows.Add(row with
                    {
                        Task = task,
                        MetricName = metric,
                        Width = size,
                        Height = size,
                        Threads = threads,
                        Macs = (long)(180e6 * ms * scale),
                        Params = (long)(0.7e6 * ms),
                        ModelMb = 2.8 * ms,
                        Operators = Operators(row),
                        Placement = new Dictionary<string, int> { ["CPUExecutionProvider"] = 62 },
                    });
                }
            }
        }

        rows[5] = rows[5] with { Stable = false, Unstable = ["medians drift by 9 % from the first window to the last"], WindowsP50Ms = [.. rows[5].WindowsP50Ms!.Select((w, i) => w * (1 + 0.008 * i))] };
        rows[8] = Open(rows[8]);
        rows.AddRange(rows.Where(r => r.Width == 224 && r.Threads == 1).Take(8).ToList().Select((r, i) => Slower(r, 6) with
        {
            Device = "cortex-a72",
            Machine = Machine() with { Fingerprint = "fedcba9876543210", Cpu = "Cortex-A72", Architecture = "arm64", Kernels = "AdvSimd", Emulated = true },
            Energy = new ProfileEnergy("ina3221 VDD_IN", 0.02 * r.MeanMs!.Value, 4.1),
        }));
        rows.Add(Failed("shelves-deeplab", "the process was killed by signal 9: out of memory"));
        return [.. rows];
    }

    /// <summary>A row without figures.</summary>
    public static ProfileRow Failed(string model, string error) => new() { Model = model, Device = "bench", Task = "segment", Width = 320, Height = 320, Threads = 2, Error = error, Machine = Machine() };

    /// <summary>The same configuration with every time longer.</summary>
    public static ProfileRow Slower(ProfileRow row, double factor) => row with
    {
        MinMs = row.MinMs * factor,
        P50Ms = row.P50Ms * factor,
        P90Ms = row.P90Ms * factor,
        P95Ms = row.P95Ms * factor,
        P99Ms = row.P99Ms * factor,
        P999Ms = row.P999Ms * factor,
        MaxMs = row.MaxMs * factor,
        MeanMs = row.MeanMs * factor,
        StddevMs = row.StddevMs * factor,
        P50IntervalMs = [.. row.P50IntervalMs!.Select(t => t * factor)],
        P99IntervalMs = [.. row.P99IntervalMs!.Select(t => t * factor)],
        WindowsP50Ms = [.. row.WindowsP50Ms!.Select(t => t * factor)],
        ThroughputFps = row.ThroughputFps / factor,
    };

    private static ProfileRow Open(ProfileRow row) => Slower(row, 1.4) with
    {
        Mode = ProfileMode.Open,
        RateFps = 60,
        ThroughputFps = 60,
        ServiceMs = new ProfileTimes(row.P50Ms!.Value, row.P90Ms!.Value, row.P99Ms!.Value, row.P999Ms!.Value, row.MaxMs!.Value, row.MeanMs!.Value),
        QueueMs = new ProfileTimes(0.4 * row.P50Ms!.Value, 0.4 * row.P90Ms!.Value, 0.4 * row.P99Ms!.Value, 0.4 * row.P999Ms!.Value, 0.4 * row.MaxMs!.Value, 0.4 * row.MeanMs!.Value),
    };

    private static ProfileOperator[] Operators(ProfileRow row)
    {
        (string Name, int Nodes, double Share)[] kinds = [("Conv", 20, 0.81), ("Relu", 17, 0.07), ("Add", 8, 0.05), ("MaxPool", 1, 0.03), ("Gemm", 1, 0.02)];
        return [.. kinds.Select(k => new ProfileOperator(k.Name, k.Name, "CPUExecutionProvider", k.Nodes, k.Share * row.StagesMs!.Run, k.Share))];
    }

    private static double Gauss(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
