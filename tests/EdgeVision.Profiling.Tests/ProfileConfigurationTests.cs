using EdgeVision.TestSupport.Profiling;
using Xunit;

namespace EdgeVision.Profiling.Tests;

public sealed class ProfileConfigurationTests
{
    [Fact]
    public void It_says_what_is_not_as_usual()
    {
        var row = ProfileRows.Row();
        Assert.Equal("resnet18 224x224 cpu 2 threads", ProfileConfiguration.FromRow(row).ToString());
        Assert.Equal("resnet18 batch 4 cuda 1 thread fp16 at 29.97 fps",
            ProfileConfiguration.FromRow(row with { Width = null, Height = null, Batch = 4, Provider = "cuda", Threads = 1, Precision = "fp16", Mode = ProfileMode.Open, RateFps = 29.97 }).ToString());
    }

    [Fact]
    public void The_device_is_not_part_of_it_but_all_else_that_was_chosen_is()
    {
        var row = ProfileRows.Row();
        Assert.Equal(ProfileConfiguration.FromRow(row), ProfileConfiguration.FromRow(row with { Device = "other", P50Ms = 3, ModelSha256 = "00" }));
        Assert.All((ProfileRow[])[row with { Model = "x" }, row with { Width = 1 }, row with { Height = 1 }, row with { Batch = 2 }, row with { Provider = "cuda" }, row with { Threads = 1 },
            row with { Precision = "int8" }, row with { Mode = ProfileMode.Open }, row with { RateFps = 1 }], r => Assert.NotEqual(ProfileConfiguration.FromRow(row), ProfileConfiguration.FromRow(r)));
    }

    [Fact]
    public void Groups_part_what_cannot_be_weighed()
    {
        var row = ProfileRows.Row();
        Assert.Equal("classify by top-1 on bench", ProfileGroup.FromRow(row).ToString());
        Assert.Equal(ProfileFigure.Metric, ProfileGroup.FromRow(row).Accuracy);
        Assert.Equal("classify without a metric on bench", ProfileGroup.FromRow(row with { Metric = null }).ToString()); // though it says what its metric would be
        Assert.Equal(ProfileFigure.Capacity, ProfileGroup.FromRow(row with { Metric = null }).Accuracy);
    }

    [Fact]
    public void Of_rows_measured_twice_the_last_stays_in_the_place_of_the_first()
    {
        var (a, b) = (ProfileRows.Row("a"), ProfileRows.Row("b"));
        var again = ProfileRows.Row("a", seed: 2);
        var elsewhere = a with { Device = "other" };
        var merge = ProfileMerge.Merge([a, b], [elsewhere, again]);
        Assert.Equal([again, b, elsewhere], merge.Rows, ReferenceEqualityComparer.Instance);
        Assert.Equal([a], merge.Replaced, ReferenceEqualityComparer.Instance);
    }
}
