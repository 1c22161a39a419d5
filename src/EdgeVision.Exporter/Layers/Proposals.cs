using System.Runtime.InteropServices;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Training;
using EdgeVision.Onnx;
using EdgeVision.Suppression;
using TorchSharp;
using DataType = EdgeVision.Onnx.TensorProto.Types.DataType;

namespace EdgeVision.Exporter.Layers;

/// <summary>Proposals of a region proposal network (Ren et al. 2015), as in torchvision, with rows [R,5] as output.</summary>
/// <param name="Anchors">Anchors, ordered by level, y, x, anchor.</param>
/// <param name="Width">Width of the input in pixels.</param>
/// <param name="Height">Height of the input in pixels.</param>
/// <remarks>
/// Inputs: [N,A] objectness logits and [N,A,4] box deltas. The best candidates of each level by objectness are decoded, clipped
/// to the input, filtered by size and suppressed within their level; the best over all levels remain. Rows are item, x1, y1,
/// x2, y2 in pixels. R is known only at run time: the rows of an item follow each other by descending objectness. No gradient
/// flows through.
/// </remarks>
public sealed record Proposals(AnchorGenerator Anchors, int Width, int Height) : Layer
{
    private const float Excluded = -1e30f; // below every logit
    private const float MaxGrowth = 4.135166556742356f; // log(1000 / 16), torchvision's BoxCoder

    /// <summary>Candidates per level before suppression.</summary>
    public int MaxPerLevel { get; init; } = 200;

    /// <summary>Maximum number of proposals per item.</summary>
    public int MaxProposals { get; init; } = 100;

    /// <summary>IoU above which the candidate with the lower score is suppressed, within a level.</summary>
    public float IouThreshold { get; init; } = 0.7f;

