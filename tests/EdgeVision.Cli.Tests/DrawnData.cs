using EdgeVision.Imaging;
using EdgeVision.Onnx;

namespace EdgeVision.Cli.Tests;

/// <summary>Small pictures and networks of which one knows beforehand what they give.</summary>
internal static class DrawnData
{
    /// <summary>A picture of one colour.</summary>
    public static string Picture(string path, int width = 32, int height = 32, byte red = 90, byte green = 90, byte blue = 90)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var frame = Frame.Rent(PixelFormat.Bgra32, width, height);
        for (int y = 0; y < height; y++)
        {
            var row = frame.MutableData.Slice(y * frame.Stride, width * 4);
            for (int x = 0; x < width; x++)
            {
                (row[4 * x], row[4 * x + 1], row[4 * x + 2], row[4 * x + 3]) = (blue, green, red, 255);
            }
        }

        ImageFile.Save(frame, path);
        return path;
    }

    /// <summary>A network of 32 x 32 pixels whose output is always <paramref name="values"/>, with its spec beside it.</summary>
    public static string Constant(string path, string task, string head, string labels, long[] shape, float[] values)
    {
        var graph = new OnnxGraphBuilder("constant");
        var image = graph.AddInput("images", [1, 3, 32, 32]);
        var mean = graph.AddNode("ReduceMean", "mean", [image], Array.Empty<long>(), attributes: [OnnxAttribute.Int("keepdims", 0)]);
        var nothing = graph.AddNode("Mul", "nothing", [mean, graph.AddInitializer("zero", [0f], 1)], [1]);
        graph.AddOutput("output", graph.AddNode("Add", "sum", [graph.AddInitializer("constant", values, shape), nothing], shape));
        graph.Build().Save(path);
        Spec(path, task, head, labels);
        return path;
    }

    /// <summary>A network whose output is the picture's mean colour, red, green and blue.</summary>
    public static string MeanColour(string path)
    {
        var graph = new OnnxGraphBuilder("colour");
        var mean = graph.AddNode("ReduceMean", "mean", [graph.AddInput("images", [1, 3, 32, 32])], [1, 3], attributes: [OnnxAttribute.Ints("axes", 2, 3), OnnxAttribute.Int("keepdims", 0)]);
        graph.AddOutput("embedding", mean);
        graph.Build().Save(path);
        Spec(path, "embed", """{ "decoder": "embedding" }""", "");
        return path;
    }

    private static void Spec(string path, string task, string head, string labels) => File.WriteAllText(Path.ChangeExtension(path, ".spec.json"),
        $$"""{ "task": "{{task}}", "input": { "width": 32, "height": 32, "resize": { "mode": "stretch" } }, "outputs": [ {{head}} ], "labels": [ {{labels}} ], "thresholds": { "confidence": 0.5 } }""");
}
