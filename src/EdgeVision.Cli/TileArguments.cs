using System.CommandLine;
using System.Globalization;
using EdgeVision.Suppression;

namespace EdgeVision.Cli;

/// <summary>Options of <c>run</c> that split large images into tiles.</summary>
internal sealed class TileArguments
{
    private readonly Option<string?> _tiles = new("--tiles")
    {
        Description = "Run on overlapping tiles of this size in pixels, for objects that are too small in the whole image; the network's "
            + "input size works well.",
        HelpName = "N|WxH",
    };
    private readonly Option<float?> _overlap = CommandHelpers.RatioOption(
        "--tile-overlap", "Share of a tile's side that overlaps the next tile, from 0 to below 1. [default: 0.2]");
    private readonly Option<TileMergeMode?> _merge = new("--tile-merge")
    {
        Description = "How boxes of one object from several tiles merge: keep the best (nms), extend the best by those that match it "
            + "(union), or by all that are connected through matches (nmm). [default: union]",
        HelpName = "nms|union|nmm",
    };
    private readonly Option<TileMatchMetric?> _match = new("--tile-match")
    {
        Description = "Measure by which boxes of several tiles match: intersection over the smaller box (ios) or over the union (iou). "
            + "[default: ios]",
        HelpName = "ios|iou",
    };
    private readonly Option<float?> _threshold = CommandHelpers.RatioOption(
        "--tile-threshold", "Value of --tile-match from which boxes of several tiles match, above 0 and at most 1. [default: 0.5]");
    private readonly Option<bool> _noFull = new("--no-full") { Description = "With --tiles, do not run on the whole image as well." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_tiles, _overlap, _merge, _match, _threshold, _noFull])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Returns the tiling that the arguments give; null without <c>--tiles</c>.</summary>
    public TileOptions? Read(ParseResult parse)
    {
        if (parse.GetValue(_tiles) is not { } size)
        {
            bool others = parse.GetValue(_overlap) is not null
                || parse.GetValue(_merge) is not null
                || parse.GetValue(_match) is not null
                || parse.GetValue(_threshold) is not null
                || parse.GetValue(_noFull);
            return others
                ? throw new UsageException("--tile-overlap, --tile-merge, --tile-match, --tile-threshold and --no-full need --tiles")
                : null;
        }

        string[] sides = size.Split('x');
        int width = 0, height = 0;
        if (sides.Length > 2 || !Side(sides[0], out width) || !Side(sides[^1], out height))
        {
            throw new UsageException($"--tiles must be a size in pixels such as 640 or 640x480, up to 65536 a side; got '{size}'");
        }

        var options = new TileOptions { Width = width, Height = height, IncludeFullImage = !parse.GetValue(_noFull) };
        float overlap = parse.GetValue(_overlap) ?? (float)options.Overlap, threshold = parse.GetValue(_threshold) ?? options.Threshold;
        if (overlap >= 1 || threshold <= 0)
        {
            throw new UsageException(overlap >= 1
                ? FormattableString.Invariant($"--tile-overlap must be below 1; got {overlap}")
                : FormattableString.Invariant($"--tile-threshold must be above 0; got {threshold}"));
        }

        return options with
        {
            // Converted through its decimal text, since the double of float32's 0.2 is not 0.2: 0.2 of 640 pixels must be 128.
            Overlap = double.Parse(overlap.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            Merge = parse.GetValue(_merge) ?? options.Merge,
            Match = parse.GetValue(_match) ?? options.Match,
            Threshold = threshold,
        };
    }

    private static bool Side(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is >= 1 and <= 65_536;
}
