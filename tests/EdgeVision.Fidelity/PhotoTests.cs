using System.Text.Json;
using EdgeVision.Tests;
using Xunit;

namespace EdgeVision.Fidelity;

/// <summary>Models by others on real photos, by the specs in samples/specs, through the command line.</summary>
public sealed class PhotoTests
{
    [Theory]
    [InlineData("scrfd_500m_bnkps", "yolov5_zidane.jpg", 2)]
    [InlineData("yunet", "yolov5_zidane.jpg", 2)]
    [InlineData("ultraface_rfb_320", "yolov5_zidane.jpg", 2)]
    [InlineData("ultraface_rfb_320_raw", "yolov5_zidane.jpg", 2)]
    public void Faces_are_found(string model, string image, int faces)
    {
        var found = Detect(model, image);
        Assert.Equal(faces, found.Length);

        // Where the two heads are in the photo, read off it: each face's centre lies in one of them.
        (double X1, double Y1, double X2, double Y2)[] heads = [(700, 30, 1150, 420), (300, 200, 600, 520)];
        foreach (var (x1, y1, x2, y2) in heads)
        {
            Assert.Single(found, f => (f.Box[0] + f.Box[2]) / 2 is var cx && cx > x1 && cx < x2 && (f.Box[1] + f.Box[3]) / 2 is var cy && cy > y1 && cy < y2);
        }
    }

    [Theory]
    [InlineData("scrfd_500m_bnkps")]
    [InlineData("yunet")]
    public void Faces_of_a_group_are_found(string model) => Assert.NotEmpty(Detect(model, "yolodotnet_people.jpg"));

    [Fact]
    public void Decoded_and_raw_UltraFace_agree()
    {
        var decoded = Detect("ultraface_rfb_320", "yolov5_zidane.jpg");
        var raw = Detect("ultraface_rfb_320_raw", "yolov5_zidane.jpg");
        Assert.Equal(decoded.Length, raw.Length);
        foreach (var (a, b) in decoded.Zip(raw))
        {
            Assert.Equal(a.Score, b.Score, 1e-3);
            for (int i = 0; i < 4; i++)
            {
                Assert.Equal(a.Box[i], b.Box[i], 0.5);
            }
        }
    }

    [Fact]
    public void FastestDet_finds_what_stands_in_the_street()
    {
        var dog = Detect("fastestdet", "yolox_dog.jpg").Select(d => d.Label).ToArray();
        Assert.Contains("dog", dog);
        Assert.Contains("bicycle", dog);
        Assert.Contains(dog, label => label is "car" or "truck" or "bus");
        var bus = Detect("fastestdet", "yolov5_bus.jpg").Select(d => d.Label).ToArray();
        Assert.Contains("bus", bus);
        Assert.True(bus.Count(label => label == "person") >= 2, string.Join(", ", bus));
    }

    private static (string Label, double Score, double[] Box)[] Detect(string model, string image)
    {
        string spec = Path.Combine(CommandLine.Repository, "samples", "specs", model + ".spec.json");
        var line = Assert.Single(CommandLine.Run("run", "--model", SharedData.Path("models", model + ".onnx"), "--spec", spec,
            "--source", SharedData.Path("images", image), "--json", "-").Json());
        return [.. line.GetProperty("detections").EnumerateArray().Select(d => (
            d.GetProperty("label").GetString()!,
            d.GetProperty("score").GetDouble(),
            d.GetProperty("box").EnumerateArray().Select(e => e.GetDouble()).ToArray()))];
    }
}
