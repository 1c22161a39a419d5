using EdgeVision.Inference;
using EdgeVision.Pipeline;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Configuration.Tests;

/// <summary>What a file says of a model's providers, as far as ONNX Runtime, and what becomes of it, back to who listens to the pipeline.</summary>
public sealed class ProviderConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-provider-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Options_and_library_are_the_model_s()
    {
        string library = Write("libprovider.so", "");
        var runtime = Parse($"provider: [plugin, cuda], provider_options: [device_id=1, cuda.gpu_mem_limit=1000, session.a.b=c], provider_library: '{library}'").Models.Single().Runtime;
        Assert.Equal(new Dictionary<string, string> { ["device_id"] = "1", ["cuda.gpu_mem_limit"] = "1000", ["session.a.b"] = "c" }, runtime.ProviderOptions);
        Assert.Equal(library, runtime.ProviderLibrary);
        Assert.Equal([Provider.Plugin, Provider.Cuda], runtime.Providers.Providers);
    }

    [Fact]
    public async Task Options_of_the_session_reach_it()
    {
        // ONNX Runtime itself reads this one, and refuses what is no number.
        await using (Parse("threads: 2, provider_options: [session.intra_op_thread_affinities=1]").Build())
        {
        }

        Assert.Contains("hread", Assert.ThrowsAny<EdgeVisionException>(() => Parse("threads: 2, provider_options: [session.intra_op_thread_affinities=nobody]").Build()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_library_is_the_one_that_is_loaded()
    {
        string library = Write("text.so", new string('.', 100));
        var e = Assert.Throws<ProviderUnavailableException>(() => Parse($"provider_library: '{library}'").Build());
        Assert.Contains(library, e.Message);
    }

    [Theory]
    [InlineData("provider_options: [gpu_memlimit=1]", "did you mean gpu_mem_limit?")]
    [InlineData("provider_options: [fast]", "NAME=VALUE")]
    [InlineData("provider_library: nowhere.so", "'nowhere.so' does not exist")]
    public void What_is_wrong_is_a_problem_on_its_line(string keys, string message)
    {
        Assert.Null(PipelineConfig.Read(Text(keys), "a.yaml", Repository.Root, out var problems));
        Assert.Contains(problems, p => p.Line == 3 && p.Message.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_provider_that_is_passed_over_is_a_notice_of_the_pipeline()
    {
        Assert.SkipWhen(OrtLibrary.AvailableProviders.Contains("CoreMLExecutionProvider"), "this library has CoreML");
        var notices = new List<PipelineMessage>();
        await using var pipeline = Parse("name: shapes, provider: coreml").Build();
        pipeline.MessageReported += notices.Add;
        await pipeline.RunAsync(TestContext.Current.CancellationToken);
        var notice = Assert.Single(notices);
        Assert.Equal((PipelineMessageLevel.Warning, "shapes"), (notice.Level, notice.Component));
        Assert.StartsWith("coreml is not used: ", notice.Text, StringComparison.Ordinal);
    }

    private static PipelineConfig Parse(string keys) => PipelineConfig.Parse(Text(keys), "a.yaml", Repository.Root);

    private static string Text(string keys) => $$"""
        version: 1
        sources: [{name: door, uri: "test:320x240@30?objects=3&frames=2"}]
        models: [{path: models/shapes-fpn.onnx, {{keys}}}]
        """;

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
