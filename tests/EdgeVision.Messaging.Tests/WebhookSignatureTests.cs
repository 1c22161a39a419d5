using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>The signature beside what another implementation of HMAC makes, and whatever is wrong with one.</summary>
public sealed class WebhookSignatureTests
{
    private static readonly byte[] Body = "{\"frame\":1}"u8.ToArray();
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    [Fact]
    public void Is_the_hmac_of_time_and_body()
    {
        byte[] expected = HMACSHA256.HashData("key"u8, Encoding.UTF8.GetBytes("1700000000.{\"frame\":1}"));
        Assert.Equal($"t=1700000000,v1={Convert.ToHexStringLower(expected)}", WebhookSignature.Sign(Body, "key", Time));
    }

    [Fact]
    public void Holds_within_the_tolerance()
    {
        string header = WebhookSignature.Sign(Body, "key", Time);
        Assert.True(WebhookSignature.Verify(header, Body, "key", Time + Tolerance, Tolerance));
        Assert.False(WebhookSignature.Verify(header, Body, "key", Time + Tolerance + TimeSpan.FromSeconds(1), Tolerance)); // sent again later
        Assert.False(WebhookSignature.Verify(header, Body, "other", Time, Tolerance));
        Assert.False(WebhookSignature.Verify(header, "{\"frame\":2}"u8, "key", Time, Tolerance));
        Assert.False(WebhookSignature.Verify(header.Replace("t=1700000000", "t=1700000001", StringComparison.Ordinal), Body, "key", Time, Tolerance)); // the time is signed too
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("t=")]
    [InlineData("t=,v1=00")]
    [InlineData("t=x,v1=00")]
    [InlineData("t=1700000000")]
    [InlineData("t=1700000000,v1=")]
    [InlineData("t=9223372036854775807,v1=00")] // a time that no calendar has
    [InlineData("v1=00,t=1700000000")]
    public void What_is_no_signature_is_wrong(string? header) => Assert.False(WebhookSignature.Verify(header, Body, "key", Time, Tolerance));
}
