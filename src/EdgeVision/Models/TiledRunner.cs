using System.Diagnostics;
using System.Runtime.InteropServices;
using EdgeVision.Suppression;

namespace EdgeVision;

/// <summary>Runs a detector on the tiles of a large image and on the full image, and merges the detections.</summary>
/// <remarks>
/// Sliced inference (SAHI, arXiv 2202.06934) detects objects that are too small for the network's input. Not thread-safe: one thread at a
/// time. A steady stream of frames of one size allocates nothing.
/// </remarks>
public sealed class TiledRunner
{
    private const int MaxTiles = 10_000;
    private readonly VisionModel _model;
    private readonly TileOptions _options;
    private readonly TileMerger _merger;
    private readonly VisionResult _part = new();
    private readonly Detections _merged = new();
    private readonly List<Box> _tiles = [];
    private int[] _columns = [];
    private (int Width, int Height) _size;

    /// <summary>Creates a runner for a model; the caller still owns the model.</summary>
    /// <exception cref="SpecException">The model has a head that does not detect boxes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is invalid.</exception>
    public TiledRunner(VisionModel model, TileOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Height, 1);
        if (!(options.Overlap is >= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(options), $"Overlap must be at least 0 and below 1; got {options.Overlap}");
        }

        string? other = model.FindNonDetectionHead();
        if (other is not null)
        {
            throw new SpecException($"tiles need a model that detects boxes only; '{model.Name}' has a head '{other}', "
                + "whose results cannot be merged across tiles");
        }

