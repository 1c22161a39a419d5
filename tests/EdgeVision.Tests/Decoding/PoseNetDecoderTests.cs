using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>PoseNet against plain code on arrays by cell and channel, in double precision, that follows the paper's and TensorFlow.js's rules.</summary>
public sealed class PoseNetDecoderTests
{
    private static readonly string[] Parts =
    [
        "nose", "leftEye", "rightEye", "leftEar", "rightEar", "leftShoulder", "rightShoulder", "leftElbow", "rightElbow",
        "leftWrist", "rightWrist", "leftHip", "rightHip", "leftKnee", "rightKnee", "leftAnkle", "rightAnkle",
    ];

    private static readonly string[] Chain =
    [
        "nose leftEye", "leftEye leftEar", "nose rightEye", "rightEye rightEar", "nose leftShoulder", "leftShoulder leftElbow", "leftElbow leftWrist",
        "leftShoulder leftHip", "leftHip leftKnee", "leftKnee leftAnkle", "nose rightShoulder", "rightShoulder rightElbow", "rightElbow rightWrist",
        "rightShoulder rightHip", "rightHip rightKnee", "rightKnee rightAnkle",
    ];

    [Theory]
    [InlineData(17, 9, 7, 16, "nchw", false)]
    [InlineData(17, 9, 7, 16, "nhwc", true)]
    [InlineData(5, 1, 1, 8, "nchw", true)] // one cell
    [InlineData(3, 23, 14, 32, "nhwc", false)] // other keypoints than a body's
    public void One_person_lies_at_the_greatest_values(int keypoints, int h, int w, int stride, string layout, bool activated)
    {
        var random = new Random(h * w);
        float[] heat = Values(random, keypoints * h * w, activated ? 1 : 8), offsets = Values(random, 2 * keypoints * h * w, 30);
        var d = Decode("single", layout, activated, keypoints, h, w, stride, $$""", "nmsRadius": 20""", heat, offsets, null, null);
        Assert.Equal(1, d.Count);
        double sum = 0;
        for (int k = 0; k < keypoints; k++)
        {
            int best = Enumerable.Range(0, h * w).MaxBy(cell => heat[k * h * w + cell]);
            double score = activated ? heat[k * h * w + best] : 1 / (1 + Math.Exp(-heat[k * h * w + best]));
            Near((best % w * stride + offsets[(keypoints + k) * h * w + best], best / w * stride + offsets[k * h * w + best], score), d.GetKeypoints(0)[k]);
            sum += score;
        }

        Assert.Equal(sum / keypoints, d.Scores[0], 1e-6);
    }

    [Theory]
    [InlineData(1, "nchw", 20)]
    [InlineData(2, "nhwc", 20)]
    [InlineData(3, "nchw", 0)] // only the very same place is taken
    [InlineData(4, "nhwc", 60)]
    [InlineData(5, "nchw", 1000)] // one pose takes everything
    public void Several_persons_are_those_of_the_plain_search(int seed, string layout, int radius)
    {
        const int h = 13, w = 17, stride = 16, most = 20;
        var random = new Random(seed);
        float[] heat = Values(random, 17 * h * w, 8), offsets = Values(random, 34 * h * w, 20), forward = Values(random, 32 * h * w, 120), backward = Values(random, 32 * h * w, 120);
        var d = Decode("multi", layout, false, 17, h, w, stride, $$""", "nmsRadius": {{radius}}, "rootThreshold": 0.9""", heat, offsets, forward, backward);
        var expected = Search(heat, offsets, forward, backward, h, w, stride, radius, 0.9, most).Where(p => p.Score > 0.01).OrderByDescending(p => p.Score).ToArray();
        Assert.True(radius == 1000 ? expected.Length == 1 : expected.Length > 5, $"{expected.Length} poses show little");
        Assert.Equal(expected.Length, d.Count);
        for (int i = 0; i < d.Count; i++)
        {
            Assert.Equal(expected[i].Score, d.Scores[i], 1e-5);
            for (int k = 0; k < 17; k++)
            {
                Near(expected[i].Points[k], d.GetKeypoints(i)[k]);
            }
        }
    }

