using EdgeVision.Decoding;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>A box that a plain reference finds, in pixels of the network's input.</summary>
internal sealed record Found(float X1, float Y1, float X2, float Y2, float Score, int Class, (float X, float Y)[]? Points = null);

/// <summary>
/// Compares a decoder with the plainest scalar code of its formula, over random and adversarial tensors, thresholds, limits and crops. References hand in
/// the boxes that remain, best first; this maps them to the frame.
/// </summary>
internal static class PlainDecoding
{
    /// <summary>What a reference is given: the tensors' numbers and what the caller chose.</summary>
    internal sealed record Run(float[][] Data, float Confidence, float Iou, int Most, bool Agnostic);

    /// <summary>Runs decoder and reference on every kind of input.</summary>
    /// <param name="c">Decoder with outputs that fit it.</param>
    /// <param name="reference">Boxes that remain.</param>
    /// <param name="suppresses">Whether the decoder is to find fewer boxes than pass the threshold, at least once.</param>
    /// <param name="tolerance">Pixels that a coordinate may be off.</param>
    public static void Check(DecoderCase c, Func<Run, IEnumerable<Found>> reference, bool suppresses = true, float tolerance = 2e-3f)
    {
        int found = 0, none = 0;
        bool fewer = false;
        foreach (var (kind, tensors) in Inputs(c))
        {
            foreach (float confidence in (float[])[c.Options.Confidence, 0.01f, 0.9f])
            {
                foreach (var (agnostic, most) in ((bool, int)[])[(false, 300), (true, 300), (false, 4)])
                {
                    // An IoU that no quotient of small integers equals: on it, a last bit would decide.
                    var options = new DecoderOptions(confidence, 0.4703f, most, agnostic);
                    var run = new Run([.. Enumerable.Range(0, tensors.Count).Select(i => tensors.GetData(i).ToArray())], confidence, options.Iou, most, agnostic);
                    var transform = kind == "random 2" ? c.Transform with { CropX = 150, CropY = -40 } : c.Transform; // most lies outside of the frame
                    var expected = reference(run).ToArray();
                    var result = new VisionResult();
                    c.Create(options).Decode(tensors, 0, transform, result);
                    Same(expected[..Math.Min(most, expected.Length)], result.Detections, transform, tolerance, $"{c.Decoder}, {kind}, above {confidence}, {(agnostic ? "across classes" : "by class")}, at most {most}");
                    (found, none) = (found + expected.Length, none + (expected.Length == 0 ? 1 : 0));
                    fewer |= suppresses && !agnostic && expected.Length < reference(run with { Iou = 2 }).Count();
                }
            }
        }

        Assert.True(found > 50 && none > 0, $"{found} boxes, {none} times none: the inputs show nothing");
        Assert.True(fewer == suppresses, "nothing was suppressed");
    }

    /// <summary>Greedy suppression, best first, the earlier of equals: a box goes where its IoU with a kept one of its class exceeds the threshold.</summary>
    /// <param name="boxes">In the order in which ties are won.</param>
    /// <param name="run">Threshold, and whether classes count.</param>
    /// <param name="offset">Pixels that a class is moved in float32; 0 compares classes; negative for the greatest coordinate and 1, as torchvision moves them.</param>
    /// <param name="grow">Added to sides.</param>
    public static List<Found> Nms(IEnumerable<Found> boxes, Run run, float offset = 0, float grow = 0)
    {
        var all = boxes.ToArray();
        if (offset < 0)
        {
            offset = all.Length == 0 ? 0 : all.Max(b => Math.Max(Math.Max(b.X1, b.Y1), Math.Max(b.X2, b.Y2))) + 1;
        }

        var kept = new List<Found>();
        foreach (var b in all.OrderByDescending(b => b.Score)) // stable
        {
            bool goes = false;
            foreach (var k in kept.Where(k => run.Agnostic || k.Class == b.Class))
            {
                float shift = run.Agnostic ? 0 : b.Class * offset;
                (float ax1, float ay1, float ax2, float ay2) = (k.X1 + shift, k.Y1 + shift, k.X2 + shift + grow, k.Y2 + shift + grow);
                (float bx1, float by1, float bx2, float by2) = (b.X1 + shift, b.Y1 + shift, b.X2 + shift + grow, b.Y2 + shift + grow);
                float w = Math.Max(Math.Min(ax2, bx2) - Math.Max(ax1, bx1), 0), h = Math.Max(Math.Min(ay2, by2) - Math.Max(ay1, by1), 0);
                goes |= w * h / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - w * h) > run.Iou;
            }

            if (!goes)
            {
                kept.Add(b);
            }
        }

