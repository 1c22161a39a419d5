namespace EdgeVision.Inference.Providers;

/// <summary>Kinds of devices that DirectML selects from.</summary>
public enum DirectMlDevices
{
    /// <summary>GPUs.</summary>
    Gpu,
    /// <summary>NPUs.</summary>
    Npu,
    /// <summary>GPUs and NPUs.</summary>
    Any,
}

/// <summary>Preferences by which DirectML selects one of several devices.</summary>
public enum DirectMlPreference
{
    /// <summary>The system's choice.</summary>
    Default,
    /// <summary>The fastest device.</summary>
    HighPerformance,
    /// <summary>The device of lowest power.</summary>
    MinimumPower,
}

/// <summary>Options of the DirectML execution provider: a device by index, or by kind and preference.</summary>
public sealed record DirectMlOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.DirectMl;

    /// <summary>Index of the adapter, from 0.</summary>
    public int? DeviceId { get; init; }

    /// <summary>Kind of device.</summary>
    public DirectMlDevices? Devices { get; init; }

    /// <summary>Preference among several devices.</summary>
    public DirectMlPreference? Preference { get; init; }

    /// <summary>Gets whether the vendor's metacommands are disabled, for drivers with faulty ones.</summary>
    public bool? DisableMetacommands { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() =>
    [
        ("device_id", DeviceId),
        ("device_filter", Devices?.ToString().ToLowerInvariant()),
        ("performance_preference", Preference switch
        {
            DirectMlPreference.Default => "default",
            DirectMlPreference.HighPerformance => "high_performance",
            DirectMlPreference.MinimumPower => "minimum_power",
            _ => null,
        }),
        ("disable_metacommands", DisableMetacommands switch { true => "true", false => "false", _ => null }),
    ];
}

/// <summary>Options of Intel's OpenVINO execution provider.</summary>
public sealed record OpenVinoOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.OpenVino;

    /// <summary>Device: CPU, GPU, NPU, GPU.1, AUTO:GPU,CPU, HETERO:…, MULTI:….</summary>
    public string? DeviceType { get; init; }

    /// <summary>Precision: FP32, FP16 or ACCURACY (that of the model).</summary>
    public string? Precision { get; init; }

    /// <summary>Number of threads on the CPU.</summary>
    public int? Threads { get; init; }

    /// <summary>Number of parallel inference streams.</summary>
    public int? Streams { get; init; }

    /// <summary>Folder of the cache of compiled models.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>JSON file with OpenVINO's own properties.</summary>
    public string? ConfigFile { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() =>
        [
            ("device_type", DeviceType), ("precision", Precision), ("num_of_threads", Threads),
            ("num_streams", Streams), ("cache_dir", CacheFolder), ("load_config", ConfigFile),
        ];
}

/// <summary>Options of Qualcomm's QNN execution provider.</summary>
public sealed record QnnOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.Qnn;

    /// <summary>Backend: htp, gpu, cpu or saver; instead of <see cref="BackendPath"/>.</summary>
    public string? BackendType { get; init; }

    /// <summary>Path of the backend's library, such as libQnnHtp.so.</summary>
    public string? BackendPath { get; init; }

    /// <summary>Performance mode: burst, balanced, high_performance, power_saver, sustained_high_performance and others.</summary>
    public string? PerformanceMode { get; init; }

    /// <summary>Optimization level of graph preparation, 0 to 3.</summary>
    public int? FinalizationOptimization { get; init; }

    /// <summary>Gets whether float32 models run in float16.</summary>
    public bool? Fp16 { get; init; }

    /// <summary>Tightly coupled memory in MiB.</summary>
    public int? VtcmMb { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() =>
    [
        ("backend_type", BackendType), ("backend_path", BackendPath), ("htp_performance_mode", PerformanceMode),
        ("htp_graph_finalization_optimization_mode", FinalizationOptimization), ("enable_htp_fp16_precision", Fp16), ("vtcm_mb", VtcmMb),
    ];
}

/// <summary>Options of Apple's Core ML execution provider.</summary>
public sealed record CoreMlOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.CoreMl;

    /// <summary>Model format: MLProgram (macOS 12, iOS 15 and later) or NeuralNetwork.</summary>
    public string? ModelFormat { get; init; }

    /// <summary>Compute units: ALL, CPUOnly, CPUAndGPU or CPUAndNeuralEngine.</summary>
    public string? ComputeUnits { get; init; }

    /// <summary>Gets whether only nodes of fixed shapes run on Core ML.</summary>
    public bool? RequireStaticShapes { get; init; }

    /// <summary>Folder of the cache of compiled models.</summary>
    public string? CacheFolder { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() =>
        [
            ("ModelFormat", ModelFormat), ("MLComputeUnits", ComputeUnits),
            ("RequireStaticInputShapes", RequireStaticShapes), ("ModelCacheDirectory", CacheFolder),
        ];
}

/// <summary>Options of the XNNPACK execution provider.</summary>
public sealed record XnnpackOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.Xnnpack;

    /// <summary>Threads of XNNPACK's own pool; give ONNX Runtime one thread then.</summary>
    public int? Threads { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() => [("intra_op_num_threads", Threads)];
}

/// <summary>Options of the Arm Compute Library execution provider.</summary>
public sealed record AclOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.Acl;

    /// <summary>Gets whether float32 may be computed in bfloat16.</summary>
    public bool? FastMath { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() => [("enable_fast_math", FastMath)];
}
