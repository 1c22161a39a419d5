using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>Addresses of brokers, in the ways that they are written.</summary>
public sealed class BrokerAddressTests
{
    [Theory]
    [InlineData("broker", "broker", 1883, false, null, null)]
    [InlineData("broker:1884", "broker", 1884, false, null, null)]
    [InlineData("mqtt://broker/", "broker", 1883, false, null, null)]
    [InlineData("mqtts://broker", "broker", 8883, true, null, null)]
    [InlineData("[::1]:1884", "::1", 1884, false, null, null)]
    [InlineData("mqtt://me:p%40ss:word@broker", "broker", 1883, false, "me", "p@ss:word")] // escaped, and with a colon of its own
    [InlineData("mqtt://me@broker", "broker", 1883, false, "me", null)]
    public void An_address_is_taken_apart(string text, string host, int port, bool tls, string? user, string? password) =>
        Assert.Equal(new BrokerAddress(host, port, tls, user, password), Parse(text));

    [Fact]
    public void Tls_may_be_asked_for_apart_and_changes_the_port() =>
        Assert.Equal(new BrokerAddress("broker", 8883, true, null, null), BrokerAddress.Parse("broker", "mine", ("mqtt", 1883), ("mqtts", 8883), forceTls: true));

    [Fact]
    public void Shown_it_holds_no_credentials() => Assert.Equal("[::1]:1883", Parse("mqtt://me:hunter2@[::1]").ToString());

    [Theory]
    [InlineData("")]
    [InlineData("http://me:hunter2@broker")]
    [InlineData("mqtt://me:hunter2@broker/path")]
    [InlineData("mqtt://me:hunter2@broker:99999")]
    [InlineData("mqtt://me:hunter2@broker?x=1")]
    public void What_is_no_address_is_refused_without_showing_credentials(string text)
    {
        var error = Assert.Throws<PipelineConfigException>(() => Parse(text));
        Assert.Contains("'mine'", error.Message);
        Assert.DoesNotContain("hunter2", error.Message);
    }

    private static BrokerAddress Parse(string text) => BrokerAddress.Parse(text, "mine", ("mqtt", 1883), ("mqtts", 8883), forceTls: false);
}
