using System.Buffers;
using System.Globalization;

namespace EdgeVision;

/// <summary>
/// Embeddings with ids and labels, searched exactly: every entry that may be among the nearest is compared, in vector instructions, out of
/// one block of memory. At equal scores the entry inserted first comes first; an update keeps its place.
/// </summary>
/// <remarks>
/// Safe for many threads: any number may search at once, and one that changes the index waits for them and they for it. A
/// search into the caller's memory allocates nothing in steady state, as long as the index is smaller than
/// <see cref="ParallelFrom"/>; above that it is shared among threads, which costs a few small objects.
/// </remarks>
public sealed class EmbeddingIndex : IEmbeddingIndex
{
    private readonly ReaderWriterLockSlim _lock = new();
    private readonly EmbeddingStore _store;

    /// <summary>An empty index.</summary>
    /// <param name="dimension">Components of an embedding, 1 to 1,048,576.</param>
    /// <param name="metric">How embeddings are compared.</param>
    /// <exception cref="EdgeVisionException">A dimension or metric that does not exist.</exception>
    public EmbeddingIndex(int dimension, EmbeddingMetric metric = EmbeddingMetric.Cosine) => _store = new EmbeddingStore(dimension, metric);

    private EmbeddingIndex(EmbeddingStore store) => _store = store;

    /// <summary>Components of an embedding.</summary>
    public int Dimension => _store.Dimension;

    /// <summary>How embeddings are compared.</summary>
    public EmbeddingMetric Metric => _store.Metric;

    /// <summary>From how many numbers (entries times components) on a search uses several threads; 4 Mi by default.</summary>
    public long ParallelFrom { get; set; } = 4 << 20;

    /// <summary>
    /// From how many numbers (entries times components) on an index is kept as bytes too, from the second search on; 512 Ki by default. A search then reads a
    /// quarter of the memory: the bytes say how near an entry can be at most, and only entries that may be among the nearest are compared. Matches, scores and
    /// their order are the same to the bit. It takes a quarter of the vectors' memory more, on the heap even where they are mapped;
    /// <see cref="long.MaxValue"/> forgoes it. Embeddings of less than 16 or more than 4096 components are always compared as they are.
    /// </summary>
    public long CodesFrom { get; set; } = 512 << 10;

    /// <summary>Always: every entry is compared, or cannot be among the nearest.</summary>
    public bool IsExact => true;

    /// <summary>Whether the index was opened where it lies (<see cref="Open"/>) and cannot be changed.</summary>
    public bool IsReadOnly => _store.IsMapped;

    /// <summary>What made the embeddings, such as a model's name, for people and for programs that compare; kept in the file. Null where nobody said.</summary>
    /// <exception cref="EdgeVisionException">Set of an index that is read-only.</exception>
    public string? Origin
    {
        get => Read(static (store, _) => store.Origin, 0);
        set => Write(static (store, value) => store.Origin = value, value);
    }

    /// <summary>Number of entries.</summary>
    public int Count => Read(static (store, _) => store.Count, 0);

    /// <summary>Adds an entry.</summary>
    /// <param name="id">Its id, unlike every other's; not empty.</param>
    /// <param name="vector">Embedding, [Dimension]. For cosine of any length but zero; else components up to 1e15.</param>
    /// <param name="label">What it shows, if known.</param>
    /// <exception cref="EdgeVisionException">The id is taken or empty, or the vector has another dimension, NaN, or (cosine) only zeros.</exception>
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

    /// <summary>Adds an entry whose id is a number; it is kept as decimal text.</summary>
    /// <inheritdoc cref="Add(string, ReadOnlySpan{float}, string?)"/>
    public void Add(long id, ReadOnlySpan<float> vector, string? label = null) => Add(Text(id), vector, label);

    /// <summary>Replaces an entry's embedding; its label and its place in the order of insertion stay.</summary>
    /// <exception cref="EdgeVisionException">There is no such entry, or the vector cannot be added. The entry is then as it was.</exception>
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

    /// <summary>Replaces the embedding of an entry whose id is a number.</summary>
    /// <inheritdoc cref="Update(string, ReadOnlySpan{float})"/>
    public void Update(long id, ReadOnlySpan<float> vector) => Update(Text(id), vector);

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

    /// <summary>Removes an entry; false where there is none.</summary>
    public bool Remove(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Write(static (store, id) => store.Remove(id), id);
    }

    /// <summary>Removes an entry whose id is a number; false where there is none.</summary>
    public bool Remove(long id) => Remove(Text(id));

    /// <summary>Removes every entry and keeps the memory.</summary>
    public void Clear() => Write(static (store, _) =>
    {
        store.Clear();
        return true;
    }, 0);

    /// <summary>Whether there is such an entry.</summary>
    public bool Contains(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Read(static (store, id) => store.Find(id) >= 0, id);
    }

    /// <summary>Label of an entry; null without one.</summary>
    /// <exception cref="EdgeVisionException">There is no such entry.</exception>
    public string? Label(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Read(static (store, id) => store.Label(Found(store, id)), id);
    }

    /// <summary>A copy of an entry's embedding as it is compared, [Dimension]: of length 1 for cosine.</summary>
    /// <exception cref="EdgeVisionException">There is no such entry.</exception>
    public float[] Vector(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Read(static (store, id) => store.Vector(Found(store, id)).ToArray(), id);
    }

