using System.Numerics.Tensors;

namespace EdgeVision.Retrieval;

/// <summary>Vectors in one block of memory, one row each, with their ids and labels.</summary>
/// <remarks>
/// A removed row is overwritten with the last one, so there are no holes; the order of insertion is stored as a number. Vectors may be
/// in a mapped file instead; such a store is read-only. Not thread-safe.
/// </remarks>
internal sealed class EmbeddingStore : IDisposable
{
    // Products and sums of squares of components up to this value stay in float's range at any dimension.
    private const float MaxComponent = 1e15f;

    private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
    private readonly Lock _coding = new();
    private readonly QuantizedRows? _codes;
    private float[] _vectors = [];
    private string[] _ids = [];
    private string?[] _labels = [];
    private long[] _orders = [];
    private long _next;
    private MappedVectors? _mapped;
    private bool _searched;

    public EmbeddingStore(int dimension, EmbeddingMetric metric)
    {
        if (dimension is < 1 or > 1 << 20)
        {
            throw new EdgeVisionException($"the dimension must be 1 to {1 << 20}; got {dimension}");
        }

        if (metric is < EmbeddingMetric.Cosine or > EmbeddingMetric.L2)
        {
            throw new EdgeVisionException(
                $"the metric must be one of {string.Join(", ", Enum.GetNames<EmbeddingMetric>())}; got {(int)metric}");
        }

        Dimension = dimension;
        Metric = metric;
        _codes = dimension is >= QuantizedRows.MinDimension and <= QuantizedRows.MaxDimension
            ? new QuantizedRows(dimension, metric)
            : null;
    }

    public int Dimension { get; }

    public EmbeddingMetric Metric { get; }

    public int Count { get; private set; }

    /// <summary>Gets or sets the origin of the embeddings, such as a model's name; null if unknown.</summary>
    public string? Origin { get; set; }

    /// <summary>Gets whether the vectors are in a mapped file.</summary>
    public bool IsMapped { get; private set; }

    /// <summary>All vectors, row after row, [Count * Dimension].</summary>
    public ReadOnlySpan<float> Vectors => _mapped is null ? _vectors.AsSpan(0, Count * Dimension) : _mapped.Values;

    public ReadOnlySpan<float> GetVector(int row) => Vectors.Slice(row * Dimension, Dimension);

    public string GetId(int row) => _ids[row];

    public string? GetLabel(int row) => _labels[row];

    public long GetOrder(int row) => _orders[row];

    /// <summary>Returns the codes of all rows for a search, or null if they cannot be used.</summary>
    /// <remarks>
    /// Null too for the first search of a store, which would take longer with them. Thread-safe as long as no thread changes the store.
    /// </remarks>
    public QuantizedRows? GetQuantizedRows()
    {
        if (_codes is null || !_codes.CanHold(Count))
        {
            return null;
        }

        lock (_coding)
        {
            if (!_searched)
            {
                _searched = true;
                return null;
            }

            _codes.EncodeUpTo(Vectors, Count, _ids.Length);
            return _codes;
        }
    }

    /// <summary>Returns the row of an id, or -1.</summary>
    public int FindRow(string id) => _rows.TryGetValue(id, out int row) ? row : -1;

    /// <summary>Reserves space for a total number of entries.</summary>
    public void Reserve(int count)
    {
        if (count <= _ids.Length)
        {
            return;
        }

        if ((long)count * Dimension > Array.MaxLength)
        {
            throw new EdgeVisionException(
                $"{count} embeddings of {Dimension} components exceed the maximum of {Array.MaxLength} numbers in an index");
        }

        Array.Resize(ref _vectors, count * Dimension);
        ReserveNames(count);
    }

    /// <summary>Sets ids and labels of vectors in a mapped file, which the store then owns; null if there are no vectors.</summary>
    /// <param name="names">Ids and labels in order of insertion.</param>
    /// <param name="rows">The mapped vectors.</param>
    public void AttachMappedRows(ReadOnlySpan<(string Id, string? Label)> names, MappedVectors? rows)
    {
        ReserveNames(names.Length);
        foreach (var (id, label) in names)
        {
            AddName(id, label);
        }

        _mapped = rows;
        IsMapped = true;
    }

    public void Dispose() => _mapped?.Dispose();

