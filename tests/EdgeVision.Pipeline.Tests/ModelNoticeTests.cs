using EdgeVision.TestSupport.Inference;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests;

/// <summary>What a model's providers do otherwise than asked, with a native library that is made up, as a pipeline's listener hears it: once, whenever it happens.</summary>
public sealed class ModelNoticeTests
{
    private const string CpuOrt = "CPUExecutionProvider", CudaOrt = "CUDAExecutionProvider";

    [Fact]
    public async Task A_provider_that_does_not_start()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { FailToAppend = { Provider.Cuda } };
        Assert.Equal("cuda is not used: [ErrorCode:Fail] no device", (await Run(native, Cuda)).Text);
    }

    [Fact]
    public async Task A_provider_that_fails_at_the_first_run()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { FailToRun = { Provider.Cuda } };
        string message = (await Run(native, Cuda)).Text;
        Assert.StartsWith("cuda failed at the first run of scenes-tinyresnet.onnx; cpu runs it from now on: ", message, StringComparison.Ordinal);
        Assert.Equal([Provider.Cuda, Provider.Cpu], native.Runs.Distinct());
    }

    [Fact]
    public void Who_loads_the_model_hears_it_at_once_and_nobody_else_again()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt) { FailToAppend = { Provider.Cuda } };
        var loading = new List<string>();
        using var model = VisionModel.LoadWithProviders(native, Model, Cuda with { OnWarning = loading.Add });
        Assert.Equal(["cuda is not used: [ErrorCode:Fail] no device"], loading);
        Assert.Empty(model.Engine.TakeBufferedWarnings());
    }

    [Fact]
    public void What_nobody_heard_is_taken_once()
    {
        using var model = VisionModel.LoadWithProviders(new FakeProviders(CpuOrt), Model, Cuda);
        Assert.Single(model.Engine.TakeBufferedWarnings());
        Assert.Empty(model.Engine.TakeBufferedWarnings());
    }

    [Fact]
    public void Options_of_the_runtime_are_the_provider_s()
    {
        var native = new FakeProviders(CudaOrt, CpuOrt);
        using var model = VisionModel.LoadWithProviders(native, Model, Cuda with { ProviderOptions = new Dictionary<string, string> { ["cuda.gpu_mem_limit"] = "1000", ["device_id"] = "1" } });
        var (provider, options) = native.Appended[0];
        Assert.Equal((Provider.Cuda, "1000", "1"), (provider, options["gpu_mem_limit"], options["device_id"]));
    }

    private static string Model => Path.Combine(Repository.Root, "models", "scenes-tinyresnet.onnx");

    private static RuntimeOptions Cuda => new() { Providers = ProviderPolicy.Prefer(Provider.Cuda) };

    private static async Task<PipelineMessage> Run(FakeProviders native, RuntimeOptions options)
    {
        var notices = new List<PipelineMessage>();
        await using var pipeline = new VisionPipelineBuilder().AddSource("film", () => ScriptedSource.Of(3)).AddModel(() => VisionModel.LoadWithProviders(native, Model, options), name: "kind").Build();
        pipeline.MessageReported += notices.Add;
        var account = (await pipeline.RunAsync(TestContext.Current.CancellationToken)).Sources[0];
        Assert.Equal(3, account.Delivered);
        var notice = Assert.Single(notices);
        Assert.Equal((PipelineMessageLevel.Warning, "kind"), (notice.Level, notice.Component));
        return notice;
    }
}
