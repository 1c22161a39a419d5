using System.Diagnostics;
using System.Runtime.InteropServices;
using EdgeVision.Inference.OnnxFiles;

namespace EdgeVision.Inference.Providers;

/// <summary>Result of testing a provider with a tiny network, compared with the CPU.</summary>
/// <remarks>The network is a 3x3 convolution and ReLU of 1x3x8x8.</remarks>
public sealed record ProviderProbe
{
    private const int Width = 8, Channels = 3, Filters = 4, Side = 3, Runs = 20;

    // Admits float16 and TF32; wrong results differ by far more.
    private const float Tolerance = 0.01f;

    /// <summary>Gets the name of the provider, as <see cref="ProviderNames.Parse"/> accepts it.</summary>
    public required string Provider { get; init; }

    /// <summary>Gets ONNX Runtime's name of the provider.</summary>
    public required string OrtName { get; init; }

    /// <summary>Gets whether the provider ran the network with a correct result.</summary>
    public bool Works => Error is null;

    /// <summary>Gets the error; null if the provider works.</summary>
    public string? Error { get; init; }

    /// <summary>Gets the time of loading the network in milliseconds.</summary>
    public double? LoadMs { get; init; }

    /// <summary>Gets the median time of the runs after the first in milliseconds.</summary>
    public double? RunMs { get; init; }

    /// <summary>Gets the largest difference from the CPU's result, as a fraction of the result's range.</summary>
    public double? Difference { get; init; }

    /// <summary>Gets the nodes by provider; null if the network did not load.</summary>
    public Dictionary<string, int>? Placement { get; init; }

    /// <summary>Gets the version of a provider from a provider library; null if it has none.</summary>
    public string? Version { get; init; }

    /// <summary>Gets the devices that a provider from a provider library can use; null for other providers.</summary>
    public string[]? Devices { get; init; }

    /// <summary>Tests a provider of the native library.</summary>
    /// <param name="provider">Provider to test.</param>
    /// <param name="options">Options of the provider; none when absent.</param>
    public static ProviderProbe Test(Provider provider, IReadOnlyDictionary<string, string>? options = null) => Test(provider, null, options);

    /// <summary>Tests the provider of a provider library.</summary>
    /// <param name="path">Path of the library.</param>
    /// <param name="options">Options of the provider; none when absent.</param>
    public static ProviderProbe TestLibrary(string path, IReadOnlyDictionary<string, string>? options = null)
    {
        try
        {
            var library = ProviderLibrary.Load(path);
            return Test(library.Provider, path, options) with
            {
                OrtName = library.ProviderName,
                Version = library.Version,
                Devices = [.. library.Devices],
            };
        }
        catch (EdgeVisionException e)
        {
            return new ProviderProbe { Provider = EdgeVision.Provider.Plugin.GetName(), OrtName = Path.GetFileName(path), Error = e.Message };
        }
    }