    public void Add(string id, ReadOnlySpan<float> vector, string? label, bool prepared = false)
    {
        CheckNew(id);
        if (Count == _ids.Length)
        {
            // Doubles, up to the maximum length of an array.
            Reserve((int)Math.Clamp(Array.MaxLength / Dimension, Count + 1L, Math.Max(16, Count * 2L)));
        }

        var row = _vectors.AsSpan(Count * Dimension, Dimension);
        if (prepared)
        {
            vector.CopyTo(row);
        }
        else
        {
            Prepare(vector, row, id);
        }

        AddName(id, label);
    }

    public void Update(string id, ReadOnlySpan<float> vector)
    {
        int row = FindRow(id);
        if (row < 0)
        {
            throw new EdgeVisionException($"the index has no entry '{id}'");
        }

        Prepare(vector, _vectors.AsSpan(row * Dimension, Dimension), id);
        _codes?.EncodeAgain(row, GetVector(row));
    }

    public void SetLabel(string id, string? label)
    {
        int row = FindRow(id);
        _labels[row >= 0 ? row : throw new EdgeVisionException($"the index has no entry '{id}'")] = label;
    }

    public bool Remove(string id)
    {
        if (!_rows.Remove(id, out int row))
        {
            return false;
        }

        int last = --Count;
        if (row != last)
        {
            _vectors.AsSpan(last * Dimension, Dimension).CopyTo(_vectors.AsSpan(row * Dimension, Dimension));
            _ids[row] = _ids[last];
            _labels[row] = _labels[last];
            _orders[row] = _orders[last];
            _rows[_ids[row]] = row;
            _codes?.EncodeAgain(row, GetVector(row));
        }

        _codes?.Truncate(Count);
        _ids[last] = null!;
        _labels[last] = null;
        return true;
    }

    public void Clear()
    {
        _rows.Clear();
        Array.Clear(_ids);
        Array.Clear(_labels);
        Count = 0;
        _codes?.Truncate(0);
    }

    /// <summary>Returns all rows in order of insertion.</summary>
    public int[] GetRowsInOrder()
    {
        int[] rows = new int[Count];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = i;
        }

        Array.Sort(_orders.AsSpan(0, Count).ToArray(), rows);
        return rows;
    }

    /// <summary>Validates a vector and writes it as the metric compares it: scaled to length 1 for cosine.</summary>
    public void Prepare(ReadOnlySpan<float> vector, Span<float> prepared, string id)
    {
        CheckVector(vector, id);
        if (Metric == EmbeddingMetric.Cosine)
        {
            VectorNormalizer.Normalize(vector, prepared, DescribeVector(id));
        }
        else
        {
            vector.CopyTo(prepared);
        }
    }

    /// <summary>Validates a vector that was read from a file.</summary>
    public void ValidatePrepared(ReadOnlySpan<float> vector, string id)
    {
        CheckVector(vector, id);
        if (Metric == EmbeddingMetric.Cosine && Math.Abs(TensorPrimitives.Norm(vector) - 1) > 1e-3f)
        {
            throw new EdgeVisionException($"{DescribeVector(id)} must be of length 1; got {TensorPrimitives.Norm(vector):g3}");
        }
    }

    private void ReserveNames(int count)
    {
        Array.Resize(ref _ids, count);
        Array.Resize(ref _labels, count);
        Array.Resize(ref _orders, count);
        _rows.EnsureCapacity(count);
    }

    private void CheckNew(string id)
    {
        if (string.IsNullOrEmpty(id))
        {
            throw new EdgeVisionException("the id of an entry must not be empty");
        }

        if (_rows.ContainsKey(id))
        {
            throw new EdgeVisionException($"the index already has an entry '{id}'; update it or remove it first");
        }
    }

    private void AddName(string id, string? label)
    {
        CheckNew(id);
        _ids[Count] = id;
        _labels[Count] = label;
        _orders[Count] = _next++;
        _rows.Add(id, Count++);
    }

    private void CheckVector(ReadOnlySpan<float> vector, string id)
    {
        if (vector.Length != Dimension)
        {
            throw new EdgeVisionException($"{DescribeVector(id)} must have {Dimension} components; got {vector.Length}");
        }

        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude(vector));
        if (!float.IsFinite(largest))
        {
            throw new EdgeVisionException($"{DescribeVector(id)} has a component that is not finite");
        }

        if (Metric != EmbeddingMetric.Cosine && largest > MaxComponent)
        {
            throw new EdgeVisionException($"components of {DescribeVector(id)} must be at most {MaxComponent:g3}, or products overflow; got {largest:g3}");
        }
    }

    private static string DescribeVector(string id) => id.Length == 0 ? "the query" : $"embedding '{id}'";
}
