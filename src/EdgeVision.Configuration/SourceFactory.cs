namespace EdgeVision.Configuration;

/// <summary>Makes sources.</summary>
public static class SourceFactory
{
    /// <summary>The source, not opened.</summary>
    public static FrameSource Create(SourceConfig source) => throw new NotImplementedException();
}
