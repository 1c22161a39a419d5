using EdgeVision.Exporter.Training;

namespace EdgeVision.Exporter.Data;

/// <summary>
/// Labelled pictures in memory as the network sees them: resized by the runtime's own <see cref="Preprocessor"/>, kept as
/// bytes, with the anchors of each already matched.
/// </summary>
public sealed class DetectionSet
{
    private readonly Sample[] _items;

    private DetectionSet(Sample[] items, InputSpec input)
    {
        _items = items;
        Input = input;
    }

    /// <summary>Number of pictures.</summary>
    public int Count => _items.Length;

    /// <summary>Input that the pictures were made for.</summary>
    public InputSpec Input { get; }

    /// <summary>Picture <paramref name="index"/>.</summary>
    public Sample this[int index] => _items[index];

    /// <summary>Makes the set; <paramref name="scene"/> is asked for each index once.</summary>
    public static DetectionSet Create(int count, Func<int, Scene> scene, InputSpec input, AnchorGenerator anchors, Action? progress = null)
    {
        ArgumentNullException.ThrowIfNull(scene);
        ArgumentNullException.ThrowIfNull(anchors);
        var all = anchors.All(input.Width, input.Height);
        var items = new Sample[count];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Math.Min(2, Environment.ProcessorCount) }, i =>
        {
            items[i] = Prepare(scene(i), input, all);
            progress?.Invoke();
        });
        return new DetectionSet(items, input);
    }

    /// <summary>Pixels of a picture as the network sees them, before scale, mean and standard deviation: planar bytes [3,H,W].</summary>
    public static byte[] Planes(Scene scene, InputSpec input, out FrameTransform transform)
    {
        ArgumentNullException.ThrowIfNull(scene);
        var bytes = input with { Element = TensorElement.UInt8, Scale = 1, Mean = [0], Std = [1] };
        var planes = new byte[Preprocessor.ByteCount(bytes)];
        using var frame = Frame.Borrow(scene.Rgb, PixelFormat.Rgb24, scene.Width, scene.Height);
        transform = new Preprocessor(bytes).Process(frame, planes);
        return planes;
    }

    private static Sample Prepare(Scene scene, InputSpec input, Box[] anchors)
    {
        var planes = Planes(scene, input, out var t);
        var boxes = scene.Objects.Select(o => new Box(t.ToInputX(o.Box.X1), t.ToInputY(o.Box.Y1), t.ToInputX(o.Box.X2), t.ToInputY(o.Box.Y2))).ToArray();
        int[] matches = AnchorMatcher.Match(anchors, boxes);
        var positives = new List<(int, int)>();
        var ignored = new List<int>();
        var deltas = new List<float>();
        for (int a = 0; a < matches.Length; a++)
        {
            if (matches[a] == AnchorMatcher.Ignored)
            {
                ignored.Add(a);
            }
            else if (matches[a] >= 0)
            {
                positives.Add((a, scene.Objects[matches[a]].ClassId));
                var (dx, dy, dw, dh) = BoxCoder.Encode(anchors[a], boxes[matches[a]]);
                deltas.AddRange([dx, dy, dw, dh]);
            }
        }

        return new Sample(planes, t, scene.Objects, [.. positives], [.. ignored], [.. deltas]);
    }

    /// <summary>One picture.</summary>
    /// <param name="Planes">Planar RGB bytes [3,H,W].</param>
    /// <param name="Transform">The map to the picture's own pixels.</param>
    /// <param name="Objects">Labels in the picture's own pixels.</param>
    /// <param name="Positives">Anchors that are an object, with its class.</param>
    /// <param name="Ignored">Anchors that count for nothing.</param>
    /// <param name="Deltas">Four a positive anchor.</param>
    public sealed record Sample(byte[] Planes, FrameTransform Transform, IReadOnlyList<LabelledBox> Objects,
        (int Anchor, int ClassId)[] Positives, int[] Ignored, float[] Deltas);
}
