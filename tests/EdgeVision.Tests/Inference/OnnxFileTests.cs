using EdgeVision.TestSupport.Inference;
using EdgeVision.Inference.OnnxFiles;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>Files that must not be loaded, and the line that each gets.</summary>
public sealed class OnnxFileTests : IDisposable
{
    private static readonly byte[] Good = TinyOnnx.Unary("Neg", [1, 3], [1, 3], [("key", "value")]);

    private readonly string _root = Directory.CreateTempSubdirectory("edgevision-onnx-").FullName;
    private readonly string _folder;

    public OnnxFileTests() => _folder = Directory.CreateDirectory(Path.Combine(_root, "model")).FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_model_passes() => OnnxFile.Validate(Write(Good));

    [Fact]
    public void Real_models_pass()
    {
        foreach (string path in Directory.EnumerateFiles(SharedData.Folder(), "*.onnx", SearchOption.AllDirectories))
        {
            OnnxFile.Validate(path);
        }
    }

    [Fact]
    public void A_missing_file() => Fails(Path.Combine(_folder, "none.onnx"), "does not exist");

    [Fact]
    public void A_folder() => Fails(_folder, "folder");

    [Fact]
    public void An_empty_file() => Fails(Write([]), "empty");

    [Theory]
    [InlineData("This is not a network, it is a shopping list.\n")] // T: an end of group
    [InlineData("hello, world")] // h: a number
    [InlineData("readme: nothing to see here")] // r: metadata of 101 bytes
    [InlineData(":-)")] // a graph of 45 bytes
    [InlineData("<html></html>")]
    [InlineData("{\"a\": 1}")]
    public void Text_named_onnx(string text) => Fails(Write(System.Text.Encoding.UTF8.GetBytes(text)), "not an ONNX");

    [Fact]
    public void Noise_never_crashes()
    {
        var random = new Random(7);
        byte[] bytes = new byte[256];
        for (int i = 0; i < 300; i++)
        {
            random.NextBytes(bytes);
            try
            {
                OnnxFile.Validate(Write(bytes));
            }
            catch (ModelFormatException)
            {
            }
        }
    }

    [Fact]
    public void A_model_cut_anywhere()
    {
        // Behind the last byte of the graph a cut at a field's end leaves a whole model; everywhere else it is noticed.
        int noticed = 0;
        for (int length = 3; length < Good.Length; length++)
        {
            try
            {
                OnnxFile.Validate(Write(Good[..length]));
            }
            catch (ModelFormatException e)
            {
                Assert.Contains("truncated", e.Message);
                noticed++;
            }
        }

        Assert.InRange(noticed, Good.Length - 3 - 3, Good.Length - 3);
    }

    [Fact]
    public void A_flipped_bit_never_crashes()
    {
        for (int i = 0; i < Good.Length * 8; i++)
        {
            byte[] bent = [.. Good];
            bent[i / 8] ^= (byte)(1 << (i % 8));
            try
            {
                OnnxFile.Validate(Write(bent));
            }
            catch (ModelFormatException)
            {
            }
        }
    }

    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("a/../../secret.bin")]
    [InlineData("..\\secret.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("C:\\secret.bin")]
    [InlineData("")]
    public void External_data_that_leaves_the_folder(string location)
    {
        File.WriteAllBytes(Path.Combine(_root, "secret.bin"), new byte[16]);
        foreach (byte[] extra in new[] { TinyOnnx.External(location), TinyOnnx.ExternalInAttribute(location), TinyOnnx.ExternalInSubgraph(location), TinyOnnx.ExternalInSparse(location) })
        {
            Fails(Write(TinyOnnx.Unary("Neg", [1], [1], graphExtra: extra)), "outside its folder");
        }
    }

    [Fact]
    public void External_data_in_the_folder()
    {
        string path = Write(TinyOnnx.Unary("Neg", [1], [1], graphExtra: TinyOnnx.External("sub/weights.bin")));
        Fails(path, "not in its folder");
        Directory.CreateDirectory(Path.Combine(_folder, "sub"));
        File.WriteAllBytes(Path.Combine(_folder, "sub", "weights.bin"), new byte[16]);
        OnnxFile.Validate(path);
    }

    [Fact]
    public void External_data_behind_a_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights on Windows");
        string outside = Directory.CreateDirectory(Path.Combine(_root, "outside")).FullName;
        File.WriteAllBytes(Path.Combine(outside, "weights.bin"), new byte[16]);
        File.CreateSymbolicLink(Path.Combine(_folder, "file.bin"), Path.Combine(outside, "weights.bin"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "sub"), outside);
        Fails(Write(TinyOnnx.Unary("Neg", [1], [1], graphExtra: TinyOnnx.External("file.bin"))), "link");
        Fails(Write(TinyOnnx.Unary("Neg", [1], [1], graphExtra: TinyOnnx.External("sub/weights.bin"))), "link");
    }

    [Fact]
    public void A_model_that_is_a_link_keeps_its_weights_beside_its_target() // as download caches do
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights on Windows");
        string store = Directory.CreateDirectory(Path.Combine(_root, "store")).FullName;
        File.WriteAllBytes(Path.Combine(store, "model"), TinyOnnx.Unary("Neg", [1], [1], graphExtra: TinyOnnx.External("w.bin")));
        File.WriteAllBytes(Path.Combine(store, "blob"), new byte[16]);
        File.CreateSymbolicLink(Path.Combine(_folder, "m.onnx"), Path.Combine(store, "model"));
        File.CreateSymbolicLink(Path.Combine(_folder, "w.bin"), Path.Combine(store, "blob"));
        OnnxFile.Validate(Path.Combine(_folder, "m.onnx"));
    }

    [Fact]
    public void Graphs_nested_without_end() => Fails(Write(TinyOnnx.Unary("Neg", [1], [1], graphExtra: TinyOnnx.Nested(500))), "nests");

    private static void Fails(string path, string says)
    {
        var e = Assert.Throws<ModelFormatException>(() => OnnxFile.Validate(path));
        Assert.Contains(says, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    private string Write(byte[] bytes)
    {
        string path = Path.Combine(_folder, "file.onnx");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
