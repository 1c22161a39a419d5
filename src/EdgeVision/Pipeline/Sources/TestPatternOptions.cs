using System.Globalization;

namespace EdgeVision;

/// <summary>What a <see cref="TestPatternSource"/> shows.</summary>
public sealed record TestPatternOptions
{
    /// <summary>Fewest pixels of a side; below them neither the number of the frame nor objects could be told apart.</summary>
    public const int MinSide = 32;

    /// <summary>Width in pixels, at least <see cref="MinSide"/>.</summary>
    public int Width { get; init; } = 640;

    /// <summary>Height in pixels, at least <see cref="MinSide"/>.</summary>
    public int Height { get; init; } = 480;

    /// <summary>Frames a second, above 0 and at most 1000.</summary>
    public double Rate { get; init; } = 30;

    /// <summary>Objects that move about, 0 to 64.</summary>
    public int Objects { get; init; } = 5;

    /// <summary>Where chance begins: equal seeds give equal pictures.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Frames there will be; null for ever.</summary>
    public long? Frames { get; init; }

    /// <summary>Layout of the frames' bytes.</summary>
    public PixelFormat Format { get; init; } = PixelFormat.Bgr24;

    /// <summary>Whether frames come at their rate, as a camera's do; else as fast as they are asked for.</summary>
    public bool Live { get; init; }

    /// <summary>Clock of a live pattern.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Name for results and messages.</summary>
    public string Name { get; init; } = "test";

    /// <summary>
    /// Reads an address: <c>test:[WIDTHxHEIGHT][@RATE][?objects=5&amp;seed=1&amp;frames=300&amp;format=nv12&amp;live=true]</c>. What is left out
    /// has its default; formats are <see cref="PixelFormat"/>'s names, also without the number of bits (bgr, rgb, bgra, rgba, gray).
    /// </summary>
    /// <exception cref="PipelineConfigException">It is no such address; the message says what is wrong.</exception>
    public static TestPatternOptions Parse(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!IsAddress(address))
        {
            throw Wrong(address, "it must begin with test:");
        }

        var options = new TestPatternOptions();
        string rest = address[5..].TrimStart('/');
        int question = rest.IndexOf('?');
        string shape = question < 0 ? rest : rest[..question];
        int at = shape.IndexOf('@');
        if (at >= 0)
        {
            options = options with { Rate = Number(address, "the rate", shape[(at + 1)..]) };
            shape = shape[..at];
        }

        if (shape.Length > 0)
        {
            string[] sides = shape.Split('x', 'X');
            options = sides.Length == 2
                ? options with { Width = Whole(address, "the width", sides[0]), Height = Whole(address, "the height", sides[1]) }
                : throw Wrong(address, $"'{shape}' is no size; write 640x480");
        }

        foreach (string field in question < 0 ? [] : rest[(question + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = field.IndexOf('=');
            (string name, string value) = equals < 0 ? (field, "") : (field[..equals], field[(equals + 1)..]);
            options = name.ToLowerInvariant() switch
            {
                "objects" => options with { Objects = Whole(address, name, value) },
                "seed" => options with { Seed = Whole(address, name, value) },
                "frames" => options with { Frames = Whole(address, name, value) },
                "format" => options with { Format = FormatOf(address, value) },
                "live" => options with { Live = bool.TryParse(value, out bool live) ? live : throw Wrong(address, $"live is '{value}'; write true or false") },
                _ => throw Wrong(address, $"'{name}' is not known; there are objects, seed, frames, format and live"),
            };
        }

        options.Check();
        return options;
    }

    /// <summary>Whether a text is the address of a test pattern.</summary>
    public static bool IsAddress(string address) => address.StartsWith("test:", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="PipelineConfigException">A value is out of its range.</exception>
    internal void Check()
    {
        string? wrong = this switch
        {
            { Width: < MinSide or > Frame.MaxSide } or { Height: < MinSide or > Frame.MaxSide } => $"{Width}x{Height} is no size; sides are {MinSide} to {Frame.MaxSide} pixels",
            { Rate: not (> 0 and <= 1000) } => $"{Rate} frames a second are not possible; the rate is above 0 and at most 1000",
            { Objects: < 0 or > 64 } => $"{Objects} objects are not possible; there are 0 to 64",
            { Frames: < 0 } => $"{Frames} frames are not possible",
            { Format: PixelFormat.Nv12 or PixelFormat.I420 } when Width % 2 != 0 || Height % 2 != 0 => $"{Format} needs even sides; {Width}x{Height} is odd",
            { Format: PixelFormat.Yuy2 } when Width % 2 != 0 => $"{Format} needs an even width; {Width} is odd",
            _ => null,
        };
        if (wrong is not null)
        {
            throw new PipelineConfigException(FormattableString.Invariant($"test pattern: {wrong}"));
        }
    }

    private static PixelFormat FormatOf(string address, string value)
    {
        foreach (var format in Enum.GetValues<PixelFormat>())
        {
            string name = format.ToString();
            if (value.Equals(name, StringComparison.OrdinalIgnoreCase) ||
                format is not (PixelFormat.Nv12 or PixelFormat.I420 or PixelFormat.Yuy2) && value.Equals(name.TrimEnd('0', '1', '2', '3', '4', '8'), StringComparison.OrdinalIgnoreCase))
            {
                return format;
            }
        }

        throw Wrong(address, $"format is '{value}'; there are {string.Join(", ", Enum.GetNames<PixelFormat>()).ToLowerInvariant()}");
    }

    private static int Whole(string address, string name, string value) =>
        int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number : throw Wrong(address, $"{name} is '{value}'; write a whole number");

    private static double Number(string address, string name, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : throw Wrong(address, $"{name} is '{value}'; write a number");

    private static PipelineConfigException Wrong(string address, string what) => new($"'{address}' is no test pattern: {what} (test:640x480@30?objects=5&seed=1&frames=300&format=nv12)");
}
