using System.Numerics;

namespace EdgeVision;

/// <summary>
/// RoIAlign (He et al. 2017, arXiv 1703.06870) with torchvision's numbers (csrc/ops/cpu/roi_align_kernel.cpp, float32): each output cell is
/// the mean of bilinear samples of the feature map. One instance serves one thread at a time and allocates nothing once its buffers have grown.
/// </summary>
public sealed class RoiAlign
{
    private const int MaxSamples = 1 << 22;
    private readonly float _scale;
    private readonly int _height, _width, _samplingRatio;
    private readonly bool _aligned;
    private Tap[] _taps = [];

    private readonly record struct Tap(int At, int Right, int Below, int BelowRight, float W, float WRight, float WBelow, float WBelowRight);

    /// <summary>Prepares the operator.</summary>
    /// <param name="scale">Feature cells a pixel of the regions, above 0 (1 / stride).</param>
    /// <param name="height">Rows of the output.</param>
    /// <param name="width">Columns of the output.</param>
    /// <param name="samplingRatio">Samples a cell and axis; 0 or below: as many as there are feature cells, rounded up.</param>
    /// <param name="aligned">Shifts by half a cell, as Detectron2; else the original, with regions of at least one cell.</param>
    public RoiAlign(float scale, int height, int width, int samplingRatio, bool aligned)
    {
        if (!(scale > 0) || !float.IsFinite(scale) || height is < 1 or > 1024 || width is < 1 or > 1024 || samplingRatio > 64)
        {
            throw new ArgumentOutOfRangeException(nameof(scale), "the scale is above 0, the output 1 to 1024 a side, the sampling ratio at most 64");
        }

        (_scale, _height, _width, _samplingRatio, _aligned) = (scale, height, width, samplingRatio, aligned);
    }

    /// <summary>Pools one region.</summary>
    /// <param name="features">Feature map of the region's picture, [channels, rows, columns].</param>
    /// <param name="channels">Channels.</param>
    /// <param name="rows">Rows of the feature map.</param>
    /// <param name="columns">Columns of the feature map.</param>
    /// <param name="region">Corners in pixels; may lie outside the picture, where the features are 0.</param>
    /// <param name="output">Filled, [channels, height, width].</param>
    /// <exception cref="ArgumentException">A span has another length, or the region is not finite or needs more than 4 million samples.</exception>
    public void Run(ReadOnlySpan<float> features, int channels, int rows, int columns, in Box region, Span<float> output)
    {
        int plane = rows * columns, cells = _height * _width;
        if (rows < 1 || columns < 1 || channels < 0 || features.Length != (long)channels * plane || output.Length != (long)channels * cells || !float.IsFinite(region.X1 + region.Y1 + region.X2 + region.Y2))
        {
            throw new ArgumentException($"features are [{channels}, {rows}, {columns}], the output [{channels}, {_height}, {_width}], the region's corners numbers");
        }

        float offset = _aligned ? 0.5f : 0;
        float x = region.X1 * _scale - offset, y = region.Y1 * _scale - offset;
        float w = region.X2 * _scale - offset - x, h = region.Y2 * _scale - offset - y;
        if (!_aligned)
        {
            (w, h) = (MathF.Max(w, 1), MathF.Max(h, 1));
        }

        float binW = w / _width, binH = h / _height;
        float exactX = _samplingRatio > 0 ? _samplingRatio : MathF.Ceiling(binW), exactY = _samplingRatio > 0 ? _samplingRatio : MathF.Ceiling(binH);
        if ((double)Math.Max(exactX, 0) * Math.Max(exactY, 0) * cells > MaxSamples)
        {
            throw new ArgumentException($"the region {region} needs more than {MaxSamples} samples");
        }

        int gridX = (int)MathF.Max(exactX, 0), gridY = (int)MathF.Max(exactY, 0), samples = gridX * gridY;
        Prepare(rows, columns, x, y, binW, binH, gridX, gridY);
        float count = Math.Max(samples, 1);
        for (int c = 0; c < channels; c++)
        {
            var map = features.Slice(c * plane, plane);
            var to = output.Slice(c * cells, cells);
            for (int cell = 0; cell < cells; cell++)
            {
                float sum = 0;
                foreach (ref readonly var t in _taps.AsSpan(cell * samples, samples))
                {
                    sum += t.W * map[t.At] + t.WRight * map[t.Right] + t.WBelow * map[t.Below] + t.WBelowRight * map[t.BelowRight];
                }

                to[cell] = sum / count;
            }
        }
    }

    // Where each sample reads and with what weights: the same for all channels.
    private void Prepare(int rows, int columns, float x, float y, float binW, float binH, int gridX, int gridY)
    {
        int needed = _height * _width * gridX * gridY;
        if (_taps.Length < needed)
        {
            _taps = new Tap[BitOperations.RoundUpToPowerOf2((uint)needed)];
        }

        int at = 0;
        for (int row = 0; row < _height; row++)
        {
            for (int column = 0; column < _width; column++)
            {
                for (int iy = 0; iy < gridY; iy++)
                {
                    float sy = y + row * binH + (iy + 0.5f) * binH / gridY;
                    for (int ix = 0; ix < gridX; ix++)
                    {
                        float sx = x + column * binW + (ix + 0.5f) * binW / gridX;
                        _taps[at++] = At(sx, sy, rows, columns);
                    }
                }
            }
        }
    }

    private static Tap At(float x, float y, int rows, int columns)
    {
        // More than a cell outside is nothing.
        if (y < -1 || y > rows || x < -1 || x > columns)
        {
            return default;
        }

        (x, y) = (MathF.Max(x, 0), MathF.Max(y, 0));
        int left = (int)x, top = (int)y, right = left + 1, bottom = top + 1;
        if (top >= rows - 1)
        {
            bottom = top = rows - 1;
            y = top;
        }

        if (left >= columns - 1)
        {
            right = left = columns - 1;
            x = left;
        }

        float ly = y - top, lx = x - left, hy = 1 - ly, hx = 1 - lx;
        return new Tap(top * columns + left, top * columns + right, bottom * columns + left, bottom * columns + right, hy * hx, hy * lx, ly * hx, ly * lx);
    }
}
