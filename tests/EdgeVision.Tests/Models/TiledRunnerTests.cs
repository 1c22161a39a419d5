using EdgeVision.Onnx;
using EdgeVision.Suppression;
using Xunit;

namespace EdgeVision.Tests.Models;

/// <summary>Large pictures in tiles: how they are cut, what is found that the whole picture hides, how parts come together.</summary>
public sealed class TiledRunnerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-tiles-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(512, 512, 64, 64, 0.25)]
    [InlineData(1280, 720, 640, 640, 0.2)] // the last of a row is moved back
    [InlineData(1281, 721, 640, 480, 0.2)]
    [InlineData(1920, 1080, 640, 360, 0)] // just fits
    [InlineData(640, 480, 640, 480, 0.2)] // one
    [InlineData(100, 2000, 640, 640, 0.2)] // narrower than a tile
    [InlineData(7, 5, 3, 2, 0.5)]
    [InlineData(50, 50, 10, 10, 0.99)] // the next begins a pixel further
    [InlineData(1, 1, 640, 640, 0.2)]
    public void Pictures_are_cut_as_SAHI_cuts_them(int width, int height, int tileWidth, int tileHeight, double overlap)
    {
        var tiles = new List<Box>();
        TiledRunner.ComputeTiles(width, height, new TileOptions { Width = tileWidth, Height = tileHeight, Overlap = overlap }, tiles);

        // sahi/slicing.py, get_slice_bboxes.
        var expected = new List<Box>();
        int overlapX = (int)(overlap * tileWidth), overlapY = (int)(overlap * tileHeight);
        for (int yMin = 0, yMax = 0; yMax < height; yMin = yMax - overlapY)
        {
            yMax = yMin + tileHeight;
            for (int xMin = 0, xMax = 0; xMax < width; xMin = xMax - overlapX)
            {
                xMax = xMin + tileWidth;
                int right = Math.Min(width, xMax), bottom = Math.Min(height, yMax);
                expected.Add(new Box(Math.Max(0, right - tileWidth), Math.Max(0, bottom - tileHeight), right, bottom));
            }
        }

        Assert.Equal(expected, tiles);
    }

    [Fact]
    public void Tiles_find_what_the_whole_picture_is_too_small_for()
    {
        // White pixels on black: at 512 pixels in 64 the resize blends each with its neighbours below the threshold.
        using var model = VisionModel.Load(Dots());
        using var frame = Frame.Rent(PixelFormat.Gray8, 512, 512);
        frame.MutableData.Clear();
        var random = new Random(7);
        var dots = new HashSet<(int X, int Y)>();
        while (dots.Count < 40)
        {
            (int x, int y) = (random.Next(8, 504), random.Next(8, 504));
            if (dots.All(d => Math.Max(Math.Abs(d.X - x), Math.Abs(d.Y - y)) > 10))
            {
                dots.Add((x, y));
                frame.MutableData[y * frame.Stride + x] = 255;
            }
        }

        var result = new VisionResult();
        model.Run(frame, result);
        Assert.Equal(0, result.Detections.Count);

        var runner = new TiledRunner(model, new TileOptions { Width = 64, Height = 64, Overlap = 0.25 });
        runner.Run(frame, result);
        Assert.Equal(121, runner.Tiles.Length); // 11 a side, 48 pixels apart
        var found = result.Detections.Boxes.ToArray().Select(b => ((int)((b.X1 + b.X2) / 2), (int)((b.Y1 + b.Y2) / 2)));
        Assert.Equal(dots.Order(), found.Order()); // each once, though many lie in two or four tiles
        Assert.All(result.Detections.Boxes.ToArray(), b => Assert.Equal((6f, 6f), (b.Width, b.Height)));
        Assert.Equal((512, 512, true), (result.FrameWidth, result.FrameHeight, result.HasDetections));
        Assert.Equal("dot", result.Detections.GetLabel(0));
        Assert.Equal(FrameTransform.Identity(512, 512), result.Transform);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_whole_picture_is_looked_at_too_unless_left_out(bool full)
    {
        // The network sees the same box wherever it looks: 8 to 24 of its 32 pixels.
        using var model = VisionModel.Load(Constant());
        using var frame = Frame.Rent(PixelFormat.Gray8, 128, 128);
        var result = new VisionResult();
        new TiledRunner(model, new TileOptions { Width = 32, Height = 32, Overlap = 0, IncludeFullImage = full, Match = TileMatchMetric.Iou }).Run(frame, result);
        Assert.Equal(full ? 17 : 16, result.Detections.Count);
        Assert.Equal(full, result.Detections.Boxes.ToArray().Contains(new Box(32, 32, 96, 96)));
        Assert.Contains(new Box(104, 72, 120, 88), result.Detections.Boxes.ToArray());
    }

    [Fact]
    public void Masks_of_tiles_are_united_in_the_plane_of_the_frame()
    {
        using var model = VisionModel.Load(Constant());
        using var frame = Frame.Rent(PixelFormat.Gray8, 80, 60);
        var result = new VisionResult();
        var runner = new TiledRunner(model, new TileOptions { Width = 32, Height = 32, Overlap = 0.25, IncludeFullImage = false });
        runner.Run(frame, result);
        var d = result.Detections;

        // Rows of tiles begin at 0, 24 and 28: the second and the third show the same thing.
        Assert.Equal(9, runner.Tiles.Length);
        Assert.Equal(
            from y in (float[])[8, 32] from x in (float[])[8, 32, 56] select new Box(x, y, x + 16, y == 8 ? 24 : 52),
            d.Boxes.ToArray().OrderBy(b => b.Y1).ThenBy(b => b.X1));
        Assert.Equal((80, 60), (d.MaskWidth, d.MaskHeight));

        var part = new VisionResult();
        bool[] expected = new bool[80 * 60], found = new bool[80 * 60];
        foreach (var tile in runner.Tiles)
        {
            model.Run(frame, part, tile);
            var r = part.Detections.GetMaskRegion(0);
            for (int y = 0; y < r.Height; y++)
            {
                for (int x = 0; x < r.Width; x++)
                {
                    expected[((int)tile.Y1 + r.Y + y) * 80 + (int)tile.X1 + r.X + x] |= part.Detections.GetMask(0)[y * r.Width + x] != 0;
                }
            }
        }

        for (int i = 0; i < d.Count; i++)
        {
            var r = d.GetMaskRegion(i);
            for (int y = 0; y < r.Height; y++)
            {
                for (int x = 0; x < r.Width; x++)
                {
                    found[(r.Y + y) * 80 + r.X + x] |= d.GetMask(i)[y * r.Width + x] != 0;
                }
            }
        }

        Assert.True(expected.Count(v => v) > 1000);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Masks_of_the_whole_picture_are_stretched_to_it()
    {
        using var model = VisionModel.Load(Constant());
        using var frame = Frame.Rent(PixelFormat.Gray8, 320, 160);
        var result = new VisionResult();
        new TiledRunner(model, new TileOptions { Width = 400, Height = 400 }).Run(frame, result);
        var one = model.Run(frame);
        Assert.Equal(one.Detections.Boxes.ToArray(), result.Detections.Boxes.ToArray());
        Assert.Equal((320, 160), (result.Detections.MaskWidth, result.Detections.MaskHeight));
        var region = result.Detections.GetMaskRegion(0);
        var (r, mask) = (one.Detections.GetMaskRegion(0), one.Detections.GetMask(0).ToArray());
        for (int y = 0; y < 160; y++)
        {
            for (int x = 0; x < 320; x++)
            {
                int u = x / 10 - r.X, v = y / 5 - r.Y; // 32 columns of 10, 32 rows of 5
                bool expected = (uint)u < (uint)r.Width && (uint)v < (uint)r.Height && mask[v * r.Width + u] != 0;
                int fx = x - region.X, fy = y - region.Y;
                Assert.Equal(expected, (uint)fx < (uint)region.Width && (uint)fy < (uint)region.Height && result.Detections.GetMask(0)[fy * region.Width + fx] != 0);
            }
        }
    }

    [Theory]
    [InlineData("softmax")]
    [InlineData("embedding")]
    [InlineData("segmentation")]
    [InlineData("heatmap")] // finds nothing: it is told of a figure
    public void Models_without_boxes_to_find_are_refused(string decoder)
    {
        var graph = new OnnxGraphBuilder("none");
        var x = graph.AddInput("x", [1, 1, 24, 32]);
        bool map = decoder is "segmentation" or "heatmap";
        graph.AddOutput("y", map ? graph.AddNode("Relu", "relu", [x], [1, 1, 24, 32]) : graph.AddNode("Flatten", "flat", [x], [1, 768]));
        using var model = VisionModel.Load(Save(graph, $$"""{ "decoder": "{{decoder}}" }""", 32, 24));
        var e = Assert.Throws<SpecException>(() => new TiledRunner(model, new TileOptions { Width = 32, Height = 32 }));
        Assert.Contains($"'{decoder}'", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        using var model = VisionModel.Load(Constant());
        var good = new TileOptions { Width = 32, Height = 32 };
        TileOptions[] bad = [good with { Width = 0 }, good with { Height = -1 }, good with { Overlap = 1 }, good with { Overlap = -0.1 }, good with { Overlap = double.NaN }, good with { Threshold = 0 }, good with { Merge = (TileMergeMode)9 }];
        Assert.All(bad, options => Assert.Throws<ArgumentOutOfRangeException>(() => new TiledRunner(model, options)));

        // A million tiles would run for hours before anyone wonders.
        using var frame = Frame.Rent(PixelFormat.Gray8, 1000, 1000);
        var e = Assert.Throws<FrameFormatException>(() => new TiledRunner(model, good with { Width = 1, Height = 1 }).Run(frame, new VisionResult()));
        Assert.Contains("1000000 tiles", e.Message);
    }

    [Fact]
    public void A_stream_of_frames_allocates_nothing()
    {
        using var model = VisionModel.Load(Constant(), new RuntimeOptions { Threads = ThreadBudget.FromCores(1) });
        using var frame = Frame.Rent(PixelFormat.Gray8, 80, 60);
        var runner = new TiledRunner(model, new TileOptions { Width = 32, Height = 32 });
        var result = new VisionResult();
        for (int i = 0; i < 40; i++)
        {
            runner.Run(frame, result);
        }

        // The runtime may allocate once when it recompiles a hot method; what a run allocates shows in every twenty.
        long allocated = long.MaxValue;
        for (int attempt = 0; attempt < 4 && allocated > 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++)
            {
                runner.Run(frame, result);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
        Assert.True(result.Detections.Count > 1);
    }

    // Every pixel that outshines its neighbours is a dot of 6 pixels.
    private string Dots()
    {
        var graph = new OnnxGraphBuilder("dots");
        var x = graph.AddInput("x", [1, 1, 64, 64]);
        var both = graph.AddNode("Concat", "both", [x, x], [1, 2, 64, 64], attributes: [OnnxAttribute.Int("axis", 1)]);
        var nothing = graph.AddNode("Mul", "nothing", [both, graph.AddInitializer("zero", [0f], 1)], [1, 2, 64, 64]);
        graph.AddOutput("heat", x);
        graph.AddOutput("sizes", graph.AddNode("Add", "six", [nothing, graph.AddInitializer("side", [6f], 1)], [1, 2, 64, 64]));
        return Save(graph, """{ "decoder": "centernet", "labels": ["dot"], "parameters": { "activated": true } }""", 64, 64);
    }

    // One box with a round mask, wherever it looks.
    private string Constant()
    {
        var graph = new OnnxGraphBuilder("constant");
        graph.AddInput("x", [1, 1, 32, 32]);
        float[] disc = [.. Enumerable.Range(0, 196).Select(i => MathF.Pow(i % 14 - 6.5f, 2) + MathF.Pow(i / 14 - 6.5f, 2) < 49 ? 1f : 0f)];
        graph.AddOutput("boxes", graph.AddInitializer("b", [8f, 8, 24, 24], 1, 4));
        graph.AddOutput("labels", graph.AddInitializer("l", [1f], 1));
        graph.AddOutput("scores", graph.AddInitializer("s", [0.9f], 1));
        graph.AddOutput("masks", graph.AddInitializer("m", disc, 1, 1, 14, 14));
        return Save(graph, """{ "decoder": "mask-rcnn", "labels": ["thing"] }""", 32, 32);
    }

    private string Save(OnnxGraphBuilder graph, string head, int width, int height)
    {
        string path = Path.Combine(_folder, Path.GetRandomFileName() + ".onnx");
        graph.Build().Save(path);
        File.WriteAllText(Path.ChangeExtension(path, ".spec.json"),
            $$"""{ "task": "detect", "input": { "width": {{width}}, "height": {{height}}, "colorOrder": "gray", "resize": { "mode": "stretch" } }, "outputs": [ {{head}} ], "thresholds": { "confidence": 0.5 } }""");
        return path;
    }
}
