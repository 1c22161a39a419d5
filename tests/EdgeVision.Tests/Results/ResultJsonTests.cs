using System.Buffers;
using System.Text.Json;
using EdgeVision.Results;
using Xunit;

namespace EdgeVision.Tests.Results;

/// <summary>One line of JSON a frame: what each part of a result becomes, and what is left out.</summary>
public sealed class ResultJsonTests
{
    [Theory]
    [InlineData(MaskPlane.Input, 2, 8, 13, 3)] // two rows of the input show the frame
    [InlineData(MaskPlane.None, 2, 8, 13, 3)]
    [InlineData(MaskPlane.Frame, 4, 16, 52, 12)]
    public void Areas_of_classes_add_up_to_their_plane(MaskPlane plane, int height, int width, long background, long road)
    {
        // A frame of 16 x 4 in the middle rows of 8 x 6; the padding is class 2.
        var t = new FrameTransform(0.5f, 0.5f, 0, 2, 0, 0, 8, 6, 16, 4);
        var result = new VisionResult { FrameWidth = 16, FrameHeight = 4, Transform = t };
        var ids = result.Segmentation.Resize(8, 6, t);
        ids.Fill(2);
        ids[16..32].Clear();
        ids[18..21].Fill(5);
        var json = Write(result, plane).GetProperty("segmentation");
        Assert.Equal([height, width], json.GetProperty("size").EnumerateArray().Select(v => v.GetInt32()));
        Assert.Equal($$"""{"0":{{background}},"5":{{road}}}""", json.GetProperty("class_areas").GetRawText());
    }

    [Fact]
    public void Distances_are_summed_up()
    {
        var result = new VisionResult();
        ((float[])[4, 1.5f, 2.25f]).CopyTo(result.Depth.Resize(3, 1, FrameTransform.Identity(6, 2)));
        var json = Write(result);
        Assert.Equal("""{"size":[1,3],"min":1.5,"median":2.25,"max":4}""", json.GetProperty("depth").GetRawText());
        Assert.False(json.TryGetProperty("detections", out _));
        Assert.False(json.TryGetProperty("segmentation", out _));
    }

    [Theory]
    [InlineData(true)] // boxes were looked for: none is a finding
    [InlineData(false)]
    public void Every_part_of_several_tasks_is_on_the_line(bool looked)
    {
        var t = FrameTransform.Identity(4, 4);
        var result = new VisionResult { HasDetections = looked };
        result.Classification.Set([0.25f, 0.75f], 2);
        result.Classification.Labels = ["night", "day"];
        result.Embedding.Resize(2).Fill(0.5f);
        result.Segmentation.Resize(4, 4, t).Clear();
        result.Depth.Resize(2, 2, t).Fill(3);
        var json = Write(result);
        string[] names = [.. json.EnumerateObject().Select(p => p.Name)];
        Assert.Equal(["source", "frame", "timestamp_ms", "width", "height", "model", .. (string[])(looked ? ["detections"] : []), "classes", "embedding", "segmentation", "depth", "timing_ms"], names);
        Assert.Equal("day", json.GetProperty("classes")[0].GetProperty("label").GetString());
        Assert.Equal("""{"0":16}""", json.GetProperty("segmentation").GetProperty("class_areas").GetRawText());
    }

    [Fact]
    public void Nothing_found_is_an_empty_list()
    {
        var result = new VisionResult();
        Assert.Equal(0, Write(result).GetProperty("detections").GetArrayLength());
    }

    [Fact]
    public void A_result_that_was_emptied_shows_nothing_of_before()
    {
        var t = FrameTransform.Identity(4, 4);
        var result = new VisionResult { HasDetections = true };
        result.Segmentation.Resize(4, 4, t).Clear();
        result.Depth.Resize(2, 2, t).Fill(3);
        result.Embedding.Resize(1).Fill(1);
        result.Clear();
        Assert.False(result.HasDetections);
        var json = Write(result);
        Assert.False(json.TryGetProperty("segmentation", out _) || json.TryGetProperty("depth", out _) || json.TryGetProperty("embedding", out _));
    }

    private static JsonElement Write(VisionResult result, MaskPlane plane = MaskPlane.Input)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            ResultJson.Write(writer, result, "a.png", 3, TimeSpan.FromMilliseconds(1.5), "m", plane);
        }

        return JsonDocument.Parse(buffer.WrittenMemory).RootElement;
    }
}