        (_model, _options) = (model, options);
        _merger = new TileMerger(options.Merge, options.Match, options.Threshold, model.Options.ClassAgnostic);
    }

    /// <summary>Gets the tiles of the last frame in run order, without the full frame.</summary>
    public ReadOnlySpan<Box> Tiles => CollectionsMarshal.AsSpan(_tiles);

    /// <summary>Runs the model on all tiles of a frame and writes the merged detections to <paramref name="result"/>.</summary>
    /// <remarks>
    /// Boxes are in pixels of the frame, masks in the frame's plane, times are sums over the tiles. A frame that one tile covers is run
    /// once, without merging.
    /// </remarks>
    /// <exception cref="FrameFormatException">The frame needs more than 10,000 tiles.</exception>
    /// <exception cref="InvalidOutputException">The network's output has NaN or infinity.</exception>
    /// <exception cref="EdgeVisionException">ONNX Runtime failed, or the masks of this frame exceed the size limit.</exception>
    public void Run(Frame frame, VisionResult result)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(result);
        if (_size != (frame.Width, frame.Height))
        {
            ComputeTiles(frame.Width, frame.Height, _options, _tiles);
            _size = (frame.Width, frame.Height);
        }

        result.Clear();
        StageTiming sum = default;
        bool full = _options.IncludeFullImage && _tiles.Count > 1;
        for (int i = 0; i < _tiles.Count + (full ? 1 : 0); i++)
        {
            if (i < _tiles.Count)
            {
                _model.Run(frame, _part, _tiles[i]);
            }
            else
            {
                _model.Run(frame, _part);
            }

            long ran = Stopwatch.GetTimestamp();
            if (i == 0)
            {
                var d = _part.Detections;
                _merged.Clear(d.KeypointCount, d.HasRotation, d.HasMasks ? frame.Width : 0, d.HasMasks ? frame.Height : 0);
                (_merged.Labels, _merged.Skeleton) = (d.Labels, d.Skeleton);
            }

            Gather(frame.Width, frame.Height);
            sum = Sum(sum, _part.Timing, Stopwatch.GetElapsedTime(ran).TotalMilliseconds);
        }

        long gathered = Stopwatch.GetTimestamp();
        if (_tiles.Count > 1)
        {
            _merger.Run(_merged, result.Detections, _model.Options.MaxDetections);
        }
        else
        {
            _merger.CopySorted(_merged, result.Detections, _model.Options.MaxDetections);
        }

        (result.FrameWidth, result.FrameHeight, result.HasDetections) = (frame.Width, frame.Height, true);
        result.Transform = FrameTransform.Identity(frame.Width, frame.Height);
        result.Timing = Sum(sum, default, Stopwatch.GetElapsedTime(gathered).TotalMilliseconds);
    }

    /// <summary>Computes the tiles of a frame as SAHI's get_slice_bboxes does.</summary>
    /// <remarks>
    /// Each tile overlaps the previous one by int(overlap * side) pixels; the last one is shifted back to lie inside the frame. A frame
    /// smaller than a tile is one tile.
    /// </remarks>
    internal static void ComputeTiles(int width, int height, TileOptions options, List<Box> tiles)
    {
        tiles.Clear();
        int stepX = options.Width - (int)(options.Overlap * options.Width);
        int stepY = options.Height - (int)(options.Overlap * options.Height);
        long columns = Count(width, options.Width, stepX), rows = Count(height, options.Height, stepY);
        if (columns * rows > MaxTiles)
        {
            throw new FrameFormatException($"a frame can have at most {MaxTiles} tiles; {width}x{height} needs "
                + $"{columns * rows} tiles of {options.Width}x{options.Height}: use larger tiles");
        }

        for (long row = 0; row < rows; row++)
        {
            int y2 = (int)Math.Min(row * stepY + options.Height, height), y1 = Math.Max(0, y2 - options.Height);
            for (long column = 0; column < columns; column++)
            {
                int x2 = (int)Math.Min(column * stepX + options.Width, width), x1 = Math.Max(0, x2 - options.Width);
                tiles.Add(new Box(x1, y1, x2, y2));
            }
        }
    }

    // Number of tiles along an axis, until one reaches the frame's edge.
    private static long Count(long frame, long tile, long step) => frame <= tile ? 1 : 1 + (frame - tile + step - 1) / step;

    private static StageTiming Sum(in StageTiming a, in StageTiming b, double postprocess) =>
        new(a.PreprocessMs + b.PreprocessMs, a.InferenceMs + b.InferenceMs, a.PostprocessMs + b.PostprocessMs + postprocess);

    private void Gather(int width, int height)
    {
        var d = _part.Detections;
        for (int i = 0; i < d.Count; i++)
        {
            int at = _merged.Add(d.Boxes[i], d.Scores[i], d.ClassIds[i]);
            d.GetKeypoints(i).CopyTo(_merged.GetMutableKeypoints(at));
            if (d.HasRotation)
            {
                _merged.SetRotatedBox(at, d.RotatedBoxes[i]);
            }

            if (d.HasMasks)
            {
                MapMask(d, i, at, width, height);
            }
        }
    }

    // Maps a mask from the plane of the network's input to the frame's: each pixel of the frame takes the input pixel that
    // contains its center.
    private void MapMask(Detections d, int i, int at, int width, int height)
    {
        var region = d.GetMaskRegion(i);
        var t = _part.Transform;
        int x1 = (int)Math.Clamp(MathF.Floor(t.ToFrameX(region.X)), 0, width);
        int x2 = (int)Math.Clamp(MathF.Ceiling(t.ToFrameX(region.X + region.Width)), 0, width);
        int y1 = (int)Math.Clamp(MathF.Floor(t.ToFrameY(region.Y)), 0, height);
        int y2 = (int)Math.Clamp(MathF.Ceiling(t.ToFrameY(region.Y + region.Height)), 0, height);
        if (x2 <= x1 || y2 <= y1)
        {
            return;
        }

        if (_columns.Length < x2 - x1)
        {
            _columns = new int[width];
        }

        for (int x = x1; x < x2; x++)
        {
            _columns[x - x1] = (int)MathF.Floor(t.ToInputX(x + 0.5f)) - region.X;
        }

        var from = d.GetMask(i);
        var to = _merged.AddMask(at, x1, y1, x2 - x1, y2 - y1);
        for (int y = y1; y < y2; y++)
        {
            int row = (int)MathF.Floor(t.ToInputY(y + 0.5f)) - region.Y;
            for (int x = x1; x < x2 && (uint)row < (uint)region.Height; x++)
            {
                int column = _columns[x - x1];
                if ((uint)column < (uint)region.Width)
                {
                    to[(y - y1) * (x2 - x1) + x - x1] = from[row * region.Width + column];
                }
            }
        }
    }
}
