namespace EdgeVision.Decoding.Common;

/// <summary>Boxes that passed the score threshold, in reusable arrays.</summary>
internal sealed class CandidateList
{
    private Box[] _boxes = new Box[256];
    private float[] _scores = new float[256];
    private int[] _classIds = new int[256];
    private int[] _sources = new int[256];

    public int Count { get; private set; }

    public Span<Box> Boxes => _boxes.AsSpan(0, Count);

    public Span<float> Scores => _scores.AsSpan(0, Count);

    public Span<int> ClassIds => _classIds.AsSpan(0, Count);

    /// <summary>Gets the source of each candidate: an index whose meaning the decoder defines.</summary>
    public Span<int> SourceIndices => _sources.AsSpan(0, Count);

    public void Clear() => Count = 0;

    /// <summary>Removes the first <paramref name="count"/> candidates.</summary>
    public void RemoveFirst(int count)
    {
        Array.Copy(_boxes, count, _boxes, 0, Count - count);
        Array.Copy(_scores, count, _scores, 0, Count - count);
        Array.Copy(_classIds, count, _classIds, 0, Count - count);
        Array.Copy(_sources, count, _sources, 0, Count - count);
        Count -= count;
    }

    public void Add(in Box box, float score, int classId, int source)
    {
        if (Count == _boxes.Length)
        {
            int size = Count * 2;
            Array.Resize(ref _boxes, size);
            Array.Resize(ref _scores, size);
            Array.Resize(ref _classIds, size);
            Array.Resize(ref _sources, size);
        }

        (_boxes[Count], _scores[Count], _classIds[Count], _sources[Count]) = (box, score, classId, source);
        Count++;
    }

    /// <summary>Returns the offset by which torchvision's batched_nms moves classes apart.</summary>
    /// <remarks>For up to 1,000 boxes it is the maximum coordinate plus 1; for more it is 0, which compares the classes.</remarks>
    public float GetTorchvisionOffset()
    {
        if (Count > 1000)
        {
            return 0;
        }

        float offset = 0;
        foreach (ref readonly var b in Boxes)
        {
            offset = MathF.Max(offset, MathF.Max(MathF.Max(b.X1, b.Y1), MathF.Max(b.X2, b.Y2)));
        }

        return offset + 1;
    }

    /// <summary>Returns the box, or throws <see cref="InvalidOutputException"/> if a corner is NaN or infinite.</summary>
    public static Box EnsureFinite(in Box box, string output) => float.IsFinite(box.X1 + box.Y1 + box.X2 + box.Y2)
        ? box
        : throw new InvalidOutputException($"output '{output}' contains NaN or infinite boxes; the model or its input is broken");

    /// <summary>Returns the score, or throws <see cref="InvalidOutputException"/> if it is infinite.</summary>
    /// <remarks>Finite numbers may have an infinite product or sum.</remarks>
    public static float EnsureFinite(float score, string output) => float.IsFinite(score)
        ? score
        : throw new InvalidOutputException(
            $"output '{output}' contains scores whose product or sum is infinite; the model or its input is broken");

    /// <summary>Returns the keypoint, or throws <see cref="InvalidOutputException"/> if a value is NaN or infinite.</summary>
    public static Keypoint EnsureFinite(in Keypoint point, string output) => float.IsFinite(point.X + point.Y + point.Score)
        ? point
        : throw new InvalidOutputException($"output '{output}' contains NaN or infinite keypoints; the model or its input is broken");
}