    /// <summary>Minimum side of a proposal in pixels.</summary>
    public float MinSide { get; init; } = 1;

    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(inputs.Count == 2, $"expected two inputs (objectness and box deltas), got {inputs.Count}");
        int anchors = Levels().Sum(l => l.Count);
        Require(inputs[0].AsSpan(1).SequenceEqual([anchors]) && inputs[1].AsSpan(1).SequenceEqual([anchors, 4]),
            $"inputs must be [N,{anchors}] and [N,{anchors},4] for {Width}x{Height}");
        return [-1, 5];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights)
    {
        int items = (int)inputs[0].shape[0], anchors = (int)inputs[0].shape[1];
        float[] objectness = OnnxNet.ToFloats(inputs[0]), deltas = OnnxNet.ToFloats(inputs[1]);
        var places = GetCenteredAnchors();
        var rows = new float[items][];
        Parallel.For(0, items,
            n => rows[n] = ProposeItem(n, objectness.AsSpan(n * anchors, anchors), deltas.AsSpan(n * anchors * 4, anchors * 4), places));
        float[] all = [.. rows.SelectMany(r => r)];
        return torch.tensor(all, all.Length / 5, 5);
    }

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        var graph = net.Graph;
        long items = inputs[0].Shape[0];
        GraphValue Node(string op, string suffix, GraphValue[] operands, long[] dims, DataType type = DataType.Float,
            params AttributeProto[] attributes) =>
            graph.AddNode(op, $"{name}.{suffix}", operands, dims, type, attributes);
        GraphValue Floats(string suffix, float[] values, params long[] dims) =>
            graph.AddInitializer(graph.CreateUniqueName($"{name}.{suffix}"), values, dims);
        GraphValue Scalar(string suffix, long value) => graph.AddInitializer(graph.CreateUniqueName($"{name}.{suffix}"), [value]);

        // The best candidates of each level, as indices into all anchors.
        var scores = new List<GraphValue>();
        var indices = new List<GraphValue>();
        var levelOf = new List<float>();
        foreach (var (first, count) in Levels())
        {
            long best = Math.Min(count, MaxPerLevel);
            var level = Node("Slice", "level",
                [inputs[0].Graph, net.GetOrAddIntegers("starts", first), net.GetOrAddIntegers("ends", first + count), net.GetOrAddIntegers("axes", 1)],
                [items, count]);
            var top = graph.AddNode("TopK", $"{name}.best", [level, net.GetOrAddIntegers("k", best)],
                [([items, best], DataType.Float), ([items, best], DataType.Int64)], [OnnxAttribute.Int("axis", 1)]);
            scores.Add(top[0]);
            indices.Add(Node("Add", "index", [top[1], net.GetOrAddIntegers("first", first)], [items, best], DataType.Int64));
            levelOf.AddRange(Enumerable.Repeat((float)(scores.Count - 1), (int)best));
        }

        long candidates = levelOf.Count;
        var axis1 = OnnxAttribute.Int("axis", 1);
        var axis2 = OnnxAttribute.Int("axis", 2);
        var score = Node("Concat", "score", [.. scores], [items, candidates], DataType.Float, axis1);
        var index = Node("Concat", "indices", [.. indices], [items, candidates], DataType.Int64, axis1);

        // The boxes of the candidates.
        var places = GetCenteredAnchors();
        long[] pairs = [items, candidates, 2];
        var centre = Node("Gather", "centre", [Floats("centres", [.. places.SelectMany(p => new[] { p.X, p.Y })], places.Length, 2), index],
            pairs);
        var size = Node("Gather", "size",
            [Floats("sizes", [.. places.SelectMany(p => new[] { p.Width, p.Height })], places.Length, 2), index], pairs);
        var at = Node("Unsqueeze", "at", [index, net.GetOrAddIntegers("axes", 2)], [items, candidates, 1], DataType.Int64);
        var delta = Node("GatherND", "delta", [inputs[1].Graph, at], [items, candidates, 4], DataType.Float,
            OnnxAttribute.Int("batch_dims", 1));
        GraphValue Half(string suffix, int first) =>
            Node("Slice", suffix, [delta, net.GetOrAddIntegers("starts", first), net.GetOrAddIntegers("ends", first + 2), net.GetOrAddIntegers("axes", 2)], pairs);
        centre = Node("Add", "moved", [Node("Mul", "shift", [Half("delta_centre", 0), size], pairs), centre], pairs);
        var growth = Node("Exp", "growth",
            [Node("Min", "limited", [Half("delta_size", 2), Floats("largest_growth", [MaxGrowth], 1)], pairs)], pairs);
        size = Node("Mul", "half_size", [Node("Mul", "grown", [growth, size], pairs), Floats("half", [0.5f], 1)], pairs);
        var (zero, edge) = (Floats("zero", [0], 1), Floats("edge", [Width, Height], 2));
        GraphValue Cut(string suffix, GraphValue corner) =>
            Node("Max", suffix, [Node("Min", $"{suffix}_low", [corner, edge], pairs), zero], pairs);
        var topLeft = Cut("top_left", Node("Sub", "near", [centre, size], pairs));
        var bottomRight = Cut("bottom_right", Node("Add", "far", [centre, size], pairs));
        var box = Node("Concat", "box", [topLeft, bottomRight], [items, candidates, 4], DataType.Float, axis2);

        // Small boxes get a score below the threshold of suppression. Levels are moved apart, so that one pass handles all of
        // them and its limit is the limit over all levels.
        var sides = Node("Sub", "sides", [bottomRight, topLeft], pairs);
        GraphValue Side(int i) => Node("Gather", "side", [sides, Scalar("axis", i)], [items, candidates], DataType.Float, axis2);
        var large = Node("GreaterOrEqual", "large",
            [Node("Min", "shortest", [Side(0), Side(1)], [items, candidates]), Floats("smallest", [MinSide], 1)], [items, candidates],
            DataType.Bool);
        score = Node("Where", "counted", [large, score, Floats("excluded", [Excluded], 1)], [items, candidates]);
        var apart = Node("Add", "apart", [box, Floats("levels", [.. levelOf.Select(l => l * LevelOffset)], candidates, 1)],
            [items, candidates, 4]);
        var selected = graph.AddNode("NonMaxSuppression", $"{name}.nms",
            [apart, Node("Unsqueeze", "score_of_class", [score, net.GetOrAddIntegers("axes", 1)], [items, 1, candidates]),
             net.GetOrAddIntegers("most", MaxProposals), Floats("iou", [IouThreshold], 1), Floats("threshold", [Excluded / 2], 1)], [-1, 3], DataType.Int64);

        // Converts (item, class, candidate) to rows.
        var which = Node("Gather", "which", [selected, net.GetOrAddIntegers("columns", 0, 2)], [-1, 2], DataType.Int64, axis1);
        var chosen = Node("GatherND", "chosen", [box, which], [-1, 4]);
        var item = Node("Cast", "item",
            [Node("Gather", "item_index", [selected, net.GetOrAddIntegers("columns", 0)], [-1, 1], DataType.Int64, axis1)], [-1, 1],
            DataType.Float, OnnxAttribute.Int("to", (long)DataType.Float));
        return new OnnxValue(Node("Concat", "rows", [item, chosen], shape, DataType.Float, axis1));
    }

    // Large enough that boxes of different levels never overlap.
    private float LevelOffset => Math.Max(Width, Height) + 1;

    private readonly record struct CenteredBox(float X, float Y, float Width, float Height);

    private CenteredBox[] GetCenteredAnchors() =>
        [.. Anchors.Generate(Width, Height).Select(a => new CenteredBox((a.X1 + a.X2) / 2, (a.Y1 + a.Y2) / 2, a.Width, a.Height))];

    private List<(int First, int Count)> Levels()
    {
        var levels = new List<(int, int)>();
        int first = 0;
        foreach (int stride in Anchors.Strides)
        {
            int count = Width / stride * (Height / stride) * Anchors.AnchorsPerLocation;
            levels.Add((first, count));
            first += count;
        }

        return levels;
    }

    private float[] ProposeItem(int item, ReadOnlySpan<float> objectness, ReadOnlySpan<float> deltas, CenteredBox[] places)
    {
        var boxes = new List<Box>();
        var scores = new List<float>();
        var levels = new List<int>();
        int level = 0;
        foreach (var (first, count) in Levels())
        {
            // Descending scores, equal ones by index, as in TopK.
            var keys = new ulong[count];
            for (int i = 0; i < count; i++)
            {
                uint bits = BitConverter.SingleToUInt32Bits(objectness[first + i]);
                uint ascending = (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
                keys[i] = (ulong)~ascending << 32 | (uint)(first + i);
            }

            Array.Sort(keys);
            foreach (int a in keys.Take(MaxPerLevel).Select(k => (int)(uint)k))
            {
                var box = Decode(places[a], deltas.Slice(a * 4, 4));
                if (Math.Min(box.Width, box.Height) >= MinSide)
                {
                    boxes.Add(box);
                    scores.Add(objectness[a]);
                    levels.Add(level);
                }
            }

            level++;
        }

        var kept = new NonMaxSuppression().Run(
            CollectionsMarshal.AsSpan(boxes), CollectionsMarshal.AsSpan(scores),
            CollectionsMarshal.AsSpan(levels), LevelOffset, IouThreshold, MaxProposals);
        var rows = new float[kept.Length * 5];
        for (int r = 0; r < kept.Length; r++)
        {
            var box = boxes[kept[r]];
            (rows[r * 5], rows[r * 5 + 1], rows[r * 5 + 2], rows[r * 5 + 3], rows[r * 5 + 4]) = (item, box.X1, box.Y1, box.X2, box.Y2);
        }

        return rows;
    }

    private Box Decode(in CenteredBox place, ReadOnlySpan<float> d)
    {
        float x = d[0] * place.Width + place.X, y = d[1] * place.Height + place.Y;
        float w = MathF.Exp(Math.Min(d[2], MaxGrowth)) * place.Width * 0.5f,
            h = MathF.Exp(Math.Min(d[3], MaxGrowth)) * place.Height * 0.5f;
        return new Box(Math.Clamp(x - w, 0, Width), Math.Clamp(y - h, 0, Height), Math.Clamp(x + w, 0, Width),
            Math.Clamp(y + h, 0, Height));
    }
}
