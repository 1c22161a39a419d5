using EdgeVision.TestSupport.Inference;
using System.Text.Json;
using EdgeVision.Inference;
using EdgeVision.Onnx;
using EdgeVision.Profiling.Measurement;
using EdgeVision.Profiling.Operators;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Profiling.Tests;

/// <summary>Profiles of models that ran, and of runs made by hand.</summary>
public sealed class OperatorProfileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-operators-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)] // threads of one node write no events of their own
    public void Everything_adds_up(int threads)
    {
        using var engine = Engine(ProfiledModels.Layers(), threads);
        var profile = engine.ProfileOperators(20);
        Assert.Equal((20, 20), (profile.RunCount, profile.RunsMs.Count));
        Assert.Equal(1, profile.Operators.Sum(o => o.Share), 1e-9);
        Assert.Equal(profile.RunMs, profile.Operators.Sum(o => o.Ms), 1e-9);
        Assert.Equal(profile.NodesMs, profile.Nodes.Sum(n => n.Ms), 1e-9);
        Assert.Equal(profile.ProfiledRunMs, profile.RunMs + profile.ProfilingMs, 1e-9);
        Assert.True(profile.BetweenNodesMs >= 0 && profile.ProfilingMs > 0);
        Assert.InRange(profile.ExecutorMs, profile.NodesMs, profile.ProfiledRunMs);
        Assert.Equal(new ProfileOperator(OperatorProfile.BetweenNodes, "", "", 0, profile.BetweenNodesMs, profile.BetweenNodesMs / profile.RunMs), profile.Operators[^1]);
        Assert.Equal(profile.Nodes.Count, profile.Operators.Sum(o => o.Nodes));
        Assert.Equal(engine.MeasurePlacement(), profile.Placement);
        Assert.Contains(profile.Nodes, n => n is { Operator: "ConvTranspose", Name: "up", Nodes: 1, Provider: "CPUExecutionProvider" });
        Assert.Equal(profile.Operators.SkipLast(1).OrderByDescending(o => o.Ms), profile.Operators.SkipLast(1));
    }

    [Fact]
    public void A_loop_and_its_body_do_not_count_twice()
    {
        using var engine = Engine(ProfiledModels.Loop(), 1);
        var profile = engine.ProfileOperators(10);
        Assert.Equal(1, profile.Operators.Sum(o => o.Share), 1e-9);
        Assert.Equal(["Identity", "Loop", "MatMul", "Neg"], profile.Nodes.Select(n => n.Operator).Order(StringComparer.Ordinal));
        Assert.Equal(["work", "work"], profile.Nodes.Where(n => n.Operator is "MatMul" or "Neg").Select(n => n.Name)); // one name, two nodes
        Assert.Equal(4, profile.Placement.Values.Sum());

        // The loop does next to nothing itself; with the body in it, it would take as long as the products do.
        Assert.True(profile.Nodes.Single(n => n.Operator == "Loop").Ms < profile.Nodes.Single(n => n.Operator == "MatMul").Ms);
        Assert.True(profile.NodesMs <= profile.RunMs);
    }

    [Fact]
    public void Nodes_that_the_library_put_in_are_there_and_the_layout_s_are_named_so()
    {
        // Convolutions of many channels go to blocks of channels (nchwc) on processors that have kernels for it.
        using var engine = new InferenceEngine(SharedData.Path("models", "scrfd_500m_bnkps.onnx"), new EngineOptions { Threads = ThreadBudget.FromCores(1) });
        var profile = engine.ProfileOperators(2, warmup: 1);
        var convolutions = profile.Operators.Single(o => o.Operator == "Conv");
        Assert.Equal(60, convolutions.Nodes);
        Assert.Equal(convolutions, profile.Operators[0]);
        Assert.All(profile.Nodes, n => Assert.DoesNotContain("_kernel_time", n.Name));
    }

    [Fact]
    public void Hidden_times()
    {
        // Two runs of a loop (0..100) with bodies of 40 and 30, a node of 20 behind it, all within runs of 130; a warm-up run before them.
        string text = Profile(Run(1000, 999), Run(0, 130), Run(200, 130));
        var profile = OperatorProfileBuilder.Read(Stream(text), warmup: 1, runs: 2, default);
        Assert.Equal([("loop", 0.030), ("body", 0.070), ("tail", 0.020)], profile.ProfiledNodes.Select(n => (n.Name, Math.Round(profile.Nodes.Single(m => m.Name == n.Name).Ms, 9))).OrderBy(n => n.Name == "tail" ? 2 : n.Name == "body" ? 1 : 0));
        Assert.Equal((0.130, 0.120, 0.125, 0.010), (profile.RunMs, profile.NodesMs, profile.ExecutorMs, profile.BetweenNodesMs), (a, b) =>
            Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) + Math.Abs(a.Item3 - b.Item3) + Math.Abs(a.Item4 - b.Item4) < 1e-9);
    }

    [Fact]
    public void What_disturbed_a_run_is_not_the_operators()
    {
        string text = Profile([.. Enumerable.Range(0, 8).Select(i => Run(i * 10_000, i is 3 or 5 ? 5000 : 130))]);
        var profile = OperatorProfileBuilder.Read(Stream(text), warmup: 0, runs: 8, default);
        Assert.Equal(0.130, profile.RunMs, 1e-9);
        Assert.Equal(5, profile.RunsMs.Max(), 1e-9);
    }

    [Theory]
    [InlineData(0, 0)] // profiling costs nothing
    [InlineData(5, 8)] // 4 nodes a run: 20 µs off the nodes, 32 off the run
    [InlineData(500, 800)] // more than there is: nothing is below zero
    public void The_cost_of_profiling_is_taken_off(double within, double all)
    {
        var node = new ProfilingOverhead.Node(within, all);
        var profile = OperatorProfileBuilder.Read(Stream(Profile(Run(0, 130))), 0, 1, new ProfilingOverhead(node, node));
        Assert.Equal(Math.Max(0, 0.120 - 4 * within * 1e-3), profile.NodesMs, 1e-9);
        Assert.Equal(Math.Max(profile.NodesMs, 0.130 - 4 * all * 1e-3), profile.RunMs, 1e-9);
        Assert.All(profile.Operators, o => Assert.True(o.Ms >= 0));
    }

    [Fact]
    public void Runs_that_the_library_did_not_keep()
    {
        var e = Assert.Throws<EdgeVisionException>(() => OperatorProfileBuilder.Read(Stream(Profile(Run(0, 130))), 0, 3, default));
        Assert.Contains("1 of 3", e.Message);
    }

    [Fact]
    public void A_trace_opens_in_viewers()
    {
        using var engine = Engine(ProfiledModels.Loop(), 1);
        var profile = engine.ProfileOperators(3, warmup: 2);
        using var output = new MemoryStream();
        profile.WriteTrace(output, "a \"model\"", [new TraceSpan("preprocess", 0, 12.5), new TraceSpan("run", 12.5, 100)]);
        using var json = JsonDocument.Parse(output.ToArray());
        var events = json.RootElement.GetProperty("traceEvents").EnumerateArray().ToArray();
        Assert.Contains(events, e => e.GetProperty("name").GetString() == "process_name" && e.GetProperty("args").GetProperty("name").GetString() == "EdgeVision a \"model\"");
        Assert.Equal(["network", "stages"], events.Where(e => e.GetProperty("name").GetString() == "thread_name").Select(e => e.GetProperty("args").GetProperty("name").GetString()));
        var complete = events.Where(e => e.GetProperty("ph").GetString() == "X").ToLookup(e => e.GetProperty("cat").GetString()!);
        Assert.Equal((3, 2, 3 * (2 + 2 * ProfiledModels.Turns)), (complete["run"].Count(), complete["stage"].Count(), complete["node"].Count()));
        Assert.Equal(12.5, complete["stage"].First().GetProperty("dur").GetDouble());
        Assert.Equal(0, complete["run"].First().GetProperty("ts").GetDouble()); // the first counted run is zero
        Assert.Equal($"float[{ProfiledModels.Side},{ProfiledModels.Side}]", complete["node"].First(n => n.GetProperty("args").GetProperty("operator").GetString() == "Neg").GetProperty("args").GetProperty("outputs").GetString());

        // A viewer nests what lies within one track; an event that left its holder would be drawn elsewhere.
        var open = new Stack<double>();
        foreach (var e in complete["run"].Concat(complete["node"]).OrderBy(e => Number(e, "ts")).ThenByDescending(e => Number(e, "dur")))
        {
            while (open.TryPeek(out double end) && end <= Number(e, "ts"))
            {
                open.Pop();
            }

            Assert.True(!open.TryPeek(out double holder) || Number(e, "ts") + Number(e, "dur") <= holder);
            open.Push(Number(e, "ts") + Number(e, "dur"));
        }
    }

    [Fact]
    public void A_model_that_fails_says_so_and_leaves_nothing_behind()
    {
        string[] before = Directory.GetDirectories(Path.GetTempPath(), "edgevision-profile-*");
        var builder = new OnnxGraphBuilder("rows");
        var rows = builder.AddInput("rows", [1], TensorProto.Types.DataType.Int64);
        builder.AddOutput("y", builder.AddNode("Gather", "pick", [builder.AddInitializer("table", new float[3], 3), rows], [1]));
        using (var engine = Engine(builder.Build().ToBytes(), 1))
        {
            Assert.Single(engine.ProfileOperators(1).Nodes, n => n.Name == "pick");
            engine.GetInputBytes(0)[0] = 99; // beyond the table, which only a run can tell
            Refuses(engine, "pick");
        }

        using (var engine = Engine(TinyOnnx.Unary("Neg", [1, 3], [1, 3]), 1))
        {
            File.Delete(Path.Combine(_folder, "model.onnx")); // since it was loaded
            Refuses(engine, "model.onnx");
        }

        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), "edgevision-profile-*").Except(before));
    }

    [Fact]
    public void Names_with_quotation_marks_stay_whole()
    {
        var builder = new OnnxGraphBuilder("quoted");
        builder.AddOutput("y", builder.AddNode("Neg", "a \"name\"", [builder.AddInput("x", [1])], [1]));
        using var engine = Engine(builder.Build().ToBytes(), 1);
        Assert.Equal("a \"name\"", Assert.Single(engine.ProfileOperators(1).Nodes, n => n.Operator == "Neg").Name);
    }

    [Fact]
    public void Impossible_calls()
    {
        using var engine = Engine(TinyOnnx.Unary("Neg", [1, "n"], [1, "n"]), 1);
        Assert.Contains("Resize", Assert.Throws<InvalidOperationException>(() => { engine.ProfileOperators(1); }).Message);
        engine.Resize(0, 1, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => { engine.ProfileOperators(0); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { engine.ProfileOperators(1, -1); });
        Assert.Single(engine.ProfileOperators(1, 0).Nodes);
    }

    private static void Refuses(InferenceEngine engine, string says)
    {
        foreach (var call in (Action[])[() => engine.ProfileOperators(1), () => engine.MeasurePlacement(), () => engine.MeasureCost()])
        {
            var e = Assert.Throws<EdgeVisionException>(call);
            Assert.Contains("cannot be profiled", e.Message);
            Assert.Contains(says, e.Message);
            Assert.DoesNotContain('\n', e.Message);
        }
    }

    private static double Number(JsonElement entry, string name) => entry.GetProperty(name).GetDouble();

    private static string Profile(params string[] runs) => $"[\n{Event("Session", "model_loading_uri", 0, 5)},\n{string.Join(",\n", runs)}\n]\n";

    private static string Run(long at, long duration) => string.Join(",\n",
        Node("body", "MatMul", at + 5, 40), Node("body", "MatMul", at + 50, 30), Node("loop", "Loop", at, 100), Node("tail", "Neg", at + 105, 20),
        Event("Session", "SequentialExecutor::Execute", at + 6, 90), Event("Session", "SequentialExecutor::Execute", at, 125), Event("Session", "model_run", at, duration));

    private static string Node(string name, string type, long start, long duration) =>
        Event("Node", name + "_kernel_time", start, duration, $$"""{"op_name" : "{{type}}","provider" : "CPUExecutionProvider","node_index" : "1","thread_scheduling_stats" : "","output_size" : "4"}""");

    private static string Event(string category, string name, long start, long duration, string arguments = "{}") =>
        $$"""{"cat" : "{{category}}","pid" :1,"tid" :1,"dur" :{{duration}},"ts" :{{start}},"ph" : "X","name" :"{{name}}","args" : {{arguments}}}""";

    private static MemoryStream Stream(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));

    private InferenceEngine Engine(byte[] model, int threads)
    {
        string path = Path.Combine(_folder, "model.onnx");
        File.WriteAllBytes(path, model);
        return new InferenceEngine(path, new EngineOptions { Threads = ThreadBudget.FromCores(threads) });
    }
}
