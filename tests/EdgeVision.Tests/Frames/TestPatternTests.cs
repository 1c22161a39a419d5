using EdgeVision.Frames;
using Xunit;

namespace EdgeVision.Tests.Frames;

/// <summary>The drawn scene: its truth is in its pixels, in every format, and its number can be read back.</summary>
public sealed class TestPatternTests
{
    [Theory]
    [InlineData(PixelFormat.Gray8)] // one plane
    [InlineData(PixelFormat.Bgr24)] // three bytes a pixel
    [InlineData(PixelFormat.Rgb24)] // the other order
    [InlineData(PixelFormat.Bgra32)] // four bytes a pixel
    [InlineData(PixelFormat.Rgba32)]
    [InlineData(PixelFormat.Nv12)] // half-size colour, interleaved
    [InlineData(PixelFormat.I420)] // half-size colour, in planes
    [InlineData(PixelFormat.Yuy2)] // two pixels together
    public void Objects_are_where_the_truth_says_in_every_format(PixelFormat format)
    {
        var options = new TestPatternOptions { Width = 320, Height = 240, Format = format, ObjectCount = 7, Seed = 3 };
        var pattern = new TestPattern(options);
        using var frame = Frame.Rent(format, 320, 240);
        for (long number = 0; number < 200; number += 13)
        {
            pattern.Draw(frame, number);
            var truth = pattern.GetObjects(number);
            Assert.Equal(Enumerable.Range(1, 7), truth.Select(o => o.Id));
            int seen = 0;
            for (int i = 0; i < truth.Count; i++)
            {
                var box = truth[i].Box;
                Assert.True(box.X1 >= 0 && box.Y1 >= 0 && box.X2 <= 320 && box.Y2 <= 240);
                (int x, int y) = ((int)(box.X1 + box.X2) / 2, (int)(box.Y1 + box.Y2) / 2);
                bool covered = truth.Skip(i + 1).Any(o => Holds(o.Box, x, y)) || Holds(new Box(0, 0, 33, 21), x, y);
                if (!covered)
                {
                    AssertColour(pattern.GetColor(i), frame, x, y);
                    seen++;
                }
            }

            Assert.True(seen >= 3, $"frame {number}: {seen} of 7 objects are seen");
            Assert.Equal(number, TestPattern.ReadSequence(frame));
        }
    }

    [Fact]
    public void A_rectangle_fills_its_box_and_nothing_beside_it()
    {
        var pattern = new TestPattern(new TestPatternOptions { Width = 321, Height = 241, ObjectCount = 1, Seed = 9 });
        using var frame = Frame.Rent(PixelFormat.Bgr24, 321, 241);
        pattern.Draw(frame, 50);
        var (box, colour) = (pattern.GetObject(50, 0).Box, pattern.GetColor(0));
        int inside = 0;
        for (int y = 0; y < 241; y++)
        {
            for (int x = 0; x < 321; x++)
            {
                var pixel = frame.Data.Slice(y * frame.Stride + 3 * x, 3);
                inside += pixel.SequenceEqual([colour.Blue, colour.Green, colour.Red]) ? 1 : 0;
            }
        }

        Assert.Equal((int)((box.X2 - box.X1) * (box.Y2 - box.Y1)), inside);
    }

    [Fact]
    public void Equal_seeds_give_equal_pictures_and_others_do_not()
    {
        byte[] Picture(int seed, long number)
        {
            using var frame = Frame.Rent(PixelFormat.Nv12, 320, 240);
            new TestPattern(new TestPatternOptions { Width = 320, Height = 240, Format = PixelFormat.Nv12, Seed = seed }).Draw(frame, number);
            return frame.Data.ToArray();
        }

        Assert.Equal(Picture(1, 77), Picture(1, 77));
        Assert.NotEqual(Picture(1, 77), Picture(2, 77));
        Assert.NotEqual(Picture(1, 77), Picture(1, 78));
    }

