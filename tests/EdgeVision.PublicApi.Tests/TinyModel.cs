using System.Globalization;
using EdgeVision.Onnx;

namespace EdgeVision.PublicApi.Tests;

/// <summary>A network that hands a gray image of 8 x 4 pixels through, with a spec that names the decoder of these tests.</summary>
internal sealed class TinyModel : IDisposable
{
    public const int Width = 8, Height = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-public-").FullName;

    public TinyModel(string decoder = BrightestCellDecoder.Name, string parameters = "", int batch = 1)
    {
        BrightestCellDecoder.EnsureRegistered();
        var graph = new OnnxGraphBuilder("tiny");
        long[] shape = [batch, 1, Height, Width];
        graph.AddOutput("scores", graph.AddNode("Relu", "relu", [graph.AddInput("image", shape)], shape));
        graph.SetMetadata("edgevision.spec", string.Create(CultureInfo.InvariantCulture, $$"""
            {
              "version": 1, "task": "pose",
              "input": { "width": {{Width}}, "height": {{Height}}, "colorOrder": "gray", "resize": { "mode": "stretch" },
                         "scale": {{1 / 255.0}} },
              "outputs": [ { "decoder": "{{decoder}}", "parameters": { {{parameters}} } } ],
              "labels": [ "lamp" ], "skeleton": [ [ 0, 0 ] ]
            }
            """));
        graph.Build().Save(Path);
    }

    public string Path => System.IO.Path.Combine(_folder, "tiny.onnx");

    /// <summary>Fills a frame with black and one white pixel.</summary>
    public static Frame Draw(Frame frame, int x, int y)
    {
        frame.MutableData.Clear();
        frame.MutableData[y * frame.Stride + x] = 255;
        return frame;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
