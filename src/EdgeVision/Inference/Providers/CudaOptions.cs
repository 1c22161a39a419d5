namespace EdgeVision.Inference.Providers;

/// <summary>Strategies by which CUDA's memory arena grows.</summary>
public enum CudaArena
{
    /// <summary>Growth by powers of two: fewer allocations.</summary>
    NextPowerOfTwo,
    /// <summary>Growth by the requested size: less memory.</summary>
    SameAsRequested,
}

/// <summary>Strategies by which cuDNN selects convolution algorithms.</summary>
public enum CudnnSearch
{
    /// <summary>Benchmarks all algorithms at the first run of each shape: best if shapes stay the same.</summary>
    Exhaustive,
    /// <summary>Uses cuDNN's heuristic.</summary>
    Heuristic,
    /// <summary>Uses cuDNN's default algorithm.</summary>
    Default,
}

/// <summary>Options of the CUDA execution provider.</summary>
public sealed record CudaOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.Cuda;

    /// <summary>Index of the GPU, from 0.</summary>
    public int? DeviceId { get; init; }

    /// <summary>Maximum GPU memory of the session in bytes; unlimited when absent.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Growth of the memory arena.</summary>
    public CudaArena? Arena { get; init; }

    /// <summary>Selection of cuDNN's convolution algorithms.</summary>
    public CudnnSearch? ConvolutionSearch { get; init; }

    /// <summary>Gets whether convolutions may use the maximum workspace: faster, more memory.</summary>
    public bool? ConvolutionMaxWorkspace { get; init; }

    /// <summary>Gets whether copies use the default stream.</summary>
    /// <remarks>Disabling it lets copies overlap, with possible races according to ONNX Runtime.</remarks>
    public bool? CopyInDefaultStream { get; init; }

    /// <summary>Gets whether runs are recorded as a CUDA graph and replayed.</summary>
    /// <remarks>
    /// Saves CPU work in networks of many small nodes. Needs fixed shapes and all nodes on CUDA; otherwise the engine runs without a graph
    /// and warns.
    /// </remarks>
    public bool? CudaGraph { get; init; }

    /// <summary>Gets whether matrix multiplications use TF32 on GPUs that support it: faster, ten bits of mantissa.</summary>
    public bool? Tf32 { get; init; }

    /// <summary>Gets whether convolutions use the NHWC layout.</summary>
    public bool? PreferNhwc { get; init; }

    /// <summary>Gets whether a convolution's bias is fused with it.</summary>
    public bool? FuseConvolutionBias { get; init; }

    /// <summary>CUDA stream (cudaStream_t) of the application to use; it must outlive the model.</summary>
    public nint? UserComputeStream { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() =>
    [
        ("device_id", DeviceId),
        ("gpu_mem_limit", MemoryLimit),
        ("arena_extend_strategy", Arena switch
        {
            CudaArena.NextPowerOfTwo => "kNextPowerOfTwo",
            CudaArena.SameAsRequested => "kSameAsRequested",
            _ => null,
        }),
        ("cudnn_conv_algo_search", ConvolutionSearch?.ToString().ToUpperInvariant()),
        ("cudnn_conv_use_max_workspace", ConvolutionMaxWorkspace),
        ("do_copy_in_default_stream", CopyInDefaultStream),
        ("enable_cuda_graph", CudaGraph),
        ("use_tf32", Tf32),
        ("prefer_nhwc", PreferNhwc),
        ("fuse_conv_bias", FuseConvolutionBias),
        ("user_compute_stream", UserComputeStream),
    ];
}
