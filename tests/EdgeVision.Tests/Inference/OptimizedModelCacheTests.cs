using EdgeVision.Inference;
using EdgeVision.Inference.Cache;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>The cache of rewritten graphs: taken when whole, made anew when not, and never in the way.</summary>
public sealed class OptimizedModelCacheTests : IDisposable
{
    private static readonly string Model = Path.Combine(Repository.Root, "models", "scenes-tinyresnet.onnx");
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "edgevision-cache-" + Guid.NewGuid().ToString("N"));

    [Fact]
    public void A_model_is_kept_and_taken_and_gives_the_same_numbers()
    {
        float[] plain = Run(null, out var use);
        Assert.Equal(ModelCacheStatus.Disabled, use);
        Assert.Equal(plain, Run(_folder, out use));
        Assert.Equal(ModelCacheStatus.Stored, use);
        Assert.Equal(plain, Run(_folder, out use));
        Assert.Equal(ModelCacheStatus.Loaded, use);
        Assert.Equal([".onnx", ".sha256"], Directory.GetFiles(_folder).Select(Path.GetExtension).Order());
    }

    [Fact]
    public void The_spec_survives_in_the_entry()
    {
        using (VisionModel.Load(Model, new RuntimeOptions { CacheFolder = _folder }))
        {
        }

        using var model = VisionModel.Load(Model, new RuntimeOptions { CacheFolder = _folder });
        Assert.Equal(ModelCacheStatus.Loaded, model.Engine.ModelCache);
        Assert.NotEmpty(model.Spec.Labels);
    }

    [Theory]
    [InlineData(0)] // emptied
    [InlineData(1000)] // cut off
    [InlineData(-1)] // one byte changed
    public void A_corrupt_entry_is_made_anew(int length)
    {
        float[] plain = Run(_folder, out _);
        string entry = Directory.GetFiles(_folder, "*.onnx").Single();
        byte[] bytes = File.ReadAllBytes(entry);
        if (length < 0)
        {
            bytes[bytes.Length / 2] ^= 0x55;
        }

        File.WriteAllBytes(entry, length < 0 ? bytes : bytes[..length]);
        Assert.Equal(plain, Run(_folder, out var use));
        Assert.Equal(ModelCacheStatus.Stored, use);
        Assert.Equal(plain, Run(_folder, out use));
        Assert.Equal(ModelCacheStatus.Loaded, use);
    }

    [Fact]
    public void An_entry_that_fits_its_sum_and_is_no_model_is_made_anew()
    {
        float[] plain = Run(_folder, out _);
        string entry = Directory.GetFiles(_folder, "*.onnx").Single();
        File.WriteAllText(entry, "no model");
        File.WriteAllText(entry + ".sha256", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(entry))));
        Assert.Equal(plain, Run(_folder, out var use));
        Assert.Equal(ModelCacheStatus.Stored, use);
    }

    [Fact]
    public void A_changed_model_has_an_entry_of_its_own()
    {
        string copy = Path.Combine(Directory.CreateDirectory(_folder).FullName, "copy.onnx"), cache = Path.Combine(_folder, "cache");
        File.Copy(Model, copy);
        using (new InferenceEngine(copy, new EngineOptions { CacheFolder = cache }))
        {
        }

        // A trailing metadata entry: another file, the same network.
        File.WriteAllBytes(copy, [.. File.ReadAllBytes(copy), 0x72, 4, 0x0A, 0, 0x12, 0]);
        using var engine = new InferenceEngine(copy, new EngineOptions { CacheFolder = cache });
        Assert.Equal(ModelCacheStatus.Stored, engine.ModelCache);
        Assert.Equal(2, Directory.GetFiles(cache, "*.onnx").Length);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_no_error()
    {
        Directory.CreateDirectory(_folder);
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.NotEmpty(Run(Path.Combine(file, "cache"), out var use));
        Assert.Equal(ModelCacheStatus.Unavailable, use);
    }

    [Fact]
    public void A_broken_model_is_the_same_error_and_leaves_nothing()
    {
        string broken = Path.Combine(Directory.CreateDirectory(_folder).FullName, "broken.onnx"), cache = Path.Combine(_folder, "cache");
        byte[] bytes = File.ReadAllBytes(Model);
        // An operator's name that no runtime knows, in place of the first one's.
        int at = bytes.AsSpan().IndexOf("Conv"u8);
        "Xonv"u8.CopyTo(bytes.AsSpan(at));
        File.WriteAllBytes(broken, bytes);
        string plain = Assert.Throws<ModelFormatException>(() => new InferenceEngine(broken)).Message;
        Assert.Equal(plain, Assert.Throws<ModelFormatException>(() => new InferenceEngine(broken, new EngineOptions { CacheFolder = cache })).Message);
        Assert.Empty(Directory.GetFiles(cache));
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static float[] Run(string? cache, out ModelCacheStatus use)
    {
        using var engine = new InferenceEngine(Model, new EngineOptions { CacheFolder = cache, Providers = ProviderPolicy.Require(Provider.Cpu) });
        use = engine.ModelCache;
        new Random(1).NextBytes(engine.GetInputBytes(0));
        var input = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(engine.GetInputBytes(0));
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = MathF.Sin(i);
        }

        engine.Run();
        return engine.Results.GetData(0).ToArray();
    }
}
