using EdgeVision.TestSupport.Inference;
using System.Runtime.InteropServices;
using EdgeVision.Inference;
using EdgeVision.Inference.Providers;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>How tensors reach a device, with one that is the CPU in disguise.</summary>
public sealed class EngineBindingTests : IDisposable
{
    private const string CpuOrt = "CPUExecutionProvider", CudaOrt = "CUDAExecutionProvider";
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-binding-").FullName;
    private readonly List<string> _notices = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Inputs_and_outputs_lie_in_the_provider_s_own_memory()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { HasMemory = true };
        using (var engine = Load(native, [2], [2]))
        {
            Assert.True(engine.UsesPinnedMemory);
            Assert.False(engine.UsesCudaGraph);
            Negates(engine, 1, 2);
            Negates(engine, 3, 4); // inputs are handed over anew each time
        }

        Assert.True(Assert.Single(native.Memories).Disposed);
    }

    [Fact]
    public void Plain_memory_does_where_there_is_no_other()
    {
        using var engine = Load(new FakeProviders(CudaOrt, CpuOrt), [2], [2]);
        Assert.False(engine.UsesPinnedMemory);
        Negates(engine, 1, 2);
        Negates(engine, 3, 4);
    }

    [Fact]
    public void A_resized_input_keeps_to_that_memory()
    {
        using var engine = Load(new FakeProviders(CudaOrt, CpuOrt) { HasMemory = true }, ["n", 2], ["n", 2]);
        engine.Resize(0, 3, 2);
        Negates(engine, 1, 2, 3, 4, 5, 6);
        Assert.True(engine.TrySetBatchSize(1));
        Fill(engine, 7, 8, 9, 10, 11, 12);
        engine.Run();
        Assert.Equal([-7f, -8f], engine.Results.GetData(0).ToArray());
        Fill(engine, 1, 8, 9, 10, 11, 12);
        engine.Run();
        Assert.Equal([-1f, -8f], engine.Results.GetData(0).ToArray());
    }

    [Fact]
    public void A_session_that_gives_way_takes_its_memory_along_and_leaves_the_input()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { HasMemory = true, FailToRun = { Provider.Cuda } };
        using var engine = Load(native, [2], [2]);
        Negates(engine, 5, 6);
        Assert.False(engine.UsesPinnedMemory);
        Assert.True(Assert.Single(native.Memories).Disposed);
        Negates(engine, 7, 8);
    }

    [Fact]
    public void A_recorded_graph_is_fed_by_copies_to_addresses_that_stay()
    {
        var native = Recording();
        using var engine = Load(native, [2], [2]);
        var memory = Assert.Single(native.Memories);
        Assert.True(engine.UsesCudaGraph);
        Assert.Equal(3, native.Runs.Count); // recorded before the first frame
        int before = memory.CopiesIn;
        Negates(engine, 1, 2);
        Negates(engine, 3, 4);
        Assert.Equal((2, 2), (memory.CopiesIn - before, memory.CopiesOut));
        Assert.Empty(_notices);
    }

    [Fact]
    public void Twins_record_graphs_of_their_own()
    {
        var native = Recording();
        using var engine = Load(native, [2], [2]);
        using var twin = engine.CreateContext();
        Assert.True(twin.UsesCudaGraph);
        Fill(engine, 1, 2);
        Fill(twin, 3, 4);
        engine.Run();
        twin.Run();
        Assert.Equal([-1f, -2f], engine.Results.GetData(0).ToArray());
        Assert.Equal([-3f, -4f], twin.Results.GetData(0).ToArray());
        Assert.Single(native.Memories);
    }

    [Fact]
    public void A_smaller_batch_runs_beside_the_recorded_one()
    {
        using var engine = Load(Recording(), ["n", 2], ["n", 2]);
        engine.Resize(0, 2, 2);
        Assert.True(engine.UsesCudaGraph);
        Assert.True(engine.TrySetBatchSize(1));
        Fill(engine, 1, 2, 3, 4);
        engine.Run();
        Assert.Equal([-1f, -2f], engine.Results.GetData(0).ToArray());
        Assert.True(engine.TrySetBatchSize(2));
        engine.Run();
        Assert.Equal([-1f, -2f, -3f, -4f], engine.Results.GetData(0).ToArray());
    }

    [Fact]
    public void Without_memory_of_the_device_runs_are_plain_and_that_is_said()
    {
        using var engine = Load(new FakeProviders(CudaOrt, CpuOrt) { HasMemory = true }, [2], [2], graphs: true);
        Assert.False(engine.UsesCudaGraph);
        Assert.Contains("without CUDA graphs", Assert.Single(_notices));
        Negates(engine, 1, 2);
    }

    [Fact]
    public void An_output_whose_size_depends_on_the_data_is_not_recorded()
    {
        using var engine = Load(Recording(), [3], ["n", "m"], "NonZero", outputType: 7);
        // The first run learns that one size; the next one, of another, shows that it depends on the data.
        Fill(engine, 1, 0, 1);
        engine.Run();
        Assert.Equal([1L, 2L], engine.Results.GetShape(0).ToArray());
        Fill(engine, 0, 0, 1);
        engine.Run();
        Assert.Equal([1L, 1L], engine.Results.GetShape(0).ToArray());
        Assert.False(engine.UsesCudaGraph);
        Assert.Contains("depends on the data", Assert.Single(_notices));
    }

    [Fact]
    public void A_provider_that_refuses_to_record_runs_plainly()
    {
        var native = Recording();
        native.FailToRun.Add(Provider.Cuda);
        using var engine = Load(native, [2], [2]);
        Assert.False(engine.UsesCudaGraph);
        native.FailToRun.Clear();
        Negates(engine, 1, 2);
        Assert.Equal([Provider.Cuda, Provider.Cpu], engine.Providers.Active);
        Assert.Contains("out of memory", Assert.Single(_notices));
    }

    private static FakeProviders Recording() => new(CudaOrt, CpuOrt) { HasMemory = true, HasDeviceMemory = true };

    private InferenceEngine Load(FakeProviders native, object[] input, object[] output, string op = "Neg", bool? graphs = null, int outputType = 1)
    {
        string path = Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".onnx");
        File.WriteAllBytes(path, TinyOnnx.Unary(op, input, output, outputType: outputType));
        return new InferenceEngine(path, new EngineOptions
        {
            Providers = ProviderPolicy.Prefer(Provider.Cuda),
            Native = native,
            OnWarning = _notices.Add,
            ProviderOptions = graphs ?? native.HasDeviceMemory ? ProviderOptions.FromTyped(new CudaOptions { CudaGraph = true }) : new Dictionary<string, string>(),
        });
    }

    private static void Negates(InferenceEngine engine, params float[] values)
    {
        Fill(engine, values);
        engine.Run();
        Assert.Equal(values.Select(v => -v), engine.Results.GetData(0).ToArray());
    }

    private static void Fill(InferenceEngine engine, params float[] values) => MemoryMarshal.AsBytes<float>(values).CopyTo(engine.GetInputBytes(0));
}