    [Fact]
    public void Two_drawn_persons_are_found_and_stay_apart()
    {
        // Each keypoint of a person is one hot cell; displacements around it lead to its neighbours in the tree.
        const int h = 20, w = 40, stride = 8;
        float[] heat = [.. Enumerable.Repeat(-9f, 17 * h * w)], offsets = new float[34 * h * w], forward = new float[32 * h * w], backward = new float[32 * h * w];
        var random = new Random(11);
        (int X, int Y)[][] persons = [.. ((int[])[4, 24]).Select(left => Enumerable.Range(0, 17).Select(k => (left + random.Next(12), 1 + k)).ToArray())];
        foreach (var person in persons)
        {
            for (int k = 0; k < 17; k++)
            {
                int cell = person[k].Y * w + person[k].X;
                heat[k * h * w + cell] = 3 - 0.1f * k - (person == persons[1] ? 0.05f : 0);
                (offsets[k * h * w + cell], offsets[(17 + k) * h * w + cell]) = (2.5f, -1.5f);
            }

            for (int e = 0; e < 16; e++)
            {
                var (parent, child) = Edge(e);
                foreach (var (map, from, to) in ((float[], int, int)[])[(forward, parent, child), (backward, child, parent)])
                {
                    int cell = person[from].Y * w + person[from].X;
                    map[e * h * w + cell] = (person[to].Y - person[from].Y) * stride;
                    map[(16 + e) * h * w + cell] = (person[to].X - person[from].X) * stride;
                }
            }
        }

        var d = Decode("multi", "nchw", false, 17, h, w, stride, "", heat, offsets, forward, backward);
        Assert.Equal(2, d.Count);
        for (int i = 0; i < 2; i++)
        {
            for (int k = 0; k < 17; k++)
            {
                Assert.Equal((persons[i][k].X * stride - 1.5f, persons[i][k].Y * stride + 2.5f), (d.GetKeypoints(i)[k].X, d.GetKeypoints(i)[k].Y));
            }

            Assert.Equal(persons[i].Min(p => p.X) * stride - 1.5f, d.Boxes[i].X1);
            Assert.Equal(persons[i].Max(p => p.Y) * stride + 2.5f, d.Boxes[i].Y2);
        }
    }

    [Theory]
    [InlineData("single", 2, 17, 34, 0, 0)] // the graph fits, the maps of a run do not
    [InlineData("multi", 4, 16, 32, 32, 32)] // no body
    [InlineData("multi", 4, 17, 33, 32, 32)]
    [InlineData("multi", 4, 17, 34, 34, 32)]
    [InlineData("multi", 4, 17, 34, 32, 30)]
    [InlineData("single", 2, 17, 17, 0, 0)]
    public void Maps_that_do_not_fit_are_refused(string poses, int outputs, int heat, int offsets, int forward, int backward)
    {
        int[] channels = [heat, offsets, forward, backward];
        var spec = DecoderCase.SpecOf(64, 64, ["person"], $$"""{"poses": "{{poses}}"}""");
        (string, long[])[] shapes = [.. channels.Take(outputs).Select((c, i) => ($"map{i}", (long[])[1, c, 5, 5]))];
        if (poses == "single" && offsets == 34)
        {
            var decoder = DecoderCase.Create("posenet", spec, new(0.3f, 0.5f, 300, false), shapes);
            var other = new ArrayTensorSet(("map0", [1, 17, 5, 5], new float[17 * 25]), ("map1", [1, 34, 5, 4], new float[34 * 20]));
            Assert.Throws<ModelFormatException>(() => decoder.Decode(other, 0, FrameTransform.Identity(64, 64), new VisionResult()));
            return;
        }

        Assert.Throws<ModelFormatException>(() => DecoderCase.Create("posenet", spec, new(0.3f, 0.5f, 300, false), shapes));
    }

