using CsCheck;
using EdgeVision.Suppression;
using Xunit;

namespace EdgeVision.Tests.Suppression;

/// <summary>What holds for every suppression: what stays, stays again; the order of the boxes is no matter where no scores tie.</summary>
public sealed class SuppressionPropertyTests
{
    private sealed record Candidates(Box[] Boxes, float[] Scores, int[] Classes)
    {
        public Candidates At(int[] indices) => new([.. indices.Select(i => Boxes[i])], [.. indices.Select(i => Scores[i])], [.. indices.Select(i => Classes[i])]);
    }

    private static readonly Gen<(Box Box, int Class)> Boxes =
        Gen.Select(Gen.Float[0, 50], Gen.Float[0, 50], Gen.Float[0, 30], Gen.Float[0, 30], Gen.Int[0, 2], (x, y, w, h, k) => (new Box(x, y, x + w, y + h), k));

    // Scores are a shuffled scale: none tie.
    private static readonly Gen<Candidates> Distinct = Boxes.Array[0, 30].SelectMany(boxes => Gen.Shuffle(Enumerable.Range(1, boxes.Length).Select(i => i / 32f).ToArray())
        .Select(scores => new Candidates([.. boxes.Select(b => b.Box)], scores, [.. boxes.Select(b => b.Class)])));

    private static readonly Gen<(Candidates Candidates, int[] Order)> Shuffled = Distinct.SelectMany(c => Gen.Shuffle(Enumerable.Range(0, c.Boxes.Length).ToArray()).Select(order => (c, order)));

    public static TheoryData<string> Suppressions =>
        ["greedy", "greedy by offset", "torchvision", "onnx", "opencv", "opencv, threshold shrinking", "supervision", "yolox", "distance", "rotated, ultralytics", "rotated, greedy", "soft", "matrix"];

    [Theory]
    [MemberData(nameof(Suppressions))]
    public void The_order_of_boxes_is_no_matter(string name) => Shuffled.Sample(v =>
    {
        // The same boxes in another order: the same stay, best first.
        int[] straight = Run(name, v.Candidates), turned = [.. Run(name, v.Candidates.At(v.Order)).Select(k => v.Order[k])];
        return straight.SequenceEqual(turned);
    });

    // Matrix NMS is left out: what it drops had covered others, and their scores fall differently without it.
    public static TheoryData<string> Idempotent => [.. Suppressions.Select(row => row.Data).Where(n => n != "matrix")];

    [Theory]
    [MemberData(nameof(Idempotent))]
    public void What_stays_stays_again(string name) => Distinct.Sample(c =>
    {
        int[] kept = Run(name, c);
        return Run(name, c.At(kept)).SequenceEqual(Enumerable.Range(0, kept.Length));
    });

    [Theory]
    [MemberData(nameof(Suppressions))]
    public void The_best_of_a_class_always_stays_and_nobody_twice(string name) => Distinct.Where(c => c.Boxes.Length > 0).Sample(c =>
    {
        int[] kept = Run(name, c);
        int best = Array.IndexOf(c.Scores, c.Scores.Max());
        return kept.Distinct().Count() == kept.Length && kept[0] == best && kept.All(k => (uint)k < (uint)c.Boxes.Length);
    });

    private static int[] Run(string name, Candidates c)
    {
        const float iou = 0.4f;
        ReferenceNms Conventional(NmsConvention convention, float eta = 1) => new(new NmsOptions { Convention = convention, Iou = eta < 1 ? 0.8f : iou, Score = 0.01f, Eta = eta });
        RotatedBox[] rotated = name.StartsWith("rotated", StringComparison.Ordinal)
            ? [.. c.Boxes.Select((b, i) => new RotatedBox((b.X1 + b.X2) / 2, (b.Y1 + b.Y2) / 2, b.Width, b.Height, b.X1 % 3))]
            : [];
        return (name switch
        {
            "greedy" => new NonMaxSuppression().Run(c.Boxes, c.Scores, iou),
            "greedy by offset" => new NonMaxSuppression().Run(c.Boxes, c.Scores, c.Classes, 7680, iou),
            "torchvision" => Conventional(NmsConvention.Torchvision).Run(c.Boxes, c.Scores, c.Classes),
            "onnx" => Conventional(NmsConvention.Onnx).Run(c.Boxes, c.Scores, c.Classes),
            "opencv" => Conventional(NmsConvention.OpenCv).Run(c.Boxes, c.Scores, c.Classes),
            "opencv, threshold shrinking" => Conventional(NmsConvention.OpenCv, 0.9f).Run(c.Boxes, c.Scores, c.Classes),
            "supervision" => Conventional(NmsConvention.Supervision).Run(c.Boxes, c.Scores, c.Classes),
            "yolox" => Conventional(NmsConvention.Yolox).Run(c.Boxes, c.Scores, c.Classes),
            "distance" => new DistanceNms().Run(c.Boxes, c.Scores, c.Classes, iou),
            "rotated, ultralytics" => new RotatedNms().Run(rotated, c.Scores, c.Classes, 0, iou),
            "rotated, greedy" => new RotatedNms(RotatedNmsConvention.Greedy).Run(rotated, c.Scores, c.Classes, 0, iou),
            "soft" => new SoftNms(SoftNmsDecay.Gaussian).Run(c.Boxes, c.Scores, c.Classes),
            "matrix" => new MatrixNms(score: 0.01f).Run(c.Boxes, c.Scores, c.Classes),
            _ => throw new NotSupportedException(name),
        }).ToArray();
    }
}
