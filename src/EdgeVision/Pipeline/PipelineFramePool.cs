namespace EdgeVision;

/// <summary>Pool of pipeline frames, which are reused together with their results.</summary>
internal sealed class PipelineFramePool
{
    private const int Most = 256;
    private readonly Stack<PipelineFrame> _free = new();
    private readonly Lock _lock = new();

    public PipelineFrame Rent()
    {
        lock (_lock)
        {
            if (_free.TryPop(out var frame))
            {
                return frame;
            }
        }

        return new PipelineFrame(TakeBack);
    }

    private void TakeBack(PipelineFrame frame)
    {
        lock (_lock)
        {
            if (_free.Count < Most)
            {
                _free.Push(frame);
            }
        }
    }
}
