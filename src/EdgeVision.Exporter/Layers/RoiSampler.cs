using System.Numerics.Tensors;
using EdgeVision.Decoding.Rcnn;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Bilinear samples of <see cref="RoiAlign"/> as plain loops over channels-last features [N,H,W,C].</summary>
/// <remarks>As torch operations they would gather sixteen times the size of the result before the summation.</remarks>
internal sealed class RoiSampler
{
    private readonly PyramidRoiAlign _layer;
    private readonly float[] _rows;
    private readonly long[][] _shapes;
    private readonly List<int>[] _rowsOfItem;

    /// <param name="layer">Settings.</param>
    /// <param name="rows">Item, x1, y1, x2, y2 of each box.</param>
    /// <param name="items">Number of items in the batch.</param>
    /// <param name="shapes">Shapes [N,H,W,C] of the levels.</param>
    public RoiSampler(PyramidRoiAlign layer, float[] rows, int items, long[][] shapes)
    {
        (_layer, _rows, _shapes) = (layer, rows, shapes);
        _rowsOfItem = [.. Enumerable.Range(0, items).Select(_ => new List<int>())];
        for (int r = 0; r < Count; r++)
        {
            _rowsOfItem[(int)rows[r * 5]].Add(r);
        }
    }

    /// <summary>Gets the number of boxes.</summary>
    public int Count => _rows.Length / 5;

    private int Channels => (int)_shapes[0][3];

    private int Bins => _layer.Side * _layer.Side;

    /// <summary>Computes the means of the samples, [R,Side*Side,C].</summary>
    public torch.Tensor Forward(IReadOnlyList<torch.Tensor> levels)
    {
        var features = levels.Select(EdgeVision.Exporter.Authoring.OnnxNet.ToFloats).ToArray();
        var pooled = new float[Count * Bins * Channels];
        Visit((level, feature, bin, weight) =>
        {
            var into = pooled.AsSpan(bin, Channels);
            TensorPrimitives.MultiplyAdd(features[level].AsSpan(feature, Channels), weight, into, into);
        });
        return torch.tensor(pooled, Count, Bins, Channels);
    }

    /// <summary>Computes the gradients of the levels from the gradient of the means.</summary>
    public torch.Tensor[] Backward(torch.Tensor gradient)
    {
        float[] pooled = EdgeVision.Exporter.Authoring.OnnxNet.ToFloats(gradient);
        var features = _shapes.Select(s => new float[s.Aggregate(1L, (a, d) => a * d)]).ToArray();
        Visit((level, feature, bin, weight) =>
        {
            var into = features[level].AsSpan(feature, Channels);
            TensorPrimitives.MultiplyAdd(pooled.AsSpan(bin, Channels), weight, into, into);
        });
        return [.. features.Select((f, l) => torch.tensor(f, _shapes[l]))];
    }

    private delegate void Tap(int level, int feature, int bin, float weight);

    // Parallel over items: boxes of one item share gradients, boxes of different items never do.
    private void Visit(Tap tap) => Parallel.For(0, _rowsOfItem.Length, item =>
    {
        int samples = _layer.Side * _layer.Samples;
        Span<Axis> ys = new Axis[samples], xs = new Axis[samples];
        foreach (int r in _rowsOfItem[item])
        {
            float x1 = _rows[r * 5 + 1], y1 = _rows[r * 5 + 2], x2 = _rows[r * 5 + 3], y2 = _rows[r * 5 + 4];
            int level = _layer.GetLevel((x2 - x1) * (y2 - y1));
            int height = (int)_shapes[level][1], width = (int)_shapes[level][2];
            float scale = 1f / _layer.Strides[level];
            Positions(x1, x2, scale, width, xs);
            Positions(y1, y2, scale, height, ys);
            for (int y = 0; y < samples; y++)
            {
                for (int x = 0; x < samples; x++)
                {
                    int bin = (r * Bins + y / _layer.Samples * _layer.Side + x / _layer.Samples) * Channels;
                    int top = (item * height + ys[y].Low) * width, bottom = (item * height + ys[y].High) * width;
                    tap(level, (top + xs[x].Low) * Channels, bin, ys[y].LowWeight * xs[x].LowWeight);
                    tap(level, (top + xs[x].High) * Channels, bin, ys[y].LowWeight * xs[x].HighWeight);
                    tap(level, (bottom + xs[x].Low) * Channels, bin, ys[y].HighWeight * xs[x].LowWeight);
                    tap(level, (bottom + xs[x].High) * Channels, bin, ys[y].HighWeight * xs[x].HighWeight);
                }
            }
        }
    });

    // Two cells and their weights, divided by the samples per bin and axis.
    private readonly record struct Axis(int Low, int High, float LowWeight, float HighWeight);

    // torchvision's bilinear_interpolate: samples more than one cell outside are 0, samples at the edge use the outermost cell.
    private void Positions(float from, float to, float scale, int cells, Span<Axis> axis)
    {
        float start = from * scale - 0.5f, bin = (to * scale - 0.5f - start) / _layer.Side, share = 1f / _layer.Samples;
        for (int i = 0; i < axis.Length; i++)
        {
            float at = start + i / _layer.Samples * bin + (i % _layer.Samples + 0.5f) * bin / _layer.Samples;
            if (at < -1 || at > cells)
            {
                axis[i] = default;
                continue;
            }

            at = Math.Max(at, 0);
            int low = (int)at;
            axis[i] = low >= cells - 1
                ? new Axis(cells - 1, cells - 1, share, 0)
                : new Axis(low, low + 1, (1 - (at - low)) * share, (at - low) * share);
        }
    }
}

/// <summary>Autograd function of a <see cref="RoiSampler"/>; its arguments are the sampler and then the levels.</summary>
internal sealed class RoiAlignFunction : torch.autograd.SingleTensorFunction<RoiAlignFunction>
{
    private const string Key = "sampler";

    public override string Name => nameof(RoiAlignFunction);

    public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var sampler = (RoiSampler)vars[0];
        ctx.save_data(Key, sampler);
        return sampler.Forward([.. vars.Skip(1).Cast<torch.Tensor>()]);
    }

    public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output) =>
        [null!, .. ((RoiSampler)ctx.get_data(Key)).Backward(grad_output)];
}
