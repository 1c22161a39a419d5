namespace EdgeVision.Pipeline;

/// <summary>Evaluates the frames of one source in order, after tracking, and adds events and counts.</summary>
/// <remarks>Examples are a zone, a line and a repetition count. One instance serves one source.</remarks>
public interface IPipelineRule
{
    /// <summary>Name in events and counts.</summary>
    string Name { get; }

    /// <summary>Outline of the watched region in pixels of the frame, for drawing; empty if there is none.</summary>
    IReadOnlyList<(float X, float Y)> Outline { get; }

    /// <summary>Gets whether the outline is a polygon; otherwise it is a line.</summary>
    bool IsPolygon { get; }

    /// <summary>
    /// Processes one frame; adds <see cref="PipelineFrame.AddEvent">events</see> and <see cref="PipelineFrame.AddCount">counts</see> to
    /// it.
    /// </summary>
    void Update(PipelineFrame frame);
}
