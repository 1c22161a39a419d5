using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Evaluation;

namespace EdgeVision.Exporter.Tests;

public class AveragePrecisionTests
{
    private static readonly LabelledBox[] Two = [new(0, new Box(0, 0, 10, 10)), new(0, new Box(20, 20, 30, 30))];

    [Theory]
    [InlineData("both found", 1.0, "0 0 10 10 0.9;20 20 30 30 0.8")]
    [InlineData("nothing found", 0.0, "")]
    // Recall 0.5 at precision 1: recalls 0.00 to 0.50 are 51 of 101.
    [InlineData("one found", 51 / 101.0, "0 0 10 10 0.9")]
    // A second box on the same object is a mistake that comes after the last hit: no harm.
    [InlineData("a duplicate last", 1.0, "0 0 10 10 0.9;20 20 30 30 0.8;0 0 10 9 0.7")]
    // 51 recalls at 1, 50 at 2/3.
    [InlineData("a duplicate between", (51 + 50 * 2 / 3.0) / 101, "0 0 10 10 0.9;0 0 10 9 0.8;20 20 30 30 0.7")]
    public void Coco101Points(string reason, double expected, string boxes)
    {
        var found = new Detections();
        foreach (string box in boxes.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            float[] v = [.. box.Split(' ').Select(n => float.Parse(n, System.Globalization.CultureInfo.InvariantCulture))];
            found.Add(new Box(v[0], v[1], v[2], v[3]), v[4], 0);
        }

        var precision = new AveragePrecision(2);
        precision.Add(found, Two);
        Assert.True(Math.Abs(expected - precision.Mean()) < 1e-9, reason);
        Assert.Equal(-1, precision.PerClass()[1]); // class 1 does not occur and does not count
    }
}
