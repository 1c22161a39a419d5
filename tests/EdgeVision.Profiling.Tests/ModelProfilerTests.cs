using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public class ModelProfilerTests
{
    private static readonly ProfileOptions Short = new() { Iterations = 30, WarmUp = TimeSpan.FromMilliseconds(1), CountCosts = false };

    private static string Model(string name) => Path.Combine(Repository.Root, "models", name);

    private static ProfileRow Measure(ProfileRequest request, ProfileOptions options) => ModelProfiler.Profile(request, options, cancellationToken: TestContext.Current.CancellationToken);

    private static ProfileRequest Request(string name, int batch = 1) => new() { Model = Model(name), Provider = "cpu", Threads = 1, Batch = batch };

    [Fact]
    public void FiguresOfARunFitTogether()
    {
        var row = Measure(Request("shelves-yolo.onnx"), Short);
        Assert.Null(row.Error);
        Assert.Equal(("shelves-yolo", "cpu", 1, 1, 30L), (row.Model, row.Provider, row.Threads, row.Batch, row.Iterations));
        double[] rising = [0, row.MinMs!.Value, row.P50Ms!.Value, row.P90Ms!.Value, row.P95Ms!.Value, row.P99Ms!.Value, row.P999Ms!.Value, row.MaxMs!.Value];
        Assert.Equal(rising.Order(), rising);
        Assert.InRange(row.MeanMs!.Value, row.MinMs.Value, row.MaxMs.Value);
        var s = row.StagesMs!;
        // A detector on a frame: each stage takes time, and all of them are the run.
        Assert.True(s.Preprocess > 0 && s.Run > 0 && s.Postprocess > 0, s.ToString());
        Assert.InRange(s.Preprocess + s.CopyIn + s.Run + s.CopyOut + s.Postprocess, row.MeanMs.Value * 0.9, row.MeanMs.Value * 1.0001);
        Assert.True(row.LoadMs > 0 && row.FirstMs > 0 && row.ModelMb > 1 && row.PeakRssMb > 10);
        Assert.InRange(row.ThroughputFps!.Value * row.Seconds, 29.9, 30.1);
        Assert.Equal(64, row.ModelSha256!.Length);
        Assert.Equal("mAP@.50:.95", row.MetricName);
        Assert.Equal("the model's card", row.MetricSource);
        Assert.NotEmpty(row.Machine!.Cpu);
        Assert.True(row.P50IntervalMs![0] <= row.P50Ms && row.P50Ms <= row.P50IntervalMs[1]);
    }

    [Fact]
    public void ABatchIsCountedAsItsFrames()
    {
        var row = Measure(Request("scenes-tinyresnet.onnx", batch: 4), Short);
        Assert.Equal(4, row.Batch);
        Assert.InRange(row.ThroughputFps!.Value * row.Seconds, 119.9, 120.1);
    }

    [Fact]
    public void TheNetworkAloneHasNoOtherStages()
    {
        var row = Measure(Request("scenes-tinyresnet.onnx"), Short with { NetworkOnly = true });
        Assert.Equal((0.0, 0.0), (row.StagesMs!.Preprocess, row.StagesMs.Postprocess));
        Assert.True(row.StagesMs.Run > 0);
        Assert.NotNull(row.Width);
    }

    [Fact]
    public void CostsAreCountedWhereTheyAreAskedFor()
    {
        var row = Measure(Request("scenes-tinyresnet.onnx"), Short with { CountCosts = true, OperatorRuns = 3 });
        Assert.True(row.Macs > 1_000_000, "a residual network multiplies");
        Assert.InRange(row.Params!.Value, 40_000, 43_061); // 43,061 with the statistics of normalisations that the export folds
        Assert.Equal("fp32", row.Precision);
        Assert.Contains(row.Operators!, o => o.Name.Contains("Conv", StringComparison.Ordinal));
        Assert.InRange(row.Operators!.Sum(o => o.Share), 0.99, 1.01);
        Assert.True(row.Placement!.Values.Sum() > 3);
        Assert.NotEmpty(row.Nodes!);
    }

    [Fact]
    public void ARateIsMeasuredFromArrivals()
    {
        var row = Measure(Request("scenes-tinyresnet.onnx") with { RateFps = 200 }, Short);
        Assert.Equal((ProfileMode.Open, 200.0), (row.Mode, row.RateFps));
        Assert.NotNull(row.QueueMs);
        Assert.True(row.ServiceMs!.P50 <= row.P50Ms!.Value);
        Assert.True(row.Seconds > 0.14, "30 runs at 200 a second need 145 ms");
    }

    [Fact]
    public void ATraceIsWhatViewersRead()
    {
        string path = Path.Combine(Path.GetTempPath(), $"edgevision-{Guid.NewGuid():N}.json");
        try
        {
            Measure(Request("scenes-tinyresnet.onnx"), Short with { OperatorRuns = 2, TracePath = path });
            using var trace = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(path));
            Assert.False(File.Exists(path + ".part"));
            Assert.Contains("preprocess", trace.RootElement.GetRawText(), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void EveryRunCanBeHadInAFile()
    {
        string path = Path.Combine(Path.GetTempPath(), $"edgevision-{Guid.NewGuid():N}.csv");
        try
        {
            var row = Measure(Request("scenes-tinyresnet.onnx"), Short with { SamplesPath = path });
            string[] lines = File.ReadAllLines(path);
            Assert.Equal(31, lines.Length);
            double[] latencies = [.. lines.Skip(1).Select(l => double.Parse(l.Split(',')[1], System.Globalization.CultureInfo.InvariantCulture))];
            Assert.Equal(row.MaxMs!.Value, latencies.Max(), 9);
            Assert.Equal(row.MeanMs!.Value, latencies.Average(), 9);
            Assert.True(row.StagesMaxMs!.Run >= row.StagesP99Ms!.Run && row.StagesP99Ms.Run >= row.StagesP50Ms!.Run && row.StagesP50Ms.Run > 0);
            Assert.Contains("96x96", row.Inputs![0], StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // Scale and offset say nothing of how a detector's decoder fares, but a model without a spec has a network all the same.
    [Fact]
    public void AModelThatNothingTellsHowToReadRunsItsNetwork()
    {
        var row = Measure(new ProfileRequest { Model = SharedData.Path("models", "mnist.onnx"), Provider = "cpu", Threads = 1 }, Short);
        Assert.Equal((28, 28), (row.Width, row.Height));
        Assert.Null(row.Task);
    }

    [Theory]
    [InlineData(0, 1, null, "no frames")]
    [InlineData(1, 0, null, "no threads")]
    [InlineData(1, 1, 0.0, "no arrivals")]
    [InlineData(1, 1, double.NaN, "no rate at all")]
    public void WhatCannotBeMeasuredIsRefused(int batch, int threads, double? rate, string reason)
    {
        var e = Assert.Throws<EdgeVisionException>(() => Measure(Request("scenes-tinyresnet.onnx") with { Batch = batch, Threads = threads, RateFps = rate }, Short));
        Assert.True(e.Message.Contains("cannot be measured", StringComparison.Ordinal), reason);
    }

    [Fact]
    public void AProviderThatIsNotThereIsAnErrorAndNoCpuRun() =>
        Assert.Throws<ProviderUnavailableException>(() => Measure(Request("scenes-tinyresnet.onnx") with { Provider = "cuda" }, Short));

    [Fact]
    public void AnotherSizeThanTheGraphsIsAnError() =>
        Assert.Throws<ModelFormatException>(() => Measure(Request("shelves-retinanet.onnx") with { Width = 64, Height = 64 }, Short));

    [Fact]
    public void CancellationEndsAMeasurement()
    {
        using var cancel = new CancellationTokenSource();
        var progress = new Cancelling(cancel);
        Assert.ThrowsAny<OperationCanceledException>(() => ModelProfiler.Profile(Request("scenes-tinyresnet.onnx"), new ProfileOptions { Duration = TimeSpan.FromMinutes(10), CountCosts = false }, null, progress, cancel.Token));
        Assert.Contains("measure", progress.Phases);
    }

    [Fact]
    public void AModelSaysWhatItTakes()
    {
        var takes = ModelProfiler.Inspect(Model("scenes-tinyresnet.onnx"));
        Assert.Equal((96, 96, true), (takes.Width, takes.Height, takes.HasVariableBatch));
        Assert.Equal("classify", takes.Task);
    }

    [Fact]
    public void RowsComeBackFromJsonAsTheyWere()
    {
        var row = Measure(Request("scenes-tinyresnet.onnx") with { RateFps = 300 }, Short with { OperatorRuns = 2, CountCosts = true });
        byte[] json = ProfileJson.Serialize([row]);
        string text = System.Text.Encoding.UTF8.GetString(json);
        foreach (string field in (string[])["model", "width", "height", "batch", "provider", "threads", "precision", "load_ms", "first_ms", "p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms", "mean_ms",
            "throughput_fps", "stages_ms", "peak_rss_mb", "model_mb", "macs", "params", "metric", "stable"])
        {
            Assert.Contains($"\"{field}\":", text, StringComparison.Ordinal);
        }

        Assert.Equal(json, ProfileJson.Serialize(ProfileJson.Parse(json, "test")));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{}", "no rows")]
    [InlineData("[null]", "an empty row")]
    [InlineData("[{\"model\":3}]", "a number for a name")]
    [InlineData("[{}]", "no model")]
    public void WhatIsNoProfileIsRefused(string json, string reason)
    {
        var e = Assert.Throws<EdgeVisionException>(() => ProfileJson.Parse(System.Text.Encoding.UTF8.GetBytes(json), "x.json"));
        Assert.True(e.Message.Contains("x.json", StringComparison.Ordinal), reason);
    }

    private sealed class Cancelling(CancellationTokenSource source) : IProgress<ProfileProgress>
    {
        public HashSet<string> Phases { get; } = [];

        public void Report(ProfileProgress value)
        {
            Phases.Add(value.Phase);
            if (value.Phase == "measure")
            {
                source.Cancel();
            }
        }
    }
}
