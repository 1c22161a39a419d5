using EdgeVision.TestSupport.Inference;
using System.Runtime.InteropServices;
using EdgeVision.Inference;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>The engine on small models written by hand and on real ones.</summary>
public sealed class InferenceEngineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-engine-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Fixed_shapes_run_in_place()
    {
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", [1, 3], [1, 3], [("who", "me")])));
        Assert.Equal("x 1x3 Float32", engine.Inputs[0].ToString());
        Assert.Equal("me", engine.Metadata["who"]);
        Fill(engine, 1, 2, 3);
        engine.Run();
        Assert.Equal([-1f, -2f, -3f], engine.Results.GetData(0).ToArray());
        Assert.Equal([1L, 3L], engine.Results.GetShape(0).ToArray());
        Assert.Equal(0, engine.Results.IndexOf("y"));
        Assert.Equal([Provider.Cpu], engine.Providers.Active);
    }

    [Fact]
    public void An_open_batch_is_one() // nothing else can be meant before anything is said
    {
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", ["n", 2], ["n", 2])));
        Assert.Equal([1L, 2L], engine.GetInputShape(0).ToArray());
        engine.Resize(0, 3, 2);
        Fill(engine, 1, 2, 3, 4, 5, 6);
        engine.Run();
        Assert.Equal([3L, 2L], engine.Results.GetShape(0).ToArray());
        Assert.Equal([-1f, -2f, -3f, -4f, -5f, -6f], engine.Results.GetData(0).ToArray());
    }

    [Fact]
    public void Fewer_items_than_there_is_room_for_cost_only_themselves()
    {
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", ["n", 2], ["n", 2])));
        engine.Resize(0, 3, 2);
        Fill(engine, 1, 2, 3, 4, 5, 6);
        Assert.True(engine.TrySetBatchSize(2));
        engine.Run();
        Assert.Equal([2L, 2L], engine.Results.GetShape(0).ToArray());
        Assert.Equal([-1f, -2f, -3f, -4f], engine.Results.GetData(0).ToArray());
        Assert.True(engine.TrySetBatchSize(3));
        engine.Run();
        Assert.Equal([-1f, -2f, -3f, -4f, -5f, -6f], engine.Results.GetData(0).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.TrySetBatchSize(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.TrySetBatchSize(4));
        Assert.Equal(0, Allocations.Of(() =>
        {
            engine.TrySetBatchSize(1);
            engine.Run();
            engine.TrySetBatchSize(2);
            engine.Run();
        }));
        engine.Resize(0, 2, 2); // forgets the smaller ones, which lie in the old memory
        Fill(engine, 7, 8, 9, 10);
        Assert.True(engine.TrySetBatchSize(1));
        engine.Run();
        Assert.Equal([-7f, -8f], engine.Results.GetData(0).ToArray());
    }

    [Fact]
    public void A_twin_has_memory_of_its_own_and_outlives_the_first()
    {
        var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", ["n", 2], ["n", 2])));
        engine.Resize(0, 2, 2);
        Fill(engine, 1, 2, 3, 4);
        using (var twin = engine.CreateContext())
        {
            Assert.Equal([2L, 2L], twin.GetInputShape(0).ToArray());
            Fill(twin, 5, 6, 7, 8);
            engine.Run();
            twin.Run();
            Assert.Equal([-1f, -2f, -3f, -4f], engine.Results.GetData(0).ToArray());
            Assert.Equal([-5f, -6f, -7f, -8f], twin.Results.GetData(0).ToArray());
            engine.Dispose();
            twin.Run();
            Assert.Equal(-5f, twin.Results.GetData(0)[0]);
        }

        Assert.Throws<ObjectDisposedException>(engine.CreateContext);
    }

    [Fact]
    public void A_fixed_batch_runs_whole()
    {
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", [2, 2], [2, 2])));
        Fill(engine, 1, 2, 3, 4);
        Assert.False(engine.TrySetBatchSize(1));
        engine.Run();
        Assert.Equal([-1f, -2f, -3f, -4f], engine.Results.GetData(0).ToArray());
    }

    [Fact]
    public void A_terminated_engine_runs_no_more()
    {
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", [1, 2], [1, 2])));
        engine.Run();
        engine.Terminate();
        Assert.Throws<EdgeVisionException>(engine.Run);
    }

    [Fact]
    public void Other_open_dimensions_wait_for_a_size()
    {
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", [1, "w"], [1, "w"])));
        Assert.Contains("Resize", Assert.Throws<InvalidOperationException>(() => { engine.GetInputBytes(0); }).Message);
        Assert.Contains("Resize", Assert.Throws<InvalidOperationException>(engine.Run).Message);
        Assert.Contains("Resize", Assert.Throws<InvalidOperationException>(() => { engine.MeasurePlacement(); }).Message);
        engine.Resize(0, 1, 2);
        Fill(engine, 4, 5);
        engine.Run();
        Assert.Equal([-4f, -5f], engine.Results.GetData(0).ToArray());
    }

    [Fact]
    public void A_shape_that_does_not_fit_is_refused()
    {
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", [1, "w"], [1, "w"])));
        Assert.Throws<ModelFormatException>(() => engine.Resize(0, 2, 2)); // the graph says 1
        Assert.Throws<ModelFormatException>(() => engine.Resize(0, 1)); // another rank
        Assert.Throws<ModelFormatException>(() => engine.Resize(0, 1, 0)); // nothing
        Assert.Throws<ModelFormatException>(() => engine.Resize(0, 1, long.MaxValue)); // more than there is
    }

    [Fact]
    public void Sizes_that_depend_on_the_data_are_followed()
    {
        // NonZero of n numbers gives [1, how many]: int64, widened.
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("NonZero", [4], [1, "k"], outputType: 7)));
        foreach (float[] x in new float[][] { [0, 1, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 5, 0] })
        {
            Fill(engine, x);
            engine.Run();
            float[] expected = [.. Enumerable.Range(0, 4).Where(i => x[i] != 0).Select(i => (float)i)];
            Assert.Equal(expected, engine.Results.GetData(0).ToArray());
            Assert.Equal([1L, expected.Length], engine.Results.GetShape(0).ToArray());
        }
    }

    [Fact]
    public void A_size_that_was_learned_and_changes_is_followed()
    {
        // The first run on zeros of Not-like data: NonZero(Identity) would be empty, so an output that starts full is needed.
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("NonZero", ["n"], ["r", "k"], outputType: 7)));
        engine.Resize(0, 2);
        Fill(engine, 1, 1);
        engine.Run();
        Fill(engine, 0, 1);
        engine.Run();
        Assert.Equal([1f], engine.Results.GetData(0).ToArray());
    }

    [Fact]
    public void Halves_are_widened()
    {
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", [2], [2], inputType: 10, outputType: 10)));
        MemoryMarshal.Cast<byte, Half>(engine.GetInputBytes(0))[0] = (Half)0.5f;
        MemoryMarshal.Cast<byte, Half>(engine.GetInputBytes(0))[1] = (Half)(-2f);
        engine.Run();
        Assert.Equal([-0.5f, 2f], engine.Results.GetData(0).ToArray());
    }

    [Fact]
    public void Placement_is_counted_and_leaves_nothing_behind()
    {
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", [1, 3], [1, 3])));
        int before = Directory.GetDirectories(Path.GetTempPath(), "edgevision-profile-*").Length;
        Assert.Equal(1, engine.MeasurePlacement()["CPUExecutionProvider"]);
        Assert.Equal(before, Directory.GetDirectories(Path.GetTempPath(), "edgevision-profile-*").Length);
    }

    [Fact]
    public void Required_cuda_on_a_cpu_library_fails_at_load()
    {
        Assert.SkipWhen(OrtLibrary.AvailableProviders.Contains("CUDAExecutionProvider"), "this library has CUDA");
        string path = Write(TinyOnnx.Unary("Neg", [1], [1]));
        var e = Assert.Throws<ProviderUnavailableException>(() => new InferenceEngine(path, new EngineOptions { Providers = ProviderPolicy.Require(Provider.Cuda) }));
        Assert.Contains("EdgeVisionNative=Cuda", e.Message);
    }

    [Fact]
    public void Required_cpu_is_there()
    {
        using var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", [1], [1])), new EngineOptions { Providers = ProviderPolicy.Require(Provider.Cpu) });
        Assert.Equal([Provider.Cpu], engine.Providers.Active);
    }

    [Fact]
    public void Nodes_that_fall_to_the_cpu_break_a_requirement()
    {
        // The fake says CUDA is there and appends nothing: what a silent fall to the CPU looks like.
        string path = Write(TinyOnnx.Unary("Neg", [1], [1]));
        var options = new EngineOptions { Providers = ProviderPolicy.Require(Provider.Cuda), Native = new FakeProviders("CUDAExecutionProvider", "CPUExecutionProvider") };
        var e = Assert.Throws<ProviderUnavailableException>(() => new InferenceEngine(path, options));
        Assert.Contains("CPUExecutionProvider: 1", e.Message);
    }

    [Fact]
    public void An_operator_that_does_not_exist_is_a_bad_model()
    {
        string path = Write(TinyOnnx.Unary("NoSuchOperator", [1], [1]));
        var e = Assert.Throws<ModelFormatException>(() => new InferenceEngine(path));
        Assert.Contains("NoSuchOperator", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Sessions_beside_each_other_do_not_spin()
    {
        string path = Write(TinyOnnx.Unary("Neg", [1], [1]));
        using var first = new InferenceEngine(path);
        using var second = new InferenceEngine(path);
        Assert.False(second.Threads.AllowSpinning);
    }

    [Fact]
    public void A_disposed_engine_says_so()
    {
        var engine = new InferenceEngine(Write(TinyOnnx.Unary("Neg", [1], [1])));
        engine.Dispose();
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(engine.Run);
        Assert.Throws<ObjectDisposedException>(() => { engine.GetInputBytes(0); });
    }

    [Theory]
    [InlineData(64, 96)]
    [InlineData(320, 320)]
    public void YuNet_runs_at_sizes_of_one_s_choice(int height, int width)
    {
        using var engine = new InferenceEngine(SharedData.Path("models", "yunet.onnx"));
        engine.Resize(0, 1, 3, height, width);
        engine.Run();
        int cls8 = engine.Results.IndexOf("cls_8");
        Assert.True(cls8 >= 0);
        Assert.Equal(height / 8 * (width / 8), engine.Results.GetData(cls8).Length);
        engine.Resize(0, 1, 3, 2 * height, width);
        engine.Run();
        Assert.Equal(height / 4 * (width / 8), engine.Results.GetData(cls8).Length);
        AllocatesNothing(engine);
    }

    [Theory]
    [InlineData("golden", "ultralytics", "models", "yolov8n.onnx")]
    [InlineData("models", "fastestdet.onnx")]
    [InlineData("models", "mobilefacenet.onnx")]
    public void A_run_allocates_nothing(params string[] model)
    {
        using var engine = new InferenceEngine(SharedData.Path(model));
        AllocatesNothing(engine);
    }

    private static void AllocatesNothing(InferenceEngine engine)
    {
        float sum = 0;
        Assert.Equal(0, Allocations.Of(() =>
        {
            engine.Run();
            sum += engine.Results.GetData(0)[0];
        }));
        Assert.False(float.IsNaN(sum));
    }

    private static void Fill(InferenceEngine engine, params float[] values) => MemoryMarshal.AsBytes<float>(values).CopyTo(engine.GetInputBytes(0));

    private string Write(byte[] model)
    {
        string path = Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".onnx");
        File.WriteAllBytes(path, model);
        return path;
    }
}
