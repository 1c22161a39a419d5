using System.Text.Json.Serialization;

namespace EdgeVision;

/// <summary>
/// What one configuration of a model did on one device. A row that failed has <see cref="Error"/> and no figures. Every time is in milliseconds for one run of
/// the network, that is for a whole batch; percentiles are those of the nearest rank over every measured run, the slowest among them.
/// </summary>
public sealed record ProfileRow
{
    /// <summary>Model's name: its file's, without the extension.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of the model file, in lower-case hexadecimal.</summary>
    public string? ModelSha256 { get; init; }

    /// <summary>What the model is for (detect, classify, …); null where nothing says how to read it.</summary>
    public string? Task { get; init; }

    /// <summary>Name of the architecture, where the bundle says it.</summary>
    public string? Architecture { get; init; }

    /// <summary>Name of the device, for comparisons across devices.</summary>
    public string Device { get; init; } = "";

    /// <summary>Width of the network's input in pixels.</summary>
    public int? Width { get; init; }

    /// <summary>Height of the network's input in pixels.</summary>
    public int? Height { get; init; }

    /// <summary>Frames a run.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Provider that was asked for and, where there are figures, that ran: cpu, cuda, ….</summary>
    public string Provider { get; init; } = "cpu";

    /// <summary>Options that provider and session were given.</summary>
    public Dictionary<string, string>? ProviderOptions { get; init; }

    /// <summary>Threads of the network.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Inputs of the graph with the shapes they had: "images 1x3x640x640 Float32".</summary>
    public string[]? Inputs { get; init; }

    /// <summary>Outputs of the graph with the shapes they had.</summary>
    public string[]? Outputs { get; init; }

    /// <summary>Element type of the weights: fp32, fp16, int8, or mixed.</summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>Closed: the next run begins when the last ends. Open: runs arrive at a rate, whether or not the last has ended.</summary>
    public ProfileMode Mode { get; init; }

    /// <summary>Arrivals a second in open mode; null in closed.</summary>
    public double? RateFps { get; init; }

    /// <summary>Whether arrivals come at random (a Poisson process) and not evenly.</summary>
    public bool RandomArrivals { get; init; }

    /// <summary>Why there are no figures; null where there are.</summary>
    public string? Error { get; init; }

    /// <summary>Reading the model and making the session.</summary>
    public double? LoadMs { get; init; }

    /// <summary>The first run, with what providers put off until then.</summary>
    public double? FirstMs { get; init; }

    /// <summary>Runs before times had settled; they are in no percentile.</summary>
    public int WarmupIterations { get; init; }

    /// <summary>Measured runs.</summary>
    public long Iterations { get; init; }

    /// <summary>Time of the measurement in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>The quickest run. In open mode, as all up to <see cref="StddevMs"/>, from arrival to end: the wait in the queue is in it.</summary>
    public double? MinMs { get; init; }

    /// <summary>Median.</summary>
    public double? P50Ms { get; init; }

    /// <summary>90th percentile.</summary>
    public double? P90Ms { get; init; }

    /// <summary>95th percentile.</summary>
    public double? P95Ms { get; init; }

    /// <summary>99th percentile.</summary>
    public double? P99Ms { get; init; }

    /// <summary>99.9th percentile.</summary>
    public double? P999Ms { get; init; }

    /// <summary>The slowest run.</summary>
    public double? MaxMs { get; init; }

    /// <summary>Mean.</summary>
    public double? MeanMs { get; init; }

    /// <summary>Standard deviation.</summary>
    public double? StddevMs { get; init; }

    /// <summary>95 % confidence interval of the median, [low, high].</summary>
    public double[]? P50IntervalMs { get; init; }

    /// <summary>95 % confidence interval of the 99th percentile, [low, high].</summary>
    public double[]? P99IntervalMs { get; init; }

    /// <summary>Medians of equal stretches of the measurement, in order; whether times drift, and how much they scatter from one stretch to the next.</summary>
    public double[]? WindowsP50Ms { get; init; }

    /// <summary>The same runs from their begin to their end, in open mode: what a closed loop would have shown.</summary>
    public ProfileTimes? ServiceMs { get; init; }

    /// <summary>Waits between arrival and begin, in open mode.</summary>
    public ProfileTimes? QueueMs { get; init; }

    /// <summary>Frames a second that were finished: runs times batch over the time of the measurement.</summary>
    public double? ThroughputFps { get; init; }

    /// <summary>Means of the stages; they add up to the mean from begin to end.</summary>
    public ProfileStages? StagesMs { get; init; }

    /// <summary>Medians of the stages.</summary>
    public ProfileStages? StagesP50Ms { get; init; }

    /// <summary>99th percentiles of the stages, each by itself: they do not add up to that of the run.</summary>
    public ProfileStages? StagesP99Ms { get; init; }

    /// <summary>The slowest of each stage.</summary>
    public ProfileStages? StagesMaxMs { get; init; }

    /// <summary>Greatest resident memory of the process in MB (10^6 bytes), where the system tells.</summary>
    public double? PeakRssMb { get; init; }

    /// <summary>Resident memory before the model was loaded, in MB.</summary>
    public double? BaseRssMb { get; init; }

    /// <summary>Resident memory when the model was loaded and had run once, in MB.</summary>
    public double? LoadedRssMb { get; init; }

