namespace EdgeVision.Tracking;

/// <summary>BoT-SORT with an appearance model: the image region of each detection gets an embedding (re-identification).</summary>
public sealed class AppearanceTracker : ITracker, IDisposable
{
    private readonly BotSortTracker _tracker;
    private readonly VisionModel _model;
    private readonly VisionResult _result = new();
    private float[] _embeddings = [];

    /// <summary>Initializes a tracker that takes ownership of the model and disposes it.</summary>
    /// <param name="tracker">The tracker.</param>
    /// <param name="model">Model that produces embeddings.</param>
    /// <exception cref="ArgumentException">The model produces no embedding.</exception>
    public AppearanceTracker(BotSortTracker tracker, VisionModel model)
    {
        ArgumentNullException.ThrowIfNull(tracker);
        ArgumentNullException.ThrowIfNull(model);
        (_tracker, _model) = (tracker, model.ProducesEmbedding
            ? model
            : throw new ArgumentException($"model '{model.Name}' produces no embedding; give a model that does", nameof(model)));
    }

    /// <inheritdoc/>
    public ReadOnlySpan<Track> Tracks => _tracker.Tracks;

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException">There are detections but no frame.</exception>
    public void Update(Detections detections, Frame? frame = null)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (detections.Count == 0)
        {
            _tracker.Update(detections, frame);
            return;
        }

        ArgumentNullException.ThrowIfNull(frame);
        _tracker.Update(detections, frame, ComputeEmbeddings(detections, frame, out int length), length);
    }

    /// <inheritdoc/>
    public void Reset() => _tracker.Reset();

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    // A box outside the image has no appearance; a zero vector stands for none.
    private ReadOnlySpan<float> ComputeEmbeddings(Detections detections, Frame frame, out int length)
    {
        length = 0;
        for (int i = 0; i < detections.Count; i++)
        {
            var b = detections.Boxes[i];
            var crop = new Box(Math.Max(0, b.X1), Math.Max(0, b.Y1), Math.Min(frame.Width, b.X2), Math.Min(frame.Height, b.Y2));
            if (!(crop.Width >= 1 && crop.Height >= 1))
            {
                continue;
            }

            _model.Run(frame, _result, crop);
            if (length == 0)
            {
                length = _result.Embedding.Count;
                _embeddings = _embeddings.Length >= length * detections.Count ? _embeddings : new float[length * detections.Count];
                _embeddings.AsSpan().Clear();
            }

            _result.Embedding.Values.CopyTo(_embeddings.AsSpan(i * length));
        }

        return _embeddings.AsSpan(0, length * detections.Count);
    }
}
