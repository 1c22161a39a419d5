namespace EdgeVision;

/// <summary>
/// Looks at one source's frames in their order, after tracking, and notes events and counts: a zone, a line, a count of repetitions.
/// One instance serves one source.
/// </summary>
public interface IPipelineRule
{
    /// <summary>Name in events and counts.</summary>
    string Name { get; }

    /// <summary>The place that the rule watches, in pixels of the frame, to be drawn over it; empty where it has none.</summary>
    IReadOnlyList<(float X, float Y)> Outline { get; }

    /// <summary>Whether the outline is a polygon; else it is a line.</summary>
    bool IsArea { get; }

    /// <summary>Goes on by one frame: <see cref="PipelineFrame.AddEvent"/>, <see cref="PipelineFrame.AddCount"/>.</summary>
    void Update(PipelineFrame frame);
}
