using EdgeVision.TestSupport;
using EdgeVision.Threading;
using Xunit;

namespace EdgeVision.Tests.Threading;

/// <summary>Every part once, whoever does it; errors come back; nothing is allocated.</summary>
public sealed class WorkTeamTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(4, 1)]
    [InlineData(4, 4)]
    [InlineData(3, 7)] // more parts than threads
    [InlineData(2, 0)]
    public void Every_part_is_done_once(int threads, int parts)
    {
        var team = new ParallelRunner(threads);
        for (int round = 0; round < 2000; round++)
        {
            var work = new Counts(parts);
            team.Run(work, parts);
            Assert.All(work.Done, d => Assert.Equal(1, d));
        }
    }

    [Fact]
    public void An_error_comes_back_after_the_other_parts()
    {
        var team = new ParallelRunner(4);
        var work = new Counts(8) { Fails = 3 };
        Assert.Equal("part 3", Assert.Throws<InvalidOperationException>(() => team.Run(work, 8)).Message);
        Assert.Equal(7, work.Done.Sum());
        var next = new Counts(8);
        team.Run(next, 8);
        Assert.All(next.Done, d => Assert.Equal(1, d));
    }

    [Fact]
    public void Nothing_is_allocated_by_the_caller()
    {
        var team = new ParallelRunner(3);
        var work = new Counts(3);
        Assert.Equal(0, Allocations.Of(() => team.Run(work, 3)));
    }

    private sealed class Counts(int parts) : IParallelWork
    {
        public int Fails { get; init; } = -1;

        public int[] Done { get; } = new int[parts];

        public void Execute(int part)
        {
            if (part == Fails)
            {
                throw new InvalidOperationException($"part {part}");
            }

            Interlocked.Increment(ref Done[part]);
        }
    }
}
