using EdgeVision.TestSupport.Inference;
using System.Runtime.InteropServices;
using EdgeVision.Inference;
using EdgeVision.Inference.Providers;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>Which provider an engine runs on, with a native library that is made up and a CPU that does the work.</summary>
public sealed class EngineSessionTests : IDisposable
{
    private const string CpuOrt = "CPUExecutionProvider", CudaOrt = "CUDAExecutionProvider", TensorRtOrt = "TensorrtExecutionProvider";
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-session-").FullName;
    private readonly List<string> _notices = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_preferred_provider_that_fails_at_its_first_run_gives_way_with_the_same_input()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { FailToRun = { Provider.Cuda } };
        using var engine = Load(ProviderPolicy.Prefer(Provider.Cuda), native);
        Assert.Equal([Provider.Cuda, Provider.Cpu], engine.Providers.Active);
        Negates(engine, 1, 2, 3); // the input is what it was before the session was replaced
        Assert.Equal([Provider.Cpu], engine.Providers.Active);
        var (provider, reason) = Assert.Single(engine.Providers.Skipped);
        Assert.Equal(Provider.Cuda, provider);
        Assert.Contains("out of memory", reason);
        Assert.Contains("cuda failed", Assert.Single(_notices));
        Negates(engine, 4, 5, 6);
        Assert.Equal([Provider.Cuda, Provider.Cpu, Provider.Cpu], native.Runs); // it is not tried again
        Assert.Single(_notices);
    }

    [Fact]
    public void Auto_gives_way_too()
    {
        using var engine = Load(ProviderPolicy.Auto, new FakeProviders(CudaOrt, CpuOrt) { FailToRun = { Provider.Cuda } });
        Negates(engine, 1, 2, 3);
        Assert.Equal([Provider.Cpu], engine.Providers.Active);
    }

    [Fact]
    public void The_next_preferred_comes_before_the_cpu()
    {
        var native = new FakeProviders(TensorRtOrt, CudaOrt, CpuOrt) { FailToRun = { Provider.TensorRt } };
        using var engine = Load(ProviderPolicy.Prefer(Provider.TensorRt, Provider.Cuda), native);
        Negates(engine, 1, 2, 3);
        Assert.Equal([Provider.Cuda, Provider.Cpu], engine.Providers.Active);
    }

    [Fact]
    public void All_that_fail_are_passed_over_and_recorded()
    {
        var native = new FakeProviders(TensorRtOrt, CudaOrt, CpuOrt) { FailToRun = { Provider.TensorRt, Provider.Cuda } };
        using var engine = Load(ProviderPolicy.Prefer(Provider.TensorRt, Provider.Cuda), native);
        Negates(engine, 1, 2, 3);
        Assert.Equal([Provider.Cpu], engine.Providers.Active);
        Assert.Equal([Provider.TensorRt, Provider.Cuda], engine.Providers.Skipped.Select(s => s.Provider));
    }

    [Fact]
    public void A_required_provider_that_fails_at_its_first_run_is_an_error()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { FailToRun = { Provider.Cuda }, Placement = new() { [CudaOrt] = 1 } };
        using var engine = Load(ProviderPolicy.Require(Provider.Cuda), native);
        var e = Assert.Throws<EdgeVisionException>(engine.Run);
        Assert.Contains("out of memory", e.Message);
        Assert.Equal([Provider.Cuda, Provider.Cpu], engine.Providers.Active);
        Assert.Empty(_notices);
        Assert.DoesNotContain(Provider.Cpu, native.Runs);
    }

    [Fact]
    public void A_failure_after_a_run_that_did_is_an_error_of_that_run()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt);
        using var engine = Load(ProviderPolicy.Prefer(Provider.Cuda), native);
        Negates(engine, 1, 2, 3);
        native.FailToRun.Add(Provider.Cuda);
        Assert.Throws<EdgeVisionException>(engine.Run);
        Assert.Equal([Provider.Cuda, Provider.Cpu], engine.Providers.Active);
        native.FailToRun.Clear();
        Negates(engine, 7, 8, 9);
    }

    [Fact]
    public void Where_the_cpu_fails_too_the_provider_is_not_at_fault()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { FailToRun = { Provider.Cuda, Provider.Cpu } };
        using var engine = Load(ProviderPolicy.Prefer(Provider.Cuda), native);
        Assert.Throws<EdgeVisionException>(engine.Run);
        Assert.Equal([Provider.Cuda, Provider.Cpu], engine.Providers.Active);
        Assert.Empty(_notices);
        Assert.Throws<EdgeVisionException>(engine.Run);
        Assert.Equal([Provider.Cuda, Provider.Cpu, Provider.Cuda], native.Runs); // the CPU is asked once
        native.FailToRun.Clear();
        Negates(engine, 1, 2, 3);
    }

    [Fact]
    public void Shapes_that_only_a_run_tells_are_learned_from_the_next()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { FailToRun = { Provider.Cuda } };
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", ["n", 2], ["n", 2])), Options(ProviderPolicy.Prefer(Provider.Cuda), native));
        Assert.Equal([Provider.Cpu], engine.Providers.Active); // while it was loaded
        engine.Resize(0, 3, 2);
        Negates(engine, 1, 2, 3, 4, 5, 6);
    }

    [Fact]
    public void A_smaller_batch_stays_one()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt);
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", ["n", 2], ["n", 2])), Options(ProviderPolicy.Prefer(Provider.Cuda), native));
        engine.Resize(0, 3, 2);
        Assert.True(engine.TrySetBatchSize(2));
        Fill(engine, 1, 2, 3, 4, 5, 6);
        engine.Run();
        Assert.Equal([-1f, -2f, -3f, -4f], engine.Results.GetData(0).ToArray());
    }

    [Fact]
    public void A_twin_goes_where_the_other_went()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { FailToRun = { Provider.Cuda } };
        var engine = Load(ProviderPolicy.Prefer(Provider.Cuda), native);
        using var twin = engine.CreateContext();
        Negates(engine, 1, 2, 3);
        Negates(twin, 4, 5, 6);
        Assert.Equal([Provider.Cpu], twin.Providers.Active);
        Assert.Equal(2, native.Appended.Count(a => a.Provider == Provider.Cpu)); // the first session and one that took its place, for both
        Assert.Single(_notices);
        engine.Dispose();
        Negates(twin, 7, 8, 9);
    }

    [Fact]
    public void A_twin_whose_other_is_gone_finds_its_own_way()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { FailToRun = { Provider.Cuda } };
        var engine = Load(ProviderPolicy.Prefer(Provider.Cuda), native);
        using var twin = engine.CreateContext();
        Negates(engine, 1, 2, 3);
        engine.Dispose();
        Negates(twin, 4, 5, 6);
    }

    [Fact]
    public void Sessions_are_counted_through_it_all()
    {
        int before = ThreadBudget.OpenSessions;
        using (var engine = Load(ProviderPolicy.Prefer(Provider.Cuda), new FakeProviders(CudaOrt, CpuOrt) { FailToRun = { Provider.Cuda } }))
        {
            engine.Run();
            Assert.Equal(before + 1, ThreadBudget.OpenSessions);
        }

        Assert.Equal(before, ThreadBudget.OpenSessions);
    }

    [Fact]
    public void Nodes_on_the_cpu_break_a_requirement_and_the_numbers_are_said()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { Placement = new() { [CudaOrt] = 3, [CpuOrt] = 2 } };
        var e = Assert.Throws<ProviderUnavailableException>(() => Load(ProviderPolicy.Require(Provider.Cuda), native));
        Assert.Contains("CPUExecutionProvider: 2", e.Message);
    }

    [Fact]
    public void Nodes_on_the_cpu_are_reported_where_they_may_be()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { Placement = new() { [CudaOrt] = 3, [CpuOrt] = 2 } };
        using var engine = Load(ProviderPolicy.Require(Provider.Cuda, Provider.Cpu), native);
        Assert.Equal(native.Placement, engine.Providers.Placement);
    }

    [Fact]
    public void Options_and_devices_reach_whom_they_are_for_in_the_order_of_preference()
    {
        var native = new FakeProviders(TensorRtOrt, CudaOrt, CpuOrt) { HasMemory = true };
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", [3], [3])), Options(ProviderPolicy.Prefer(Provider.TensorRt, Provider.Cuda), native) with
        {
            CacheFolder = _folder,
            ProviderOptions = new Dictionary<string, string> { ["device_id"] = "1", ["cuda.gpu_mem_limit"] = "1000", ["trt_fp16_enable"] = "1", ["session.use_env_allocators"] = "0" },
        });
        Assert.Equal([Provider.TensorRt, Provider.Cuda, Provider.Cpu], native.Appended.Select(a => a.Provider));
        var (tensorRt, cuda) = (native.Appended[0].Options, native.Appended[1].Options);
        Assert.Equal(("1", "1"), (tensorRt["device_id"], tensorRt["trt_fp16_enable"]));
        Assert.StartsWith(_folder, tensorRt["trt_engine_cache_path"]);
        Assert.Equal(new Dictionary<string, string> { ["device_id"] = "1", ["gpu_mem_limit"] = "1000" }, cuda);
        Assert.Empty(native.Appended[2].Options);
        Assert.Equal(1, native.Memories[0].DeviceId);
    }

    [Fact]
    public void An_option_that_nobody_knows_is_an_error_before_anything_is_opened()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt);
        var e = Assert.Throws<ArgumentException>(() => new InferenceEngine(Write(TinyOnnx.Unary("Neg", [3], [3])), Options(ProviderPolicy.Auto, native) with
        {
            ProviderOptions = new Dictionary<string, string> { ["gpu_memlimit"] = "1000" },
        }));
        Assert.Contains("gpu_mem_limit", e.Message);
        Assert.Empty(native.Appended);
    }

    private static void Negates(InferenceEngine engine, params float[] values)
    {
        Fill(engine, values);
        engine.Run();
        Assert.Equal(values.Select(v => -v), engine.Results.GetData(0).ToArray());
    }

    private static void Fill(InferenceEngine engine, params float[] values) => MemoryMarshal.AsBytes<float>(values).CopyTo(engine.GetInputBytes(0));

    private InferenceEngine Load(ProviderPolicy policy, FakeProviders native) => new(Write(TinyOnnx.Unary("Neg", [3], [3])), Options(policy, native));

    private EngineOptions Options(ProviderPolicy policy, FakeProviders native) => new()
    {
        Providers = policy,
        Native = native,
        OnWarning = _notices.Add,
        ProviderOptions = ProviderOptions.FromTyped(new TensorRtOptions { EngineCache = false }), // nothing of a test stays behind
    };

    private string Write(byte[] model)
    {
        string path = Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".onnx");
        File.WriteAllBytes(path, model);
        return path;
    }
}
