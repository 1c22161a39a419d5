using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using EdgeVision.Decoding;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Fuzzing;

/// <summary>
/// Throws hostile tensors, shapes and parameters at a decoder for as long as <c>EDGEVISION_FUZZ_SECONDS</c> (3) says: each is read into results that
/// make sense, or refused with one of our errors in one line. Every round has a seed of its own; a failure names it, and
/// <c>EDGEVISION_FUZZ_SEED</c> begins with it.
/// </summary>
internal static class DecoderFuzz
{
    private static readonly float[] Specials =
    [
        float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue, float.Epsilon, -float.Epsilon, 1.2e-38f, -0f, 0, 1, -1, 0.5f,
        1e-20f, 1e20f, -1e20f, 3e38f, -3e38f, 2147483648f, -2147483904f, 4294967296f, 16777217f, 88.8f, -104, 65504,
    ];

    private static readonly long[] Sizes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 16, 17, 20, 53, 64, 80, -1];

    private static readonly long[] DeclaredSizes =
        [.. Sizes, 255, 257, 1024, 65536, 1 << 20, int.MaxValue, 1L << 31, (1L << 32) + 4, 1L << 40, long.MaxValue, -2, int.MinValue, long.MinValue];

    private static readonly string[] Parameters =
    [
        "activated", "anchors", "anchorsPerCell", "applied", "background", "bins", "classes", "clip", "coefficients", "columns", "decoded", "exponential", "firstClass", "format",
        "formula", "kernel", "keypoints", "log", "minBoxes", "minSize", "minSizes", "multiLabel", "normalize", "offset", "order", "peak", "postNms", "preNms", "preset", "ratios",
        "refinement", "scale", "scaleXy", "scales", "scores", "sizes", "softmax", "splitRatio", "strides", "threshold", "top", "topk", "unit", "variances", "weights",
    ];

    private static readonly string[] Values =
    [
        "null", "true", "false", "{}", "[]", "\"\"", "\"v3\"", "\"yxyx\"", "\"cxcywh\"", "\"classes-first\"", "\"palm\"", "\"udp\"", "\"none\"", "[\"boxes\", \"scores\"]",
        "[\"x1\", \"y1\", \"x2\", \"y2\", \"score\"]", "[[]]", "[[1, 2], [3, 4]]", "[[8], [16]]", "[1, 2]", "[8, 16]", "[1]", "[64]", "[0.5, 0.5]", "[1e-30]", "[1e30, 1e30]",
    ];

    private static readonly string[] Numbers =
        ["0", "1", "2", "3", "4", "5", "-1", "0.5", "16", "17", "255", "1024", "65536", "67108864", "1073741824", "2147483647", "-2147483648", "2147483648", "1e-38", "1e38", "1e39", "-0"];

    public static double Seconds { get; } = double.TryParse(Environment.GetEnvironmentVariable("EDGEVISION_FUZZ_SECONDS"), NumberStyles.Float, CultureInfo.InvariantCulture, out double s) ? s : 3;

    public static int? FirstSeed { get; } = int.TryParse(Environment.GetEnvironmentVariable("EDGEVISION_FUZZ_SEED"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seed) ? seed : null;

    public static void Run(string decoder)
    {
        var c = DecoderCase.Of(decoder);
        var good = c.Tensors(1);
        string expected = Decoded(c.Create(), good, c.Transform);
        var used = c.Create();
        int seed = FirstSeed ?? Random.Shared.Next(), read = 0, refused = 0;
        var clock = Stopwatch.StartNew();
        do
        {
            try
            {
                var random = new Random(seed);
                bool accepted = random.Next(4) switch
                {
                    0 => Created(DecoderCase.Of(decoder), random),
                    1 => Accepts(() => Check(c, c.Create(OptionsOf(random, c)), Reshaped(c, random), random)),
                    2 => Accepts(() => Check(c, c.Create(OptionsOf(random, c)), Hostile(c, [.. c.Outputs.Select(o => o.Shape)], random), random)),
                    _ => Accepts(() => Check(c, used, Hostile(c, [.. c.Outputs.Select(o => o.Shape)], random), random)),
                };
                (read, refused) = accepted ? (read + 1, refused) : (read, refused + 1);

                // What was hostile leaves nothing behind.
                Assert.Equal(expected, Decoded(used, good, c.Transform));
            }
            catch (Exception e)
            {
                Assert.Fail($"{decoder}: EDGEVISION_FUZZ_SEED={seed} repeats this: {e}");
            }

            seed = unchecked(seed + 1);
        }
        while (clock.Elapsed.TotalSeconds < Seconds);
        Assert.True(FirstSeed is not null || read > 0 && refused > 0, $"{read} read and {refused} refused: too short to show anything");
    }

    private static DecoderOptions OptionsOf(Random random, DecoderCase c) => new(
        Pick(random, 0, c.Options.Confidence, c.Options.Confidence, 0.999f, 1),
        Pick(random, 0, 0.5f, 1),
        Pick(random, 1, 5, 300, int.MaxValue),
        random.Next(2) == 0);

    private static bool Accepts(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (EdgeVisionException e) when (e is ModelFormatException or InvalidOutputException or SpecException)
        {
            Assert.DoesNotContain('\n', e.Message);
            Assert.NotEqual("", e.Message);
            return false;
        }
    }

    // Shapes as a graph may declare them, and parameters as a file may hold them; what is made of them must read tensors of such shapes.
    private static bool Created(DecoderCase c, Random random)
    {
        var outputs = c.Outputs.Select(o => (o.Name, o.Shape)).ToList();
        for (int changes = random.Next(4); changes > 0; changes--)
        {
            int at = random.Next(outputs.Count);
            outputs[at] = (outputs[at].Name, random.Next(3) == 0 ? Shape(random, DeclaredSizes) : Changed(outputs[at].Shape, random, DeclaredSizes));
        }

        if (random.Next(8) == 0)
        {
            outputs.RemoveAt(random.Next(outputs.Count));
        }
        else if (random.Next(8) == 0)
        {
            outputs.Insert(random.Next(outputs.Count + 1), ("more", Shape(random, DeclaredSizes)));
        }

        for (int changes = random.Next(3); changes > 0; changes--)
        {
            var parameters = c.Spec.Outputs[0].Parameters;
            string[] known = random.Next(2) == 0 && parameters.Count > 0 ? [.. parameters.Keys] : Parameters;
            parameters[Pick(random, known)] = JsonDocument.Parse(Json(random)).RootElement;
        }

        if (random.Next(4) == 0)
        {
            c.Spec.Labels = [.. Enumerable.Range(0, random.Next(5)).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        }

        return Accepts(() =>
        {
            var made = DecoderCase.Create(c.Decoder, c.Spec, OptionsOf(random, c), [.. outputs]);

            // Open and absurd sizes become small ones; a graph of other shapes than the case's has tensors of any values.
            var tensors = new ArrayTensorSet([.. outputs.Select(o =>
            {
                long[] shape = [.. o.Shape.Select(d => d is >= 0 and <= 1024 ? d : random.Next(1, 9))];
                shape = shape.Aggregate(1.0, (a, b) => a * b) <= 1 << 18 ? shape : [.. shape.Select(d => Math.Min(d, 8))];
                return (o.Name, shape, DecoderCase.Values(random, shape, (r, _) => Value(r)));
            })]);
            Check(c, made, tensors, random);
        });
    }

    private static string Json(Random random) => random.Next(4) switch
    {
        0 => Pick(random, Values),
        1 => "[" + string.Join(", ", Enumerable.Range(0, random.Next(1, 5)).Select(_ => Pick(random, Numbers))) + "]",
        2 => "[" + string.Join(", ", Enumerable.Range(0, random.Next(1, 3)).Select(_ => "[" + string.Join(", ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => Pick(random, Numbers))) + "]")) + "]",
        _ => Pick(random, Numbers),
    };

    private static long[] Shape(Random random, long[] sizes) => [.. Enumerable.Range(0, random.Next(7)).Select(_ => Pick(random, sizes))];

    private static long[] Changed(long[] shape, Random random, long[] sizes)
    {
        long[] changed = shape.Length > 0 ? [.. shape] : [1];
        changed[random.Next(changed.Length)] = Pick(random, sizes);
        return changed;
    }

    // Shapes of a run other than the graph declared; data that fit them.
    private static ArrayTensorSet Reshaped(DecoderCase c, Random random)
    {
        long[] sizes = Sizes[..^1];
        var shapes = c.Outputs.Select(o => o.Shape).ToArray();
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            int at = random.Next(shapes.Length);
            var changed = random.Next(3) == 0 ? Shape(random, sizes) : Changed(shapes[at], random, sizes);
            shapes[at] = changed.Aggregate(1L, (a, b) => a * b) <= 1 << 18 ? changed : shapes[at];
        }

        return Hostile(c, shapes, random);
    }

    private static ArrayTensorSet Hostile(DecoderCase c, long[][] shapes, Random random) => new([.. c.Outputs.Select((o, i) =>
    {
        int kind = random.Next(9);
        float special = Pick(random, Specials), scale = Pick(random, 1e-30f, 1e6f, 1e30f, -1);
        float[] data = DecoderCase.Values(random, shapes[i], (r, k) => kind switch
        {
            0 => Value(r), // any bits
            1 or 2 => o.Fill(r, k),
            3 => special,
            4 => r.Next(-2, 20),
            5 => MathF.Round(o.Fill(r, k) * 2) / 2, // ties
            6 => o.Fill(r, k) * scale,
            7 => (r.NextSingle() - 0.5f) * 2 * 3e38f,
            _ => r.Next(9) == 0 ? Pick(r, Specials) : o.Fill(r, k),
        });
        if (kind == 2 && data.Length > 0)
        {
            data[random.Next(data.Length)] = Pick(random, Specials);
        }

        return (o.Name, shapes[i], data);
    })]);

    private static float Value(Random random) => random.Next(3) == 0 ? Pick(random, Specials) : BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];

    private static string Decoded(OutputDecoder decoder, TensorSet tensors, in FrameTransform transform)
    {
        var result = new VisionResult();
        decoder.Decode(tensors, 0, transform, result);
        return DecoderCase.Show(result);
    }

    private static void Check(DecoderCase c, OutputDecoder decoder, TensorSet tensors, Random random)
    {
        var transform = c.Transform;
        if (random.Next(3) == 0)
        {
            transform = transform with { CropX = random.Next(50), CropY = random.Next(50) };
        }

        var result = new VisionResult();
        decoder.Decode(tensors, 0, transform, result);
        string once = DecoderCase.Show(result);
        var d = result.Detections;
        for (int i = 0; i < d.Count; i++)
        {
            Assert.True(float.IsFinite(d.Scores[i]), $"score {d.Scores[i]}");
            float before = i == 0 || !c.FindsBoxes ? float.PositiveInfinity : d.Scores[i - 1];
            Assert.True(d.Scores[i] <= before, $"score {d.Scores[i]} comes after {before}");
            var b = d.Boxes[i];
            Assert.True(b.X1 >= 0 && b.Y1 >= 0 && b.X2 >= 0 && b.Y2 >= 0 && b.X1 <= 200 && b.Y1 <= 100 && b.X2 <= 200 && b.Y2 <= 100, $"box {b}");
            Assert.True(d.ClassIds[i] >= 0 && (c.Spec.Labels.Length == 0 || d.ClassIds[i] < c.Spec.Labels.Length), $"class {d.ClassIds[i]}");
            Assert.All(d.GetKeypoints(i).ToArray(), p => Assert.True(float.IsFinite(p.X) && float.IsFinite(p.Y) && float.IsFinite(p.Score), $"keypoint {p}"));
            if (d.HasRotation)
            {
                var r = d.RotatedBoxes[i];
                Assert.True(float.IsFinite(r.CenterX + r.CenterY + r.Width + r.Height + r.Angle), $"oriented box {r}");
            }

            Assert.DoesNotContain(d.GetMask(i).ToArray(), v => v > 1);
        }

        Assert.All(result.Classification.Scores.ToArray(), s => Assert.True(float.IsFinite(s), $"score {s}"));
        Assert.All(result.Embedding.Values.ToArray(), v => Assert.True(float.IsFinite(v), $"feature {v}"));
        Assert.All(result.Depth.Values.ToArray(), v => Assert.True(float.IsFinite(v), $"distance {v}"));

        // The same again gives the same: nothing of the last run is left in the decoder's memory.
        decoder.Decode(tensors, 0, transform, result);
        Assert.Equal(once, DecoderCase.Show(result));
    }
}
