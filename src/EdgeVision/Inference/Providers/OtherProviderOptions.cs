namespace EdgeVision;

/// <summary>Devices that DirectML chooses among.</summary>
public enum DirectMlDevices
{
    /// <summary>Graphics processors.</summary>
    Gpu,
    /// <summary>Neural processors.</summary>
    Npu,
    /// <summary>Both.</summary>
    Any,
}

/// <summary>Which of several devices DirectML takes.</summary>
public enum DirectMlPreference
{
    /// <summary>The system's choice.</summary>
    Default,
    /// <summary>The quickest.</summary>
    HighPerformance,
    /// <summary>The thriftiest.</summary>
    MinimumPower,
}

/// <summary>Options of DirectML: a device by its number, or by what it is.</summary>
public sealed record DirectMlOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.DirectMl;

    /// <summary>Number of the adapter, from 0.</summary>
    public int? DeviceId { get; init; }

    /// <summary>What kind of device.</summary>
    public DirectMlDevices? Devices { get; init; }

    /// <summary>Which of several.</summary>
    public DirectMlPreference? Preference { get; init; }

    /// <summary>Whether the maker's own kernels are left out, for drivers where they err.</summary>
    public bool? DisableMetacommands { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() =>
    [
        ("device_id", DeviceId),
        ("device_filter", Devices?.ToString().ToLowerInvariant()),
        ("performance_preference", Preference switch { DirectMlPreference.Default => "default", DirectMlPreference.HighPerformance => "high_performance", DirectMlPreference.MinimumPower => "minimum_power", _ => null }),
        ("disable_metacommands", DisableMetacommands switch { true => "true", false => "false", _ => null }),
    ];
}

/// <summary>Options of Intel's OpenVINO.</summary>
public sealed record OpenVinoOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.OpenVino;

    /// <summary>CPU, GPU, NPU, GPU.1, AUTO:GPU,CPU, HETERO:…, MULTI:….</summary>
    public string? DeviceType { get; init; }

    /// <summary>FP32, FP16 or ACCURACY (as the model has it).</summary>
    public string? Precision { get; init; }

    /// <summary>Threads on the CPU.</summary>
    public int? Threads { get; init; }

    /// <summary>Runs side by side.</summary>
    public int? Streams { get; init; }

    /// <summary>Folder that keeps compiled models.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>JSON file with OpenVINO's own properties.</summary>
    public string? ConfigFile { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() =>
        [("device_type", DeviceType), ("precision", Precision), ("num_of_threads", Threads), ("num_streams", Streams), ("cache_dir", CacheFolder), ("load_config", ConfigFile)];
}

/// <summary>Options of Qualcomm's QNN.</summary>
public sealed record QnnOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.Qnn;

    /// <summary>htp, gpu, cpu or saver; instead of <see cref="BackendPath"/>.</summary>
    public string? BackendType { get; init; }

    /// <summary>The backend's library, such as libQnnHtp.so.</summary>
    public string? BackendPath { get; init; }

    /// <summary>burst, balanced, high_performance, power_saver, sustained_high_performance and others.</summary>
    public string? PerformanceMode { get; init; }

    /// <summary>Effort while the graph is prepared, 0 to 3.</summary>
    public int? FinalizationOptimization { get; init; }

    /// <summary>Whether float32 models run in half precision.</summary>
    public bool? Fp16 { get; init; }

    /// <summary>Tightly coupled memory in MiB.</summary>
    public int? VtcmMb { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() =>
    [
        ("backend_type", BackendType), ("backend_path", BackendPath), ("htp_performance_mode", PerformanceMode),
        ("htp_graph_finalization_optimization_mode", FinalizationOptimization), ("enable_htp_fp16_precision", Fp16), ("vtcm_mb", VtcmMb),
    ];
}

/// <summary>Options of Apple's Core ML.</summary>
public sealed record CoreMlOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.CoreMl;

    /// <summary>MLProgram (macOS 12, iOS 15 and later) or NeuralNetwork.</summary>
    public string? ModelFormat { get; init; }

    /// <summary>ALL, CPUOnly, CPUAndGPU or CPUAndNeuralEngine.</summary>
    public string? ComputeUnits { get; init; }

    /// <summary>Whether it takes only nodes whose shapes are fixed.</summary>
    public bool? RequireStaticShapes { get; init; }

    /// <summary>Folder that keeps compiled models.</summary>
    public string? CacheFolder { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() =>
        [("ModelFormat", ModelFormat), ("MLComputeUnits", ComputeUnits), ("RequireStaticInputShapes", RequireStaticShapes), ("ModelCacheDirectory", CacheFolder)];
}

/// <summary>Options of XNNPACK.</summary>
public sealed record XnnpackOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.Xnnpack;

    /// <summary>Threads of its own pool; give ONNX Runtime's one then.</summary>
    public int? Threads { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() => [("intra_op_num_threads", Threads)];
}

/// <summary>Options of the Arm Compute Library.</summary>
public sealed record AclOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.Acl;

    /// <summary>Whether float32 may be computed in bfloat16.</summary>
    public bool? FastMath { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() => [("enable_fast_math", FastMath)];
}
