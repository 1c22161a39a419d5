using System.Globalization;

namespace EdgeVision.Configuration.Yaml;

/// <summary>
/// Parses durations and sizes: <c>200ms</c>, <c>5s</c>, <c>1.5m</c>, <c>2h</c>; <c>512KB</c>, <c>100MB</c>, <c>2GB</c>.
/// </summary>
public static class Quantities
{
    // A unit that ends in another one comes first.
    private static readonly (string Unit, double Seconds)[] Times = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    private static readonly (string Unit, long Bytes)[] Sizes =
        [("KB", 1L << 10), ("MB", 1L << 20), ("GB", 1L << 30), ("TB", 1L << 40), ("B", 1)];

    private const string NumberPattern = @"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*";

    /// <summary>Parses a duration, at least 0, with its unit; 0 needs no unit.</summary>
    public static bool TryParseDuration(string text, out TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(text);
        time = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        foreach (var (unit, seconds) in Times)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal) && TryParseNumber(text[..^unit.Length], out double value))
            {
                // A hundred years is beyond any use and within the range of TimeSpan.
                bool fits = value * seconds <= 3.2e9;
                time = fits ? TimeSpan.FromSeconds(value * seconds) : default;
                return fits;
            }
        }

        return false;
    }

    /// <summary>Parses a number of bytes, above 0; units are powers of 1024.</summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        bytes = 0;
        foreach (var (unit, factor) in Sizes)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase) && TryParseNumber(text[..^unit.Length], out double value))
            {
                bool fits = value * factor is >= 1 and <= long.MaxValue / 2;
                bytes = fits ? (long)(value * factor) : 0;
                return fits;
            }
        }

        return false;
    }

    /// <summary>Gets the regular expression of a number of bytes, for the schema.</summary>
    internal static string SizePattern { get; } =
        $"^{NumberPattern}({string.Join('|', Sizes.Select(u => string.Concat(u.Unit.Select(c => $"[{c}{char.ToLowerInvariant(c)}]"))))})$";

    /// <summary>Returns the regular expression of a duration, for the schema.</summary>
    internal static string GetDurationPattern(bool allowZero) =>
        $"^{(allowZero ? "(0|" : "(?=[0-9.]*[1-9])(")}{NumberPattern}({string.Join('|', Times.Select(u => u.Unit))}))$";

    private static bool TryParseNumber(string text, out double value) =>
        double.TryParse(
            text.AsSpan().TrimEnd(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value);
}
