using EdgeVision.Exporter.Authoring;

namespace EdgeVision.Exporter.Layers;

/// <summary>The layers as one writes them in an architecture.</summary>
public static class NetLayers
{
    /// <summary>Convolution, BatchNorm and, unless told otherwise, ReLU.</summary>
    public static Value ConvNorm(this Net net, string name, Value x, int channels, int kernel = 3, int stride = 1, int groups = 1, bool relu = true)
    {
        using var scope = net.Scope(name);
        x = net.Apply("conv", new Conv2d(channels, kernel) { Stride = stride, Groups = groups, Bias = false }, x);
        x = net.Apply("bn", new BatchNorm(), x);
        return relu ? net.Relu(x) : x;
    }

    /// <summary>Convolution with bias.</summary>
    public static Value Conv(this Net net, string name, Value x, int channels, int kernel = 3, WeightStart? start = null, float bias = 0) =>
        net.Apply(name, new Conv2d(channels, kernel) { WeightStart = start ?? WeightStart.Kaiming, BiasStart = bias }, x);

    /// <summary>ReLU.</summary>
    public static Value Relu(this Net net, Value x) => net.Apply("relu", new Relu(), x);

    /// <summary>Sum.</summary>
    public static Value Add(this Net net, Value a, Value b) => net.Apply("add", new Add(), a, b);

    /// <summary>Concatenation along an axis.</summary>
    public static Value Concat(this Net net, int axis, params IReadOnlyList<Value> values) => net.Apply("concat", new Concat(axis), values);

    /// <summary>Nearest-neighbour upsampling.</summary>
    public static Value Upsample(this Net net, Value x, int factor = 2) => net.Apply("upsample", new UpsampleNearest(factor), x);

    /// <summary>New shape for each item; the batch stays.</summary>
    public static Value Reshape(this Net net, Value x, params long[] itemShape) => net.Apply("reshape", new Reshape(itemShape), x);

    /// <summary>New order of axes; the batch stays first.</summary>
    public static Value Permute(this Net net, Value x, params int[] axes) => net.Apply("permute", new Permute(axes), x);
}
