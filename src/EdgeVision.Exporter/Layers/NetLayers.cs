using EdgeVision.Exporter.Authoring;

namespace EdgeVision.Exporter.Layers;

/// <summary>Extension methods that apply layers in an architecture.</summary>
public static class NetLayers
{
    /// <summary>Applies a convolution, BatchNorm and, by default, ReLU.</summary>
    public static Value ConvNorm(this Net net, string name, Value x, int channels, int kernel = 3, int stride = 1, int groups = 1,
        bool relu = true)
    {
        using var scope = net.Scope(name);
        x = net.Apply("conv", new Conv2d(channels, kernel) { Stride = stride, Groups = groups, Bias = false }, x);
        x = net.Apply("bn", new BatchNorm(), x);
        return relu ? net.Relu(x) : x;
    }

    /// <summary>Applies a convolution, BatchNorm and the given activation; none if it is null.</summary>
    public static Value ConvNorm(this Net net, string name, Value x, int channels, Layer? activation, int kernel = 3, int stride = 1,
        int groups = 1, int dilation = 1)
    {
        using var scope = net.Scope(name);
        x = net.Apply("conv",
            new Conv2d(channels, kernel)
            {
                Stride = stride,
                Groups = groups,
                Dilation = dilation,
                Padding = dilation * (kernel / 2),
                Bias = false,
            }, x);
        x = net.Apply("bn", new BatchNorm(), x);
        return activation is null ? x : net.Apply("activation", activation, x);
    }

    /// <summary>Applies a transposed convolution that doubles the size, BatchNorm and ReLU.</summary>
    public static Value DeconvNorm(this Net net, string name, Value x, int channels)
    {
        using var scope = net.Scope(name);
        x = net.Apply("conv", new ConvTranspose2d(channels) { Bias = false }, x);
        x = net.Apply("bn", new BatchNorm(), x);
        return net.Relu(x);
    }

    /// <summary>Applies a fully connected layer to the last axis.</summary>
    public static Value Linear(this Net net, string name, Value x, int features, WeightInitializer? initializer = null) =>
        net.Apply(name, new Linear(features) { WeightInitializer = initializer ?? WeightInitializer.Kaiming }, x);

    /// <summary>Computes the mean over rows and columns, [N,C,H,W] to [N,C].</summary>
    public static Value GlobalPool(this Net net, Value x) => net.Reshape(net.Apply("pool", new GlobalAveragePool(), x), x.Size(1));

    /// <summary>Multiplies two values element-wise.</summary>
    public static Value Multiply(this Net net, Value a, Value b) => net.Apply("multiply", new Multiply(), a, b);

    /// <summary>Upsamples with bilinear interpolation.</summary>
    public static Value UpsampleBilinear(this Net net, Value x, int factor) =>
        factor == 1 ? x : net.Apply("upsample", new UpsampleBilinear(factor), x);

    /// <summary>Applies squeeze and excitation (Hu et al. 2018): channels are weighted by features of the whole image.</summary>
    public static Value SqueezeExcite(this Net net, string name, Value x, int squeezed, Layer activation, Layer gate)
    {
        using var scope = net.Scope(name);
        var s = net.Apply("pool", new GlobalAveragePool(), x);
        s = net.Apply("activation", activation, net.Conv("reduce", s, squeezed, kernel: 1));
        s = net.Apply("gate", gate, net.Conv("expand", s, (int)x.Size(1), kernel: 1));
        return net.Multiply(x, s);
    }

    /// <summary>Applies a convolution with bias.</summary>
    public static Value Conv(this Net net, string name, Value x, int channels, int kernel = 3, WeightInitializer? initializer = null, float bias = 0) =>
        net.Apply(name, new Conv2d(channels, kernel) { WeightInitializer = initializer ?? WeightInitializer.Kaiming, InitialBias = bias }, x);

    /// <summary>Applies ReLU.</summary>
    public static Value Relu(this Net net, Value x) => net.Apply("relu", new Relu(), x);

    /// <summary>Adds two values.</summary>
    public static Value Add(this Net net, Value a, Value b) => net.Apply("add", new Add(), a, b);

    /// <summary>Concatenates values along an axis.</summary>
    public static Value Concat(this Net net, int axis, params IReadOnlyList<Value> values) => net.Apply("concat", new Concat(axis), values);

    /// <summary>Upsamples by repeating pixels.</summary>
    public static Value Upsample(this Net net, Value x, int factor = 2) => net.Apply("upsample", new UpsampleNearest(factor), x);

    /// <summary>Changes the shape of each item; the batch stays.</summary>
    public static Value Reshape(this Net net, Value x, params long[] itemShape) => net.Apply("reshape", new Reshape(itemShape), x);

    /// <summary>Changes the order of the axes; the batch stays first.</summary>
    public static Value Permute(this Net net, Value x, params int[] axes) => net.Apply("permute", new Permute(axes), x);
}
