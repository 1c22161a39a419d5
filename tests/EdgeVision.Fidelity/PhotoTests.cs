using System.Text.Json;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Cli;
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
        (double X1, double Y1, double X2, double Y2)[] heads = [(850, 60, 1120, 330), (480, 200, 730, 480)];
        foreach (var (x1, y1, x2, y2) in heads)
        {
            Assert.Single(found, f => (f.Box[0] + f.Box[2]) / 2 is var cx && cx > x1 && cx < x2 && (f.Box[1] + f.Box[3]) / 2 is var cy && cy > y1 && cy < y2);
        }
    }

    [Theory]
    // These two see 320 and 128 pixels of a whole photo, in which a face is a dozen pixels wide: they look at a part of it.
    [InlineData("blazeface_front_128", "yolov5_zidane.jpg", "780,30,1180,430", 981, 187)]
    [InlineData("blazeface_front_128", "yolov5_zidane.jpg", "440,150,840,550", 592, 359)]
    [InlineData("blazeface_front_128", "yolodotnet_people.jpg", "20,490,140,610", 70, 539)]
    [InlineData("blazeface_front_128", "yolodotnet_people.jpg", "60,80,160,180", 111, 127)]
    [InlineData("ultraface_rfb_320", "yolodotnet_people.jpg", "20,490,140,610", 70, 539)]
    [InlineData("ultraface_rfb_320", "yolodotnet_people.jpg", "60,80,160,180", 111, 127)]
    public void A_face_is_found_in_a_part_of_the_photo(string model, string image, string crop, float x, float y)
    {
        var face = Assert.Single(Detect(model, image, "--crop", crop));
        Assert.Equal(x, (float)(face.Box[0] + face.Box[2]) / 2, 30f);
        Assert.Equal(y, (float)(face.Box[1] + face.Box[3]) / 2, 30f);
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

    private static (string Label, double Score, double[] Box)[] Detect(string model, string image, params string[] more)
    {
        string spec = Path.Combine(CommandLine.Repository, "samples", "specs", model + ".spec.json");
        var line = Assert.Single(CommandLine.Run(["run", "--model", SharedData.Path("models", model + ".onnx"), "--spec", spec,
            "--source", SharedData.Path("images", image), "--json", "-", .. more]).Json());
        return [.. line.GetProperty("detections").EnumerateArray().Select(d => (
            d.GetProperty("label").GetString()!,
            d.GetProperty("score").GetDouble(),
            d.GetProperty("box").EnumerateArray().Select(e => e.GetDouble()).ToArray()))];
    }
}
