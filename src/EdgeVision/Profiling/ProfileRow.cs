using System.Text.Json.Serialization;

namespace EdgeVision;

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

/// <summary>Arrival mode of the runs.</summary>
public enum ProfileMode
{
    /// <summary>The next run begins when the last one ends.</summary>
    [JsonStringEnumMemberName("closed")]
    Closed,

    /// <summary>Runs arrive at a rate, independently of the last run's end.</summary>
    [JsonStringEnumMemberName("open")]
    Open,
}

/// <summary>Percentiles, maximum and mean in milliseconds.</summary>
public sealed record ProfileTimes(double P50, double P90, double P99, double P999, double Max, double Mean);

/// <summary>Times of the stages of a run in milliseconds.</summary>
/// <param name="Preprocess">Conversion of pixels to the input tensor.</param>
/// <param name="CopyIn">Copy of inputs to the device; 0 if the network runs in the memory they were written to.</param>
/// <param name="Run">Execution of the network.</param>
/// <param name="CopyOut">Copy of outputs from the device, and their conversion to float32.</param>
/// <param name="Postprocess">Decoding of outputs to results.</param>
public sealed record ProfileStages(double Preprocess, double CopyIn, double Run, double CopyOut, double Postprocess);

/// <summary>Readings at the start and the end of a measurement, and its extremes.</summary>
public sealed record ProfileRange(double Start, double End, double Min, double Max);

/// <summary>Energy of a measurement.</summary>
/// <param name="Source">Sensor, such as "rapl package-0" or "ina3221 VDD_IN".</param>
/// <param name="JoulesPerRun">Energy per run of everything that the sensor measures.</param>
/// <param name="Watts">Mean power.</param>
public sealed record ProfileEnergy(string Source, double JoulesPerRun, double Watts);

/// <summary>Time of one operator type, or of one node.</summary>
/// <param name="Name">Operator type, such as Conv; for a node its name.</param>
/// <param name="Operator">Operator type of a node; else the same as <paramref name="Name"/>.</param>
/// <param name="Provider">Provider that ran it, by ONNX Runtime's name.</param>
/// <param name="Nodes">Number of nodes.</param>
/// <param name="Ms">Time per run in milliseconds.</param>
/// <param name="Share">Fraction of the network's time, 0 to 1.</param>
public sealed record ProfileOperator(string Name, string Operator, string Provider, int Nodes, double Ms, double Share);

/// <summary>Machine on which a measurement ran.</summary>
public sealed record ProfileMachine
{
    /// <summary>16 hexadecimal digits that identify processor, memory, system and versions.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Name of the processor.</summary>
    public string Cpu { get; init; } = "";

    /// <summary>Logical processors this process may use.</summary>
    public int Cores { get; init; }

    /// <summary>Architecture of the process: x64, arm64.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Instruction sets that the kernels use.</summary>
    public string Kernels { get; init; } = "";

    /// <summary>Name of the board or computer, if available.</summary>
    public string? Board { get; init; }

    /// <summary>Memory in MB.</summary>
    public double MemoryMb { get; init; }

    /// <summary>Operating system.</summary>
    public string System { get; init; } = "";

    /// <summary>Frequency governor of the cores, if available: performance, schedutil, ….</summary>
    public string? Governor { get; init; }

    /// <summary>Gets whether the processor is emulated, so that times are not those of the real one.</summary>
    public bool Emulated { get; init; }

    /// <summary>Version of EdgeVision.</summary>
    [JsonPropertyName("edgevision")]
    public string EdgeVision { get; init; } = "";

    /// <summary>Version of ONNX Runtime.</summary>
    [JsonPropertyName("onnxruntime")]
    public string OnnxRuntime { get; init; } = "";

    /// <summary>Version of .NET, and whether the program was compiled ahead of time.</summary>
    public string Dotnet { get; init; } = "";
}
