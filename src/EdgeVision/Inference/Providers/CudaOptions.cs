namespace EdgeVision;

/// <summary>How CUDA's memory grows.</summary>
public enum CudaArena
{
    /// <summary>By powers of two: fewer allocations.</summary>
    NextPowerOfTwo,
    /// <summary>By what is asked for: less memory.</summary>
    SameAsRequested,
}

/// <summary>How cuDNN looks for the way to compute a convolution.</summary>
public enum CudnnSearch
{
    /// <summary>Tries them all at the first run of each shape: best where shapes stay.</summary>
    Exhaustive,
    /// <summary>Asks cuDNN for its guess.</summary>
    Heuristic,
    /// <summary>Takes cuDNN's default.</summary>
    Default,
}

/// <summary>Options of CUDA.</summary>
public sealed record CudaOptions : ExecutionProviderOptions
{
    /// <inheritdoc/>
    public override Provider Provider => Provider.Cuda;

    /// <summary>Number of the GPU, from 0.</summary>
    public int? DeviceId { get; init; }

    /// <summary>Most memory of the GPU that the session may take, in bytes; all there is where absent.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>How memory grows.</summary>
    public CudaArena? Arena { get; init; }

    /// <summary>How cuDNN chooses.</summary>
    public CudnnSearch? ConvolutionSearch { get; init; }

    /// <summary>Whether convolutions may use as much work space as they can: quicker, more memory.</summary>
    public bool? ConvolutionMaxWorkspace { get; init; }

    /// <summary>Whether copies go through the default stream; off lets them overlap, at the risk of races in ONNX Runtime's own words.</summary>
    public bool? CopyInDefaultStream { get; init; }

    /// <summary>
    /// Whether the run is recorded as a CUDA graph and replayed: less work for the processor in networks of many small nodes. The engine does so where
    /// every shape is fixed and all nodes are CUDA's, and runs plainly otherwise, with a notice.
    /// </summary>
    public bool? CudaGraph { get; init; }

    /// <summary>Whether matrices are multiplied in TF32 on GPUs that have it: quicker, ten bits of mantissa.</summary>
    public bool? Tf32 { get; init; }

    /// <summary>Whether convolutions work with channels last.</summary>
    public bool? PreferNhwc { get; init; }

    /// <summary>Whether a convolution's bias is fused with it.</summary>
    public bool? FuseConvolutionBias { get; init; }

    /// <summary>A CUDA stream (cudaStream_t) of the application's own to work in; it must outlive the model.</summary>
    public nint? UserComputeStream { get; init; }

    private protected override IEnumerable<(string Name, object? Value)> Values() =>
    [
        ("device_id", DeviceId),
        ("gpu_mem_limit", MemoryLimit),
        ("arena_extend_strategy", Arena switch { CudaArena.NextPowerOfTwo => "kNextPowerOfTwo", CudaArena.SameAsRequested => "kSameAsRequested", _ => null }),
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
