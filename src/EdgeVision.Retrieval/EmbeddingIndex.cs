using System.Buffers;
using System.Globalization;

namespace EdgeVision.Retrieval;

/// <summary>Exact nearest-neighbour index of embeddings with ids and labels.</summary>
/// <remarks>
/// Every entry that may be among the nearest is compared, with vector instructions, in one block of memory. At equal scores the entry
/// inserted first comes first; an update keeps an entry's position. Thread-safe: searches run concurrently, changes are exclusive.
/// A search into the caller's memory allocates nothing in steady state as long as the index is smaller than
/// <see cref="ParallelThreshold"/>; above that the work is split among threads, which allocates a few small objects.
/// </remarks>
public sealed class EmbeddingIndex : IEmbeddingIndex
{
    private readonly ReaderWriterLockSlim _lock = new();
    private readonly EmbeddingStore _store;

    /// <summary>Initializes an empty index.</summary>
    /// <param name="dimension">Components of an embedding, 1 to 1,048,576.</param>
    /// <param name="metric">Metric that compares embeddings.</param>
    /// <exception cref="EdgeVisionException">The dimension is out of range or the metric is unknown.</exception>
    public EmbeddingIndex(int dimension, EmbeddingMetric metric = EmbeddingMetric.Cosine) =>
        _store = new EmbeddingStore(dimension, metric);

    private EmbeddingIndex(EmbeddingStore store) => _store = store;

    /// <summary>Components of an embedding.</summary>
    public int Dimension => _store.Dimension;

    /// <summary>Metric that compares embeddings.</summary>
    public EmbeddingMetric Metric => _store.Metric;

    /// <summary>Gets or sets from how many numbers (entries times components) on a search is parallel; 4 Mi by default.</summary>
    public long ParallelThreshold { get; set; } = 4 << 20;

    /// <summary>Gets or sets from how many numbers (entries times components) on rows are coded as bytes; 512 Ki by default.</summary>
    /// <remarks>
    /// From the second search on, a search then reads a quarter of the memory: the codes bound how near an entry can be, and only entries
    /// that may be among the nearest are compared. Matches, scores and their order are the same to the bit. Codes take a quarter of the
    /// vectors' memory in addition, on the heap even if the vectors are memory-mapped; <see cref="long.MaxValue"/> turns them off.
    /// Embeddings of fewer than 16 or more than 4096 components are never coded.
    /// </remarks>
    public long QuantizationThreshold { get; set; } = 512 << 10;

    /// <summary>Gets whether searches are exact; always true.</summary>
    public bool IsExact => true;

    /// <summary>Gets whether the index was opened memory-mapped (<see cref="Open"/>) and cannot be changed.</summary>
    public bool IsReadOnly => _store.IsMapped;

    /// <summary>Gets or sets the origin of the embeddings, such as a model's name; null if unknown. Stored in the file.</summary>
    /// <exception cref="EdgeVisionException">The index is read-only and the value is set.</exception>
    public string? Origin
    {
        get => Read(static (store, _) => store.Origin, 0);
        set => Write(static (store, value) => store.Origin = value, value);
    }

    /// <summary>Number of entries.</summary>
    public int Count => Read(static (store, _) => store.Count, 0);

