using System.Globalization;

namespace EdgeVision;

/// <summary>A limit of a budget: a figure that a row may not exceed or, where more is better, not fall below.</summary>
/// <param name="Figure">What is limited.</param>
/// <param name="Value">The limit, in the figure's unit (ms, MB, J).</param>
public sealed record ProfileLimit(ProfileFigure Figure, double Value)
{
    private static readonly Dictionary<ProfileUnit, (string Name, double Scale)[]> Units = new()
    {
        [ProfileUnit.Milliseconds] = [("ms", 1), ("s", 1000), ("us", 0.001), ("µs", 0.001)],
        [ProfileUnit.Megabytes] = [("MB", 1), ("KB", 1e-3), ("GB", 1e3), ("B", 1e-6), ("KiB", 1024e-6), ("MiB", 1048576e-6), ("GiB", 1073741824e-6)],
        [ProfileUnit.Joules] = [("J", 1), ("mJ", 1e-3)],
        [ProfileUnit.FramesPerSecond] = [("fps", 1)],
        [ProfileUnit.Count] = [("K", 1e3), ("M", 1e6), ("G", 1e9)],
        [ProfileUnit.Score] = [("%", 0.01)],
    };

    /// <summary>Whether a row keeps to it; a row whose figure is not known does not.</summary>
    public bool Allows(ProfileRow row) => Figure.Of(row) is { } value && !Figure.IsBetter(Value, value);

    /// <summary>How far a row is over it, as a share of the limit: 0.25 is a quarter over. 0 or less where the row keeps to it; null where the figure is not known.</summary>
    public double? Excess(ProfileRow row) => Figure.Of(row) is not { } value ? null : value == Value ? 0 : (Figure.GreaterIsBetter ? Value - value : value - Value) / Value;

    /// <summary>Why a row does not keep to it: "p99 41.3 ms is 8.25 ms (25 %) over 33 ms".</summary>
    public string Reason(ProfileRow row)
    {
        if (Figure.Of(row) is not { } value)
        {
            return $"{Figure.Name} is not known";
        }

        double percent = 100 * Math.Abs(value - Value) / Value;
        string share = percent.ToString(percent >= 100 ? "F0" : "0.#", CultureInfo.InvariantCulture);
        return $"{Figure.Name} {Figure.Text(value)} is {Figure.Text(Math.Abs(value - Value))} ({share} %) {(Figure.GreaterIsBetter ? "under" : "over")} {Figure.Text(Value)}";
    }

    /// <summary>"p99 up to 33 ms", "fps from 30".</summary>
    public override string ToString() => $"{Figure.Name} {(Figure.GreaterIsBetter ? "from" : "up to")} {Figure.Text(Value)}";

    /// <summary>Reads <c>p99=33ms</c>.</summary>
    /// <exception cref="EdgeVisionException">It is none; the message lists what is known.</exception>
    internal static ProfileLimit Parse(string text)
    {
        int at = text.IndexOf('=');
        if (at <= 0)
        {
            throw new EdgeVisionException($"'{OneLine.Of(text)}' is no limit of a budget; write figure=value, such as p99=33ms");
        }

        string name = text[..at].Trim(), value = text[(at + 1)..].Trim();
        var figure = ProfileFigure.All.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new EdgeVisionException($"a budget knows no '{OneLine.Of(name)}'; it knows {string.Join(", ", ProfileFigure.All.Select(f => f.Name))}");
        int digits = 0;
        while (digits < value.Length && (char.IsAsciiDigit(value[digits]) || value[digits] is '.'))
        {
            digits++;
        }

        string unit = value[digits..].Trim();
        if (!double.TryParse(value[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number) || number <= 0)
        {
            throw new EdgeVisionException($"'{OneLine.Of(text)}': {figure.Name} needs a number above 0, such as {Example(figure)}");
        }

        // Case matters nowhere but between mJ and MJ, and nobody has a budget of megajoules.
        var known = Units[figure.Unit];
        double scale = unit.Length == 0 ? 1
            : known.FirstOrDefault(u => u.Name.Equals(unit, StringComparison.OrdinalIgnoreCase)) is { Name: not null } found ? found.Scale
            : throw new EdgeVisionException($"'{OneLine.Of(text)}': {figure.Name} has no unit '{OneLine.Of(unit)}'; it knows {string.Join(", ", known.Select(u => u.Name))}");
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
