using EdgeVision.Models;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Models;

/// <summary>Python literals of class names, and the specs that real exports amount to.</summary>
public sealed class UltralyticsMetadataTests
{
    [Theory]
    [InlineData("{}", "")]
    [InlineData("{0: 'person', 1: 'bicycle'}", "person|bicycle")]
    [InlineData("{0: \"driver's seat\", 1: 'a \"b\"'}", "driver's seat|a \"b\"")] // Python picks the quotes
    [InlineData("{0: 'it\\'s', 1: 'back\\\\slash', 2: 'tab\\t'}", "it's|back\\slash|tab\t")]
    [InlineData("{0: 'caf\\xe9', 1: '\\u732b', 2: '\\U0001F600'}", "café|猫|😀")]
    [InlineData("{1: 'b', 0: 'a,}:'}", "a,}:|b")] // order and punctuation inside
    [InlineData("{0: 'a', 2: 'c'}", "a|1|c")] // an id without a name
    [InlineData("{'0': 'a', \"1\": 'b',}", "a|b")] // written by others
    [InlineData("['a', 'b']", "a|b")]
    [InlineData("{0: 7}", "7")]
    public void Names_are_read(string text, string names) =>
        Assert.Equal(names, string.Join('|', UltralyticsMetadata.ParseNames(text)!));

    [Theory]
    [InlineData("")]
    [InlineData("person")]
    [InlineData("{0: 'a'")]
    [InlineData("{0: 'a}")]
    [InlineData("{0 'a'}")]
    [InlineData("{-1: 'a'}")]
    [InlineData("{x: 'a'}")]
    [InlineData("{0: 'a' 1: 'b'}")]
    [InlineData("{0: '\\u12'}")]
    [InlineData("{0: '\\")]
    [InlineData("{2000000000: 'a'}")] // not believed: it would be a table of two thousand million names
    public void What_is_no_table_of_names_is_refused(string text) => Assert.Null(UltralyticsMetadata.ParseNames(text));

    [Theory]
    [InlineData("yolov8n", "detect", "yolo-dfl", 80)]
    [InlineData("yolo11n", "detect", "yolo-dfl", 80)]
    [InlineData("yolov5n", "detect", "yolo-dfl", 80)]
    [InlineData("yolov10n", "detect", "yolo-end2end", 80)]
    [InlineData("yolov8n-seg", "segment", "yolo-dfl-seg", 80)]
    [InlineData("yolov8n-pose", "pose", "yolo-dfl-pose", 1)]
    [InlineData("yolov8n-obb", "obb", "yolo-obb", 80)]
    [InlineData("yolov8n-cls", "classify", "softmax", 80)]
    public void Real_exports_need_no_spec(string model, string task, string decoder, int classes)
    {
        using var loaded = VisionModel.Load(SharedData.Path("golden", "ultralytics", "models", model + ".onnx"));
        Assert.Equal(model, loaded.Name);
        Assert.Equal(task, loaded.Spec.Task);
        Assert.Equal(decoder, loaded.Spec.Outputs.Single().Decoder);
        Assert.Equal(task == "classify" ? 224 : 320, loaded.Spec.Input.Width);
        Assert.Equal(task == "classify" ? ResizeMode.CenterCrop : ResizeMode.Letterbox, loaded.Spec.Input.Resize.Mode);
        Assert.True(loaded.Spec.Labels.Length == classes || task is "classify" or "obb", $"{loaded.Spec.Labels.Length} labels");
        Assert.Equal(task == "pose" ? 19 : 0, loaded.Spec.Skeleton?.Length ?? 0);
        Assert.NotNull(loaded.Run(Frame.Rent(PixelFormat.Bgr24, 64, 48)));
    }

    [Fact]
    public void A_size_that_the_graph_leaves_open_comes_from_imgsz() =>
        Assert.Equal((96, 64), Size("[64, 96]", [1, 3, -1, -1]));

    [Fact]
    public void A_size_that_the_graph_fixes_wins() => Assert.Equal((32, 16), Size("[64, 96]", [1, 3, 16, 32]));

    [Fact]
    public void One_number_is_both_sides() => Assert.Equal((640, 640), Size("640", [-1, 3, -1, -1]));

    [Theory]
    [InlineData("[a, b]")]
    [InlineData("[]")]
    [InlineData("[1, 2, 3]")]
    public void An_imgsz_that_is_none_is_refused(string imgsz) =>
        Assert.Contains("imgsz", Assert.Throws<ModelFormatException>(() => Size(imgsz, [1, 3, -1, -1])).Message);

    [Theory]
    [InlineData(1)]
    [InlineData(2)] // six channels could be mistaken for six columns
    [InlineData(80)]
    public void End_to_end_is_known_by_its_shape(int classes)
    {
        string names = "{" + string.Join(", ", Enumerable.Range(0, classes).Select(i => $"{i}: 'c{i}'")) + "}";
        Assert.Equal("yolo-end2end", Decoder(names, [1, 300, 6]));
        Assert.Equal("yolo-dfl", Decoder(names, [1, 4 + classes, 2100]));
    }

    [Fact]
    public void End_to_end_of_other_tasks_says_how_to_export()
    {
        var metadata = new Dictionary<string, string> { ["task"] = "pose", ["names"] = "{0: 'a'}", ["imgsz"] = "[64, 64]", ["end2end"] = "True" };
        Assert.Contains("end2end=False", Assert.Throws<ModelFormatException>(() => UltralyticsMetadata.ToSpec("m.onnx", metadata, [], [])).Message);
    }

    [Fact]
    public void Other_people_s_metadata_is_left_alone() =>
        Assert.False(UltralyticsMetadata.IsPresent(new Dictionary<string, string> { ["task"] = "detect" }));

    private static string Decoder(string names, long[] output) => UltralyticsMetadata.ToSpec("m.onnx",
        new Dictionary<string, string> { ["task"] = "detect", ["names"] = names, ["imgsz"] = "[320, 320]" }, [], [new TensorInfo("o", output, TensorElement.Float32)]).Outputs[0].Decoder;

    private static (int Width, int Height) Size(string imgsz, long[] input)
    {
        var spec = UltralyticsMetadata.ToSpec("m.onnx", new Dictionary<string, string> { ["task"] = "detect", ["names"] = "{0: 'a'}", ["imgsz"] = imgsz },
            [new TensorInfo("i", input, TensorElement.Float32)], []);
        return (spec.Input.Width, spec.Input.Height);
    }
}
