using EdgeVision.Configuration.Yaml;
using Xunit;

namespace EdgeVision.Configuration.Tests;

/// <summary>Times and sizes with their units.</summary>
public sealed class QuantitiesTests
{
    [Theory]
    [InlineData("200ms", 0.2)]
    [InlineData("5s", 5)]
    [InlineData("1.5m", 90)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86400)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    public void A_time_has_its_unit(string text, double seconds)
    {
        Assert.True(Quantities.TryParseDuration(text, out var time));
        Assert.Equal(seconds, time.TotalSeconds);
    }

    [Theory]
    [InlineData("5")] // of what?
    [InlineData("-5s")]
    [InlineData("s")]
    [InlineData("five s")]
    [InlineData("NaNs")]
    [InlineData("Infinitys")]
    [InlineData("1e30s")] // beyond what can be counted
    [InlineData("5S")]
    [InlineData("")]
    public void Other_words_are_no_time(string text) => Assert.False(Quantities.TryParseDuration(text, out _));

    [Theory]
    [InlineData("512KB", 512L << 10)]
    [InlineData("1.5MB", 3L << 19)]
    [InlineData("2GB", 2L << 30)]
    [InlineData("100 mb", 100L << 20)]
    [InlineData("7B", 7)]
    public void A_size_has_its_unit(string text, long bytes)
    {
        Assert.True(Quantities.TryParseSize(text, out long size));
        Assert.Equal(bytes, size);
    }

    [Theory]
    [InlineData("100")]
    [InlineData("0MB")]
    [InlineData("-1MB")]
    [InlineData("MB")]
    [InlineData("1e30TB")]
    public void Other_words_are_no_size(string text) => Assert.False(Quantities.TryParseSize(text, out _));
}
