using EdgeVision.Inference.Providers;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>Options of providers: by name, typed, and what is wrong with them.</summary>
public sealed class ProviderOptionsTests
{
    [Fact]
    public void Options_go_to_whom_they_are_for()
    {
        var options = new Dictionary<string, string>
        {
            ["cuda.device_id"] = "1", ["device_id"] = "0", ["trt_fp16_enable"] = "1", ["session.use_env_allocators"] = "1", ["CUDA.of_tomorrow"] = "x",
        };
        Assert.Equal(new Dictionary<string, string> { ["device_id"] = "1", ["of_tomorrow"] = "x" }, ProviderOptions.GetOptions(Provider.Cuda, options)); // its own wins
        Assert.Equal(new Dictionary<string, string> { ["device_id"] = "0", ["trt_fp16_enable"] = "1" }, ProviderOptions.GetOptions(Provider.TensorRt, options));
        Assert.Empty(ProviderOptions.GetOptions(Provider.Xnnpack, options)); // knows none of them
        Assert.Empty(ProviderOptions.GetOptions(Provider.Cpu, options));
    }

    [Theory]
    [InlineData("gpu_memlimit=1", "did you mean gpu_mem_limit?")] // a slip
    [InlineData("Enable_Cuda_Grpah=1", "did you mean enable_cuda_graph?")] // a slip and letters of another case
    [InlineData("colour=red", "cuda.colour")] // nothing like it: the way around is said
    [InlineData("cudda.device_id=1", "did you mean cuda?")] // a provider's name
    [InlineData("device_id=first", "must be the index of a device")]
    [InlineData("cuda.device_id=-1", "must be the index of a device")]
    [InlineData("device_id", "NAME=VALUE")]
    [InlineData("=1", "NAME=VALUE")]
    public void What_is_wrong_is_said_in_one_line(string text, string says)
    {
        var e = Assert.Throws<ArgumentException>(() => ProviderOptions.Parse([text]));
        Assert.Contains(says, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("cuda.option_of_tomorrow=1")] // behind a provider's name the user knows better
    [InlineData("plugin.anything=1")]
    [InlineData("session.disable_cpu_ep_fallback=1")]
    [InlineData("ep.cuda.enable_gemm_auto_tune=1")]
    [InlineData("openvino.device_id=GPU.0")] // not a number there
    [InlineData("trt_profile_min_shapes=x:1x3x8x8,y:1")] // values may hold anything
    public void What_is_right_is_taken_as_it_is(string text)
    {
        var option = Assert.Single(ProviderOptions.Parse([text]));
        Assert.Equal(text, $"{option.Key}={option.Value}");
    }

    [Fact]
    public void Of_two_the_later_counts() => Assert.Equal("2", ProviderOptions.Parse(["device_id=1", "device_id=2"])["device_id"]);

    [Fact]
    public void Typed_options_have_the_names_and_values_of_onnx_runtime()
    {
        var options = ProviderOptions.FromTyped(
            new CudaOptions
            {
                DeviceId = 2, MemoryLimit = 3L << 30, Arena = CudaArena.SameAsRequested, ConvolutionSearch = CudnnSearch.Heuristic, ConvolutionMaxWorkspace = false,
                CopyInDefaultStream = true, CudaGraph = true, Tf32 = false, PreferNhwc = true, UserComputeStream = 4096,
            },
            new TensorRtOptions { Fp16 = true, Int8CalibrationTable = "ranges.flatbuffers", MaxWorkspace = 1 << 20, DlaCore = 1, Profiles = [new("x", [1, 3, 64, 64], [1, 3, 128, 128], [4, 3, 256, 256]), new("y", [1], [2], [3])] },
            new DirectMlOptions { Devices = DirectMlDevices.Npu, Preference = DirectMlPreference.MinimumPower, DisableMetacommands = true },
            new OpenVinoOptions { DeviceType = "GPU", Threads = 2 },
            new QnnOptions { BackendType = "htp", PerformanceMode = "burst" },
            new CoreMlOptions { ModelFormat = "MLProgram", RequireStaticShapes = true },
            new XnnpackOptions { Threads = 3 },
            new AclOptions { FastMath = true });
        Assert.Equal(new SortedDictionary<string, string>
        {
            ["cuda.device_id"] = "2", ["cuda.gpu_mem_limit"] = "3221225472", ["cuda.arena_extend_strategy"] = "kSameAsRequested", ["cuda.cudnn_conv_algo_search"] = "HEURISTIC",
            ["cuda.cudnn_conv_use_max_workspace"] = "0", ["cuda.do_copy_in_default_stream"] = "1", ["cuda.enable_cuda_graph"] = "1", ["cuda.use_tf32"] = "0",
            ["cuda.prefer_nhwc"] = "1", ["cuda.user_compute_stream"] = "4096",
            ["tensorrt.trt_fp16_enable"] = "1", ["tensorrt.trt_int8_enable"] = "1", ["tensorrt.trt_int8_calibration_table_name"] = "ranges.flatbuffers",
            ["tensorrt.trt_max_workspace_size"] = "1048576", ["tensorrt.trt_dla_enable"] = "1", ["tensorrt.trt_dla_core"] = "1",
            ["tensorrt.trt_profile_min_shapes"] = "x:1x3x64x64,y:1", ["tensorrt.trt_profile_opt_shapes"] = "x:1x3x128x128,y:2", ["tensorrt.trt_profile_max_shapes"] = "x:4x3x256x256,y:3",
            ["directml.device_filter"] = "npu", ["directml.performance_preference"] = "minimum_power", ["directml.disable_metacommands"] = "true",
            ["openvino.device_type"] = "GPU", ["openvino.num_of_threads"] = "2",
            ["qnn.backend_type"] = "htp", ["qnn.htp_performance_mode"] = "burst",
            ["coreml.ModelFormat"] = "MLProgram", ["coreml.RequireStaticInputShapes"] = "1",
            ["xnnpack.intra_op_num_threads"] = "3",
            ["acl.enable_fast_math"] = "1",
        }, new SortedDictionary<string, string>(options.ToDictionary()));
    }

    [Fact]
    public void Every_typed_name_is_a_known_one()
    {
        ExecutionProviderOptions[] all =
        [
            new CudaOptions { DeviceId = 0, MemoryLimit = 1, Arena = CudaArena.NextPowerOfTwo, ConvolutionSearch = CudnnSearch.Default, ConvolutionMaxWorkspace = true, CopyInDefaultStream = true, CudaGraph = true, Tf32 = true, PreferNhwc = true, FuseConvolutionBias = true, UserComputeStream = 1 },
            new TensorRtOptions { DeviceId = 0, MaxWorkspace = 1, Fp16 = true, Bf16 = true, Int8 = true, Int8CalibrationTable = "t", Int8NativeCalibrationTable = true, EngineCache = true, EngineCachePath = "p", TimingCache = true, BuilderOptimizationLevel = 1, CudaGraph = true, DlaCore = 0, Profiles = [new("x", [1], [1], [1])], UserComputeStream = 1 },
            new DirectMlOptions { DeviceId = 0, Devices = DirectMlDevices.Any, Preference = DirectMlPreference.Default, DisableMetacommands = false },
            new OpenVinoOptions { DeviceType = "CPU", Precision = "FP32", Threads = 1, Streams = 1, CacheFolder = "c", ConfigFile = "f" },
            new QnnOptions { BackendType = "cpu", BackendPath = "p", PerformanceMode = "burst", FinalizationOptimization = 1, Fp16 = true, VtcmMb = 1 },
            new CoreMlOptions { ModelFormat = "MLProgram", ComputeUnits = "ALL", RequireStaticShapes = true, CacheFolder = "c" },
            new XnnpackOptions { Threads = 1 },
            new AclOptions { FastMath = true },
        ];
        Assert.All(all, o => Assert.Subset(ProviderOptions.GetNames(o.Provider).ToHashSet(), o.ToDictionary().Keys.ToHashSet()));
        Assert.All(all, o => Assert.NotEmpty(o.ToDictionary()));
    }

    [Theory]
    [InlineData(new long[] { 1, 8 }, new long[] { 1, 4 }, new long[] { 1, 8 })] // optimal below min
    [InlineData(new long[] { 1, 8 }, new long[] { 1, 9 }, new long[] { 1, 8 })] // above max
    [InlineData(new long[] { 0, 8 }, new long[] { 1, 8 }, new long[] { 1, 8 })] // no size
    [InlineData(new long[] { 8 }, new long[] { 1, 8 }, new long[] { 1, 8 })] // not as many dimensions
    public void Shapes_of_a_profile_grow(long[] min, long[] optimal, long[] max) =>
        Assert.Contains("'x'", Assert.Throws<ArgumentException>(() => new TensorRtOptions { Profiles = [new("x", min, optimal, max)] }.ToDictionary()).Message);
}
