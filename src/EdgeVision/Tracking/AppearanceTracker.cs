namespace EdgeVision;

/// <summary>BoT-SORT with a model that tells objects apart by their looks: each detection's part of the picture gets an embedding.</summary>
public sealed class AppearanceTracker : ITracker, IDisposable
{
    private readonly BotSortTracker _tracker;
    private readonly VisionModel _model;
    private readonly VisionResult _look = new();
    private float[] _embeddings = [];

    /// <summary>Joins a tracker and a model, which it disposes.</summary>
    /// <param name="tracker">The tracker.</param>
    /// <param name="model">Gives embeddings.</param>
    /// <exception cref="ArgumentException">The model gives no embedding.</exception>
    public AppearanceTracker(BotSortTracker tracker, VisionModel model)
    {
        ArgumentNullException.ThrowIfNull(tracker);
        ArgumentNullException.ThrowIfNull(model);
        (_tracker, _model) = (tracker, model.GivesEmbedding ? model : throw new ArgumentException($"'{model.Name}' gives no embedding", nameof(model)));
    }

    /// <inheritdoc/>
    public ReadOnlySpan<Track> Tracks => _tracker.Tracks;

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException">There are detections and no frame to look at.</exception>
    public void Update(Detections detections, Frame? frame = null)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (detections.Count == 0)
        {
            _tracker.Update(detections, frame);
            return;
        }

        ArgumentNullException.ThrowIfNull(frame);
        _tracker.Update(detections, frame, Look(detections, frame, out int length), length);
    }

    /// <inheritdoc/>
    public void Reset() => _tracker.Reset();

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    // A box outside the picture has no looks; zeros count as none.
    private ReadOnlySpan<float> Look(Detections detections, Frame frame, out int length)
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

            _model.Run(frame, _look, crop);
            if (length == 0)
            {
                length = _look.Embedding.Count;
                _embeddings = _embeddings.Length >= length * detections.Count ? _embeddings : new float[length * detections.Count];
                _embeddings.AsSpan().Clear();
            }

            _look.Embedding.Values.CopyTo(_embeddings.AsSpan(i * length));
        }

        return _embeddings.AsSpan(0, length * detections.Count);
    }
}
