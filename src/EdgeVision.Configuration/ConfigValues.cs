using System.Globalization;

namespace EdgeVision.Configuration;

/// <summary>Names of pixel formats, and sizes, as written in files and on the command line.</summary>
public static class ConfigValues
{
    /// <summary>Gets the names of pixel formats of raw frames.</summary>
    public static IReadOnlyList<(string Word, PixelFormat Format)> PixelFormatNames { get; } =
    [
        ("gray", PixelFormat.Gray8), ("bgr", PixelFormat.Bgr24), ("rgb", PixelFormat.Rgb24),
        ("bgra", PixelFormat.Bgra32), ("rgba", PixelFormat.Rgba32),
        ("nv12", PixelFormat.Nv12), ("i420", PixelFormat.I420), ("yuy2", PixelFormat.Yuy2),
    ];

    /// <summary>Parses a width and a height in pixels, as <c>640x480</c>; returns null for other texts.</summary>
    public static (int Width, int Height)? ParseSize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('x');
        return parts.Length == 2 && TryParseSide(parts[0], out int width) && TryParseSide(parts[1], out int height) ? (width, height) : null;
    }

    private static bool TryParseSide(string text, out int side) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side) && side is >= 1 and <= Frame.MaxSide;
}