    internal static ProviderProbe Test(
        Provider provider, string? library, IReadOnlyDictionary<string, string>? options, INativeProviders? native = null)
    {
        var probe = new ProviderProbe { Provider = provider.GetName(), OrtName = provider.GetOrtName() };
        string file = Path.Combine(Path.GetTempPath(), $"edgevision-probe-{Guid.NewGuid():N}.onnx");
        try
        {
            File.WriteAllBytes(file, Model());
            float[] input = Numbers(Channels * Width * Width, 1);
            float[] expected;
            using (var cpu = new InferenceEngine(file, new EngineOptions { Providers = ProviderPolicy.Require(EdgeVision.Provider.Cpu) }))
            {
                expected = Run(cpu, input);
            }

            long began = Stopwatch.GetTimestamp();
            using var engine = new InferenceEngine(file, new EngineOptions
            {
                Providers = provider == EdgeVision.Provider.Cpu
                    ? ProviderPolicy.Require(provider)
                    : ProviderPolicy.Require(provider, EdgeVision.Provider.Cpu),
                ProviderLibrary = library,
                // An engine for so small a network is built in seconds and not used again.
                ProviderOptions = provider == EdgeVision.Provider.TensorRt
                    ? new Dictionary<string, string>(options ?? new Dictionary<string, string>())
                    {
                        ["tensorrt.trt_engine_cache_enable"] = "0",
                    }
                    : options ?? new Dictionary<string, string>(),
                Native = native,
            });
            probe = probe with
            {
                LoadMs = Stopwatch.GetElapsedTime(began).TotalMilliseconds,
                Placement = engine.Providers.Placement?.ToDictionary(),
            };
            float[] found = Run(engine, input);
            double difference = Compare(expected, found);
            return probe with
            {
                Difference = difference,
                RunMs = Median(engine),
                Error = difference <= Tolerance
                    ? null
                    : FormattableString.Invariant($"its result differs from the CPU's by {difference:P0} of the range"),
            };
        }
        catch (EdgeVisionException e)
        {
            return probe with { Error = e.Message.Replace(file, "the tiny network", StringComparison.Ordinal) };
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static float[] Run(InferenceEngine engine, float[] input)
    {
        MemoryMarshal.AsBytes<float>(input).CopyTo(engine.GetInputBytes(0));
        engine.Run();
        return engine.Results.GetData(0).ToArray();
    }

    private static double Median(InferenceEngine engine)
    {
        double[] times = new double[Runs];
        for (int i = 0; i < Runs; i++)
        {
            long began = Stopwatch.GetTimestamp();
            engine.Run();
            times[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[Runs / 2];
    }

    // NaN counts as the largest difference.
    private static double Compare(float[] expected, float[] found) => found.Length != expected.Length ? double.MaxValue
        : expected.Zip(found, (a, b) => float.IsFinite(b) ? Math.Abs(a - b) : double.MaxValue).Max() / (expected.Max() - expected.Min());

    // GraphProto: 1 node (1 input, 2 output, 4 op_type, 5 attribute: 1 name, 8 ints, 20 type 7), 2 name,
    // 5 initializer (1 dims, 2 data_type, 8 name, 9 raw_data), 11 input, 12 output
    private static byte[] Model()
    {
        byte[] pads =
        [
            .. OnnxEncoder.Text(1, "pads"),
            .. Enumerable.Repeat(OnnxEncoder.Number(8, Side / 2), 4).SelectMany(p => p),
            .. OnnxEncoder.Number(20, 7),
        ];
        return OnnxEncoder.Model(
        [
            .. OnnxEncoder.Field(1,
            [
                .. OnnxEncoder.Text(1, "x"),
                .. OnnxEncoder.Text(1, "w"),
                .. OnnxEncoder.Text(1, "b"),
                .. OnnxEncoder.Text(2, "c"),
                .. OnnxEncoder.Text(4, "Conv"),
                .. OnnxEncoder.Field(5, pads),
            ]),
            .. OnnxEncoder.Field(1, [.. OnnxEncoder.Text(1, "c"), .. OnnxEncoder.Text(2, "y"), .. OnnxEncoder.Text(4, "Relu")]),
            .. OnnxEncoder.Text(2, "probe"),
            .. OnnxEncoder.Field(5, Weights("w", [Filters, Channels, Side, Side], 2)),
            .. OnnxEncoder.Field(5, Weights("b", [Filters], 3)),
            .. OnnxEncoder.Field(11, OnnxEncoder.Value("x", 1, Channels, Width, Width)),
            .. OnnxEncoder.Field(12, OnnxEncoder.Value("y", 1, Filters, Width, Width)),
        ]);
    }

    private static byte[] Weights(string name, long[] shape, int seed) =>
    [
        .. shape.SelectMany(d => OnnxEncoder.Number(1, d)),
        .. OnnxEncoder.Number(2, 1),
        .. OnnxEncoder.Text(8, name),
        .. OnnxEncoder.Field(9, MemoryMarshal.AsBytes<float>(Numbers((int)shape.Aggregate((a, b) => a * b), seed))),
    ];

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
