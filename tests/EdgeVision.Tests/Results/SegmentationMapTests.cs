using Xunit;

namespace EdgeVision.Tests.Results;

/// <summary>A map of classes seen from the frame: letterbox, crop, both.</summary>
public sealed class SegmentationMapTests
{
    private static readonly FrameTransform
        Letterbox = new(0.25f, 0.25f, 0, 4, 0, 0, 20, 16, 80, 32), // 4 rows of padding above and below
        Pillars = new(0.5f, 0.5f, 3, 0, 0, 0, 16, 12, 20, 24), // 3 columns on either side
        Crop = new(2, 2, 0, 0, 5, 3, 16, 12, 30, 20), // frame columns 5 to 12, rows 3 to 8
        Stretch = new(0.7f, 1.3f, 0, 0, 0, 0, 21, 26, 30, 20),
        CutMiddle = new(1, 1, -4, 0, 0, 0, 8, 12, 16, 12); // columns 4 to 11 of 16

    // Columns 5 to 12 and rows 3 to 6, with two rows of padding above and below: what lies around the crop was not looked at.
    private static readonly FrameTransform CropInLetterbox = Crop with { PadY = 2, CropWidth = 8, CropHeight = 4 };

    public static TheoryData<FrameTransform> Transforms => [Letterbox, Pillars, Crop, Stretch, CutMiddle, CropInLetterbox];

    [Theory]
    [MemberData(nameof(Transforms))]
    public void The_frame_s_pixels_take_the_nearest_of_the_map(FrameTransform t)
    {
        var map = Random(t, 5);
        byte[] frame = new byte[t.FrameWidth * t.FrameHeight];
        frame.AsSpan().Fill(99); // all is written
        map.CopyToFrame(frame);
        for (int y = 0; y < t.FrameHeight; y++)
        {
            for (int x = 0; x < t.FrameWidth; x++)
            {
                double column = Math.Floor((x + 0.5 - t.CropX) * t.ScaleX + t.PadX), row = Math.Floor((y + 0.5 - t.CropY) * t.ScaleY + t.PadY);
                bool inCrop = x >= t.CropX && x < t.CropX + t.CropWidth && y >= t.CropY && y < t.CropY + t.CropHeight;
                byte expected = inCrop && column >= 0 && column < t.InputWidth && row >= 0 && row < t.InputHeight ? map.ClassIds[(int)row * t.InputWidth + (int)column] : (byte)0;
                Assert.Equal(expected, frame[y * t.FrameWidth + x]);
                Assert.Equal(expected, map.GetClassAt(x, y));
            }
        }

        Assert.Throws<ArgumentException>(() => map.CopyToFrame(new byte[frame.Length + 1]));
    }

    [Theory]
    [MemberData(nameof(Transforms))]
    public void Areas_leave_the_padding_out(FrameTransform t)
    {
        var map = Random(t, 3);
        long[] expected = new long[3], areas = [7, 7, 7];
        for (int y = 0; y < t.InputHeight; y++)
        {
            for (int x = 0; x < t.InputWidth; x++)
            {
                float fx = t.ToFrameX(x + 0.5f), fy = t.ToFrameY(y + 0.5f);
                if (fx >= t.CropX && fx < t.CropX + t.CropWidth && fy >= t.CropY && fy < t.CropY + t.CropHeight)
                {
                    expected[map.ClassIds[y * t.InputWidth + x]]++;
                }
            }
        }

        var (width, height) = map.CountAreas(areas);
        Assert.Equal(expected.Sum(), width * height);
        Assert.Equal(expected, areas);
        long[] two = new long[2];
        Assert.Equal((width, height), map.CountAreas(two)); // the third class is not asked for
        Assert.Equal(expected[..2], two);
    }

    [Theory]
    [MemberData(nameof(Transforms))]
    public void The_frame_s_own_pixels_are_counted_where_it_was_looked_at(FrameTransform t)
    {
        var map = Random(t, 4);
        byte[] frame = new byte[t.FrameWidth * t.FrameHeight];
        map.CopyToFrame(frame);
        long[] areas = new long[4];
        var (width, height) = map.CountFrameAreas(areas);
        Assert.Equal(((int)t.View.Width, (int)t.View.Height), (width, height));
        Assert.Equal(width * height, areas.Sum());
        Assert.Equal([frame.Count(id => id == 1), frame.Count(id => id == 2), frame.Count(id => id == 3)], areas[1..]);
    }

    [Fact]
    public void Known_pads_give_known_areas()
    {
        Assert.Equal((20, 8), Random(Letterbox, 2).CountAreas(new long[2]));
        Assert.Equal((10, 12), Random(Pillars, 2).CountAreas(new long[2]));
        Assert.Equal((16, 12), Random(Crop, 2).CountAreas(new long[2])); // the whole input shows the frame
        Assert.Equal((8, 12), Random(CutMiddle, 2).CountAreas(new long[2]));
        Assert.Equal((16, 8), Random(CropInLetterbox, 2).CountAreas(new long[2]));
    }

    [Fact]
    public void An_empty_map_is_class_0_everywhere()
    {
        var map = Random(Pillars, 5);
        map.Clear();
        Assert.Equal((0, 0, 0), (map.Width, map.Height, map.GetClassAt(5, 5)));
        long[] areas = [1, 2];
        Assert.Equal((0, 0), map.CountAreas(areas));
        Assert.Equal([0L, 0L], areas);
        Assert.Equal((0, 0), map.CountFrameAreas(areas));
    }

    private static SegmentationMap Random(FrameTransform t, int classes)
    {
        var map = new SegmentationMap();
        var random = new Random(2);
        foreach (ref byte id in map.Resize(t.InputWidth, t.InputHeight, t))
        {
            id = (byte)random.Next(classes);
        }

        return map;
    }
}
