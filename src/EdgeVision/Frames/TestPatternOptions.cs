using System.Globalization;

namespace EdgeVision.Frames;

/// <summary>Options of a <see cref="TestPattern"/>.</summary>
public sealed record TestPatternOptions
{
    /// <summary>Minimum length of a side in pixels; below it neither the sequence number nor objects can be distinguished.</summary>
    public const int MinSide = 32;

    /// <summary>Width in pixels, at least <see cref="MinSide"/>.</summary>
    public int Width { get; init; } = 640;

    /// <summary>Height in pixels, at least <see cref="MinSide"/>.</summary>
    public int Height { get; init; } = 480;

    /// <summary>Frames per second, above 0 and at most 1000.</summary>
    public double FrameRate { get; init; } = 30;

    /// <summary>Number of moving objects, 0 to 64.</summary>
    public int ObjectCount { get; init; } = 5;

    /// <summary>Random seed: equal seeds give equal frames.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Total number of frames; null for unlimited.</summary>
    public long? FrameCount { get; init; }

    /// <summary>Pixel format of the frames.</summary>
    public PixelFormat Format { get; init; } = PixelFormat.Bgr24;

    /// <summary>Gets whether frames arrive at their rate like those of a camera; otherwise as fast as they are read.</summary>
    public bool IsLive { get; init; }

    /// <summary>Clock of a live pattern.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Name in results and messages.</summary>
    public string Name { get; init; } = "test";

    /// <summary>
    /// Parses an address <c>test:[WIDTHxHEIGHT][@RATE][?objects=5&amp;seed=1&amp;frames=300&amp;format=nv12&amp;live=true]</c>.
    /// </summary>
    /// <exception cref="PipelineConfigException">The address is invalid; the message says what is wrong.</exception>
    /// <remarks>
    /// Omitted parts have their defaults; formats are the names of <see cref="PixelFormat"/>, also without the number of bits (bgr, rgb,
    /// bgra, rgba, gray).
    /// </remarks>
    public static TestPatternOptions Parse(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!IsAddress(address))
        {
            throw InvalidAddress(address, "it must begin with test:");
        }

        var options = new TestPatternOptions();
        string rest = address[5..].TrimStart('/');
        int question = rest.IndexOf('?');
        string shape = question < 0 ? rest : rest[..question];
        int at = shape.IndexOf('@');
        if (at >= 0)
        {
            options = options with { FrameRate = ParseDouble(address, "the rate", shape[(at + 1)..]) };
            shape = shape[..at];
        }

        if (shape.Length > 0)
        {
            string[] sides = shape.Split('x', 'X');
            options = sides.Length == 2
                ? options with { Width = ParseInt(address, "the width", sides[0]), Height = ParseInt(address, "the height", sides[1]) }
                : throw InvalidAddress(address, $"'{shape}' is not a size such as 640x480");
        }

        foreach (string field in question < 0 ? [] : rest[(question + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = field.IndexOf('=');
            (string name, string value) = equals < 0 ? (field, "") : (field[..equals], field[(equals + 1)..]);
            options = name.ToLowerInvariant() switch
            {
                "objects" => options with { ObjectCount = ParseInt(address, name, value) },
                "seed" => options with { Seed = ParseInt(address, name, value) },
                "frames" => options with { FrameCount = ParseInt(address, name, value) },
                "format" => options with { Format = ParseFormat(address, value) },
                "live" => options with
                {
                    IsLive = bool.TryParse(value, out bool live) ? live : throw InvalidAddress(address, $"live must be true or false; got '{value}'"),
                },
                _ => throw InvalidAddress(address, $"unknown option '{name}'; options are objects, seed, frames, format and live"),
            };
        }

        options.Validate();
        return options;
    }

    /// <summary>Returns whether a text is the address of a test pattern.</summary>
    public static bool IsAddress(string address) => address.StartsWith("test:", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="PipelineConfigException">A value is out of its range.</exception>
    internal void Validate()
    {
        string? wrong = this switch
        {
            { Width: < MinSide or > Frame.MaxSide } or { Height: < MinSide or > Frame.MaxSide } =>
                $"width and height must be {MinSide} to {Frame.MaxSide} pixels; got {Width}x{Height}",
            { FrameRate: not (> 0 and <= 1000) } => $"the rate must be above 0 and at most 1000 frames per second; got {FrameRate}",
            { ObjectCount: < 0 or > 64 } => $"the number of objects must be 0 to 64; got {ObjectCount}",
            { FrameCount: < 0 } => $"the number of frames must be at least 0; got {FrameCount}",
            { Format: PixelFormat.Nv12 or PixelFormat.I420 } when Width % 2 != 0 || Height % 2 != 0 =>
                $"{Format} needs an even width and height; got {Width}x{Height}",
            { Format: PixelFormat.Yuy2 } when Width % 2 != 0 => $"{Format} needs an even width; got {Width}",
            _ => null,
        };
        if (wrong is not null)
        {
            throw new PipelineConfigException(FormattableString.Invariant($"test pattern: {wrong}"));
        }
    }

    private static PixelFormat ParseFormat(string address, string value)
    {
        foreach (var format in Enum.GetValues<PixelFormat>())
        {
            string name = format.ToString();
            if (value.Equals(name, StringComparison.OrdinalIgnoreCase) ||
                format is not (PixelFormat.Nv12 or PixelFormat.I420 or PixelFormat.Yuy2)
                && value.Equals(name.TrimEnd('0', '1', '2', '3', '4', '8'), StringComparison.OrdinalIgnoreCase))
            {
                return format;
            }
        }

        throw InvalidAddress(
            address,
            $"format must be one of {string.Join(", ", Enum.GetNames<PixelFormat>()).ToLowerInvariant()}; got '{value}'");
    }

    private static int ParseInt(string address, string name, string value) =>
        int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw InvalidAddress(address, $"{name} must be a whole number; got '{value}'");

    private static double ParseDouble(string address, string name, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw InvalidAddress(address, $"{name} must be a number; got '{value}'");

    private static PipelineConfigException InvalidAddress(string address, string what) =>
        new($"'{address}' is not a test pattern: {what} (example: test:640x480@30?objects=5&seed=1&frames=300&format=nv12)");
}
