using System.Globalization;
using EdgeVision.Diagnostics;

namespace EdgeVision.Profiling.Selection;

/// <summary>A limit of a budget: the maximum of a figure or, if higher is better, its minimum.</summary>
/// <param name="Figure">The limited figure.</param>
/// <param name="Value">The limit in the figure's unit (ms, MB, J).</param>
public sealed record ProfileLimit(ProfileFigure Figure, double Value)
{
    private static readonly Dictionary<ProfileUnit, (string Name, double Scale)[]> Units = new()
    {
        [ProfileUnit.Milliseconds] = [("ms", 1), ("s", 1000), ("us", 0.001), ("µs", 0.001)],
        [ProfileUnit.Megabytes] =
        [
            ("MB", 1), ("KB", 1e-3), ("GB", 1e3), ("B", 1e-6),
            ("KiB", 1024e-6), ("MiB", 1048576e-6), ("GiB", 1073741824e-6),
        ],
        [ProfileUnit.Joules] = [("J", 1), ("mJ", 1e-3)],
        [ProfileUnit.FramesPerSecond] = [("fps", 1)],
        [ProfileUnit.Count] = [("K", 1e3), ("M", 1e6), ("G", 1e9)],
        [ProfileUnit.Score] = [("%", 0.01)],
    };

    /// <summary>Returns whether a row meets the limit; false if the figure is unknown.</summary>
    public bool IsMetBy(ProfileRow row) => Figure.GetValue(row) is { } value && !Figure.IsBetter(Value, value);

    /// <summary>Returns the excess of a row over the limit, as a fraction of the limit: 0.25 is a quarter over.</summary>
    /// <remarks>0 or less if the row meets the limit; null if the figure is unknown.</remarks>
    public double? GetExcess(ProfileRow row) => Figure.GetValue(row) is not { } value ? null
        : value == Value ? 0
        : (Figure.GreaterIsBetter ? Value - value : value - Value) / Value;

    /// <summary>Returns why a row does not meet the limit: "p99 41.3 ms is 8.25 ms (25 %) over 33 ms".</summary>
    public string DescribeViolation(ProfileRow row)
    {
        if (Figure.GetValue(row) is not { } value)
        {
            return $"{Figure.Name} is not known";
        }

        double percent = 100 * Math.Abs(value - Value) / Value;
        string share = percent.ToString(percent >= 100 ? "F0" : "0.#", CultureInfo.InvariantCulture);
        string side = Figure.GreaterIsBetter ? "under" : "over";
        return $"{Figure.Name} {Figure.Format(value)} is {Figure.Format(Math.Abs(value - Value))} ({share} %) {side} {Figure.Format(Value)}";
    }

    /// <summary>Returns a text such as "p99 up to 33 ms" or "fps from 30".</summary>
    public override string ToString() => $"{Figure.Name} {(Figure.GreaterIsBetter ? "from" : "up to")} {Figure.Format(Value)}";

    /// <summary>Parses a limit such as <c>p99=33ms</c>.</summary>
    /// <exception cref="EdgeVisionException">The text is not a limit; the message lists what is allowed.</exception>
    internal static ProfileLimit Parse(string text)
    {
        int at = text.IndexOf('=');
        if (at <= 0)
        {
            throw new EdgeVisionException($"'{ErrorText.ToSingleLine(text)}' is not a limit; write figure=value, such as p99=33ms");
        }

        string name = text[..at].Trim(), value = text[(at + 1)..].Trim();
        var figure = ProfileFigure.All.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new EdgeVisionException(
                $"the figure of a limit must be one of {string.Join(", ", ProfileFigure.All.Select(f => f.Name))}; "
                + $"got '{ErrorText.ToSingleLine(name)}'");
        int digits = 0;
        while (digits < value.Length && (char.IsAsciiDigit(value[digits]) || value[digits] is '.'))
        {
            digits++;
        }

        string unit = value[digits..].Trim();
        if (!double.TryParse(value[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            || !double.IsFinite(number)
            || number <= 0)
        {
            throw new EdgeVisionException($"'{ErrorText.ToSingleLine(text)}': {figure.Name} needs a number above 0, such as {Example(figure)}");
        }

        // Case is ignored: it only distinguishes mJ from MJ, and megajoules are no realistic limit.
        var known = Units[figure.Unit];
        double scale = unit.Length == 0 ? 1
            : known.FirstOrDefault(u => u.Name.Equals(unit, StringComparison.OrdinalIgnoreCase)) is { Name: not null } found ? found.Scale
            : throw new EdgeVisionException(
                $"'{ErrorText.ToSingleLine(text)}': the unit of {figure.Name} must be one of {string.Join(", ", known.Select(u => u.Name))}; "
                + $"got '{ErrorText.ToSingleLine(unit)}'");
        return new ProfileLimit(figure, number * scale);
    }

    private static string Example(ProfileFigure figure) => figure.Unit switch
    {
        ProfileUnit.Milliseconds => $"{figure.Name}=33ms",
        ProfileUnit.Megabytes => $"{figure.Name}=200MB",
        ProfileUnit.Joules => $"{figure.Name}=0.5J",
        ProfileUnit.FramesPerSecond => $"{figure.Name}=30",
        ProfileUnit.Count => $"{figure.Name}=5M",
        _ => $"{figure.Name}=0.9",
    };
}
