using System.Numerics.Tensors;

namespace EdgeVision;

/// <summary>
/// Vectors in one block of memory, a row each, with ids and labels beside it. A removed row is filled with the last one, so
/// there are no holes; the order of insertion is kept as a number. Vectors may lie in a mapped file instead; such a store is not
/// changed. Not safe for several threads.
/// </summary>
internal sealed class EmbeddingStore : IDisposable
{
    // Products and sums of squares of components up to here stay in float's range at any dimension.
    private const float Largest = 1e15f;

    private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
    private readonly Lock _coding = new();
    private readonly EmbeddingCodes? _codes;
    private float[] _vectors = [];
    private string[] _ids = [];
    private string?[] _labels = [];
    private long[] _orders = [];
    private long _next;
    private MappedRows? _mapped;
    private bool _searched;

    public EmbeddingStore(int dimension, EmbeddingMetric metric)
    {
        if (dimension is < 1 or > 1 << 20)
        {
            throw new EdgeVisionException($"an embedding has 1 to {1 << 20} components, not {dimension}");
        }

        if (metric is < EmbeddingMetric.Cosine or > EmbeddingMetric.L2)
        {
            throw new EdgeVisionException($"there is no metric {(int)metric}");
        }

        Dimension = dimension;
        Metric = metric;
        _codes = dimension is >= EmbeddingCodes.LeastDimension and <= EmbeddingCodes.MostDimension ? new EmbeddingCodes(dimension, metric) : null;
    }

    public int Dimension { get; }

    public EmbeddingMetric Metric { get; }

    public int Count { get; private set; }

    /// <summary>What made the embeddings, for people; null where nobody said.</summary>
    public string? Origin { get; set; }

    /// <summary>Whether the vectors lie in a mapped file.</summary>
    public bool IsMapped { get; private set; }

    /// <summary>All vectors, row after row, [Count * Dimension].</summary>
    public ReadOnlySpan<float> Vectors => _mapped is null ? _vectors.AsSpan(0, Count * Dimension) : _mapped.Rows;

    public ReadOnlySpan<float> Vector(int row) => Vectors.Slice(row * Dimension, Dimension);

    public string Id(int row) => _ids[row];

    public string? Label(int row) => _labels[row];

    public long Order(int row) => _orders[row];

    /// <summary>
    /// All rows coded, for a search; null where they cannot be, and for the first search of a store, which would take longer with them. Searches on
    /// several threads may ask, as long as none changes the store.
    /// </summary>
    public EmbeddingCodes? Coded()
    {
        if (_codes is null || !_codes.Holds(Count))
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

            _codes.Extend(Vectors, Count, _ids.Length);
            return _codes;
        }
    }

    /// <summary>Row of an id, or -1.</summary>
    public int Find(string id) => _rows.TryGetValue(id, out int row) ? row : -1;

    /// <summary>Makes room for that many entries in all.</summary>
    public void Reserve(int count)
    {
        if (count <= _ids.Length)
        {
            return;
        }

        if ((long)count * Dimension > Array.MaxLength)
        {
            throw new EdgeVisionException($"{count} embeddings of {Dimension} components are more than one block of memory holds");
        }

        Array.Resize(ref _vectors, count * Dimension);
        ReserveNames(count);
    }

    /// <summary>Takes ids and labels (in order of insertion) of vectors that lie in a mapped file, and the file with them; null where there are none.</summary>
    public void Map(ReadOnlySpan<(string Id, string? Label)> names, MappedRows? rows)
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
            // Doubling, up to what one array can hold.
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
        int row = Find(id);
        if (row < 0)
        {
            throw new EdgeVisionException($"the index has no entry '{id}'");
        }

        Prepare(vector, _vectors.AsSpan(row * Dimension, Dimension), id);
        _codes?.Refresh(row, Vector(row));
    }

    public void SetLabel(string id, string? label)
    {
        int row = Find(id);
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
            _codes?.Refresh(row, Vector(row));
        }

        _codes?.Cut(Count);
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
        _codes?.Cut(0);
    }

    /// <summary>Rows by order of insertion.</summary>
    public int[] RowsInOrder()
    {
        int[] rows = new int[Count];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = i;
        }

        Array.Sort(_orders.AsSpan(0, Count).ToArray(), rows);
        return rows;
    }

    /// <summary>Checks a vector and writes it as the metric compares it: scaled to length 1 for cosine.</summary>
    public void Prepare(ReadOnlySpan<float> vector, Span<float> prepared, string id)
    {
        CheckVector(vector, id);
        if (Metric == EmbeddingMetric.Cosine)
        {
            UnitVector.Write(vector, prepared, Name(id));
        }
        else
        {
            vector.CopyTo(prepared);
        }
    }

    /// <summary>Checks a vector that comes prepared out of a file.</summary>
    public void CheckPrepared(ReadOnlySpan<float> vector, string id)
    {
        CheckVector(vector, id);
        if (Metric == EmbeddingMetric.Cosine && Math.Abs(TensorPrimitives.Norm(vector) - 1) > 1e-3f)
        {
            throw new EdgeVisionException($"{Name(id)} is not of length 1");
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
            throw new EdgeVisionException("an entry needs an id");
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
            throw new EdgeVisionException($"{Name(id)} has {vector.Length} components; the index holds embeddings of {Dimension}");
        }

        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude(vector));
        if (!float.IsFinite(largest))
        {
            throw new EdgeVisionException($"{Name(id)} has a component that is no number");
        }

        if (Metric != EmbeddingMetric.Cosine && largest > Largest)
        {
            throw new EdgeVisionException($"{Name(id)} has a component of {largest:g3}; beyond {Largest:g3} products leave float's range");
        }
    }

    private static string Name(string id) => id.Length == 0 ? "the query" : $"embedding '{id}'";
}
