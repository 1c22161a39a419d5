namespace EdgeVision;

/// <summary>Classes of one frame by descending score; ties keep the lower class id first.</summary>
public sealed class Classification
{
    private int[] _classIds = [];
    private float[] _scores = [];

    /// <summary>Number of classes held.</summary>
    public int Count { get; private set; }

    /// <summary>Class ids, [Count].</summary>
    public ReadOnlySpan<int> ClassIds => _classIds.AsSpan(0, Count);

    /// <summary>Probabilities 0..1, [Count].</summary>
    public ReadOnlySpan<float> Scores => _scores.AsSpan(0, Count);

    /// <summary>Class names by id.</summary>
    public IReadOnlyList<string> Labels { get; set; } = [];

    /// <summary>Name of a class, or its number where it has none.</summary>
    public string LabelOf(int classId) => (uint)classId < (uint)Labels.Count ? Labels[classId] : classId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Empties it and keeps its buffers.</summary>
    public void Clear() => Count = 0;

    /// <summary>Takes over the classes of another.</summary>
    internal void CopyFrom(Classification other)
    {
        if (_classIds.Length < other.Count)
        {
            _classIds = new int[other.Count];
            _scores = new float[other.Count];
        }

        (Count, Labels) = (other.Count, other.Labels);
        other.ClassIds.CopyTo(_classIds);
        other.Scores.CopyTo(_scores);
    }

    /// <summary>Takes the <paramref name="top"/> best of <paramref name="probabilities"/> ([classes]).</summary>
    public void Set(ReadOnlySpan<float> probabilities, int top)
    {
        int n = Math.Min(top, probabilities.Length);
        if (_classIds.Length < n)
        {
            _classIds = new int[n];
            _scores = new float[n];
        }

        Count = 0;
        for (int i = 0; i < probabilities.Length; i++)
        {
            float p = probabilities[i];
            if (Count == n && !(p > _scores[n - 1]))
            {
                continue;
            }

            int at = Count < n ? Count++ : n - 1;
            while (at > 0 && p > _scores[at - 1])
            {
                _scores[at] = _scores[at - 1];
                _classIds[at] = _classIds[at - 1];
                at--;
            }

            _scores[at] = p;
            _classIds[at] = i;
        }
    }
}

/// <summary>The feature vector of one frame.</summary>
public sealed class Embedding
{
    private float[] _values = [];

    /// <summary>Dimension; 0 when there is none.</summary>
    public int Count { get; private set; }

    /// <summary>Values, [Count].</summary>
    public ReadOnlySpan<float> Values => _values.AsSpan(0, Count);

    /// <summary>Empties it and keeps its buffer.</summary>
    public void Clear() => Count = 0;

    /// <summary>Room for <paramref name="count"/> values, to be written by a decoder.</summary>
    public Span<float> Resize(int count)
    {
        if (_values.Length < count)
        {
            _values = new float[count];
        }

        Count = count;
        return _values.AsSpan(0, count);
    }

    /// <summary>Cosine similarity with another embedding of the same dimension, -1..1.</summary>
    public float Cosine(ReadOnlySpan<float> other) =>
        System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(Values, other);
}
