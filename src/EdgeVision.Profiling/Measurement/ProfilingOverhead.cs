using System.Diagnostics;
using System.Text;
using EdgeVision.Profiling.Operators;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Profiling.Measurement;

/// <summary>Overhead per node of ONNX Runtime's profiling.</summary>
/// <remarks>
/// Describing a node's tensors is within its recorded time; writing the record is after it. Together they take microseconds, which is
/// more than many nodes take, and more the more tensors a node has. So they are measured on two chains of nodes that do almost nothing,
/// with few and with many tensors, and subtracted.
/// </remarks>
/// <param name="Few">Overhead of a node with <see cref="FewTensors"/>.</param>
/// <param name="Many">Overhead of a node with <see cref="ManyTensors"/>.</param>
internal readonly record struct ProfilingOverhead(ProfilingOverhead.Node Few, ProfilingOverhead.Node Many)
{
    private const int Nodes = 50, Warmup = 20, Runs = 60, FewTensors = 3, ManyTensors = 7;

    /// <summary>Microseconds within a kernel's recorded time, as a mean of values rounded down, and in total.</summary>
    internal readonly record struct Node(double Within, double All);

    /// <summary>Returns the overhead of a node by its number of inputs and outputs.</summary>
    public Node ForTensors(int tensors)
    {
        double at = (double)(tensors - FewTensors) / (ManyTensors - FewTensors);
        double within = Math.Max(0, double.Lerp(Few.Within, Many.Within, at));
        // More tensors never cost less; a lower measurement is noise.
        return new Node(within, Math.Max(within, double.Lerp(Few.All, Math.Max(Few.All, Many.All), at)));
    }

    /// <summary>Measures the overhead in sessions with the given options; takes some ten milliseconds.</summary>
    /// <param name="options">Creates the options of a session.</param>
    /// <param name="folder">Folder for the profiles.</param>
    public static ProfilingOverhead Measure(Func<SessionOptions> options, string folder) =>
        new(Measure(options, folder, FewTensors - 1), Measure(options, folder, ManyTensors - 1));

    private static Node Measure(Func<SessionOptions> options, string folder, int inputs)
    {
        byte[] chain = CreateChain(inputs);
        using var plainOptions = options();
        using var plain = new InferenceSession(chain, plainOptions);
        using var profiledOptions = options();
        profiledOptions.ProfileOutputPathPrefix = Path.Combine(folder, "chain");
        profiledOptions.EnableProfiling = true;
        using var profiled = new InferenceSession(chain, profiledOptions);
        using var runOptions = new RunOptions();
        using var input = OrtValue.CreateTensorValueFromMemory(new float[1], [1, 1, 1, 1]);
        double[] plainTimes = new double[Runs], profiledTimes = new double[Runs];
        for (int i = -Warmup; i < Runs; i++)
        {
            // Alternating, so that disturbances affect both alike.
            double without = Run(plain), with = Run(profiled);
            if (i >= 0)
            {
                (plainTimes[i], profiledTimes[i]) = (without, with);
            }
        }

        using var json = File.OpenRead(profiled.EndProfiling());
        double[] noted = [.. OrtProfile.ReadRuns(json).Skip(Warmup).Select(r => (double)r.Nodes.Sum(n => n.Duration))];

        // The time of an unprofiled node is its kernel plus the executor's step to it.
        double node = LowerQuartile(plainTimes) / Nodes;
        return new Node(LowerQuartile(noted) / Nodes - node, LowerQuartile(profiledTimes) / Nodes - node);

        double Run(InferenceSession session)
        {
            long begin = Stopwatch.GetTimestamp();
            session.Run(runOptions, ["x"], [input], ["y"]).Dispose();
            return Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
        }
    }

    // The lower quartile: disturbances only make runs longer.
    private static double LowerQuartile(double[] values)
    {
        Array.Sort(values);
        return values.Length == 0 ? 0 : values[values.Length / 4];
    }

    // v' = v + x + x + …, of one element in four dimensions; nothing is constant, so that nothing is folded.
    private static byte[] CreateChain(int inputs)
    {
        var graph = new List<byte>();
        for (int i = 0; i < Nodes; i++)
        {
            // NodeProto: 1 input, 2 output, 4 op_type
            graph.AddRange(Field(1, [.. Text(1, i == 0 ? "x" : $"v{i}"), .. Enumerable.Repeat(Text(1, "x"), inputs - 1).SelectMany(t => t),
                .. Text(2, i == Nodes - 1 ? "y" : $"v{i + 1}"), .. Text(4, "Sum")]));
        }

        // GraphProto: 2 name, 11 input, 12 output
        graph.AddRange([.. Text(2, "chain"), .. Field(11, Value("x")), .. Field(12, Value("y"))]);

        // ModelProto: 1 ir_version, 7 graph, 8 opset_import (2 version)
        return [8, 8, .. Field(7, [.. graph]), .. Field(8, [16, 13])];
    }

    // ValueInfoProto: 1 name, 2 type; a tensor (1) of float32 (1) with the shape (2) 1x1x1x1
    private static byte[] Value(string name) =>
        [.. Text(1, name), .. Field(2, Field(1, [8, 1, .. Field(2, [.. Enumerable.Repeat(Field(1, [8, 1]), 4).SelectMany(d => d)])]))];

    private static byte[] Text(int field, string text) => Field(field, Encoding.UTF8.GetBytes(text));

    // A field with a length, which takes one byte below 128 and two below 16384; more is never needed here.
    private static byte[] Field(int field, byte[] content) =>
        [(byte)(field << 3 | 2), .. content.Length < 128 ? [(byte)content.Length] : (byte[])[(byte)(content.Length | 128), checked((byte)(content.Length >> 7))], .. content];
}
