using Xunit;

namespace EdgeVision.Tests.Threading;

/// <summary>How cores are divided.</summary>
public sealed class ThreadBudgetTests
{
    [Theory]
    [InlineData(1, 1, 1, false)] // nothing to spin for
    [InlineData(8, 1, 8, true)]
    [InlineData(8, 2, 4, false)]
    [InlineData(8, 3, 2, false)]
    [InlineData(2, 5, 1, false)] // never none
    public void Cores_are_shared(int cores, int sessions, int threads, bool spin)
    {
        var budget = ThreadBudget.FromCores(cores).DivideAmong(sessions);
        Assert.Equal(cores, budget.Cores);
        Assert.Equal(threads, budget.InferenceThreads);
        Assert.Equal(spin, budget.AllowSpinning);
    }

    [Fact]
    public void Nothing_cannot_be_divided()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ThreadBudget.FromCores(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ThreadBudget.FromCores(2).DivideAmong(0));
    }
}
