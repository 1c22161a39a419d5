using EdgeVision.Exporter.Commands;

namespace EdgeVision.Exporter.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData(2, "train")]
    [InlineData(2, "train config.yaml --epochs 0")]
    [InlineData(2, "train config.yaml --epochs many")]
    [InlineData(2, "train config.yaml --overfit 0")]
    [InlineData(2, "export")]
    [InlineData(2, "export runs/x --all")]
    [InlineData(2, "export runs/x --opset 9")]
    [InlineData(2, "draw shapes --out here --size 9x9")]
    [InlineData(2, "compare runs/one --measure loss --out x.png")]
    [InlineData(2, "sweep")]
    [InlineData(2, "sweep --out x --architectures fly")]
    [InlineData(2, "sweep --out x --architectures ,")]
    [InlineData(2, "sweep --out x --channels 9")]
    [InlineData(2, "sweep --out x --sizes 224x")]
    [InlineData(2, "sweep --out x --sizes 16")]
    [InlineData(2, "sweep --out x --opset 9")]
    [InlineData(2, "sweep --out x --classes 0")]
    [InlineData(2, "fly")]
    [InlineData(1, "train no-such-config.yaml")]
    [InlineData(1, "export no-such-run --out x.onnx")]
    [InlineData(1, "evaluate no-such-file.onnx --config no-such-config.yaml")]
    [InlineData(1, "inspect-data no-such-config.yaml")]
    [InlineData(1, "compare no-such-run neither --measure loss --out x.png")]
    [InlineData(1, "draw unicorns --out here")]
    [InlineData(1, "sweep --out x --architectures vit --sizes 100")]
    public void AWrongCallSaysSo(int code, string line)
    {
        using var errors = new StringWriter();
        Assert.Equal(code, ExporterCommandLine.Run(line.Split(' '), errors));
        Assert.StartsWith("error: ", errors.ToString(), StringComparison.Ordinal);
        if (code == 1)
        {
            Assert.Single(errors.ToString().TrimEnd().Split('\n'));
        }
    }
}
