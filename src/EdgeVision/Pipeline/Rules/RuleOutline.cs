namespace EdgeVision;

/// <summary>In what a rule's points are given.</summary>
public enum PointUnit
{
    /// <summary>Pixels of the frame.</summary>
    Pixels,
    /// <summary>Shares of the frame's width and height, 0..1: one configuration for cameras of several sizes.</summary>
    Relative,
}

/// <summary>The points of a rule, in pixels of the frames that come: those given as shares are known with the first frame.</summary>
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

    /// <summary>In pixels; empty for shares before the first frame.</summary>
    public IReadOnlyList<(float X, float Y)> Points { get; private set; }

    /// <summary>Whether <see cref="Points"/> are other ones now: on the first frame, and where a camera changed its size and points are shares of it.</summary>
    public bool Resolve(Frame frame)
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

    /// <summary>Checks points before anything runs.</summary>
    /// <exception cref="ArgumentException">A point is no number, or no share where shares are meant.</exception>
    public static void Check(IReadOnlyList<(float X, float Y)> points, PointUnit unit)
    {
        foreach (var (x, y) in points)
        {
            if (!float.IsFinite(x) || !float.IsFinite(y))
            {
                throw new ArgumentException("a point is two numbers", nameof(points));
            }

            if (unit == PointUnit.Relative && !(x is >= 0 and <= 1 && y is >= 0 and <= 1))
            {
                throw new ArgumentException(FormattableString.Invariant($"a relative point is two shares from 0 to 1; [{x}, {y}] is not"), nameof(points));
            }
        }
    }
}