    /// <summary>Ids by order of insertion.</summary>
    public string[] Ids() => Read(static (store, _) => Array.ConvertAll(store.RowsInOrder(), store.Id), 0);

    /// <summary>Finds the nearest entries, nearest first, and returns how many there are.</summary>
    /// <param name="query">Embedding, [Dimension].</param>
    /// <param name="matches">Room for as many as are wanted.</param>
    /// <param name="threshold">Worst score to take: the lowest cosine or dot product, the highest distance. None when null.</param>
    /// <exception cref="EdgeVisionException">The query has another dimension, NaN, or (cosine) only zeros.</exception>
    public int Search(ReadOnlySpan<float> query, Span<EmbeddingMatch> matches, float? threshold = null)
    {
        float[]? rented = null;
        Span<float> prepared = Dimension <= 1024
            ? stackalloc float[1024]
            : rented = ArrayPool<float>.Shared.Rent(Dimension);
        prepared = prepared[..Dimension];
        CodedQuery? coded = null;
        _lock.EnterReadLock();
        try
        {
            _store.Prepare(query, prepared, "");
            float least = EmbeddingScan.Nearness(_store.Metric, threshold);
            long numbers = (long)_store.Count * Dimension;
            coded = numbers >= CodesFrom && _store.Coded() is { } codes && CodedQuery.TryMake(codes, prepared, _store.Metric, out var made) ? made : null;
            int count = numbers >= ParallelFrom
                ? EmbeddingScan.Parallel(_store, prepared, coded, matches, least)
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
            coded?.Return();
            if (rented is not null)
            {
                ArrayPool<float>.Shared.Return(rented);
            }
        }
    }

    /// <summary>Finds the nearest entries, nearest first.</summary>
    /// <param name="query">Embedding, [Dimension].</param>
    /// <param name="count">Most that are wanted.</param>
    /// <param name="threshold">Worst score to take: the lowest cosine or dot product, the highest distance. None when null.</param>
    /// <exception cref="EdgeVisionException">The query has another dimension, NaN, or (cosine) only zeros; or a negative count.</exception>
    public EmbeddingMatch[] Search(ReadOnlySpan<float> query, int count, float? threshold = null)
    {
        if (count < 0)
        {
            throw new EdgeVisionException($"{count} matches cannot be found");
        }

        var matches = new EmbeddingMatch[Math.Min(count, Count)];
        int found = Search(query, matches, threshold);
        return found == matches.Length ? matches : matches[..found];
    }

    /// <summary>
    /// Every pair of entries at least as near as <paramref name="threshold"/> (cosine or dot product at least, distance at
    /// most), by order of insertion of the first and then of the second. Compares each entry with each other.
    /// </summary>
    public IReadOnlyList<DuplicatePair> FindDuplicates(float threshold) =>
        Read(static (store, threshold) => NearDuplicates.Pairs(store, threshold), Checked(threshold));

    /// <summary>
    /// Families of near-duplicates: entries that a chain of pairs as near as <paramref name="threshold"/> connects; entries
    /// without a near one are left out. Families and their members are by order of insertion.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<string>> FindFamilies(float threshold) =>
        Read(static (store, threshold) => NearDuplicates.Families(store, threshold), Checked(threshold));

    /// <summary>
    /// Writes the index to a file. The file appears under its name only when it is whole: a crash or a full disk leaves the one
    /// before as it was.
    /// </summary>
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

    /// <summary>Reads an index that <see cref="Save"/> wrote. Searches give the same matches and scores, to the bit.</summary>
    /// <exception cref="EdgeVisionException">The file cannot be read, is no index, is of a newer version, is cut off, or is damaged.</exception>
    public static EmbeddingIndex Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new EmbeddingIndex(EmbeddingIndexFile.Load(path));
    }

    /// <summary>
    /// Opens an index that <see cref="Save"/> wrote where it lies, for searching only: ids and labels are read, vectors stay in the
    /// file and are mapped into memory, so that processes share them and only what a search touches is loaded. Searches give the same
    /// matches and scores as after <see cref="Load"/>, to the bit. Saving another index under the name leaves this one as it is;
    /// cutting the open file short by other means ends the process, as with any mapped file.
    /// </summary>
    /// <param name="path">File.</param>
    /// <param name="verify">Reads all of it once and compares its checksum; off, damage in the vectors goes unnoticed.</param>
    /// <exception cref="EdgeVisionException">The file cannot be read, is no index, is of a newer version, is cut off, or is damaged.</exception>
    public static EmbeddingIndex Open(string path, bool verify = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new EmbeddingIndex(EmbeddingIndexFile.Open(path, verify));
    }

    /// <summary>Lets go of the lock and of the file. No thread may be using the index.</summary>
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

    private static int Found(EmbeddingStore store, string id) =>
        store.Find(id) is var row && row >= 0 ? row : throw new EdgeVisionException($"the index has no entry '{id}'");

    private static float Checked(float threshold) =>
        float.IsNaN(threshold) ? throw new EdgeVisionException("a threshold of NaN means nothing") : threshold;

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
