using EdgeVision.TestSupport.Inference;
using EdgeVision.Inference;
using EdgeVision.Inference.Providers;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>Trying providers with the tiny network.</summary>
public sealed class ProviderProbeTests
{
    private const string CpuOrt = "CPUExecutionProvider", CudaOrt = "CUDAExecutionProvider";

    [Fact]
    public void The_cpu_works_and_agrees_with_itself()
    {
        var probe = ProviderProbe.Test(Provider.Cpu);
        Assert.True(probe.Works, probe.Error);
        Assert.Equal(0, probe.Difference);
        Assert.True(probe is { LoadMs: > 0, RunMs: > 0 });
    }

    [Fact]
    public void One_that_is_not_there_says_why()
    {
        Assert.SkipWhen(OrtLibrary.AvailableProviders.Contains("QNNExecutionProvider"), "this library has it");
        var probe = ProviderProbe.Test(Provider.Qnn);
        Assert.False(probe.Works);
        Assert.Contains("QNNExecutionProvider", probe.Error);
    }

    [Fact]
    public void One_that_works_says_where_its_nodes_are()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { Placement = new() { [CudaOrt] = 1 } };
        var probe = ProviderProbe.Test(Provider.Cuda, null, new Dictionary<string, string> { ["device_id"] = "1" }, native);
        Assert.True(probe.Works, probe.Error);
        Assert.Equal(native.Placement, probe.Placement);
        Assert.Equal("1", native.Appended[0].Options["device_id"]);
    }

    [Fact]
    public void One_that_leaves_every_node_to_the_cpu_does_not_work() =>
        Assert.Contains("run elsewhere", ProviderProbe.Test(Provider.Cuda, null, null, new FakeProviders(CudaOrt, CpuOrt)).Error);

    [Fact]
    public void One_that_fails_when_it_runs_does_not_work()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { FailToRun = { Provider.Cuda }, Placement = new() { [CudaOrt] = 1 } };
        Assert.Contains("out of memory", ProviderProbe.Test(Provider.Cuda, null, null, native).Error);
    }

    [Fact]
    public void One_that_answers_wrongly_does_not_work()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { Placement = new() { [CudaOrt] = 1 }, HasMemory = true, HasDeviceMemory = true, CopiesWrongly = true };
        var probe = ProviderProbe.Test(Provider.Cuda, null, ProviderOptions.FromTyped(new CudaOptions { CudaGraph = true }), native);
        Assert.False(probe.Works);
        Assert.Contains("differs from the CPU's", probe.Error);
        Assert.True(probe.Difference > 0.1);
    }

    [Fact]
    public void A_library_that_cannot_be_loaded_is_no_crash()
    {
        var probe = ProviderProbe.TestLibrary("/nowhere/libonnxruntime_providers_cuda.so");
        Assert.Contains("does not exist", probe.Error);
        Assert.Equal("libonnxruntime_providers_cuda.so", probe.OrtName);
    }
}
