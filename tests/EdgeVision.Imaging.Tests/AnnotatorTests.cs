using System.Text.Json;
using EdgeVision.Results;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Imaging.Tests;

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
    public void Classes_of_pixels_are_coloured_and_background_is_left()
    {
        string[] labels = ["background", "road", "sky"];
        using var frame = Gray();
        var result = Pixels(frame, labels);
        using var annotator = new Annotator();
        annotator.Draw(frame, result);
        Assert.False(Changed(frame, 0, 0, 320, 80), "background");
        Assert.Equal(Half(1), Pixel(frame, 160, 85));
        Assert.Equal(Half(2), Pixel(frame, 300, 200));
        Assert.True(frame.Data[(frame.Height - 12) * frame.Stride + 4 * 8] < 100, "the legend lies dark in the lower left corner");

        // Class 0 by another name is a class like others.
        using var other = Gray();
        labels[0] = "grass";
        annotator.Draw(other, Pixels(other, labels));
        Assert.Equal(Half(0), Pixel(other, 160, 40));
    }

    [Fact]
    public void What_lies_beside_a_crop_has_no_class()
    {
        using var frame = Gray();
        var result = new VisionResult { FrameWidth = 320, FrameHeight = 240, Transform = new FrameTransform(1, 1, 0, 0, 100, 50, 80, 60, 320, 240) { CropWidth = 80, CropHeight = 60 } };
        result.Segmentation.Resize(80, 60, result.Transform).Fill(1);
        using var annotator = new Annotator();
        annotator.Draw(frame, result);
        Assert.Equal(Half(1), Pixel(frame, 100, 50));
        Assert.Equal(Half(1), Pixel(frame, 179, 109));
        Assert.False(Changed(frame, 0, 0, 320, 50));
        Assert.False(Changed(frame, 180, 0, 320, 240));
        Assert.False(Changed(frame, 80, 50, 100, 110));
    }

    [Fact]
    public void Distances_are_an_inset_near_in_red_and_far_in_blue()
    {
        using var frame = Gray();
        var result = new VisionResult { FrameWidth = 320, FrameHeight = 240, Transform = FrameTransform.Identity(320, 240) };
        var metres = result.Depth.Resize(32, 24, result.Transform);
        metres[..(16 * 24)].Fill(20);
        metres[(16 * 24)..].Fill(1.5f);
        using var annotator = new Annotator();
        annotator.Draw(frame, result);
        Assert.False(Changed(frame, 0, 0, 200, 240), "the picture stays but for its corner");
        var (near, far) = (DepthInset.GetColor(1), DepthInset.GetColor(0));
        Assert.True(near.Red > 2 * near.Blue && far.Blue > far.Red && far.Blue > far.Green);
        int[] rows = [.. Enumerable.Range(0, 240)];
        Assert.Contains(rows, y => Pixel(frame, 270, y) == (near.Red, near.Green, near.Blue));
        Assert.Contains(rows, y => Pixel(frame, 270, y) == (far.Red, far.Green, far.Blue));
        int top = rows.First(y => Pixel(frame, 270, y) == (far.Red, far.Green, far.Blue)), bottom = rows.First(y => Pixel(frame, 270, y) == (near.Red, near.Green, near.Blue));
        Assert.True(top < bottom, "far is above, as in the map");
    }

    [Fact]
    public void One_distance_alone_has_a_colour_too()
    {
        using var frame = Gray();
        var result = new VisionResult { FrameWidth = 320, FrameHeight = 240, Transform = FrameTransform.Identity(320, 240) };
        result.Depth.Resize(4, 3, result.Transform).Fill(2);
        using var annotator = new Annotator();
        annotator.Draw(frame, result);
        Assert.True(Changed(frame, 220, 160, 320, 240));
    }

    [Fact]
    public void A_top_down_pose_is_its_crop_its_keypoints_and_the_spec_s_skeleton()
    {
        using var bare = Gray();
        using var joined = Gray();
        var result = new VisionResult { FrameWidth = 320, FrameHeight = 240, Transform = FrameTransform.Identity(320, 240) };
        result.Detections.Clear(keypointCount: 3);
        result.Detections.Labels = ["figure"];
        result.Detections.Add(new Box(60, 40, 260, 220), 0.9f, 0);
        ((Keypoint[])[new(100, 100, 0.9f), new(200, 100, 0.9f), new(150, 180, 0.1f)]).CopyTo(result.Detections.GetMutableKeypoints(0));
        using var without = new Annotator();
        using var with = new Annotator([[0, 1], [1, 2], [0, 9]]); // the third keypoint is not seen, a tenth not there
        without.Draw(bare, result);
        with.Draw(joined, result);
        Assert.True(Changed(bare, 98, 98, 102, 102) && Changed(bare, 198, 98, 202, 102) && Changed(bare, 58, 100, 62, 140));
        Assert.False(Changed(bare, 145, 95, 155, 105));
        Assert.True(Changed(joined, 145, 95, 155, 105), "the limb");
        Assert.False(Changed(joined, 140, 150, 160, 190), "a keypoint that is not seen");
    }

    [Fact]
    public void Panels_leave_a_small_picture_to_be_seen()
    {
        // 160 x 128, as many networks look at: five classes fill neither its width nor half its height, and the best stays.
        using var frame = Frame.Rent(PixelFormat.Bgra32, 160, 128);
        frame.MutableData.Fill(255);
        var result = new VisionResult { FrameWidth = 160, FrameHeight = 128, Transform = FrameTransform.Identity(160, 128) };
        result.Classification.Set([0.9f, 0.04f, 0.03f, 0.02f, 0.01f], 5);
        result.Classification.Labels = ["street", "room", "night", "meadow", "beach"];
        using var annotator = new Annotator();
        annotator.Draw(frame, result);
        Assert.True(Changed(frame, 6, 6, 60, 16), "the best class");
        Assert.False(Changed(frame, 0, 64, 160, 128), "the lower half stays");
        Assert.False(Changed(frame, 144, 0, 160, 128), "nothing is cut off at the right");
    }

    [Fact]
    public void Distances_stand_on_the_legend_of_a_small_picture()
    {
        using var legend = Frame.Rent(PixelFormat.Bgra32, 160, 128);
        using var both = Frame.Rent(PixelFormat.Bgra32, 160, 128);
        legend.MutableData.Fill(255);
        both.MutableData.Fill(255);
        var t = FrameTransform.Identity(160, 128);
        var result = new VisionResult { FrameWidth = 160, FrameHeight = 128, Transform = t };
        result.Segmentation.Resize(160, 128, t).Fill(1);
        result.Segmentation.Labels = ["background", "a long name of a class"];
        using var annotator = new Annotator();
        annotator.Draw(legend, result);
        result.Depth.Resize(16, 12, t).Fill(2);
        annotator.Draw(both, result);

        // The legend begins at row 110 (two pads of 3 and a line of 11.9 from below): its name and share are still read.
        Assert.NotEqual(legend.Data.Slice(80 * legend.Stride, 640).ToArray(), both.Data.Slice(80 * both.Stride, 640).ToArray());
        for (int y = 111; y < 128; y++)
        {
            Assert.Equal(legend.Data.Slice(y * legend.Stride, 640).ToArray(), both.Data.Slice(y * both.Stride, 640).ToArray());
        }
    }

    [Fact]
    public void Labels_keep_off_the_panels()
    {
        // A box whose label would lie on the panel of classes: the panel's rows stay as they are without the box.
        using var alone = Gray();
        using var both = Gray();
        using var annotator = new Annotator();
        var result = new VisionResult { FrameWidth = 320, FrameHeight = 240, Transform = FrameTransform.Identity(320, 240) };
        result.Classification.Set([0.5f, 0.3f, 0.2f], 3);
        annotator.Draw(alone, result);
        result.Detections.Clear();
        result.Detections.Labels = ["thing"];
        result.Detections.Add(new Box(20, 60, 300, 200), 0.9f, 0);
        annotator.Draw(both, result);
        for (int y = 0; y < 56; y++)
        {
            Assert.Equal(alone.Data.Slice(y * alone.Stride, 320 * 4).ToArray(), both.Data.Slice(y * both.Stride, 320 * 4).ToArray());
        }
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

    // Three stripes one above the other, each 80 rows of the frame: classes 0, 1, 2.
    private static VisionResult Pixels(Frame frame, string[] labels)
    {
        var t = new FrameTransform(0.25f, 0.25f, 0, 0, 0, 0, 80, 60, frame.Width, frame.Height);
        var result = new VisionResult { FrameWidth = frame.Width, FrameHeight = frame.Height, Transform = t };
        var ids = result.Segmentation.Resize(80, 60, t);
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = (byte)(i / (80 * 20));
        }

        result.Segmentation.Labels = labels;
        return result;
    }

    // A class's colour at one half over white.
    private static (byte, byte, byte) Half(int id)
    {
        var colour = Annotator.GetColor(id);
        return (Over(colour.Red), Over(colour.Green), Over(colour.Blue));
        static byte Over(byte c) => (byte)((c * 128 + 255 * 127 + 127) / 255);
    }

    private static (byte Red, byte Green, byte Blue) Pixel(Frame frame, int x, int y)
    {
        var p = frame.Data.Slice(y * frame.Stride + x * 4, 4);
        return (p[2], p[1], p[0]);
    }

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
