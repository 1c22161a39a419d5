using EdgeVision.Profiling.Measurement;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class ProfilingCostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-cost-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_is_measured_on_this_machine()
    {
        // Something, and less than a node that does work; no figure of a machine's speed. What else runs here may hide it in one measurement, not in all.
        Assert.Contains(Enumerable.Range(0, 8), _ =>
        {
            var cost = ProfilingOverhead.Measure(() => new SessionOptions { IntraOpNumThreads = 1 }, _folder);
            return Array.TrueForAll([2, 4, 30], tensors =>
            {
                var (within, all) = cost.ForTensors(tensors);
                Assert.InRange(within, 0, all);
                return all is >= 1e-3 and <= 10_000;
            });
        });
    }

    [Fact]
    public void Between_and_beyond_the_measured_nodes_it_is_a_line()
    {
        var cost = new ProfilingOverhead(new ProfilingOverhead.Node(3, 5), new ProfilingOverhead.Node(5, 9));
        Assert.Equal(new ProfilingOverhead.Node(3, 5), cost.ForTensors(3));
        Assert.Equal(new ProfilingOverhead.Node(4, 7), cost.ForTensors(5));
        Assert.Equal(new ProfilingOverhead.Node(5.5, 10), cost.ForTensors(8));

        // What was measured wrongly beside others takes nothing below zero, and the whole not below its part.
        Assert.Equal(new ProfilingOverhead.Node(0, 0), new ProfilingOverhead(new ProfilingOverhead.Node(-1, -2), new ProfilingOverhead.Node(5, 9)).ForTensors(3));
        Assert.Equal(new ProfilingOverhead.Node(3, 5), new ProfilingOverhead(new ProfilingOverhead.Node(3, 5), new ProfilingOverhead.Node(3, 2)).ForTensors(30)); // nor do more tensors cost less
        Assert.Equal(new ProfilingOverhead.Node(4, 4), new ProfilingOverhead(new ProfilingOverhead.Node(4, 2), new ProfilingOverhead.Node(5, 9)).ForTensors(3));
    }
}
