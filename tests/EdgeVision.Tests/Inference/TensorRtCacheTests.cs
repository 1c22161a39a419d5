using EdgeVision.TestSupport.Inference;
using EdgeVision.Diagnostics;
using EdgeVision.Inference;
using EdgeVision.Inference.Cache;
using EdgeVision.Inference.Providers;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>Where TensorRT's engines are kept, without TensorRT: what the key depends on, and what is said while one is built.</summary>
public sealed class TensorRtCacheTests : IDisposable
{
    private static readonly GpuDevice Gpu = new("NVIDIA H100", "550.54", 81559, "9.0");
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-tensorrt-").FullName;
    private readonly string _model;

    public TensorRtCacheTests()
    {
        _model = Path.Combine(_folder, "model.onnx");
        File.WriteAllBytes(_model, TinyOnnx.Unary("Neg", [1], [1]));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_engine_has_a_folder_that_says_what_it_is_for()
    {
        var (options, folder) = Add([]);
        Assert.Equal(folder, options["tensorrt.trt_engine_cache_path"]);
        Assert.Equal(("1", "1"), (options["tensorrt.trt_engine_cache_enable"], options["tensorrt.trt_timing_cache_enable"]));
        Assert.True(Directory.Exists(options["tensorrt.trt_timing_cache_path"]));
        string about = File.ReadAllText(Path.Combine(folder!, "about.txt"));
        Assert.All([Checksum.HexOfFile(_model), OrtLibrary.Version, "tensorrt 101303", "NVIDIA H100 9.0"], part => Assert.Contains(part, about));
        Assert.StartsWith("model-", Path.GetFileName(folder));
        Assert.Equal(folder, Add([]).Folder); // the same again
    }

    [Fact]
    public void Another_model_gpu_version_shape_or_option_is_another_engine()
    {
        var folders = new List<string?>
        {
            Add([]).Folder,
            Add([], gpu: Gpu with { ComputeCapability = "8.9" }).Folder,
            Add([], gpu: Gpu with { Name = "NVIDIA L40" }).Folder,
            Add([], version: "101401").Folder,
            Add([], shapes: new() { ["x"] = [1, 3, 64, 64] }).Folder,
            Add([], shapes: new() { ["x"] = [1, 3, 64, 128] }).Folder,
            Add(new() { ["trt_fp16_enable"] = "1" }).Folder,
            Add(new() { ["trt_profile_max_shapes"] = "x:4" }).Folder,
        };
        File.WriteAllBytes(_model, TinyOnnx.Unary("Abs", [1], [1]));
        folders.Add(Add([]).Folder);
        Assert.Equal(folders.Count, folders.Distinct().Count());
    }

    [Fact]
    public void Another_calibration_table_of_the_same_name_is_another_engine()
    {
        string table = Path.Combine(_folder, "ranges");
        File.WriteAllText(table, "a");
        string? first = Add(new() { ["trt_int8_calibration_table_name"] = table }).Folder;
        File.WriteAllText(table, "b");
        Assert.NotEqual(first, Add(new() { ["trt_int8_calibration_table_name"] = table }).Folder);
    }

    [Fact]
    public void A_stream_of_one_s_own_changes_no_engine() =>
        Assert.Equal(Add([]).Folder, Add(new() { ["user_compute_stream"] = "4096" }).Folder);

    [Fact]
    public void A_driver_that_says_the_same_shares_times_of_kernels() =>
        Assert.Equal(Add([]).Options["tensorrt.trt_timing_cache_path"], Add(new() { ["trt_fp16_enable"] = "1" }).Options["tensorrt.trt_timing_cache_path"]);

    [Fact]
    public void A_folder_of_one_s_own_is_kept_and_none_stays_none()
    {
        var (options, folder) = Add(new() { ["trt_engine_cache_path"] = _folder });
        Assert.Equal(_folder, folder);
        Assert.False(options.ContainsKey("tensorrt.trt_engine_cache_path")); // it is there already, as it was written
        var off = new Dictionary<string, string> { ["tensorrt.trt_engine_cache_enable"] = "0" };
        Assert.Equal((off, null), TensorRtCache.AddEngineFolder(off, _model, new EngineOptions()));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_means_no_cache()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        var (options, folder) = TensorRtCache.AddEngineFolder(new Dictionary<string, string>(), [], _model, new Dictionary<string, long[]>(), file, Gpu, "1");
        Assert.Null(folder);
        Assert.Empty(options);
    }

    [Fact]
    public void A_build_is_announced_and_its_time_is_said()
    {
        string? folder = Add([]).Folder;
        var said = new List<string>();
        using var going = new ManualResetEventSlim();
        using (TensorRtCache.ReportBuild(folder, "model.onnx", text =>
        {
            lock (said)
            {
                said.Add(text);
                if (said.Count == 3)
                {
                    going.Set();
                }
            }
        }, TimeSpan.FromMilliseconds(5)))
        {
            Assert.True(going.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
            File.WriteAllText(Path.Combine(folder!, "x_sm90.engine"), "");
        }

        Assert.Contains("minutes the first time", said[0]);
        Assert.EndsWith(" s so far", said[1]);
        Assert.Contains("has built the engine for model.onnx", said[^1]);
        Assert.Null(TensorRtCache.ReportBuild(folder, "model.onnx", said.Add)); // it is there from now on
        Assert.Null(TensorRtCache.ReportBuild(null, "model.onnx", said.Add)); // nothing is kept: nobody knows
    }

    [Fact]
    public void A_build_that_came_to_nothing_is_not_said_to_be_done()
    {
        var said = new List<string>();
        TensorRtCache.ReportBuild(Add([]).Folder, "model.onnx", said.Add, TimeSpan.FromHours(1))!.Dispose();
        Assert.Single(said);
    }

    private (IReadOnlyDictionary<string, string> Options, string? Folder) Add(Dictionary<string, string> own, GpuDevice? gpu = null, string version = "101303", Dictionary<string, long[]>? shapes = null) =>
        TensorRtCache.AddEngineFolder(new Dictionary<string, string>(), own, _model, shapes ?? [], Path.Combine(_folder, "cache"), gpu ?? Gpu, version);
}
