namespace EdgeVision.Pipeline.Rules;

/// <summary>Unit of the points of a rule.</summary>
public enum PointUnit
{
    /// <summary>Pixels of the frame.</summary>
    Pixels,
    /// <summary>Fractions of the frame's width and height, 0..1: one configuration for cameras of several sizes.</summary>
    Relative,
}

/// <summary>Converts the points of a rule to pixels of the frame; relative points are known from the first frame.</summary>
internal sealed class RuleOutline
{
    private readonly (float X, float Y)[] _given;
    private readonly PointUnit _unit;
    private (int Width, int Height) _size;

    public RuleOutline(IReadOnlyList<(float X, float Y)> points, PointUnit unit)
    {
        _given = [.. points];
        _unit = unit;
        Points = unit == PointUnit.Pixels ? _given : [];
    }

    /// <summary>Points in pixels; empty for relative points before the first frame.</summary>
    public IReadOnlyList<(float X, float Y)> Points { get; private set; }

    /// <summary>Updates the points for a frame and returns whether <see cref="Points"/> changed.</summary>
    /// <remarks>They change on the first frame, and, if relative, when the camera changes its frame size.</remarks>
    public bool Update(Frame frame)
    {
        var size = (frame.Width, frame.Height);
        if (size == _size)
        {
            return false;
        }

        bool first = _size == default;
        _size = size;
        if (_unit == PointUnit.Relative)
        {
            Points = [.. _given.Select(p => (p.X * size.Width, p.Y * size.Height))];
        }

        return first || _unit == PointUnit.Relative;
    }

    /// <summary>Validates points before the pipeline runs.</summary>
    /// <exception cref="ArgumentException">A coordinate is not finite, or not in 0..1 for relative points.</exception>
    public static void Validate(IReadOnlyList<(float X, float Y)> points, PointUnit unit)
    {
        foreach (var (x, y) in points)
        {
            if (!float.IsFinite(x) || !float.IsFinite(y))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"the coordinates of a point must be finite numbers; got [{x}, {y}]"), nameof(points));
            }

            if (unit == PointUnit.Relative && !(x is >= 0 and <= 1 && y is >= 0 and <= 1))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"the coordinates of a relative point must be between 0 and 1; got [{x}, {y}]"),
                    nameof(points));
            }
        }
    }
}