    /// <summary>Size of the model file and what it keeps beside itself, in MB.</summary>
    public double? ModelMb { get; init; }

    /// <summary>Multiply-accumulates of a run, the whole batch, counted from the shapes the graph's nodes had.</summary>
    public long? Macs { get; init; }

    /// <summary>Weights of the model.</summary>
    public long? Params { get; init; }

    /// <summary>Mean use of the processor by this process while it measured, in per cent of one core.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Hottest sensor, where the system tells.</summary>
    public ProfileRange? TemperatureC { get; init; }

    /// <summary>Frequency of the cores (their mean) in MHz, where the system tells.</summary>
    public ProfileRange? FrequencyMhz { get; init; }

    /// <summary>Energy, where the system tells.</summary>
    public ProfileEnergy? Energy { get; init; }

    /// <summary>Figure of accuracy, greater is better; null where none is known.</summary>
    public double? Metric { get; init; }

    /// <summary>What <see cref="Metric"/> is: mAP, top-1, mIoU, ….</summary>
    public string? MetricName { get; init; }

    /// <summary>Where <see cref="Metric"/> comes from: the data it was measured on here, or "the model's card".</summary>
    public string? MetricSource { get; init; }

    /// <summary>Whether the figures can be relied on: no drift, no throttling, no neighbours at work.</summary>
    public bool Stable { get; init; }

    /// <summary>Why they cannot; empty where they can.</summary>
    public string[] Unstable { get; init; } = [];

    /// <summary>What the measurement was too short to tell; no sign that what it tells is wrong.</summary>
    public string[] Notes { get; init; } = [];

    /// <summary>Time the network spent in each kind of operator, most first, where it was asked for.</summary>
    public ProfileOperator[]? Operators { get; init; }

    /// <summary>Time of the nodes that take most of it, where operators were asked for.</summary>
    public ProfileOperator[]? Nodes { get; init; }

    /// <summary>Nodes on each provider, by ONNX Runtime's names, where operators were asked for.</summary>
    public Dictionary<string, int>? Placement { get; init; }

    /// <summary>The machine.</summary>
    public ProfileMachine? Machine { get; init; }

    /// <summary>When the measurement began, UTC.</summary>
    public DateTime? MeasuredAt { get; init; }
}

/// <summary>How runs follow one another.</summary>
public enum ProfileMode
{
    /// <summary>The next begins when the last ends.</summary>
    [JsonStringEnumMemberName("closed")]
    Closed,

    /// <summary>They arrive at a rate of their own.</summary>
    [JsonStringEnumMemberName("open")]
    Open,
}

/// <summary>Percentiles in milliseconds.</summary>
public sealed record ProfileTimes(double P50, double P90, double P99, double P999, double Max, double Mean);

/// <summary>Mean times of the stages of a run in milliseconds.</summary>
/// <param name="Preprocess">Pixels to tensor.</param>
/// <param name="CopyIn">Inputs to the device; 0 where the network runs in the memory they were written to.</param>
/// <param name="Run">The network.</param>
/// <param name="CopyOut">Outputs from the device, and their conversion to float32.</param>
/// <param name="Postprocess">Outputs to results.</param>
public sealed record ProfileStages(double Preprocess, double CopyIn, double Run, double CopyOut, double Postprocess);

/// <summary>A reading at the begin and the end of a measurement, and its extremes in between.</summary>
public sealed record ProfileRange(double Start, double End, double Min, double Max);

/// <summary>Energy of a measurement.</summary>
/// <param name="Source">Sensor, such as "rapl package-0" or "ina3221 VDD_IN".</param>
/// <param name="JoulesPerRun">Energy of a run, of everything that the sensor sees.</param>
/// <param name="Watts">Mean power.</param>
public sealed record ProfileEnergy(string Source, double JoulesPerRun, double Watts);

/// <summary>Time of one kind of operator, or of one node.</summary>
/// <param name="Name">Operator, such as Conv; of a node its name.</param>
/// <param name="Operator">Operator of a node; the same as <paramref name="Name"/> otherwise.</param>
/// <param name="Provider">Provider that ran it, by ONNX Runtime's name.</param>
/// <param name="Nodes">How many nodes.</param>
/// <param name="Ms">Time of a run in them, in milliseconds.</param>
/// <param name="Share">Share of the network's time, 0..1.</param>
public sealed record ProfileOperator(string Name, string Operator, string Provider, int Nodes, double Ms, double Share);

/// <summary>What a measurement ran on.</summary>
public sealed record ProfileMachine
{
    /// <summary>Same for the same processor, memory, system and versions: sixteen hexadecimal digits.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Processor by its own name.</summary>
    public string Cpu { get; init; } = "";

    /// <summary>Logical processors this process may use.</summary>
    public int Cores { get; init; }

    /// <summary>Architecture of the process: x64, arm64.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Instruction sets that the kernels use.</summary>
    public string Kernels { get; init; } = "";

    /// <summary>Board or computer, where it says what it is.</summary>
    public string? Board { get; init; }

    /// <summary>Memory in MB.</summary>
    public double MemoryMb { get; init; }

    /// <summary>Operating system.</summary>
    public string System { get; init; } = "";

    /// <summary>How cores choose their frequency, where the system tells: performance, schedutil, ….</summary>
    public string? Governor { get; init; }

    /// <summary>Whether another processor emulates this one: times say nothing of the real one.</summary>
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