    /// <summary>Adds an entry.</summary>
    /// <param name="id">Unique id; not empty.</param>
    /// <param name="vector">Embedding, [Dimension]. For cosine of any length but zero; else components up to 1e15.</param>
    /// <param name="label">Label, if there is one.</param>
    /// <exception cref="EdgeVisionException">
    /// The id is in use or empty, or the vector has another dimension, contains NaN, or (cosine) is all zeros.
    /// </exception>
    public void Add(string id, ReadOnlySpan<float> vector, string? label = null)
    {
        EnterWrite();
        try
        {
            _store.Add(id, vector, label);
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>Adds an entry with a numeric id, which is stored as decimal text.</summary>
    /// <inheritdoc cref="Add(string, ReadOnlySpan{float}, string?)"/>
    public void Add(long id, ReadOnlySpan<float> vector, string? label = null) => Add(FormatId(id), vector, label);

    /// <summary>Replaces an entry's embedding; its label and its position in the order of insertion are kept.</summary>
    /// <exception cref="EdgeVisionException">There is no such entry, or the vector is invalid. The entry is then unchanged.</exception>
    public void Update(string id, ReadOnlySpan<float> vector)
    {
        ArgumentNullException.ThrowIfNull(id);
        EnterWrite();
        try
        {
            _store.Update(id, vector);
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>Replaces the embedding of an entry with a numeric id.</summary>
    /// <inheritdoc cref="Update(string, ReadOnlySpan{float})"/>
    public void Update(long id, ReadOnlySpan<float> vector) => Update(FormatId(id), vector);

    /// <summary>Sets or removes an entry's label.</summary>
    /// <exception cref="EdgeVisionException">There is no such entry.</exception>
    public void SetLabel(string id, string? label)
    {
        ArgumentNullException.ThrowIfNull(id);
        Write(static (store, entry) =>
        {
            store.SetLabel(entry.id, entry.label);
            return true;
        }, (id, label));
    }

    /// <summary>Removes an entry; returns false if there is none.</summary>
    public bool Remove(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Write(static (store, id) => store.Remove(id), id);
    }

    /// <summary>Removes an entry with a numeric id; returns false if there is none.</summary>
    public bool Remove(long id) => Remove(FormatId(id));

    /// <summary>Removes every entry and keeps the memory.</summary>
    public void Clear() => Write(static (store, _) =>
    {
        store.Clear();
        return true;
    }, 0);

    /// <summary>Returns whether the index contains an entry.</summary>
    public bool Contains(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Read(static (store, id) => store.FindRow(id) >= 0, id);
    }

    /// <summary>Returns the label of an entry; null if it has none.</summary>
    /// <exception cref="EdgeVisionException">There is no such entry.</exception>
    public string? GetLabel(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Read(static (store, id) => store.GetLabel(GetRow(store, id)), id);
    }

    /// <summary>Returns a copy of an entry's embedding as it is compared, [Dimension]; of length 1 for cosine.</summary>
    /// <exception cref="EdgeVisionException">There is no such entry.</exception>
    public float[] GetVector(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Read(static (store, id) => store.GetVector(GetRow(store, id)).ToArray(), id);
    }

    /// <summary>Returns all ids in order of insertion.</summary>
    public string[] GetIds() => Read(static (store, _) => Array.ConvertAll(store.GetRowsInOrder(), store.GetId), 0);

    /// <summary>Finds the nearest entries, nearest first, and returns their number.</summary>
    /// <param name="query">Embedding, [Dimension].</param>
    /// <param name="matches">Receives the matches; its length is the maximum number.</param>
    /// <param name="threshold">
    /// Worst score to accept: the minimum cosine or dot product, the maximum distance. No limit when null.
    /// </param>
    /// <exception cref="EdgeVisionException">
    /// The query has another dimension, contains NaN, or (cosine) is all zeros.
    /// </exception>
    public int Search(ReadOnlySpan<float> query, Span<EmbeddingMatch> matches, float? threshold = null)
    {
        float[]? rented = null;
        Span<float> prepared = Dimension <= 1024
            ? stackalloc float[1024]
            : rented = ArrayPool<float>.Shared.Rent(Dimension);
        prepared = prepared[..Dimension];
        QuantizedQuery? coded = null;
        _lock.EnterReadLock();
        try
        {
            _store.Prepare(query, prepared, "");
            float least = EmbeddingScan.GetMinNearness(_store.Metric, threshold);
            long numbers = (long)_store.Count * Dimension;
            coded = numbers >= QuantizationThreshold
                && _store.GetQuantizedRows() is { } codes
                && QuantizedQuery.TryCreate(codes, prepared, _store.Metric, out var made) ? made : null;
            int count = numbers >= ParallelThreshold
                ? EmbeddingScan.RunParallel(_store, prepared, coded, matches, least)
                : EmbeddingScan.Run(_store, prepared, coded, matches, least);
            if (_store.Metric == EmbeddingMetric.L2)
            {
                foreach (ref var match in matches[..count])
                {
                    match = match.WithScore(-match.Score);
                }
            }

            return count;
        }
        finally
        {
            _lock.ExitReadLock();
            coded?.ReturnBuffer();
            if (rented is not null)
            {
                ArrayPool<float>.Shared.Return(rented);
            }
        }
    }

    /// <summary>Finds the nearest entries, nearest first.</summary>
    /// <param name="query">Embedding, [Dimension].</param>
    /// <param name="count">Maximum number of matches.</param>
    /// <param name="threshold">
    /// Worst score to accept: the minimum cosine or dot product, the maximum distance. No limit when null.
    /// </param>
    /// <exception cref="EdgeVisionException">
    /// The query has another dimension, contains NaN, or (cosine) is all zeros; or the count is negative.
    /// </exception>
    public EmbeddingMatch[] Search(ReadOnlySpan<float> query, int count, float? threshold = null)
    {
        if (count < 0)
        {
            throw new EdgeVisionException($"the number of matches must be at least 0; got {count}");
        }

        var matches = new EmbeddingMatch[Math.Min(count, Count)];
        int found = Search(query, matches, threshold);
        return found == matches.Length ? matches : matches[..found];
    }

    /// <summary>Finds every pair of entries at least as near as a threshold. Compares each entry with each other.</summary>
    /// <remarks>Pairs are in order of insertion of the first entry and then of the second.</remarks>
    /// <param name="threshold">Minimum cosine or dot product, or maximum distance.</param>
    public IReadOnlyList<DuplicatePair> FindDuplicates(float threshold) =>
        Read(static (store, threshold) => NearDuplicates.FindPairs(store, threshold), ValidateThreshold(threshold));

    /// <summary>Finds families of near-duplicates: entries connected by a chain of pairs at least as near as a threshold.</summary>
    /// <remarks>Entries without a near one are left out. Families and their members are in order of insertion.</remarks>
    /// <param name="threshold">Minimum cosine or dot product, or maximum distance.</param>
    public IReadOnlyList<IReadOnlyList<string>> FindDuplicateClusters(float threshold) =>
        Read(static (store, threshold) => NearDuplicates.FindClusters(store, threshold), ValidateThreshold(threshold));

    /// <summary>Writes the index to a file atomically.</summary>
    /// <remarks>
    /// The file gets its name only when it is complete: a crash or a full disk leaves the previous file unchanged.
    /// </remarks>
    /// <exception cref="EdgeVisionException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Read(static (store, path) =>
        {
            EmbeddingIndexFile.Save(store, path);
            return true;
        }, path);
    }

    /// <summary>Reads an index written by <see cref="Save"/>. Searches give the same matches and scores, to the bit.</summary>
    /// <exception cref="EdgeVisionException">
    /// The file cannot be read, is not an index, is of a newer version, is truncated, or is corrupt.
    /// </exception>
    public static EmbeddingIndex Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new EmbeddingIndex(EmbeddingIndexFile.Load(path));
    }

    /// <summary>Opens an index written by <see cref="Save"/> memory-mapped, for searching only.</summary>
    /// <remarks>
    /// Ids and labels are read; vectors stay in the file and are mapped into memory, so that processes share them and only the pages that
    /// a search touches are loaded. Searches give the same matches and scores as after <see cref="Load"/>, to the bit. Saving another
    /// index under the same name does not affect this one; truncating the open file by other means ends the process, as with any mapped
    /// file.
    /// </remarks>
    /// <param name="path">File.</param>
    /// <param name="verify">
    /// Whether to read the whole file once and verify its checksum; if not, corruption of the vectors goes unnoticed.
    /// </param>
    /// <exception cref="EdgeVisionException">
    /// The file cannot be read, is not an index, is of a newer version, is truncated, or is corrupt.
    /// </exception>
    public static EmbeddingIndex Open(string path, bool verify = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new EmbeddingIndex(EmbeddingIndexFile.Open(path, verify));
    }

    /// <summary>Releases the lock and the file. No thread may be using the index.</summary>
    public void Dispose()
    {
        _store.Dispose();
        _lock.Dispose();
    }

    private TResult Write<TArgument, TResult>(Func<EmbeddingStore, TArgument, TResult> write, TArgument argument)
    {
        EnterWrite();
        try
        {
            return write(_store, argument);
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    private void EnterWrite()
    {
        if (_store.IsMapped)
        {
            throw new EdgeVisionException("the index was opened read-only; load it to change it");
        }

        _lock.EnterWriteLock();
    }

    private TResult Read<TArgument, TResult>(Func<EmbeddingStore, TArgument, TResult> read, TArgument argument)
    {
        _lock.EnterReadLock();
        try
        {
            return read(_store, argument);
        }
        finally
        {
            _lock.ExitReadLock();
        }
    }

    private static int GetRow(EmbeddingStore store, string id) =>
        store.FindRow(id) is var row && row >= 0 ? row : throw new EdgeVisionException($"the index has no entry '{id}'");

    private static float ValidateThreshold(float threshold) =>
        float.IsNaN(threshold) ? throw new EdgeVisionException("the threshold must be a number; got NaN") : threshold;

    private static string FormatId(long id) => id.ToString(CultureInfo.InvariantCulture);
}
