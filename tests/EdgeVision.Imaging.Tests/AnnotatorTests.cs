using System.Text.Json;
using EdgeVision.Imaging;
using Xunit;

namespace EdgeVision.Tests;

/// <summary>What is drawn lies where the results say; masks survive their run lengths.</summary>
public sealed class AnnotatorTests
{
    [Fact]
    public void A_box_and_its_label_are_drawn_where_they_belong()
    {
        using var frame = Gray();
        var result = Result(frame, new Box(60, 80, 160, 180));
        using var annotator = new Annotator();
        annotator.Draw(frame, result);
        Assert.True(Changed(frame, 56, 76, 164, 84), "the upper edge");
        Assert.True(Changed(frame, 60, 60, 120, 78), "the label above");
        Assert.False(Changed(frame, 80, 100, 140, 160), "the inside stays");
        Assert.False(Changed(frame, 200, 200, 300, 230), "the rest stays");
    }

    [Fact]
    public void A_label_stays_in_the_picture()
    {
        using var frame = Gray();
        using var annotator = new Annotator();
        annotator.Draw(frame, Result(frame, new Box(300, 0, 320, 20))); // top right: no room above or to the right
        Assert.True(Changed(frame, 200, 0, 300, 30));
    }

    [Fact]
    public void Letters_are_drawn_without_fonts_in_the_system()
    {
        using var one = Gray();
        using var other = Gray();
        using var annotator = new Annotator();
        annotator.Draw(one, Result(one, new Box(60, 80, 160, 180), "iii"));
        annotator.Draw(other, Result(other, new Box(60, 80, 160, 180), "WWW"));
        Assert.NotEqual(one.Data.ToArray(), other.Data.ToArray());
    }

    [Fact]
    public void A_mask_colours_its_pixels_only()
    {
        using var frame = Gray();
        var result = Result(frame, new Box(40, 40, 200, 200), masks: true);
        result.Detections.AddMask(0, 100, 100, 20, 20).Fill(1);
        using var annotator = new Annotator();
        annotator.Draw(frame, result);
        Assert.True(Changed(frame, 108, 108, 110, 110));
        Assert.False(Changed(frame, 130, 130, 140, 140));
    }

    [Fact]
    public void Run_lengths_of_the_reference_survive_decoding_and_encoding()
    {
        string path = SharedData.Path("golden", "ultralytics", "ultralytics.json");
        int masks = 0;
        foreach (var item in JsonDocument.Parse(File.ReadAllText(path)).RootElement.EnumerateArray())
        {
            if (!item.TryGetProperty("mask_rle_at_input", out var list))
            {
                continue;
            }

            int k = 0;
            foreach (var rle in list.EnumerateArray())
            {
                int height = rle.GetProperty("size")[0].GetInt32(), width = rle.GetProperty("size")[1].GetInt32();
                string counts = rle.GetProperty("counts").GetString()!;
                byte[] mask = RunLengthMask.Decode(counts, width, height);
                Assert.Equal(item.GetProperty("mask_area_at_input")[k++].GetDouble(), mask.Sum(m => (double)m));
                Assert.Equal(counts, RunLengthMask.Encode(width, height, (x, y) => mask[y * width + x] != 0));
                masks++;
            }
        }

        Assert.True(masks > 0);
    }

    [Theory]
    [InlineData("")] // too few pixels
    [InlineData("0i")] // ends inside a number
    [InlineData("\u0001")] // no run length
    [InlineData("PPPPPPPPPPPPPPPPPPPP")] // a number without end
    public void Damaged_run_lengths_are_refused(string counts) =>
        Assert.Throws<FormatException>(() => RunLengthMask.Decode(counts, 8, 8));

    private static Frame Gray()
    {
        var frame = Frame.Rent(PixelFormat.Bgra32, 320, 240);
        frame.MutableData.Fill(255);
        return frame;
    }

    private static VisionResult Result(Frame frame, Box box, string label = "thing", bool masks = false)
    {
        var result = new VisionResult { FrameWidth = frame.Width, FrameHeight = frame.Height, Transform = FrameTransform.Identity(frame.Width, frame.Height) };
        result.Detections.Clear(maskWidth: masks ? frame.Width : 0, maskHeight: masks ? frame.Height : 0);
        result.Detections.Labels = [label];
        result.Detections.Add(box, 0.9f, 0);
        return result;
    }

    private static bool Changed(Frame frame, int x1, int y1, int x2, int y2)
    {
        for (int y = y1; y < y2; y++)
        {
            if (frame.Data.Slice(y * frame.Stride + x1 * 4, (x2 - x1) * 4).ContainsAnyExcept((byte)255))
            {
                return true;
            }
        }

        return false;
    }
}
