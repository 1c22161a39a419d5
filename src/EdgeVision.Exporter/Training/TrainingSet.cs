using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Specs;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>Image prepared for a training step.</summary>
/// <param name="Planes">The network's input before scale, mean and standard deviation: planar bytes [3,H,W].</param>
/// <param name="Targets">Training target of each head, in the order of the heads.</param>
/// <param name="Transform">Map between the input and the pixels of the original image.</param>
/// <param name="GroundTruth">Image with its labels before it was fitted into the input.</param>
public sealed record TrainingSample(byte[] Planes, object[] Targets, FrameTransform Transform, LabelledImage GroundTruth);

/// <summary>
/// Images of a source as the network sees them: augmented, fitted by the runtime's preprocessing, with targets.
/// </summary>
/// <remarks>
/// An item of an epoch is determined by seed, epoch and index alone, so that loaders may prefetch and runs may resume.
/// </remarks>
public sealed class TrainingSet
{
    private const long MaxCacheBytes = 3L << 30; // maximum bytes of images in memory; further images are loaded on each use

    private readonly LabelledImageSource _source;
    private readonly Architecture _architecture;
    private readonly Augmentation? _augmentation;
    private readonly LabelledImage?[] _pictures;
    private readonly TrainingSample?[] _samples;
    private readonly int _seed;

    /// <summary>Opens a set and loads its images as far as memory allows.</summary>
    public TrainingSet(LabelledImageSource source, Architecture architecture, Augmentation? augmentation, int seed, Action<int>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(architecture);
        (_source, _architecture, _augmentation, _seed) = (source, architecture, augmentation, seed);
        _pictures = new LabelledImage?[source.Count];
        _samples = new TrainingSample?[source.Count];
        long bytes = 0;
        int done = 0;
        Parallel.For(0, source.Count, new ParallelOptions { MaxDegreeOfParallelism = Math.Min(2, Environment.ProcessorCount) }, i =>
        {
            if (Interlocked.Read(ref bytes) < MaxCacheBytes)
            {
                var picture = source.Load(i);
                Interlocked.Add(ref bytes, picture.Rgb.LongLength + (picture.Depth?.LongLength ?? 0) * 4 + (picture.Mask?.LongLength ?? 0));
                _pictures[i] = picture;
            }

            progress?.Invoke(Interlocked.Increment(ref done));
        });
    }

    /// <summary>Gets the number of images.</summary>
    public int Count => _source.Count;

    /// <summary>Gets the source of the images.</summary>
    public LabelledImageSource Source => _source;

    /// <summary>Returns image <paramref name="index"/> as in the source.</summary>
    public LabelledImage GetImage(int index) => _pictures[index] ?? _source.Load(index);

    /// <summary>Returns image <paramref name="index"/> as prepared for epoch <paramref name="epoch"/>.</summary>
    public TrainingSample GetSample(int index, int epoch)
    {
        if (_augmentation is null)
        {
            return _samples[index] ??= Prepare(GetImage(index));
        }

        return Prepare(Augment(index, epoch));
    }

    /// <summary>Returns image <paramref name="index"/> as in the first epoch, fitted into the input, with its labels.</summary>
    public LabelledImage GetAugmentedImage(int index)
    {
        var picture = _augmentation is null ? GetImage(index) : Augment(index, 0);
        return InputFitter.Fit(picture, _architecture.Spec.Input, out _, out _);
    }

    /// <summary>Returns the order of the images in an epoch.</summary>
    /// <remarks>
    /// With <paramref name="perIdentity"/> above 0, each run of that many items shows one identity, as needed for losses over
    /// pairs and triplets.
    /// </remarks>
    public int[] GetOrder(int epoch, int perIdentity)
    {
        var random = DrawnScenes.CreateRandom(_seed, -1 - epoch);
        var order = Enumerable.Range(0, Count).ToArray();
        random.Shuffle(order);
        if (perIdentity <= 0)
        {
            return order;
        }

        var chunks = order.GroupBy(i => GetImage(i).Identity).SelectMany(g => g.Chunk(perIdentity)).Where(c => c.Length == perIdentity)
            .ToArray();
        random.Shuffle(chunks);
        return [.. chunks.SelectMany(c => c)];
    }

    /// <summary>
    /// Returns the samples of an epoch in batches, from step <paramref name="firstStep"/> on, prefetched on a separate thread.
    /// </summary>
    public IEnumerable<TrainingSample[]> GetBatches(int epoch, int batch, int perIdentity, int firstStep)
    {
        int[] order = GetOrder(epoch, perIdentity);
        int size = Math.Min(batch, order.Length);
        int steps = Math.Max(1, order.Length / Math.Max(1, size));
        using var queue = new System.Collections.Concurrent.BlockingCollection<TrainingSample[]>(3);
        using var stop = new CancellationTokenSource();
        var loader = Task.Run(() =>
        {
            try
            {
                for (int step = firstStep; step < steps; step++)
                {
                    queue.Add([.. order.Skip(step * size).Take(size).Select(i => GetSample(i, epoch))], stop.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // The consumer stopped.
            }
            finally
            {
                queue.CompleteAdding();
            }
        });
        try
        {
            foreach (var items in queue.GetConsumingEnumerable())
            {
                yield return items;
            }
        }
        finally
        {
            stop.Cancel();
            // Rethrows an error of the loader to the consumer.
            loader.GetAwaiter().GetResult();
        }
    }

    /// <summary>Returns the number of steps of an epoch.</summary>
    public int GetStepCount(int batch, int perIdentity)
    {
        int count = perIdentity <= 0 ? Count : GetOrder(0, perIdentity).Length;
        return Math.Max(1, count / Math.Max(1, Math.Min(batch, count)));
    }

    /// <summary>Converts samples to the network's input [N,3,H,W], scaled and normalized as in the spec.</summary>
    public static torch.Tensor ToTensor(IReadOnlyList<TrainingSample> items, InputSpec input)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(input);
        var bytes = new byte[items.Count * items[0].Planes.Length];
        for (int i = 0; i < items.Count; i++)
        {
            items[i].Planes.CopyTo(bytes, i * items[0].Planes.Length);
        }

        var pixels = torch.tensor(bytes, [items.Count, 3, input.Height, input.Width], dtype: torch.ScalarType.Byte)
            .to_type(torch.ScalarType.Float32);
        return (pixels * input.Scale - torch.tensor(input.Mean, 1, input.Mean.Length, 1, 1))
            / torch.tensor(input.Std, 1, input.Std.Length, 1, 1);
    }

    private LabelledImage Augment(int index, int epoch)
    {
        var random = DrawnScenes.CreateRandom(unchecked(_seed * 7919 + epoch), index);
        return _augmentation!.Apply(GetImage(index), _source.Labels, random, () => GetImage(random.Next(Count)));
    }

    private TrainingSample Prepare(LabelledImage picture)
    {
        var placed = InputFitter.Fit(picture, _architecture.Spec.Input, out byte[] planes, out var transform);
        return new TrainingSample(planes, [.. _architecture.Heads.Select(h => h.CreateTarget(placed))], transform, picture);
    }
}
