using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace EdgeVision.Tests;

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
            var cost = ProfilingCost.Measure(() => new SessionOptions { IntraOpNumThreads = 1 }, _folder);
            return Array.TrueForAll([2, 4, 30], tensors =>
            {
                var (within, all) = cost.Of(tensors);
                Assert.InRange(within, 0, all);
                return all is >= 1e-3 and <= 10_000;
            });
        });
    }

    [Fact]
    public void Between_and_beyond_the_measured_nodes_it_is_a_line()
    {
        var cost = new ProfilingCost(new ProfilingCost.Node(3, 5), new ProfilingCost.Node(5, 9));
        Assert.Equal(new ProfilingCost.Node(3, 5), cost.Of(3));
        Assert.Equal(new ProfilingCost.Node(4, 7), cost.Of(5));
        Assert.Equal(new ProfilingCost.Node(5.5, 10), cost.Of(8));

        // What was measured wrongly beside others takes nothing below zero, and the whole not below its part.
        Assert.Equal(new ProfilingCost.Node(0, 0), new ProfilingCost(new ProfilingCost.Node(-1, -2), new ProfilingCost.Node(5, 9)).Of(3));
        Assert.Equal(new ProfilingCost.Node(3, 5), new ProfilingCost(new ProfilingCost.Node(3, 5), new ProfilingCost.Node(3, 2)).Of(30)); // nor do more tensors cost less
        Assert.Equal(new ProfilingCost.Node(4, 4), new ProfilingCost(new ProfilingCost.Node(4, 2), new ProfilingCost.Node(5, 9)).Of(3));
    }
}
