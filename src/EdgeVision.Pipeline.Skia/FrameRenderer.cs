using EdgeVision.Preprocessing;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Renders a pipeline's frames as BGRA32 images, annotated or plain, in pooled memory.</summary>
internal sealed class FrameRenderer : IDisposable
{
    private readonly PipelineAnnotator? _annotator;
    private readonly Dictionary<string, FramePool> _pools = [];

    /// <summary>Initializes a renderer.</summary>
    /// <param name="options">What to draw; null for the pixels alone.</param>
    public FrameRenderer(PipelineAnnotatorOptions? options) =>
        _annotator = options is null ? null : new PipelineAnnotator(options);

    /// <summary>Updates trails with a frame; call once for each frame, also for those that are not rendered.</summary>
    public void UpdateTrails(PipelineFrame frame) => _annotator?.UpdateTrails(frame);

    /// <summary>Renders the image with the frame's timestamp and sequence; the caller disposes it.</summary>
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

    /// <summary>Rents a BGRA32 image of undefined content.</summary>
    public Frame Rent(string source, int width, int height, long sequence, TimeSpan timestamp)
    {
        // A pool holds frames of one size, so each source has its own.
        if (!_pools.TryGetValue(source, out var pool))
        {
            _pools[source] = pool = new FramePool(12);
        }

        return pool.Rent(PixelFormat.Bgra32, width, height, source, sequence, timestamp);
    }

    public void Dispose() => _annotator?.Dispose();
}
