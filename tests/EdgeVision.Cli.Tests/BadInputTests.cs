using EdgeVision.Onnx;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary>Whatever a user hands in: one line that says what to do, and exit code 1 or 2; never a stack, never a crash.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-bad-").FullName;

    private static string Model => Path.Combine(CommandLine.Repository, "models", "shapes-fpn.onnx");

    private static string Scene => Path.Combine(CommandLine.Repository, "samples", "scene.png");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_good_case_works() // else the others would show nothing
    {
        var outcome = CommandLine.Run("run", "--model", Model, "--source", Scene, "--json", "-");
        Assert.NotEmpty(outcome.Json()[0].GetProperty("detections").EnumerateArray());
        Assert.Equal("", outcome.Error);
    }

    [Fact]
    public void Missing_model() => Fails(2, "no-such.onnx", "run", "--model", "no-such.onnx", "--source", Scene);

    [Fact]
    public void Missing_picture() => Fails(2, "no-such.jpg", "run", "--model", Model, "--source", "no-such.jpg");

    [Fact]
    public void A_glob_that_matches_nothing() => Fails(2, "nothing-*.jpg", "run", "--model", Model, "--source", Path.Combine(_folder, "nothing-*.jpg"));

    [Fact]
    public void An_empty_folder() => Fails(2, "no image found", "run", "--model", Model, "--source", _folder);

    [Fact]
    public void Text_named_onnx()
    {
        string path = Write("notes.onnx", "This is not a network, it is a shopping list.\n"u8.ToArray());
        Fails(1, "not an ONNX", "run", "--model", path, "--source", Scene);
        Fails(1, "not an ONNX", "inspect", path);
    }

    [Fact]
    public void Empty_model() => Fails(1, "empty", "run", "--model", Write("empty.onnx", []), "--source", Scene);

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void Truncated_model(double share)
    {
        byte[] whole = File.ReadAllBytes(Model);
        Fails(1, "truncated", "run", "--model", Write("cut.onnx", whole[..(int)(whole.Length * share)]), "--source", Scene);
    }

    [Fact]
    public void A_model_that_nothing_tells_how_to_read()
    {
        string path = Path.Combine(_folder, "bare.onnx");
        Constant([1, 84, 10], 0).Save(path);
        string error = Fails(1, "spec", "run", "--model", path, "--source", Scene);
        Assert.Contains("decoder", error);
    }

    [Fact]
    public void Output_that_does_not_fit_the_spec()
    {
        string path = Path.Combine(_folder, "misfit.onnx");
        Constant([1, 7], 0).Save(path);
        Fails(1, "output", "run", "--model", path, "--spec", Spec("yolo-dfl"), "--source", Scene);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Nan_in_the_output(float value)
    {
        string path = Path.Combine(_folder, "nan.onnx");
        Constant([1, 6, 10], value).Save(path);
        Fails(1, "NaN", "run", "--model", path, "--spec", Spec("yolo-dfl"), "--source", Scene);
    }

    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../secret.bin")]
    public void External_data_that_leaves_the_folder(string location)
    {
        var model = Constant([1, 6, 10], 0);
        var tensor = model.Graph.Initializer[0];
        tensor.RawData = Google.Protobuf.ByteString.Empty;
        tensor.FloatData.Clear();
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "inner")).FullName;
        File.WriteAllBytes(Path.Combine(_folder, "secret.bin"), new byte[4096]);
        string path = Path.Combine(folder, "external.onnx");
        model.Save(path);
        Fails(1, "folder", "run", "--model", path, "--spec", Spec("yolo-dfl"), "--source", Scene);
    }

    [Fact]
    public void Picture_of_no_bytes() => Fails(1, "empty", "run", "--model", Model, "--source", Write("empty.jpg", []));

    [Fact]
    public void Picture_that_is_none() => Fails(1, "must be a JPEG, PNG, WebP, BMP or GIF image", "run", "--model", Model, "--source", Write("text.jpg", "hello, world"u8.ToArray()));

    [Fact]
    public void Truncated_picture()
    {
        byte[] whole = File.ReadAllBytes(Scene);
        Fails(1, "truncated", "run", "--model", Model, "--source", Write("half.png", whole[..(whole.Length / 2)]));
    }

    [Fact]
    public void Truncated_jpeg()
    {
        byte[] whole = File.ReadAllBytes(SharedData.Path("images", "yolov5_bus.jpg"));
        Fails(1, "truncated", "run", "--model", Model, "--source", Write("half.jpg", whole[..(whole.Length / 2)]));
    }

    [Fact]
    public void Picture_of_fifty_thousand_squared()
    {
        // A whole PNG header with its right checksum, and no pixels.
        byte[] header = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0xC3, 0x50, 0, 0, 0xC3, 0x50, 8, 2, 0, 0, 0];
        uint crc = ~0u;
        foreach (byte b in header.AsSpan(12))
        {
            crc ^= b;
            for (int i = 0; i < 8; i++)
            {
                crc = (crc >> 1) ^ (0xEDB88320u & (uint)-(int)(crc & 1));
            }
        }

        crc = ~crc;
        byte[] bytes = [.. header, (byte)(crc >> 24), (byte)(crc >> 16), (byte)(crc >> 8), (byte)crc, 0, 0, 0, 0, 0x49, 0x44, 0x41, 0x54, 0x35, 0xAF, 0x06, 0x1E];
        Fails(1, "50000", "run", "--model", Model, "--source", Write("huge.png", bytes));
    }

    [Fact]
    public void Spec_with_a_missing_field()
    {
        string path = Write("missing.spec.json", """{ "version": 1, "task": "detect", "input": { "width": 64 }, "outputs": [ { "decoder": "yolo-dfl" } ] }"""u8.ToArray());
        Fails(1, "height", "run", "--model", Model, "--spec", path, "--source", Scene);
    }

    [Fact]
    public void Spec_with_an_unknown_decoder() => Fails(1, "magic", "run", "--model", Model, "--spec", Spec("magic"), "--source", Scene);

    [Fact]
    public void Spec_that_is_no_json() => Fails(1, "JSON", "run", "--model", Model, "--spec", Write("bad.json", "{ width: "u8.ToArray()), "--source", Scene);

    [Fact]
    public void Missing_spec() => Fails(2, "no-such.json", "run", "--model", Model, "--spec", "no-such.json", "--source", Scene);

    [Fact]
    public void Unknown_provider() => Fails(2, "abacus", "run", "--model", Model, "--source", Scene, "--provider", "abacus");

    [Theory]
    [InlineData("cuda")]
    [InlineData("tensorrt")]
    [InlineData("directml")]
    public void A_provider_that_is_required_and_not_there(string provider)
    {
        string error = Fails(1, "required", "run", "--model", Model, "--source", Scene, "--provider", provider, "--require-provider");
        Assert.Contains("EdgeVisionNative", error); // what to do
    }

    [Fact]
    public void A_provider_that_is_preferred_and_not_there_runs_on_the_cpu()
    {
        var outcome = CommandLine.Run("run", "--model", Model, "--source", Scene, "--provider", "cuda,cpu", "--json", "-");
        Assert.NotEmpty(outcome.Json()[0].GetProperty("detections").EnumerateArray());
    }

    [Theory]
    [InlineData("--conf", "1.5")]
    [InlineData("--conf", "high")]
    [InlineData("--iou", "-1")]
    [InlineData("--max-detections", "0")]
    public void Thresholds_that_mean_nothing(string option, string value) =>
        Fails(2, option, "run", "--model", Model, "--source", Scene, option, value);

    [Fact]
    public void Missing_option() => Fails(2, "--model", "run", "--source", Scene);

    [Fact]
    public void One_bad_picture_does_not_stop_the_others()
    {
        File.Copy(Scene, Path.Combine(_folder, "a.png"));
        Write("b.png", [1, 2, 3]);
        File.Copy(Scene, Path.Combine(_folder, "c.png"));
        var outcome = CommandLine.Run("run", "--model", Model, "--source", _folder, "--json", "-");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(2, outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("b.png", outcome.Error);
    }

    [Fact]
    public void A_place_that_cannot_be_written_leaves_nothing_behind()
    {
        string path = Path.Combine(_folder, "no", "such", "folder", "out.png");
        File.WriteAllText(Path.Combine(_folder, "no"), "a file where a folder would have to be");
        Fails(1, "out.png", "run", "--model", Model, "--source", Scene, "--save", path);
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    private static string Fails(int exitCode, string says, params string[] arguments)
    {
        var outcome = CommandLine.Run(arguments);
        string error = outcome.Error.Trim();
        Assert.True(outcome.ExitCode == exitCode, $"exit code {outcome.ExitCode}: {error}");
        Assert.Contains(says, error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", error);
        // A wrong call may add a pointer to the help; everything else is one line.
        Assert.True(error.Split('\n').Length <= (exitCode == 2 ? 2 : 1) || says == "spec", $"more than one line: {error}");
        return error;
    }

    // image [1,3,32,32] -> Add(0 * mean(image), constant): an output of any shape and value that depends on its input.
    private static OnnxModel Constant(long[] shape, float value)
    {
        var graph = new OnnxGraphBuilder("constant");
        var image = graph.AddInput("images", [1, 3, 32, 32]);
        float[] values = new float[shape.Aggregate(1L, (a, d) => a * d)];
        Array.Fill(values, value);
        var constant = graph.AddInitializer("constant", values, shape);
        var zero = graph.AddInitializer("zero", [0f], 1);
        var mean = graph.AddNode("ReduceMean", "mean", [image], Array.Empty<long>(), attributes: [OnnxAttribute.Int("keepdims", 0)]);
        var nothing = graph.AddNode("Mul", "nothing", [mean, zero], [1]);
        graph.AddOutput("output", graph.AddNode("Add", "sum", [constant, nothing], shape));
        return graph.Build();
    }

    private string Spec(string decoder) => Write(decoder + ".spec.json", System.Text.Encoding.UTF8.GetBytes(
        $$"""{ "version": 1, "task": "detect", "input": { "width": 32, "height": 32 }, "outputs": [ { "decoder": "{{decoder}}" } ], "labels": ["a", "b"] }"""));

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