        return kept;
    }

    public static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));

    public static float[] Softmax(IEnumerable<float> logits)
    {
        float[] e = [.. logits.Select(v => MathF.Exp(v - logits.Max()))];
        float sum = 0; // Enumerable.Sum adds in double
        foreach (float v in e)
        {
            sum += v;
        }

        return [.. e.Select(v => v / sum)];
    }

    public static int ArgMax(IReadOnlyList<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Count; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }

    /// <summary>Cells of levels of an input of 64 pixels: column, row, stride.</summary>
    public static IEnumerable<(int X, int Y, int Stride)> Cells(params int[] strides) =>
        from s in strides from y in Enumerable.Range(0, 64 / s) from x in Enumerable.Range(0, 64 / s) select (x, y, s);

    public static Found Clip(Found f) => f with { X1 = Math.Clamp(f.X1, 0, 64), Y1 = Math.Clamp(f.Y1, 0, 64), X2 = Math.Clamp(f.X2, 0, 64), Y2 = Math.Clamp(f.Y2, 0, 64) };

    private static IEnumerable<(string Kind, ArrayTensorSet Tensors)> Inputs(DecoderCase c)
    {
        for (int seed = 1; seed <= 3; seed++)
        {
            yield return ($"random {seed}", c.Tensors(seed));
        }

        yield return ("ties", Changed(c.Tensors(4), (_, v) => MathF.Round(v * 4) / 4)); // equal scores, equal boxes
        yield return ("ties of signs", Changed(c.Tensors(5), (_, v) => v < 0 ? -0.5f : MathF.Min(v, 0.5f)));
        yield return ("none", Changed(c.Tensors(6), (i, v) => c.Scores.Contains(i) ? -50 : v));
        var alike = c.Tensors(7);
        yield return ("all alike", Changed(alike, (i, _) => alike.GetData(i)[^1]));

        // One alone: in every tensor of scores all but the numbers around the middle go.
        var few = c.Tensors(8);
        yield return ("few", new ArrayTensorSet([.. c.Outputs.Select((o, i) => (o.Name, o.Shape,
            few.GetData(i).ToArray().Select((v, k) => c.Scores.Contains(i) && o.Shape[^1] <= 4 && Math.Abs(k - few.GetData(i).Length / 2) > 3 ? -50 : v).ToArray()))]));

        ArrayTensorSet Changed(ArrayTensorSet from, Func<int, float, float> change) =>
            new([.. c.Outputs.Select((o, i) => (o.Name, o.Shape, from.GetData(i).ToArray().Select(v => change(i, v)).ToArray()))]);
    }

    private static void Same(Found[] expected, Detections found, in FrameTransform t, float tolerance, string which)
    {
        Assert.True(expected.Length == found.Count, $"{which}: {found.Count} boxes, the reference has {expected.Length}");
        for (int i = 0; i < expected.Length; i++)
        {
            var e = expected[i];
            var box = found.Boxes[i];
            string where = $"{which}, box {i}: {found.ClassIds[i]} {found.Scores[i]} {box}, the reference has {e}";
            Assert.True(e.Class == found.ClassIds[i] && Math.Abs(e.Score - found.Scores[i]) <= 1e-5f, where);
            Near(Math.Clamp(ToFrameX(e.X1, t), 0, 200), box.X1);
            Near(Math.Clamp(ToFrameY(e.Y1, t), 0, 100), box.Y1);
            Near(Math.Clamp(ToFrameX(e.X2, t), 0, 200), box.X2);
            Near(Math.Clamp(ToFrameY(e.Y2, t), 0, 100), box.Y2);
            for (int k = 0; k < (e.Points?.Length ?? 0); k++)
            {
                Near(ToFrameX(e.Points![k].X, t), found.GetKeypoints(i)[k].X);
                Near(ToFrameY(e.Points[k].Y, t), found.GetKeypoints(i)[k].Y);
            }

            void Near(float wanted, float got) => Assert.True(Math.Abs(wanted - got) <= tolerance * Math.Max(1, Math.Abs(wanted) / 100), $"{where}: {got} is not {wanted}");
        }
    }

    private static float ToFrameX(float x, in FrameTransform t) => (x - t.PadX) / t.ScaleX + t.CropX;

    private static float ToFrameY(float y, in FrameTransform t) => (y - t.PadY) / t.ScaleY + t.CropY;
}
