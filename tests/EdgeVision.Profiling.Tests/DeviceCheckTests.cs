using EdgeVision.TestSupport.Inference;
using EdgeVision.Profiling.Measurement;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Profiling.Tests;

/// <summary>A device beside the CPU: the CPU itself, and one that is made up.</summary>
public sealed class DeviceCheckTests
{
    private const string CpuOrt = "CPUExecutionProvider", CudaOrt = "CUDAExecutionProvider";
    private static readonly string Model = Path.Combine(Repository.Root, "models", "scenes-tinyresnet.onnx");

    [Fact]
    public void The_cpu_agrees_with_itself()
    {
        var row = DeviceCheck.Run(Model, Options(Provider.Cpu, null));
        Assert.True(row.IsMatch, row.Error ?? row.ResultDetail);
        Assert.Equal((0d, 0d, 0d), (row.MaxDifference, row.RelativeDifference, row.ResultDifference));
        Assert.Equal("tinyresnet", row.Architecture);
        Assert.True(row.Width > 0 && row.Height > 0 && row.Placement[CpuOrt] > 0);
        Assert.All([row.Cpu, row.Unbound, row.Bound], t => Assert.True(t is { Runs: 5, P50Ms: > 0 } && t.P50Ms <= t.P90Ms && t.P90Ms <= t.P99Ms && t.P99Ms <= t.MaxMs));
        Assert.Null(row.CudaGraph); // nothing is recorded on the CPU
        Assert.Null(row.NoCudaGraphReason);
    }

    [Fact]
    public void Each_way_to_run_a_gpu_is_measured()
    {
        var native = Gpu();
        var row = DeviceCheck.Run(Model, Options(Provider.Cuda, native));
        Assert.True(row.IsMatch, row.Error ?? row.ResultDetail);
        Assert.True(row.UsesPinnedMemory);
        Assert.NotNull(row.CudaGraph);
        Assert.Equal(native.Placement, row.Placement);
        // Without and with graphs, and as the caller says.
        Assert.Equal(["0", "1"], native.Appended.Where(a => a.Provider == Provider.Cuda).Select(a => a.Options["enable_cuda_graph"]).Where((_, i) => i != 1).Take(2));
        Assert.All(native.Appended.Where(a => a.Provider == Provider.Cuda), a => Assert.Equal("1", a.Options["device_id"]));
    }

    [Fact]
    public void A_graph_that_reads_old_memory_does_not_agree()
    {
        var row = DeviceCheck.Run(Model, Options(Provider.Cuda, Gpu(wrong: true)));
        Assert.Null(row.Error);
        Assert.False(row.IsMatch);
        Assert.True(row.RelativeDifference > 0.01);
    }

    [Fact]
    public void Without_memory_of_the_device_it_says_why_there_is_no_graph()
    {
        var row = DeviceCheck.Run(Model, Options(Provider.Cuda, new FakeProviders(CudaOrt, CpuOrt) { Placement = new() { [CudaOrt] = 9 } }));
        Assert.True(row.IsMatch, row.Error ?? row.ResultDetail);
        Assert.Null(row.CudaGraph);
        Assert.Contains("without CUDA graphs", row.NoCudaGraphReason);
    }

    [Fact]
    public void A_provider_that_fails_is_in_the_row()
    {
        var native = Gpu();
        native.FailToRun.Add(Provider.Cuda);
        var row = DeviceCheck.Run(Model, Options(Provider.Cuda, native));
        Assert.Contains("out of memory", row.Error);
        Assert.False(row.IsMatch);
    }

    [Fact]
    public void A_model_that_is_not_there_is_in_the_row() => Assert.Contains("does not exist", DeviceCheck.Run("nowhere.onnx", Options(Provider.Cpu, null)).Error);

    private static FakeProviders Gpu(bool wrong = false) => new(CudaOrt, CpuOrt) { Placement = new() { [CudaOrt] = 9, [CpuOrt] = 1 }, HasMemory = true, HasDeviceMemory = true, CopiesWrongly = wrong };

    private static DeviceCheckOptions Options(Provider provider, FakeProviders? native) => new()
    {
        Provider = provider, Runs = 5, WarmUp = 1, Load = (path, options) => VisionModel.LoadWithProviders(native, path, options), ProviderOptions = new Dictionary<string, string> { ["device_id"] = "1" },
    };
}
