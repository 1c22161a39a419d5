namespace EdgeVision;

/// <summary>Shapes that TensorRT builds an engine for, of an input whose dimensions are open.</summary>
/// <param name="Input">Name of the input.</param>
/// <param name="Min">Smallest shape.</param>
/// <param name="Optimal">Shape that it is tuned for.</param>
/// <param name="Max">Largest shape.</param>
public sealed record TensorRtProfile(string Input, long[] Min, long[] Optimal, long[] Max);

/// <summary>
/// Options of TensorRT. Engines are kept without being asked: in the folder of <see cref="EngineOptions.CacheFolder"/>, or the user's own, under a key of the
/// model, the versions, the GPU, the shapes and these options; <see cref="EngineCache"/> false builds one at each load.
/// </summary>
public sealed record TensorRtOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.TensorRt;

    /// <summary>Number of the GPU, from 0.</summary>
    public int? DeviceId { get; init; }

    /// <summary>Most work space while an engine is built, in bytes.</summary>
    public long? MaxWorkspace { get; init; }

    /// <summary>Whether layers may compute in half precision.</summary>
    public bool? Fp16 { get; init; }

    /// <summary>Whether layers may compute in bfloat16.</summary>
    public bool? Bf16 { get; init; }

    /// <summary>Whether layers may compute in INT8: from the model's own quantization, or with <see cref="Int8CalibrationTable"/>.</summary>
    public bool? Int8 { get; init; }

    /// <summary>File with the ranges of activations, for a model that is not quantized.</summary>
    public string? Int8CalibrationTable { get; init; }

    /// <summary>Whether that table is TensorRT's own, not ONNX Runtime's.</summary>
    public bool? Int8NativeCalibrationTable { get; init; }

    /// <summary>Whether engines are kept; they are where absent.</summary>
    public bool? EngineCache { get; init; }

    /// <summary>A folder of one's own for the engine, instead of the one that its key names.</summary>
    public string? EngineCachePath { get; init; }

    /// <summary>Whether times of tried kernels are kept for the next build; they are where absent and engines are.</summary>
    public bool? TimingCache { get; init; }

    /// <summary>Effort while an engine is built, 0 to 5.</summary>
    public int? BuilderOptimizationLevel { get; init; }

    /// <summary>Whether the engine's run is recorded as a CUDA graph, see <see cref="CudaOptions.CudaGraph"/>.</summary>
    public bool? CudaGraph { get; init; }

    /// <summary>Deep-learning accelerator of a Jetson to use, from 0.</summary>
    public int? DlaCore { get; init; }

    /// <summary>Shapes of inputs whose dimensions are open; without them an engine is built at the first run of a shape outside of what it has.</summary>
    public IReadOnlyList<TensorRtProfile> Profiles { get; init; } = [];

    /// <summary>A CUDA stream (cudaStream_t) of the application's own to work in; it must outlive the model.</summary>
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
                throw new ArgumentException($"the shapes of '{profile.Input}' are not min <= optimal <= max in every dimension");
            }
        }

        return Profiles.Count == 0 ? null : string.Join(',', Profiles.Select(p => $"{p.Input}:{string.Join('x', shape(p))}"));
    }
}
