using Xunit;

namespace EdgeVision.Live.Tests;

/// <summary>Options say at once what is impossible about them.</summary>
public sealed class LiveOptionsTests
{
    [Theory]
    [InlineData("127.0.0.1:8090", "127.0.0.1:8090")]
    [InlineData("localhost:80", "127.0.0.1:80")]
    [InlineData("0.0.0.0:0", "0.0.0.0:0")]
    [InlineData("[::1]:8090", "[::1]:8090")]
    [InlineData("[::]:8090", "[::]:8090")]
    public void Addresses_are_read(string text, string expected) =>
        Assert.Equal(expected, new LiveOptions { Address = text, Token = LiveFixture.Token }.Validate().ToString());

    [Theory]
    [InlineData("")]
    [InlineData("8090")] // no address
    [InlineData("127.0.0.1")] // no port
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("::1:8090")] // where does the address end?
    [InlineData("example.org:8090")] // a name of another machine, perhaps
    [InlineData("http://127.0.0.1:8090")]
    public void Other_texts_are_no_addresses(string text)
    {
        var error = Assert.Throws<PipelineConfigException>(() => new LiveServer(new LiveOptions { Address = text }));
        Assert.Contains("127.0.0.1:8090", error.Message, StringComparison.Ordinal); // what to write instead
    }

    [Theory]
    [InlineData("short")]
    [InlineData("fifteen-letters")]
    [InlineData("with a space in the middle")] // a header cannot tell where it ends
    [InlineData("with-ümlauts-in-it-too")]
    public void A_token_that_protects_little_is_refused(string token)
    {
        var error = Assert.Throws<PipelineConfigException>(() => new LiveServer(new LiveOptions { Token = token }));
        Assert.DoesNotContain(token, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_out_of_range_are_refused()
    {
        Assert.Throws<PipelineConfigException>(() => new LiveServer(new LiveOptions { MaxViewers = 0 }));
        Assert.Throws<PipelineConfigException>(() => new LiveServer(new LiveOptions { Quality = 101 }));
        Assert.Throws<PipelineConfigException>(() => new LiveServer(new LiveOptions { MaxFramesPerSecond = 0 }));
        Assert.Throws<PipelineConfigException>(() => new LiveServer(new LiveOptions { MaxFramesPerSecond = double.NaN }));
        Assert.Throws<PipelineConfigException>(() => new LiveServer(new LiveOptions { MaxWidth = -1 }));
    }
}
