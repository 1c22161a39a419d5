namespace EdgeVision;

/// <summary>Classes of one frame by descending score; ties keep the lower class id first.</summary>
public sealed class Classification
{
    private int[] _classIds = [];
    private float[] _scores = [];

    /// <summary>Gets the number of classes.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the class ids, [Count].</summary>
    public ReadOnlySpan<int> ClassIds => _classIds.AsSpan(0, Count);

    /// <summary>Gets the probabilities 0..1, [Count].</summary>
    public ReadOnlySpan<float> Scores => _scores.AsSpan(0, Count);

    /// <summary>Gets or sets the class names by id.</summary>
    public IReadOnlyList<string> Labels { get; set; } = [];

    /// <summary>Returns the name of a class, or its id as text if it has none.</summary>
    public string GetClassLabel(int classId) => (uint)classId < (uint)Labels.Count
        ? Labels[classId]
        : classId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Removes all classes and keeps the buffers.</summary>
    public void Clear() => Count = 0;

    /// <summary>Copies the classes of another instance.</summary>
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

    /// <summary>Sets the <paramref name="top"/> highest of <paramref name="probabilities"/> ([classes]).</summary>
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
