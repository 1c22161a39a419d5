using EdgeVision.Pipeline.Sources;
using Xunit;

namespace EdgeVision.Pipeline.Tests;

public sealed class SourceAddressTests
{
    [Theory]
    [InlineData("rtsp://user:pass@host:554/stream", "rtsp://***@host:554/stream", "user and password")]
    [InlineData("rtsp://user@host/stream", "rtsp://***@host/stream", "a user alone may be a token")]
    [InlineData("rtsp://user:p@ss:w@rd@host/stream", "rtsp://***@host/stream", "a password with @ in it")]
    [InlineData("failed: http://a:b@h/x and mqtts://c:d@h2", "failed: http://***@h/x and mqtts://***@h2", "several in a message")]
    [InlineData("http://h/v.mjpg?size=1&access_token=abc&fps=5", "http://h/v.mjpg?size=1&access_token=***&fps=5", "a token among fields")]
    [InlineData("http://h/?X-Amz-Signature=abc#part", "http://h/?X-Amz-Signature=***#part", "a signature, up to the fragment")]
    [InlineData("http://h/?API_KEY=abc'", "http://h/?API_KEY=***'", "whatever the case, up to a quote")]
    [InlineData("http://h/path/user@example", "http://h/path/user@example", "an @ in a path is no credential")]
    [InlineData("rtsp://admin:pa/ss@cam/stream", "rtsp://***@cam/stream", "a password with a slash that should be escaped")]
    [InlineData("'rtsp://admin:p?a#ss@cam'", "'rtsp://***@cam'", "a password with ? and #")]
    [InlineData("rtsp://admin:p@a/ss@cam", "rtsp://***@cam", "a password with @ and a slash: nothing of it is left")]
    [InlineData("http://h:8080/path/user@example", "http://h:8080/path/user@example", "a port is no password")]
    [InlineData("http://[fe80::1]:80/user@example", "http://[fe80::1]:80/user@example", "nor is a part of an IPv6 address")]
    [InlineData("rtsp://host:554/stream?channel=1", "rtsp://host:554/stream?channel=1", "nothing to hide")]
    [InlineData("/dev/video0", "/dev/video0", "a device")]
    public void Credentials_become_stars(string text, string expected, string reason)
    {
        Assert.NotEmpty(reason);
        Assert.Equal(expected, SourceAddress.Redact(text));
    }
}