    [Fact]
    public void Objects_move_a_little_from_frame_to_frame_and_do_not_stand_still()
    {
        var pattern = new TestPattern(new TestPatternOptions { ObjectCount = 20 });
        for (int i = 0; i < pattern.Count; i++)
        {
            for (long n = 0; n < 1000; n++)
            {
                Box a = pattern.GetObject(n, i).Box, b = pattern.GetObject(n + 1, i).Box;
                Assert.True(Math.Abs(a.X1 - b.X1) <= 10 && Math.Abs(a.Y1 - b.Y1) <= 10, $"object {i + 1} leaps in frame {n}");
            }

            Assert.NotEqual(pattern.GetObject(0, i).Box, pattern.GetObject(60, i).Box);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4_000_000_123)] // uses all 32 bits
    [InlineData(0xA5A5A5A5)]
    public void The_number_is_read_through_the_noise_of_a_lossy_coder(long number)
    {
        using var frame = Frame.Rent(PixelFormat.Gray8, 640, 480);
        new TestPattern(new TestPatternOptions { Format = PixelFormat.Gray8 }).Draw(frame, number);
        var random = new Random(5);
        foreach (ref byte value in frame.MutableData)
        {
            value = (byte)Math.Clamp(value + random.Next(-90, 91), 0, 255);
        }

        Assert.Equal(number, TestPattern.ReadSequence(frame));
    }

    [Fact]
    public void A_picture_without_a_number_gives_none()
    {
        using var frame = Frame.Rent(PixelFormat.Gray8, 640, 480);
        frame.MutableData.Clear();
        Assert.Null(TestPattern.ReadSequence(frame));
        using var tiny = Frame.Rent(PixelFormat.Gray8, 8, 8);
        tiny.MutableData.Clear();
        Assert.Null(TestPattern.ReadSequence(tiny));
    }

    private static bool Holds(Box box, int x, int y) => x >= box.X1 && x < box.X2 && y >= box.Y1 && y < box.Y2;

    private static void AssertColour(PatternColor colour, Frame frame, int x, int y)
    {
        // One pixel of the colour in a frame of its own says what its bytes are; the formulas of YUV are checked by the camera format tests.
        double luma = (0.299 * colour.Red + 0.587 * colour.Green + 0.114 * colour.Blue) / 255;
        switch (frame.Format)
        {
            case PixelFormat.Gray8:
                Assert.Equal(255 * luma, frame.Data[y * frame.Stride + x], 1.0);
                break;
            case PixelFormat.Nv12:
                Assert.Equal(16 + 219 * luma, frame.Data[y * frame.Stride + x], 1.0);
                AssertChroma(colour, frame.GetPlane(1)[y / 2 * frame.Stride + x / 2 * 2], frame.GetPlane(1)[y / 2 * frame.Stride + x / 2 * 2 + 1]);
                break;
            case PixelFormat.I420:
                Assert.Equal(16 + 219 * luma, frame.Data[y * frame.Stride + x], 1.0);
                AssertChroma(colour, frame.GetPlane(1)[y / 2 * (frame.Stride / 2) + x / 2], frame.GetPlane(2)[y / 2 * (frame.Stride / 2) + x / 2]);
                break;
            case PixelFormat.Yuy2:
                Assert.Equal(16 + 219 * luma, frame.Data[y * frame.Stride + 2 * x], 1.0);
                AssertChroma(colour, frame.Data[y * frame.Stride + x / 2 * 4 + 1], frame.Data[y * frame.Stride + x / 2 * 4 + 3]);
                break;
            default:
                var pixel = frame.Data.Slice(y * frame.Stride + x * Frame.GetBytesPerPixel(frame.Format), 3);
                bool red = frame.Format is PixelFormat.Rgb24 or PixelFormat.Rgba32;
                Assert.Equal(red ? [colour.Red, colour.Green, colour.Blue] : new[] { colour.Blue, colour.Green, colour.Red }, pixel.ToArray());
                break;
        }
    }

    private static void AssertChroma(PatternColor colour, byte u, byte v)
    {
        double luma = 0.299 * colour.Red + 0.587 * colour.Green + 0.114 * colour.Blue;
        Assert.Equal(128 + (colour.Blue - luma) / 1.772 * 224 / 255, u, 1.0);
        Assert.Equal(128 + (colour.Red - luma) / 1.402 * 224 / 255, v, 1.0);
    }
}
