using System.Text.Json.Serialization;

namespace EdgeVision.Profiling;

/// <summary>Results of measuring one configuration of a model on one device.</summary>
/// <remarks>
/// A failed row has an <see cref="Error"/> and no figures. Every time is in milliseconds for one run of the network, that is for a whole
/// batch; percentiles are by nearest rank over all measured runs.
/// </remarks>
public sealed record ProfileRow
{
    /// <summary>Name of the model: its file name without extension.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of the model file in lower-case hexadecimal.</summary>
    public string? ModelSha256 { get; init; }

    /// <summary>Task of the model (detect, classify, …); null if it has no spec.</summary>
    public string? Task { get; init; }

    /// <summary>Name of the architecture, if the bundle has it.</summary>
    public string? Architecture { get; init; }

    /// <summary>Name of the device, for comparisons across devices.</summary>
    public string Device { get; init; } = "";

    /// <summary>Width of the network's input in pixels.</summary>
    public int? Width { get; init; }

    /// <summary>Height of the network's input in pixels.</summary>
    public int? Height { get; init; }

    /// <summary>Frames per run.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Execution provider: the one that ran or, without figures, the requested one: cpu, cuda, ….</summary>
    public string Provider { get; init; } = "cpu";

    /// <summary>Options of provider and session.</summary>
    public Dictionary<string, string>? ProviderOptions { get; init; }

    /// <summary>Threads of the network.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Inputs of the graph with the measured shapes: "images 1x3x640x640 Float32".</summary>
    public string[]? Inputs { get; init; }

    /// <summary>Outputs of the graph with the measured shapes.</summary>
    public string[]? Outputs { get; init; }

    /// <summary>Element type of the weights: fp32, fp16, int8, or mixed.</summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>Closed: the next run begins when the last one ends. Open: runs arrive at a rate.</summary>
    public ProfileMode Mode { get; init; }

    /// <summary>Arrivals per second in open mode; null in closed.</summary>
    public double? RateFps { get; init; }

    /// <summary>Gets whether arrivals are a Poisson process instead of evenly spaced.</summary>
    public bool RandomArrivals { get; init; }

    /// <summary>Error message if the measurement failed; else null.</summary>
    public string? Error { get; init; }

    /// <summary>Time to read the model and create the session.</summary>
    public double? LoadMs { get; init; }

    /// <summary>Time of the first run, including lazy initialization by providers.</summary>
    public double? FirstMs { get; init; }

    /// <summary>Number of warm-up runs; they are excluded from all percentiles.</summary>
    public int WarmupIterations { get; init; }

    /// <summary>Number of measured runs.</summary>
    public long Iterations { get; init; }

    /// <summary>Duration of the measurement in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>Minimum latency. In open mode, as for all up to <see cref="StddevMs"/>, the time in the queue is included.</summary>
    public double? MinMs { get; init; }

    /// <summary>Median latency.</summary>
    public double? P50Ms { get; init; }

    /// <summary>90th percentile.</summary>
    public double? P90Ms { get; init; }

    /// <summary>95th percentile.</summary>
    public double? P95Ms { get; init; }

    /// <summary>99th percentile.</summary>
    public double? P99Ms { get; init; }

    /// <summary>99.9th percentile.</summary>
    public double? P999Ms { get; init; }

    /// <summary>Maximum latency.</summary>
    public double? MaxMs { get; init; }

    /// <summary>Mean latency.</summary>
    public double? MeanMs { get; init; }

    /// <summary>Standard deviation of latency.</summary>
    public double? StddevMs { get; init; }

    /// <summary>95 % confidence interval of the median, [low, high].</summary>
    public double[]? P50IntervalMs { get; init; }

    /// <summary>95 % confidence interval of the 99th percentile, [low, high].</summary>
    public double[]? P99IntervalMs { get; init; }

    /// <summary>Medians of equal consecutive windows of the measurement, which show drift and scatter.</summary>
    public double[]? WindowsP50Ms { get; init; }

    /// <summary>Latencies from start to end in open mode: what a closed loop would have measured.</summary>
    public ProfileTimes? ServiceMs { get; init; }

    /// <summary>Queueing times from arrival to start, in open mode.</summary>
    public ProfileTimes? QueueMs { get; init; }

    /// <summary>Finished frames per second: runs times batch over the duration of the measurement.</summary>
    public double? ThroughputFps { get; init; }

    /// <summary>Mean times of the stages; they add up to the mean from start to end.</summary>
    public ProfileStages? StagesMs { get; init; }

    /// <summary>Median times of the stages.</summary>
    public ProfileStages? StagesP50Ms { get; init; }

    /// <summary>99th percentiles of the stages, each on its own: they do not add up to that of the run.</summary>
    public ProfileStages? StagesP99Ms { get; init; }

    /// <summary>Maximum times of the stages.</summary>
    public ProfileStages? StagesMaxMs { get; init; }

    /// <summary>Peak resident memory of the process in MB (10^6 bytes), if available.</summary>
    public double? PeakRssMb { get; init; }

    /// <summary>Resident memory before the model was loaded, in MB.</summary>
    public double? BaseRssMb { get; init; }

    /// <summary>Resident memory after loading the model and the first run, in MB.</summary>
    public double? LoadedRssMb { get; init; }

    /// <summary>Size of the model file and its external data, in MB.</summary>
    public double? ModelMb { get; init; }

    /// <summary>Multiply-accumulates of a run, for the whole batch, counted from the shapes of the graph's nodes.</summary>
    public long? Macs { get; init; }

    /// <summary>Number of weights of the model.</summary>
    public long? Params { get; init; }

    /// <summary>Mean processor usage of this process during the measurement, in per cent of one core.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Temperature of the hottest sensor, if available.</summary>
    public ProfileRange? TemperatureC { get; init; }

    /// <summary>Mean frequency of the cores in MHz, if available.</summary>
    public ProfileRange? FrequencyMhz { get; init; }

    /// <summary>Energy of the measurement, if available.</summary>
    public ProfileEnergy? Energy { get; init; }

    /// <summary>Accuracy metric, higher is better; null if unknown.</summary>
    public double? Metric { get; init; }

    /// <summary>Name of <see cref="Metric"/>: mAP, top-1, mIoU, ….</summary>
    public string? MetricName { get; init; }

    /// <summary>Source of <see cref="Metric"/>: the data it was measured on here, or "the model's card".</summary>
    public string? MetricSource { get; init; }

    /// <summary>Gets whether the figures are reliable: no drift, no throttling, no load by other processes.</summary>
    public bool Stable { get; init; }

    /// <summary>Reasons why the figures are not reliable; empty if they are.</summary>
    public string[] Unstable { get; init; } = [];

    /// <summary>Notes on figures for which the measurement was too short; the others are not affected.</summary>
    public string[] Notes { get; init; } = [];

    /// <summary>Time per operator type in descending order, if requested.</summary>
    public ProfileOperator[]? Operators { get; init; }

    /// <summary>Time of the slowest nodes, if operators were requested.</summary>
    public ProfileOperator[]? Nodes { get; init; }

    /// <summary>Number of nodes per provider, by ONNX Runtime's names, if operators were requested.</summary>
    public Dictionary<string, int>? Placement { get; init; }

    /// <summary>Machine on which the measurement ran.</summary>
    public ProfileMachine? Machine { get; init; }

    /// <summary>Start of the measurement, UTC.</summary>
    public DateTime? MeasuredAt { get; init; }
}
