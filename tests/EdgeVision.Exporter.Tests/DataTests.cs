using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Data.Drawn;
using EdgeVision.Exporter.Data.Folders;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Exporter.Tests;

/// <summary>Drawn pictures, augmentation and placement: labels stay on what they mark.</summary>
public class DataTests
{
    public static TheoryData<string> Kinds => [.. DrawnData.Kinds.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void APictureIsDecidedBySeedAndIndex(string kind)
    {
        LabelledImageSource a = DrawnData.Create(kind, 40, 3, 160, 128), b = DrawnData.Create(kind, 10, 3, 160, 128), c = DrawnData.Create(kind, 10, 4, 160, 128);
        Assert.Equal(a.Load(7).Rgb, b.Load(7).Rgb); // whatever the count
        Assert.Equal(a.Load(7).Objects.Select(o => o.Box), b.Load(7).Objects.Select(o => o.Box));
        Assert.NotEqual(a.Load(7).Rgb, a.Load(8).Rgb);
        Assert.NotEqual(a.Load(7).Rgb, c.Load(7).Rgb);
        Assert.Throws<ArgumentOutOfRangeException>(() => b.Load(10));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void LabelsLieInThePictureAndEveryClassOccurs(string kind)
    {
        int count = kind == "families" ? 240 : 60; // thirty emblems
        var source = DrawnData.Create(kind, count, 1, 160, 128);
        var objects = new HashSet<int>();
        var pictures = new HashSet<int>();
        for (int i = 0; i < count; i++)
        {
            var p = source.Load(i);
            Assert.Equal((160, 128, 160 * 128 * 3), (p.Width, p.Height, p.Rgb.Length));
            pictures.Add(p.ClassId);
            foreach (var o in p.Objects)
            {
                objects.Add(o.ClassId);
                Assert.True(o.Box is { X1: >= 0, Y1: >= 0 } && o.Box.X2 <= 160 && o.Box.Y2 <= 128 && o.Box.Width >= 8 && o.Box.Height >= 8, $"{p.Name}: {o.Box}");
                Assert.All(o.Keypoints, k => Assert.True(k.X >= 0 && k.X <= 160 && k.Y >= 0 && k.Y <= 128));
            }
        }

        Assert.Equal(source.Labels.Objects.Count, objects.Count);
        Assert.Equal(Math.Max(1, source.Labels.Pictures.Count), pictures.Count);
    }

    [Theory]
    [InlineData("shelves")]
    [InlineData("scenes")]
    public void MasksAreWhatTheOutlinesSay(string kind)
    {
        var source = DrawnData.Create(kind, 10, 2, 160, 128);
        for (int i = 0; i < 10; i++)
        {
            var p = source.Load(i);
            byte[] drawn = PolygonMask.Draw(p.Objects, p.Width, p.Height);
            int different = Enumerable.Range(0, drawn.Length).Count(k => drawn[k] > 0 != p.Mask![k] > 0);
            // Polygons have 36 corners, so round outlines differ by a line of pixels.
            int outline = p.Objects.Sum(o => (int)(2 * (o.Box.Width + o.Box.Height)));
            Assert.True(different <= outline / 4, $"{p.Name}: {different} pixels differ along {outline}");
        }
    }

    [Fact]
    public void DistancesOfThingsAreThoseOfTheirFeetAndTheSkyIsFar()
    {
        var source = DrawnData.Create("scenes", 20, 3, 160, 128);
        for (int i = 0; i < 20; i++)
        {
            var p = source.Load(i);
            Assert.All(p.Depth!, d => Assert.InRange(d, 1, 20));
            Assert.Equal(20, p.Depth![5]); // the top row is sky or wall
            Assert.True(p.Depth[^1] < p.Depth[p.Depth.Length / 2 + 80] + 15); // the ground is nearest at the bottom
            foreach (var o in p.Objects)
            {
                int x = (int)((o.Box.X1 + o.Box.X2) / 2), y = (int)(o.Box.Y2 - 2);
                if (p.Mask![y * 160 + x] == 1)
                {
                    Assert.InRange(p.Depth[y * 160 + x], 1.5f, 12);
                }
            }
        }
    }

    [Fact]
    public void FamiliesShareADesign()
    {
        var source = DrawnData.Create("families", 32, 5, 64, 64);
        for (int i = 0; i < 32; i++)
        {
            Assert.Equal(i / 8, source.Load(i).Identity);
            Assert.Equal(source.Load(i / 8 * 8).ClassId, source.Load(i).ClassId);
        }

        // Pictures of one emblem are nearer to each other in colour than to another emblem's, in the middle where it always lies.
        double Near(int a, int b) => Enumerable.Range(20, 24).SelectMany(y => Enumerable.Range(20 * 3, 72).Select(x => y * 192 + x)).Average(k => Math.Abs(source.Load(a).Rgb[k] - source.Load(b).Rgb[k]));
        Assert.True(Near(0, 1) < Near(0, 9));
    }

    [Fact]
    public void AMovingFigureMovesLittleFromFrameToFrame()
    {
        var source = DrawnData.Create("motion", 200, 1, 96, 128);
        double most = 0, all = 0;
        for (int i = 1; i < 200; i++)
        {
            var (a, b) = (source.Load(i - 1).Objects[0].Keypoints, source.Load(i).Objects[0].Keypoints);
            double step = a.Zip(b).Max(p => Math.Sqrt(Math.Pow(p.First.X - p.Second.X, 2) + Math.Pow(p.First.Y - p.Second.Y, 2)));
            most = Math.Max(most, step);
            all += step;
        }

        Assert.InRange(most, 0.1, 12);
        Assert.True(all > 100, "it does not move");
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("flip")]
    [InlineData("vertical")]
    [InlineData("crop")]
    [InlineData("scale")]
    [InlineData("rotate")]
    [InlineData("translate")]
    [InlineData("all")]
    public void GeometryMovesLabelsWithThePixels(string kind)
    {
        var augmentation = kind switch
        {
            "flip" => new Augmentation { Flip = 1 },
            "vertical" => new Augmentation { VerticalFlip = 1 },
            "crop" => new Augmentation { Crop = 1, SmallestCrop = 0.7 },
            "scale" => new Augmentation { Scale = [0.6, 1.4] },
            "rotate" => new Augmentation { Rotate = 20 },
            "translate" => new Augmentation { Translate = 0.15 },
            "all" => new Augmentation { Flip = 0.5, VerticalFlip = 0.5, Crop = 0.5, SmallestCrop = 0.7, Scale = [0.8, 1.2], Rotate = 15, Translate = 0.1 },
            _ => new Augmentation(),
        };
        var picture = Marked();
        int seen = 0;
        for (int seed = 0; seed < 30; seed++)
        {
            var moved = augmentation.Apply(picture, MarkedLabels, new Random(seed));
            if (kind == "nothing")
            {
                Assert.Same(picture.Rgb, moved.Rgb);
            }

            foreach (var item in moved.Objects)
            {
                var pixels = Measure(moved, item.ClassId == 0 ? 0 : 2);
                if (pixels is not { } m)
                {
                    continue;
                }

                seen++;
                Assert.True(Math.Abs(m.X1 - item.Box.X1) <= 1.5 && Math.Abs(m.Y1 - item.Box.Y1) <= 1.5 && Math.Abs(m.X2 - item.Box.X2) <= 1.5 && Math.Abs(m.Y2 - item.Box.Y2) <= 1.5,
                    $"seed {seed}: the box is {item.Box}, the pixels are {m}");
                foreach (var point in item.Keypoints.Where(k => k.Visibility > 0))
                {
                    int x = Math.Clamp((int)point.X, 0, moved.Width - 1), y = Math.Clamp((int)point.Y, 0, moved.Height - 1);
                    Assert.True(moved.Rgb[(y * moved.Width + x) * 3 + 1] > 100, $"seed {seed}: keypoint {point} is off its dot");
                }

                // The mask says 1 and 2 where the red and the blue rectangle are.
                int off = Enumerable.Range(0, moved.Mask!.Length).Count(i => moved.Mask[i] == item.ClassId + 1 != moved.Rgb[i * 3 + (item.ClassId == 0 ? 0 : 2)] > 127 && moved.Mask[i] != LabelledImage.IgnoredPixel && moved.Rgb[i * 3 + 1] < 60);
                Assert.True(off <= (m.Width + m.Height) * 2, $"seed {seed}: {off} pixels of the mask are off");
            }
        }

        Assert.True(seen >= 40, $"{seen} rectangles are too few to say anything");
    }

    [Fact]
    public void AMirrorImageExchangesLeftAndRightAndDataThatCannotSayIsRefused()
    {
        var picture = Marked();
        var labels = MarkedLabels with { Keypoints = ["left", "right"], MirroredKeypoints = [1, 0] };
        var moved = new Augmentation { Flip = 1 }.Apply(picture, labels, new Random(1));
        var (before, after) = (picture.Objects[0].Keypoints, moved.Objects[0].Keypoints);
        Assert.Equal(picture.Width - before[1].X, after[0].X, 1e-3);
        Assert.Equal(picture.Width - before[0].X, after[1].X, 1e-3);
        var e = Assert.Throws<EdgeVisionException>(() => new Augmentation { Flip = 1 }.Apply(picture, labels with { MirroredKeypoints = [] }, new Random(1)));
        Assert.Contains("mirror", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMosaicKeepsItsBoxesOnTheirRectangles()
    {
        var augmentation = new Augmentation { Mosaic = 1 };
        for (int seed = 0; seed < 20; seed++)
        {
            // Only the first picture has rectangles, so that what is measured is theirs.
            var moved = augmentation.Apply(Marked(), MarkedLabels, new Random(seed), () => new LabelledImage(new byte[120 * 100 * 3], 120, 100) { Mask = new byte[120 * 100] });
            foreach (var item in moved.Objects)
            {
                var m = Measure(moved, item.ClassId == 0 ? 0 : 2)!.Value;
                Assert.True(Math.Abs(m.X1 - item.Box.X1) <= 1.5 && Math.Abs(m.Y2 - item.Box.Y2) <= 1.5, $"seed {seed}: the box is {item.Box}, the pixels are {m}");
            }
        }
    }

    [Fact]
    public void TheGeneratorDecidesEverything()
    {
        var all = new Augmentation { Flip = 0.5, Crop = 0.5, Scale = [0.8, 1.2], Rotate = 10, Translate = 0.1, Colour = 0.4, Noise = 8, Blur = 0.5, Mosaic = 0.5, Erase = 0.5 };
        var a = all.Apply(Marked(), MarkedLabels, new Random(9), Marked);
        var b = all.Apply(Marked(), MarkedLabels, new Random(9), Marked);
        Assert.Equal(a.Rgb, b.Rgb);
        Assert.Equal(a.Objects.Select(o => o.Box), b.Objects.Select(o => o.Box));
        Assert.NotEqual(a.Rgb, all.Apply(Marked(), MarkedLabels, new Random(10), Marked).Rgb);
    }

    [Fact]
    public void ColourLeavesGreyGreyAndLabelsInPlace()
    {
        var grey = new LabelledImage([.. Enumerable.Repeat((byte)100, 30 * 20 * 3)], 30, 20) { Objects = [new LabelledObject(0, new Box(1, 2, 3, 4))] };
        var changed = new Augmentation { Colour = 0.5 }.Apply(grey, MarkedLabels, new Random(3));
        Assert.Equal(grey.Objects, changed.Objects);
        Assert.All(changed.Rgb.Chunk(3), p => Assert.True(p.Max() - p.Min() <= 2, string.Join(',', p)));
        Assert.Equal(100, grey.Rgb[0]); // the source is not touched
    }

    [Theory]
    [InlineData(ResizeMode.Letterbox)]
    [InlineData(ResizeMode.Stretch)]
    [InlineData(ResizeMode.TopLeft)]
    public void PlacementIsTheRuntimesOwnAndLabelsMoveWithIt(ResizeMode mode)
    {
        var picture = Marked();
        var input = new InputSpec { Width = 96, Height = 160, Resize = new ResizeSpec { Mode = mode } };
        var placed = InputFitter.Fit(picture, input, out byte[] planes, out var transform);
        var bytes = input with { Element = TensorElement.UInt8, Scale = 1, Mean = [0], Std = [1] };
        var expected = new byte[Preprocessor.GetByteCount(bytes)];
        using (var frame = Frame.Borrow(picture.Rgb, PixelFormat.Rgb24, picture.Width, picture.Height))
        {
            Assert.Equal(transform, new Preprocessor(bytes).Process(frame, expected));
        }

        Assert.Equal(expected, planes);
        foreach (var item in placed.Objects)
        {
            var m = Measure(placed, item.ClassId == 0 ? 0 : 2, 160)!.Value; // the padding is grey 114
            Assert.True(Math.Abs(m.X1 - item.Box.X1) <= 1.5 && Math.Abs(m.Y1 - item.Box.Y1) <= 1.5 && Math.Abs(m.X2 - item.Box.X2) <= 1.5 && Math.Abs(m.Y2 - item.Box.Y2) <= 1.5, $"{item.Box} {m}");
        }

        bool pads = mode != ResizeMode.Stretch;
        Assert.Equal(pads, placed.Mask!.Contains(LabelledImage.IgnoredPixel));
        Assert.Equal(pads, placed.Depth!.Any(float.IsNaN));
    }

    [Fact]
    public void ReportsCountAndWarn()
    {
        var report = new DataReport(MarkedLabels);
        report.Add(Marked());
        report.Add(Marked() with { Name = "again" });
        report.Add(new LabelledImage(new byte[12], 2, 2) { Name = "empty" });
        report.Add(new LabelledImage(new byte[48], 4, 4) { Name = "bad", Objects = [new LabelledObject(0, new Box(1, 1, 9, 2)), new LabelledObject(1, new Box(1, 1, 2, 2))] });
        var counts = report.Counts.ToDictionary();
        Assert.Equal((3, 3), (counts["object: red"], counts["object: blue"]));
        string problems = string.Join('\n', report.Problems);
        foreach (string part in (string[])["have no labels, such as empty", "beyond their image", "a side below", "occur twice"])
        {
            Assert.Contains(part, problems, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AContactSheetIsAPictureOfAllItsPictures()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.png");
        ContactSheet.Save(path, [.. Enumerable.Range(0, 5).Select(i => DrawnData.Create("scenes", 5, 1, 160, 128).Load(i))], DrawnData.Create("scenes", 1, 1, 160, 128).Labels, 3);
        using (var bitmap = SkiaSharp.SKBitmap.Decode(path))
        {
            Assert.Equal((320 * 3, (256 + 18) * 2), (bitmap.Width, bitmap.Height));
        }

        File.Delete(path);
    }

    private static DataLabels MarkedLabels => new() { Objects = ["red", "blue"], Pixels = ["background", "red", "blue"] };

    // A red and a blue rectangle on black, green dots at keypoints, a mask and distances.
    private static LabelledImage Marked()
    {
        const int w = 120, h = 100;
        var rgb = new byte[w * h * 3];
        var mask = new byte[w * h];
        (Box Box, int Channel)[] rectangles = [(new Box(30, 25, 62, 50), 0), (new Box(70, 55, 95, 80), 2)];
        var objects = new List<LabelledObject>();
        foreach (var ((box, channel), id) in rectangles.Select((r, i) => (r, i)))
        {
            for (int y = (int)box.Y1; y < box.Y2; y++)
            {
                for (int x = (int)box.X1; x < box.X2; x++)
                {
                    rgb[(y * w + x) * 3 + channel] = 255;
                    mask[y * w + x] = (byte)(id + 1);
                }
            }

            LabelledKeypoint[] points = [new(box.X1 + 8, box.Y1 + 12, 2), new(box.X2 - 8, box.Y1 + 12, 2)];
            foreach (var p in points)
            {
                for (int y = (int)p.Y - 3; y < p.Y + 3; y++)
                {
                    for (int x = (int)p.X - 3; x < p.X + 3; x++)
                    {
                        rgb[(y * w + x) * 3 + 1] = 255;
                    }
                }
            }

            objects.Add(new LabelledObject(id, box)
            {
                Keypoints = points, Polygons = [[box.X1, box.Y1, box.X2, box.Y1, box.X2, box.Y2, box.X1, box.Y2]],
            });
        }

        return new LabelledImage(rgb, w, h) { Name = "marked", Objects = objects, Mask = mask, Depth = [.. Enumerable.Repeat(3f, w * h)] };
    }

    private static Box? Measure(LabelledImage picture, int channel, int level = 127)
    {
        int x1 = int.MaxValue, y1 = int.MaxValue, x2 = -1, y2 = -1;
        for (int y = 0; y < picture.Height; y++)
        {
            for (int x = 0; x < picture.Width; x++)
            {
                if (picture.Rgb[(y * picture.Width + x) * 3 + channel] > level)
                {
                    (x1, y1, x2, y2) = (Math.Min(x1, x), Math.Min(y1, y), Math.Max(x2, x + 1), Math.Max(y2, y + 1));
                }
            }
        }

        return x2 < 0 ? null : new Box(x1, y1, x2, y2);
    }
}
