using EdgeVision.TestSupport.Inference;
using EdgeVision.Inference;
using EdgeVision.Inference.Providers;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>Libraries of providers by their paths, tried for real with the native library that the tests have.</summary>
public sealed class ProviderLibraryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-plugin-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_that_is_not_there() => Assert.Contains("does not exist", Refused(Path.Combine(_folder, "none.so")));

    [Fact]
    public void A_folder() => Assert.Contains("onnxruntime_providers_cuda", Refused(_folder));

    [Fact]
    public void A_file_that_is_no_library() => Assert.Contains("not a library for this system", Refused(Write("text.so", "not a library, and long enough to be read as one: " + new string('.', 200))));

    [Fact]
    public void An_empty_file() => Assert.Contains("not a library for this system", Refused(Write("empty.so", "")));

    [Fact]
    public void A_library_that_is_no_provider()
    {
        Assert.SkipUnless(File.Exists("/lib/x86_64-linux-gnu/libm.so.6"), "there is no library to try at this place");
        Assert.Contains("is not an execution provider", Refused("/lib/x86_64-linux-gnu/libm.so.6"));
    }

    [Fact]
    public void A_library_of_another_release_is_not_even_tried()
    {
        string file = Write("libonnxruntime_providers_cuda.so", new string('x', 3_000_000) + "\01.7\0" + "\01.2.3\0" + "rest");
        string message = Refused(file);
        Assert.Contains("is of ONNX Runtime 1.2.3", message);
        Assert.Contains(OrtLibrary.Version, message);
    }

    [Fact]
    public void A_release_is_found_across_blocks_of_the_file() =>
        Assert.Contains("1.2.3", Refused(Write("libonnxruntime_providers_cuda.so", new string('x', (1 << 20) - 3) + "\01.2.3\0")));

    [Fact]
    public void A_library_of_this_release_goes_on_to_be_loaded() =>
        Assert.DoesNotContain("is of ONNX Runtime", Refused(Write("libonnxruntime_providers_cuda.so", $"\0{OrtLibrary.Version}\0")));

    [Fact]
    public void A_model_says_so_whatever_the_policy()
    {
        string model = Path.Combine(_folder, "m.onnx");
        File.WriteAllBytes(model, TinyOnnx.Unary("Neg", [1], [1]));
        foreach (var policy in new[] { ProviderPolicy.Auto, ProviderPolicy.Prefer(Provider.Cpu), ProviderPolicy.Require(Provider.Cuda) })
        {
            Assert.Throws<ProviderUnavailableException>(() => new InferenceEngine(model, new EngineOptions { Providers = policy, ProviderLibrary = Path.Combine(_folder, "none.so") }));
        }
    }

    private string Refused(string path)
    {
        string message = Assert.Throws<ProviderUnavailableException>(() => ProviderLibrary.Load(path)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text, System.Text.Encoding.Latin1);
        return path;
    }
}
