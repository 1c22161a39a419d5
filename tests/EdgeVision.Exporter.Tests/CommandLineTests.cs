using EdgeVision.Exporter.Commands;

namespace EdgeVision.Exporter.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData(2, "train no-such-architecture")]
    [InlineData(2, "train fpn-detector --epochs 0")]
    [InlineData(2, "train fpn-detector --epochs many")]
    [InlineData(2, "export checkpoint.safetensors")]
    [InlineData(2, "scenes --out here --size 9x9")]
    [InlineData(2, "fly")]
    [InlineData(1, "export no-such-file.safetensors --out x.onnx")]
    [InlineData(1, "evaluate no-such-file.onnx")]
    [InlineData(1, "train fpn-detector --resume --out no-such-file.safetensors")]
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
