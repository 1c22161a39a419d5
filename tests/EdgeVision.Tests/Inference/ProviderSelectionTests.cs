using EdgeVision.TestSupport.Inference;
using EdgeVision.Inference.Providers;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>What becomes of a policy, with a native library that is made up.</summary>
public sealed class ProviderSelectionTests
{
    private const string CpuOrt = "CPUExecutionProvider", CudaOrt = "CUDAExecutionProvider", TensorRtOrt = "TensorrtExecutionProvider";

    [Fact]
    public void Required_and_missing_says_why_and_what_to_do()
    {
        var e = Assert.Throws<ProviderUnavailableException>(() => Open(ProviderPolicy.Require(Provider.Cuda), [CpuOrt]));
        Assert.Contains("cuda was required", e.Message);
        Assert.Contains("-p:EdgeVisionNative=Cuda", e.Message);
        Assert.Contains("--provider auto", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Required_and_there_is_used()
    {
        var (session, report) = Open(ProviderPolicy.Require(Provider.Cuda), [CudaOrt, CpuOrt]);
        Assert.Equal("Cuda,Cpu", session);
        Assert.Empty(report.Skipped);
    }

    [Fact]
    public void Required_and_not_starting_is_an_error_with_the_library_s_reason()
    {
        var e = Assert.Throws<ProviderUnavailableException>(() => Open(ProviderPolicy.Require(Provider.Cuda), [CudaOrt, CpuOrt], Provider.Cuda));
        Assert.Contains("no device", e.Message);
    }

    [Fact]
    public void Every_required_provider_must_be_there() =>
        Assert.Throws<ProviderUnavailableException>(() => Open(ProviderPolicy.Require(Provider.Cuda, Provider.TensorRt), [CudaOrt, CpuOrt]));

    [Fact]
    public void Preferred_and_missing_falls_to_the_cpu_and_is_recorded()
    {
        var (session, report) = Open(ProviderPolicy.Prefer(Provider.Cuda), [CpuOrt]);
        Assert.Equal("Cpu", session);
        var (provider, reason) = Assert.Single(report.Skipped);
        Assert.Equal(Provider.Cuda, provider);
        Assert.Contains(CudaOrt, reason);
    }

    [Fact]
    public void Preferred_and_not_starting_falls_to_the_next()
    {
        var (session, report) = Open(ProviderPolicy.Prefer(Provider.TensorRt, Provider.Cuda), [TensorRtOrt, CudaOrt, CpuOrt], Provider.TensorRt);
        Assert.Equal("Cuda,Cpu", session);
        Assert.Equal("no device", Assert.Single(report.Skipped).Reason);
    }

    [Fact]
    public void The_next_preferred_takes_what_the_first_does_not() =>
        Assert.Equal("TensorRt,Cuda,Cpu", Open(ProviderPolicy.Prefer(Provider.TensorRt, Provider.Cuda), [CudaOrt, TensorRtOrt, CpuOrt]).Session);

    [Fact]
    public void Nothing_comes_after_the_cpu() =>
        Assert.Equal("Cpu", Open(ProviderPolicy.Prefer(Provider.Cpu, Provider.Cuda), [CudaOrt, CpuOrt]).Session);

    [Fact]
    public void Auto_takes_the_best_and_does_not_complain_of_the_rest()
    {
        Assert.Equal("Cuda,Cpu", Open(ProviderPolicy.Auto, [TensorRtOrt, CudaOrt, CpuOrt]).Session);
        var (session, report) = Open(ProviderPolicy.Auto, [CpuOrt]);
        Assert.Equal("Cpu", session);
        Assert.Empty(report.Skipped);
    }

    [Fact]
    public void Auto_records_what_is_there_and_does_not_start() =>
        Assert.Equal(Provider.Cuda, Assert.Single(Open(ProviderPolicy.Auto, [CudaOrt, CpuOrt], Provider.Cuda).Report.Skipped).Provider);

    [Fact]
    public void A_model_at_fault_is_no_provider_s_fault() =>
        Assert.Throws<ModelFormatException>(() => ProviderSelection.Open<string>(ProviderPolicy.Prefer(Provider.Cuda), new FakeProviders(CudaOrt, CpuOrt),
            providers => throw (providers[0] == Provider.Cpu ? new ModelFormatException("bad") : new ProviderFailedException(providers[0], new InvalidOperationException("bad")))));

    [Fact]
    public void An_unknown_name_is_answered_with_the_names()
    {
        var e = Assert.Throws<ArgumentException>(() => ProviderNames.Parse("abacus"));
        Assert.Contains("abacus", e.Message);
        Assert.All(ProviderNames.All, name => Assert.Contains(name, e.Message));
    }

    [Fact]
    public void Every_provider_has_names()
    {
        foreach (var provider in Enum.GetValues<Provider>())
        {
            Assert.Equal(provider, ProviderNames.Parse(provider.GetName().ToUpperInvariant()));
            if (provider != Provider.Plugin) // its library names it
            {
                Assert.EndsWith("ExecutionProvider", provider.GetOrtName());
            }
        }
    }

    [Fact]
    public void The_next_keeps_order_and_says_whom_it_replaces()
    {
        var failed = new ProviderReport([Provider.TensorRt, Provider.Cuda, Provider.Cpu], [(Provider.DirectMl, "not there")]);
        var (session, report) = ProviderSelection.OpenNext(ProviderPolicy.Prefer(Provider.TensorRt), failed, "out of memory", providers => string.Join(',', providers));
        Assert.Equal("Cuda,Cpu", session);
        Assert.Equal([(Provider.DirectMl, "not there"), (Provider.TensorRt, "out of memory")], report.Skipped);
    }

    [Theory]
    [InlineData(new[] { Provider.Cuda }, "CUDAExecutionProvider", 3, "CPUExecutionProvider", 0, true)] // all where it was required
    [InlineData(new[] { Provider.Cuda }, "CUDAExecutionProvider", 3, "CPUExecutionProvider", 2, false)] // partly placed
    [InlineData(new[] { Provider.Cuda, Provider.Cpu }, "CUDAExecutionProvider", 3, "CPUExecutionProvider", 2, true)] // the CPU may have the rest
    [InlineData(new[] { Provider.Cuda, Provider.Cpu }, "CUDAExecutionProvider", 0, "CPUExecutionProvider", 5, false)] // but not all of it
    [InlineData(new[] { Provider.TensorRt, Provider.Cuda }, "TensorrtExecutionProvider", 1, "CUDAExecutionProvider", 2, true)] // each was named
    [InlineData(new[] { Provider.TensorRt }, "TensorrtExecutionProvider", 1, "CUDAExecutionProvider", 2, false)] // one was not
    public void Nodes_run_where_they_are_required_to(Provider[] required, string first, int nodes, string other, int rest, bool allowed)
    {
        var placement = new[] { (first, nodes), (other, rest) }.Where(p => p.Item2 > 0).ToDictionary(p => p.Item1, p => p.Item2);
        var e = Record.Exception(() => ProviderSelection.RequirePlacement(ProviderPolicy.Require(required), new FakeProviders(), placement, "m.onnx"));
        Assert.Equal(allowed, e is null);
        if (!allowed)
        {
            Assert.All(placement, p => Assert.Contains($"{p.Key}: {p.Value}", Assert.IsType<ProviderUnavailableException>(e).Message));
        }
    }

    private static (string Session, ProviderReport Report) Open(ProviderPolicy policy, string[] available, params Provider[] failing) =>
        ProviderSelection.Open(policy, new FakeProviders(available), providers =>
        {
            foreach (var provider in providers.Where(failing.Contains))
            {
                throw new ProviderFailedException(provider, new InvalidOperationException("no\ndevice"));
            }

            return string.Join(',', providers);
        });
}
