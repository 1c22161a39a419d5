using EdgeVision.Models;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using Xunit;

namespace EdgeVision.Tests.Specs;

/// <summary>Specs as people write them, and what they are told where they slip.</summary>
public sealed class ModelSpecJsonTests
{
    private const string Least = """{ "task": "detect", "input": { "width": 32, "height": 16 }, "outputs": [ { "decoder": "yolo-dfl" } ] }""";

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        var spec = ModelSpecValidator.Parse(Least, "s");
        Assert.Equal(1, spec.Version);
        Assert.Equal((32, 16), (spec.Input.Width, spec.Input.Height));
        Assert.Equal(TensorLayout.Nchw, spec.Input.Layout);
        Assert.Equal(ColorOrder.Rgb, spec.Input.ColorOrder);
        Assert.Equal(1f / 255f, spec.Input.Scale);
        Assert.Equal([0f], spec.Input.Mean);
        Assert.Equal([1f], spec.Input.Std);
        Assert.Equal(new ResizeSpec(), spec.Input.Resize);
        Assert.Equal(114, spec.Input.Resize.PadValue);
        Assert.Equal(new ThresholdSpec(), spec.Thresholds);
        Assert.Equal("main", spec.Outputs[0].Head);
        Assert.Empty(spec.Outputs[0].Parameters);
        Assert.Empty(spec.Labels);
    }

    [Fact]
    public void A_spec_survives_writing_and_reading()
    {
        var spec = ModelSpecValidator.Parse("""
            {
              // comments and trailing commas are welcome
              "version": 1, "name": "n", "task": "pose+embed",
              "input": { "name": "x", "width": 8, "height": 4, "layout": "NHWC", "element": "uint8", "colorOrder": "bgr", "mean": [1, 2, 3], "std": [4, 5, 6], "scale": 1,
                "resize": { "mode": "centerCrop", "interpolation": "bilinearAntialias", "padValue": 7, "rounding": "truncate" } },
              "outputs": [ { "head": "a", "decoder": "yolo-dfl-pose", "tensors": ["o"], "parameters": { "keypoints": [17, 3], "flag": true } }, { "head": "b", "decoder": "embedding" } ],
              "labels": ["人", "dog's"], "skeleton": [[0, 1]],
              "thresholds": { "confidence": 0.5, "iou": 0.6, "maxDetections": 7, "classAgnostic": true },
              "provenance": { "architecture": "a", "metrics": { "mAP": 0.5 } },
              "goldens": [ { "name": "g", "width": 1, "height": 1, "rgb": "YwAAAQA=", "outputs": [ { "name": "o", "shape": [1, 2], "values": [1, 2], "indices": [0, 1] } ], "results": "{}", "tolerances": { "pixels": 2 } } ],
            }
            """, "s");
        string text = ModelSpecJson.Serialize(spec);
        Assert.Contains("\"centerCrop\"", text);
        Assert.Contains("\"uint8\"", text);
        Assert.Contains("\"nhwc\"", text);
        Assert.Equal(text, ModelSpecJson.Serialize(ModelSpecValidator.Parse(text, "s")));
        Assert.Equal("dog's", spec.Labels[1]);
        Assert.Equal(TensorElement.UInt8, spec.Input.Element);
        Assert.Equal((2.0, 0.01, 2), (spec.Goldens![0].Tolerances.Pixels, spec.Goldens[0].Tolerances.Scores, spec.Goldens[0].Outputs[0].Values!.Length));
        Assert.Equal(17, spec.Outputs[0].Parameters["keypoints"][0].GetInt32());
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("{ width: ", "JSON")]
    [InlineData("null", "empty")]
    [InlineData("[]", "JSON")]
    [InlineData("""{ "input": { "width": 32, "height": 16 }, "outputs": [ { "decoder": "d" } ] }""", "'task'")]
    [InlineData("""{ "task": "detect", "outputs": [ { "decoder": "d" } ] }""", "'input.width'")]
    [InlineData("""{ "task": "detect", "input": { "height": 16 }, "outputs": [ { "decoder": "d" } ] }""", "'input.width'")]
    [InlineData("""{ "task": "detect", "input": { "width": 16 }, "outputs": [ { "decoder": "d" } ] }""", "'input.height'")]
    [InlineData("""{ "task": "detect", "input": { "width": 32, "height": 16 } }""", "'outputs'")]
    [InlineData("""{ "task": "detect", "input": { "width": 32, "height": 16 }, "outputs": [] }""", "'outputs'")]
    [InlineData("""{ "task": "detect", "input": { "width": 32, "height": 16 }, "outputs": [ {} ] }""", "decoder'")]
    [InlineData("""{ "task": "detect", "input": { "width": 32, "height": 16 }, "outputs": [ null ] }""", "outputs")]
    public void A_missing_field_is_named(string json, string says) => Fails(json, says);

    [Theory]
    [InlineData("\"labels\": [\"a\"]", "\"labls\": [\"a\"]", "'labls' is unknown")]
    [InlineData("\"height\": 16", "\"height\": 16, \"heigth\": 1", "'input.heigth' is unknown")]
    [InlineData("\"decoder\": \"yolo-dfl\"", "\"decoder\": \"yolo-dfl\", \"params\": 1", "params' is unknown")]
    public void An_unknown_field_is_named(string place, string with, string says) =>
        Fails(Least.Replace("} ] }", "} ], \"labels\": [\"a\"] }", StringComparison.Ordinal).Replace(place, with, StringComparison.Ordinal), says);

    [Theory]
    [InlineData("\"task\": \"fly\"", "fly")]
    [InlineData("\"version\": 2", "version")]
    [InlineData("\"labels\": null", "labels")]
    [InlineData("\"labels\": [null]", "labels")]
    [InlineData("\"skeleton\": [[1]]", "skeleton")]
    [InlineData("\"thresholds\": { \"confidence\": 1.5 }", "confidence")]
    [InlineData("\"thresholds\": { \"iou\": -1 }", "iou")]
    [InlineData("\"thresholds\": { \"maxDetections\": 0 }", "maxDetections")]
    [InlineData("\"input\": { \"width\": 32, \"height\": -1 }", "input.height")]
    [InlineData("\"input\": { \"width\": 20000, \"height\": 1 }", "16384")]
    [InlineData("\"input\": { \"width\": \"wide\", \"height\": 1 }", "input.width")]
    [InlineData("\"input\": { \"width\": 1, \"height\": 1, \"std\": [0] }", "std")]
    [InlineData("\"input\": { \"width\": 1, \"height\": 1, \"mean\": null }", "mean")]
    [InlineData("\"input\": { \"width\": 1, \"height\": 1, \"mean\": [1, 2] }", "mean")]
    [InlineData("\"input\": { \"width\": 1, \"height\": 1, \"layout\": \"spiral\" }", "layout")]
    [InlineData("\"input\": { \"width\": 1, \"height\": 1, \"layout\": 1 }", "layout")]
    [InlineData("\"input\": { \"width\": 1, \"height\": 1, \"element\": \"int64\" }", "element")]
    [InlineData("\"input\": { \"width\": 1, \"height\": 1, \"resize\": { \"padValue\": 256 } }", "padValue")]
    public void An_impossible_value_is_named(string field, string says)
    {
        string name = field[..(field.IndexOf(':') + 1)];
        string rest = name switch
        {
            "\"task\":" => """ "input": { "width": 32, "height": 16 } """,
            "\"input\":" => """ "task": "detect" """,
            _ => """ "task": "detect", "input": { "width": 32, "height": 16 } """,
        };
        Fails($$"""{ {{field}}, {{rest}}, "outputs": [ { "decoder": "yolo-dfl" } ] }""", says);
    }

    private static void Fails(string json, string says)
    {
        var e = Assert.Throws<SpecException>(() => ModelSpecValidator.Parse(json, "spec 'x.json'"));
        Assert.Contains("spec 'x.json'", e.Message);
        Assert.Contains(says, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }
}
