using System.Runtime.InteropServices;
using EdgeVision.Models.Verification;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using Xunit;

namespace EdgeVision.Tests.Models.Verification;

/// <summary>Differences of tensors as shares of their ranges; rows in any order.</summary>
public class GoldenComparerTests
{
    [Fact]
    public void ADifferenceIsAShareOfTheRangeAndItsPlaceIsNamed()
    {
        var (worst, where) = GoldenComparer.Compare(Whole("y", [3], 0, 5, 10), [0, 5.5f, 10]);
        Assert.Equal(0.05, worst, 1e-6);
        Assert.Contains("value 1", where, StringComparison.Ordinal);
        Assert.Equal((0, ""), GoldenComparer.Compare(Whole("y", [3], 0, 5, 10), [0, 5, 10]));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void WhatIsNoNumberDiffersAltogether(float value) =>
        Assert.Equal(double.PositiveInfinity, GoldenComparer.Compare(Whole("y", [3], 0, 5, 10), [0, value, 10]).Worst);

    [Fact]
    public void BetweenSamplesTheMeanTells()
    {
        var sampled = new GoldenTensor { Name = "y", Shape = [4], Indices = [0, 3], Values = [0, 10], MeanAbsolute = 5, Range = 10 };
        Assert.Equal(0, GoldenComparer.Compare(sampled, [0, 4, 6, 10]).Worst);
        Assert.Equal(0.5, GoldenComparer.Compare(sampled, [0, 14, 16, 10]).Worst, 1e-6);
        Assert.Equal(double.PositiveInfinity, GoldenComparer.Compare(sampled, [0, float.NaN, 6, 10]).Worst);
    }

    [Theory]
    [InlineData(new[] { 1f, 2, 3 }, new[] { 10f, 11, 20, 21, 30, 31 }, 0, "in place")]
    [InlineData(new[] { 3f, 1, 2 }, new[] { 30f, 31, 10, 11, 20, 21 }, 0, "in another order")]
    [InlineData(new[] { 3f, 1, 2 }, new[] { 10f, 11, 20, 21, 30, 31 }, 0.4, "each tensor in an order of its own: no row is the same")]
    [InlineData(new[] { 1f, 2, 2 }, new[] { 10f, 11, 20, 21, 20, 21 }, 0.4, "one row twice in place of another")]
    [InlineData(new[] { 1f, 2, float.NaN }, new[] { 10f, 11, 20, 21, 30, 31 }, 1, "no number")]
    public void RowsAreComparedInOneOrderForAllTensors(float[] scores, float[] boxes, double least, string reason)
    {
        var outputs = new ArrayTensorSet(("scores", [3], scores), ("boxes", [3, 2], boxes));
        var (worst, _) = GoldenComparer.CompareRows([Whole("scores", [3], 1, 2, 3), Whole("boxes", [3, 2], 10, 11, 20, 21, 30, 31)], outputs);
        Assert.True(least == 0 ? worst == 0 : worst >= least, $"{reason}: {worst}");
    }

    private static GoldenTensor Whole(string name, long[] shape, params float[] values) =>
        new() { Name = name, Shape = shape, Data = GoldenData.Deflate(MemoryMarshal.AsBytes<float>(values)), Range = values.Max() - values.Min() };
}
