using System.CommandLine;
using System.Globalization;

namespace EdgeVision.Cli;

/// <summary>The options of <c>run</c> that cut large pictures into tiles.</summary>
internal sealed class TileArguments
{
    private readonly Option<string?> _tiles = new("--tiles") { Description = "Look at the picture in overlapping tiles of this size in pixels, for things too small in the whole; the network's input is a good size.", HelpName = "N|WxH" };
    private readonly Option<float?> _overlap = Shell.Ratio("--tile-overlap", "Part of a tile's side that it shares with the next, 0 to below 1 (0.2).");
    private readonly Option<TileMerge?> _merge = new("--tile-merge") { Description = "What becomes of boxes of several tiles that show one thing: the best stays (nms), is widened by the others (union, the default), or by all that hang together (nmm).", HelpName = "nms|union|nmm" };
    private readonly Option<TileMatch?> _match = new("--tile-match") { Description = "When boxes show one thing: by intersection over the smaller box (ios, the default) or over the union (iou).", HelpName = "ios|iou" };
    private readonly Option<float?> _threshold = Shell.Ratio("--tile-threshold", "Measure from which on boxes of several tiles show one thing, above 0 (0.5).");
    private readonly Option<bool> _noFull = new("--no-full") { Description = "With --tiles, do not look at the whole picture too." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_tiles, _overlap, _merge, _match, _threshold, _noFull])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What the call asks for; null without <c>--tiles</c>.</summary>
    public TileOptions? Read(ParseResult parse)
    {
        if (parse.GetValue(_tiles) is not { } size)
        {
            bool others = parse.GetValue(_overlap) is not null || parse.GetValue(_merge) is not null || parse.GetValue(_match) is not null || parse.GetValue(_threshold) is not null || parse.GetValue(_noFull);
            return others ? throw new WrongCallException("--tile-overlap, --tile-merge, --tile-match, --tile-threshold and --no-full need --tiles") : null;
        }

        string[] sides = size.Split('x');
        int width = 0, height = 0;
        if (sides.Length > 2 || !Side(sides[0], out width) || !Side(sides[^1], out height))
        {
            throw new WrongCallException($"--tiles is a size in pixels such as 640 or 640x480; '{size}' is not");
        }

        var options = new TileOptions { Width = width, Height = height, Full = !parse.GetValue(_noFull) };
        float overlap = parse.GetValue(_overlap) ?? (float)options.Overlap, threshold = parse.GetValue(_threshold) ?? options.Threshold;
        if (overlap >= 1 || threshold <= 0)
        {
            throw new WrongCallException(overlap >= 1 ? "--tile-overlap lies below 1" : "--tile-threshold lies above 0");
        }

        return options with
        {
            // As it is written, not as float32 has it: 0.2 of 640 pixels are 128.
            Overlap = double.Parse(overlap.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            Merge = parse.GetValue(_merge) ?? options.Merge,
            Match = parse.GetValue(_match) ?? options.Match,
            Threshold = threshold,
        };
    }

    private static bool Side(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is >= 1 and <= 65_536;
}
