using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using EdgeVision.Retrieval;
using TorchSharp;

namespace EdgeVision.Bench;

/// <summary>
/// The ten nearest of 100,000 embeddings of 128 numbers: the index (on the heap, mapped from its file, and without codes) against a plain loop of
/// TensorPrimitives with a sort, and against reading all floats once, which is the least that a search without codes must do.
/// </summary>
[MemoryDiagnoser]
[MinColumn]
public class EmbeddingSearchBench : IDisposable
{
    private const int Count = 100_000, Dimension = 128, Wanted = 10;
    private readonly EmbeddingMatch[] _matches = new EmbeddingMatch[Wanted];
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"edgevision-bench-{Environment.ProcessId}.index");
    private float[] _vectors = [];
    private float[] _query = [];
    private torch.Tensor _torchVectors = null!;
    private torch.Tensor _torchQuery = null!;
    private EmbeddingIndex _heap = null!;
    private EmbeddingIndex _mapped = null!;
    private EmbeddingIndex _plain = null!;

    /// <summary>Threads: one, or as many as the index takes by itself.</summary>
    [Params(false, true)]
    public bool Threads { get; set; }

    /// <summary>Fills the index and the plain block with the same vectors.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _vectors = new float[Count * Dimension];
        _heap = new EmbeddingIndex(Dimension) { ParallelThreshold = Threads ? 0 : long.MaxValue };
        for (int i = 0; i < Count; i++)
        {
            var row = _vectors.AsSpan(i * Dimension, Dimension);
            foreach (ref float value in row)
            {
                value = random.NextSingle() - 0.5f;
            }

            TensorPrimitives.Divide(row, TensorPrimitives.Norm(row), row);
            _heap.Add(i, row);
        }

        _query = _vectors[..Dimension];
        torch.set_num_threads(Threads ? Environment.ProcessorCount : 1);
        _torchVectors = torch.tensor(_vectors, [Count, Dimension]);
        _torchQuery = torch.tensor(_query);
        _heap.Save(_file);
        _mapped = EmbeddingIndex.Open(_file);
        _plain = EmbeddingIndex.Load(_file);
        _plain.QuantizationThreshold = long.MaxValue;
        _plain.ParallelThreshold = _mapped.ParallelThreshold = _heap.ParallelThreshold;
        foreach (var index in new[] { _heap, _mapped })
        {
            // Codes are made by the second search, once.
            index.Search(_query, _matches);
            index.Search(_query, _matches);
        }
    }

    /// <summary>The index on the heap.</summary>
    [Benchmark(Baseline = true)]
    public int Index() => _heap.Search(_query, _matches);

    /// <summary>The index in its file.</summary>
    [Benchmark]
    public int MappedIndex() => _mapped.Search(_query, _matches);

    /// <summary>The index on the heap, every row compared as floats.</summary>
    [Benchmark]
    public int WithoutCodes() => _plain.Search(_query, _matches);

    /// <summary>A product of matrix and vector, and its greatest.</summary>
    [Benchmark]
    public void TorchSharp()
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        _torchVectors.mv(_torchQuery).topk(Wanted);
    }

    /// <summary>A dot product each and a sort of all.</summary>
    [Benchmark]
    public int LoopAndSort()
    {
        float[] scores = new float[Count];
        int[] rows = new int[Count];
        for (int i = 0; i < Count; i++)
        {
            scores[i] = -TensorPrimitives.Dot(_query, _vectors.AsSpan(i * Dimension, Dimension));
            rows[i] = i;
        }

        Array.Sort(scores, rows);
        return rows[Wanted - 1];
    }

    /// <summary>The bytes alone, each read once.</summary>
    [Benchmark]
    public float ReadFloor()
    {
        if (!Threads)
        {
            return TensorPrimitives.Sum(_vectors);
        }

        int parts = Environment.ProcessorCount;
        float[] sums = new float[parts];
        Parallel.For(0, parts, part =>
        {
            int from = (int)((long)_vectors.Length * part / parts), to = (int)((long)_vectors.Length * (part + 1) / parts);
            sums[part] = TensorPrimitives.Sum(_vectors.AsSpan(from, to - from));
        });
        return sums[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _torchVectors?.Dispose();
        _torchQuery?.Dispose();
        _heap?.Dispose();
        _mapped?.Dispose();
        _plain?.Dispose();
        File.Delete(_file);
        GC.SuppressFinalize(this);
    }
}
