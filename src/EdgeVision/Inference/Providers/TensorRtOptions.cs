namespace EdgeVision.Inference.Providers;

/// <summary>Shapes of an input with open dimensions that TensorRT builds an engine for.</summary>
/// <param name="Input">Name of the input.</param>
/// <param name="Min">Smallest shape.</param>
/// <param name="Optimal">Shape that it is tuned for.</param>
/// <param name="Max">Largest shape.</param>
public sealed record TensorRtProfile(string Input, long[] Min, long[] Optimal, long[] Max);

/// <summary>Options of the TensorRT execution provider.</summary>
/// <remarks>
/// Engines are cached by default: in <see cref="EngineOptions.CacheFolder"/> or else the user's cache folder, under a key of model,
/// versions, GPU, shapes and these options. <see cref="EngineCache"/> false builds an engine at each load.
/// </remarks>
public sealed record TensorRtOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.TensorRt;

    /// <summary>Index of the GPU, from 0.</summary>
    public int? DeviceId { get; init; }

    /// <summary>Maximum workspace of an engine build in bytes.</summary>
    public long? MaxWorkspace { get; init; }

    /// <summary>Gets whether layers may compute in float16.</summary>
    public bool? Fp16 { get; init; }

    /// <summary>Gets whether layers may compute in bfloat16.</summary>
    public bool? Bf16 { get; init; }

    /// <summary>Gets whether layers may compute in INT8.</summary>
    /// <remarks>The ranges come from the model's own quantization, or from <see cref="Int8CalibrationTable"/>.</remarks>
    public bool? Int8 { get; init; }

    /// <summary>File with the ranges of activations, for a model that is not quantized.</summary>
    public string? Int8CalibrationTable { get; init; }

    /// <summary>Gets whether <see cref="Int8CalibrationTable"/> has TensorRT's own format, not ONNX Runtime's.</summary>
    public bool? Int8NativeCalibrationTable { get; init; }

    /// <summary>Gets whether engines are cached; they are when absent.</summary>
    public bool? EngineCache { get; init; }

    /// <summary>Folder of the engine, instead of the one derived from its key.</summary>
    public string? EngineCachePath { get; init; }

    /// <summary>Gets whether kernel timings are cached for the next build; they are when absent and engines are cached.</summary>
    public bool? TimingCache { get; init; }

    /// <summary>Optimization level of an engine build, 0 to 5.</summary>
    public int? BuilderOptimizationLevel { get; init; }

    /// <summary>Gets whether the engine's run is recorded as a CUDA graph, see <see cref="CudaOptions.CudaGraph"/>.</summary>
    public bool? CudaGraph { get; init; }

    /// <summary>Index of the deep-learning accelerator (DLA) of a Jetson to use, from 0.</summary>
    public int? DlaCore { get; init; }

    /// <summary>Shapes of inputs with open dimensions.</summary>
    /// <remarks>Without them an engine is built at the first run of a shape outside the range of the existing one.</remarks>
    public IReadOnlyList<TensorRtProfile> Profiles { get; init; } = [];

    /// <summary>CUDA stream (cudaStream_t) of the application to use; it must outlive the model.</summary>
    public nint? UserComputeStream { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() =>
    [
        ("device_id", DeviceId),
        ("trt_max_workspace_size", MaxWorkspace),
        ("trt_fp16_enable", Fp16),
        ("trt_bf16_enable", Bf16),
        ("trt_int8_enable", Int8 ?? (Int8CalibrationTable is null ? null : true)),
        ("trt_int8_calibration_table_name", Int8CalibrationTable),
        ("trt_int8_use_native_calibration_table", Int8NativeCalibrationTable),
        ("trt_engine_cache_enable", EngineCache),
        ("trt_engine_cache_path", EngineCachePath),
        ("trt_timing_cache_enable", TimingCache),
        ("trt_builder_optimization_level", BuilderOptimizationLevel),
        ("trt_cuda_graph_enable", CudaGraph),
        ("trt_dla_enable", DlaCore is null ? null : true),
        ("trt_dla_core", DlaCore),
        ("trt_profile_min_shapes", Shapes(p => p.Min)),
        ("trt_profile_opt_shapes", Shapes(p => p.Optimal)),
        ("trt_profile_max_shapes", Shapes(p => p.Max)),
        ("user_compute_stream", UserComputeStream),
    ];

    private string? Shapes(Func<TensorRtProfile, long[]> shape)
    {
        foreach (var profile in Profiles)
        {
            if (profile.Min.Length != profile.Max.Length || profile.Min.Length != profile.Optimal.Length
                || profile.Min.Where((d, i) => d < 1 || d > profile.Optimal[i] || profile.Optimal[i] > profile.Max[i]).Any())
            {
                throw new ArgumentException($"the shapes of '{profile.Input}' must be 1 <= min <= optimal <= max in every dimension");
            }
        }

        return Profiles.Count == 0 ? null : string.Join(',', Profiles.Select(p => $"{p.Input}:{string.Join('x', shape(p))}"));
    }
}
