namespace EdgeVision.Imaging;

/// <summary>A pipeline's frames as BGRA32 pictures, annotated or plain, in memory that is used again.</summary>
internal sealed class FrameRenderer : IDisposable
{
    private readonly PipelineAnnotator? _annotator;
    private readonly Dictionary<string, FramePool> _pools = [];

    /// <summary>Prepares drawing.</summary>
    /// <param name="options">What to draw; null for the pixels alone.</param>
    public FrameRenderer(PipelineAnnotatorOptions? options) => _annotator = options is null ? null : new PipelineAnnotator(options);

    /// <summary>Goes on by one frame; each once, also those that are not drawn.</summary>
    public void Follow(PipelineFrame frame) => _annotator?.Follow(frame);

    /// <summary>The picture, with the frame's timestamp and sequence; the caller's to dispose.</summary>
    public Frame Render(PipelineFrame frame)
    {
        var canvas = Rent(frame.Source, frame.Frame.Width, frame.Frame.Height, frame.Sequence, frame.Timestamp);
        try
        {
            if (_annotator is not null)
            {
                _annotator.Draw(frame, canvas);
            }
            else
            {
                FrameConverter.ToBgra(frame.Frame, canvas);
            }

            return canvas;
        }
        catch
        {
            canvas.Dispose();
            throw;
        }
    }

    /// <summary>A BGRA32 picture, contents undefined.</summary>
    public Frame Rent(string source, int width, int height, long sequence, TimeSpan timestamp)
    {
        // A pool holds frames of one size; sources have one each.
        if (!_pools.TryGetValue(source, out var pool))
        {
            _pools[source] = pool = new FramePool(12);
        }

        return pool.Rent(PixelFormat.Bgra32, width, height, source, sequence, timestamp);
    }

    public void Dispose() => _annotator?.Dispose();
}
