using Xunit;

namespace EdgeVision.Tracking.Tests;

/// <summary>Against every possible pairing of small tables.</summary>
public sealed class LinearAssignmentTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(2, 5)] // more columns
    [InlineData(5, 2)] // more rows
    [InlineData(6, 6)]
    [InlineData(0, 3)] // nothing to pair
    public void Costs_the_least_of_all_pairings(int rows, int columns)
    {
        var random = new Random(rows * 10 + columns);
        var assignment = new LinearAssignment();
        for (int round = 0; round < 60; round++)
        {
            double limit = round % 3 == 0 ? double.PositiveInfinity : 0.8;
            var costs = assignment.GetCostBuffer(rows, columns);
            for (int i = 0; i < costs.Length; i++)
            {
                // Few distinct values in every fourth round, so that there are ties.
                costs[i] = round % 4 == 0 ? random.Next(4) / 3.0 : random.NextDouble() * 1.2;
            }

            double[] table = costs.ToArray();
            assignment.Solve(limit);
            double total = 0;
            int pairs = 0;
            for (int r = 0; r < rows; r++)
            {
                int c = assignment.RowToColumn[r];
                if (c >= 0)
                {
                    Assert.Equal(r, assignment.ColumnToRow[c]);
                    Assert.True(table[r * columns + c] < limit);
                    total += table[r * columns + c] - Worth(limit);
                    pairs++;
                }
            }

            if (double.IsPositiveInfinity(limit))
            {
                Assert.Equal(Math.Min(rows, columns), pairs);
            }

            Assert.Equal(Best(table, rows, columns, 0, 0, limit), total, 1e-9);
        }
    }

    [Fact]
    public void Pairs_nothing_whose_cost_is_no_number()
    {
        var assignment = new LinearAssignment();
        ((double[])[double.NaN, 0.2, double.PositiveInfinity, double.NaN]).CopyTo(assignment.GetCostBuffer(2, 2));
        assignment.Solve(0.5);
        Assert.Equal([1, -1], assignment.RowToColumn.ToArray());
        Assert.Equal([-1, 0], assignment.ColumnToRow.ToArray());
    }

    [Fact]
    public void A_cost_at_the_limit_pairs_nothing()
    {
        var assignment = new LinearAssignment();
        assignment.GetCostBuffer(1, 1)[0] = 0.5;
        assignment.Solve(0.5);
        Assert.Equal(-1, assignment.RowToColumn[0]);
    }

    // Without a limit every row or column is paired; a hundred a pair makes that the cheapest.
    private static double Worth(double limit) => double.IsPositiveInfinity(limit) ? 100 : limit;

    private static double Best(double[] table, int rows, int columns, int row, int taken, double limit)
    {
        if (row == rows)
        {
            return 0;
        }

        double best = Best(table, rows, columns, row + 1, taken, limit);
        for (int c = 0; c < columns; c++)
        {
            if ((taken >> c & 1) == 0 && table[row * columns + c] < limit)
            {
                best = Math.Min(best, table[row * columns + c] - Worth(limit) + Best(table, rows, columns, row + 1, taken | 1 << c, limit));
            }
        }

        return best;
    }
}