    private static Detections Decode(string poses, string layout, bool activated, int keypoints, int h, int w, int stride, string more, params float[]?[] maps)
    {
        var spec = DecoderCase.SpecOf(4096, 4096, ["person"], $$"""{"poses": "{{poses}}", "layout": "{{layout}}", "activated": {{(activated ? "true" : "false")}}, "stride": {{stride}}{{more}}}""");
        int[] channels = [keypoints, 2 * keypoints, 32, 32];
        (string, long[], float[])[] outputs = [.. maps.Where(m => m is not null).Select((m, i) =>
        {
            int c = channels[i];
            return layout == "nchw"
                ? ($"map{i}", (long[])[1, c, h, w], m!)
                : ($"map{i}", [1, h, w, c], [.. Enumerable.Range(0, h * w * c).Select(at => m![at % c * h * w + at / c])]);
        })];
        var result = new VisionResult();
        DecoderCase.Create("posenet", spec, new(0.01f, 0.5f, 300, false), [.. outputs.Select(o => (o.Item1, o.Item2))])
            .Decode(new ArrayTensorSet(outputs), 0, FrameTransform.Identity(4096, 4096), result);
        return result.Detections;
    }

    private static (int Parent, int Child) Edge(int e) => (Array.IndexOf(Parts, Chain[e].Split(' ')[0]), Array.IndexOf(Parts, Chain[e].Split(' ')[1]));

    private static float[] Values(Random random, int count, float range) =>
        [.. Enumerable.Range(0, count).Select(_ => range == 1 ? random.NextSingle() : (random.NextSingle() - 0.5f) * range)];

    private static List<(double Score, (double X, double Y, double Score)[] Points)> Search(float[] heat, float[] offsets, float[] forward, float[] backward, int h, int w, int stride, double radius, double threshold, int most)
    {
        int n = h * w;
        double Sigmoid(int k, int cell) => 1 / (1 + Math.Exp(-heat[k * n + cell]));
        int Cell(double x, double y) => Math.Clamp((int)Math.Floor(y / stride + 0.5), 0, h - 1) * w + Math.Clamp((int)Math.Floor(x / stride + 0.5), 0, w - 1);
        (double, double, double) At(int k, int cell) => (cell % w * stride + (double)offsets[(17 + k) * n + cell], cell / w * stride + (double)offsets[k * n + cell], Sigmoid(k, cell));
        var roots = from k in Enumerable.Range(0, 17)
                    from cell in Enumerable.Range(0, n)
                    where Sigmoid(k, cell) >= threshold
                    where Enumerable.Range(0, n).All(o => Math.Abs(o % w - cell % w) > 1 || Math.Abs(o / w - cell / w) > 1 || heat[k * n + o] <= heat[k * n + cell])
                    orderby heat[k * n + cell] descending
                    select (Keypoint: k, Cell: cell);
        var found = new List<(double Score, (double X, double Y, double Score)[] Points)>();
        bool Near((double X, double Y, double Score) p, int k) => found.Any(f => Math.Pow(f.Points[k].X - p.X, 2) + Math.Pow(f.Points[k].Y - p.Y, 2) <= radius * radius);
        foreach (var root in roots)
        {
            if (found.Count == most || Near(At(root.Keypoint, root.Cell), root.Keypoint))
            {
                continue;
            }

            var points = new (double X, double Y, double Score)?[17];
            points[root.Keypoint] = At(root.Keypoint, root.Cell);
            foreach (bool up in (bool[])[true, false])
            {
                foreach (int e in up ? Enumerable.Range(0, 16).Reverse() : Enumerable.Range(0, 16))
                {
                    var (from, to) = up ? (Edge(e).Child, Edge(e).Parent) : Edge(e);
                    if (points[from] is { } source && points[to] is null)
                    {
                        float[] map = up ? backward : forward;
                        int cell = Cell(source.X, source.Y);
                        points[to] = At(to, Cell(source.X + map[(16 + e) * n + cell], source.Y + map[e * n + cell]));
                    }
                }
            }

            var pose = points.Select(p => p!.Value).ToArray();
            found.Add((pose.Select((p, k) => Near(p, k) ? 0 : p.Score).Sum() / 17, pose));
        }

        return found;
    }

    private static void Near((double X, double Y, double Score) expected, Keypoint found) =>
        Assert.True(Math.Abs(expected.X - found.X) < 1e-3 && Math.Abs(expected.Y - found.Y) < 1e-3 && Math.Abs(expected.Score - found.Score) < 1e-5, $"{expected} and {found}");
}
