using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>Where secrets come from, and that they are not shown.</summary>
public sealed class SecretTests
{
    [Fact]
    public void A_text_is_not_shown()
    {
        Secret secret = "hunter2";
        Assert.Equal("***", $"{secret}");
        Assert.Equal("hunter2", secret.Read());
    }

    [Fact]
    public void A_file_is_read_anew_each_time_without_its_line_break()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "first\n");
            var secret = Secret.FromFile(path);
            Assert.Equal("first", secret.Read());
            File.WriteAllText(path, " second \r\n");
            Assert.Equal(" second ", secret.Read());
        }
        finally
        {
            File.Delete(path);
        }

        var error = Assert.Throws<SinkException>(() => Secret.FromFile(path).Read());
        Assert.False(error.CanRetry);
        Assert.Contains(path, error.Message);
    }

    [Fact]
    public void A_variable_that_is_not_set_is_named()
    {
        var error = Assert.Throws<SinkException>(() => Secret.FromEnvironment("EDGEVISION_TEST_NO_SUCH").Read());
        Assert.Contains("EDGEVISION_TEST_NO_SUCH", error.Message);
        Environment.SetEnvironmentVariable("EDGEVISION_TEST_SECRET", "hunter2");
        Assert.Equal("hunter2", Secret.FromEnvironment("EDGEVISION_TEST_SECRET").Read());
    }
}
