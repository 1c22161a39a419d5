namespace EdgeVision.Pipeline.Scheduling;

/// <summary>Pool of pipeline frames, which are reused together with their results.</summary>
internal sealed class PipelineFramePool
{
    private const int MaxFree = 256;
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

        return new PipelineFrame(Return);
    }

    private void Return(PipelineFrame frame)
    {
        lock (_lock)
        {
            if (_free.Count < MaxFree)
            {
                _free.Push(frame);
            }
        }
    }
}
