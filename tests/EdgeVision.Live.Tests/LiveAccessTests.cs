using System.Net;
using System.Net.WebSockets;
using Xunit;

namespace EdgeVision.Live.Tests;

/// <summary>Who gets in, and who does not.</summary>
public sealed class LiveAccessTests
{
    private static readonly string[] Paths = ["", "ws", "api/ledger", "api/frame/door.jpg", "mjpeg/door", "metrics", "nothing"];

    [Fact]
    public async Task On_loopback_there_is_no_token_unless_one_is_given()
    {
        await using var open = await LiveFixture.StartAsync();
        await using var closed = await LiveFixture.StartAsync(new LiveOptions { Token = LiveFixture.Token });
        Assert.Null(open.Server.Token);
        Assert.Equal(HttpStatusCode.OK, (await open.GetAsync("")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await closed.GetAsync("")).StatusCode);
    }

    [Fact]
    public async Task Elsewhere_a_token_is_made_up_and_needed_everywhere()
    {
        await using var live = await LiveFixture.StartAsync(new LiveOptions { Address = "0.0.0.0:0" });
        await using var other = await LiveFixture.StartAsync(new LiveOptions { Address = "0.0.0.0:0" });
        Assert.True(live.Server.Token!.Length >= 32);
        Assert.NotEqual(live.Server.Token, other.Server.Token);
        foreach (string path in Paths)
        {
            using var without = await live.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
            using var wrong = await live.GetAsync(path, r => r.Headers.Add("Authorization", $"Bearer {other.Server.Token}"));
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        }

        using var right = await live.GetAsync("", r => r.Headers.Add("Authorization", $"Bearer {live.Server.Token}"));
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        using var health = await live.GetAsync("healthz"); // says nothing but that it lives
        Assert.Equal("ok\n", await health.Content.ReadAsStringAsync(LiveFixture.Soon));
    }

    [Fact]
    public async Task A_token_in_the_address_leads_to_no_other_host()
    {
        await using var live = await LiveFixture.StartAsync(new LiveOptions { Token = LiveFixture.Token });
        using var answer = await live.GetAsync($"{live.Root}/other.example/?token={LiveFixture.Token}");
        Assert.Equal("/other.example/", answer.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task A_token_in_the_address_becomes_a_cookie_and_leaves_the_address()
    {
        await using var live = await LiveFixture.StartAsync(new LiveOptions { Token = LiveFixture.Token });
        using var first = await live.GetAsync($"?token={LiveFixture.Token}&other=1");
        Assert.Equal(HttpStatusCode.Redirect, first.StatusCode);
        Assert.Equal("/?other=1", first.Headers.Location!.ToString());
        string cookie = Assert.Single(first.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(LiveFixture.Token, cookie, StringComparison.Ordinal);
        using var second = await live.GetAsync("", r => r.Headers.Add("Cookie", cookie.Split(';')[0]));
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        using var forged = await live.GetAsync("", r => r.Headers.Add("Cookie", cookie.Split('=')[0] + "=" + LiveFixture.Token));
        Assert.Equal(HttpStatusCode.Unauthorized, forged.StatusCode);
        using var page = await live.OpenAsync(o => o.SetRequestHeader("Cookie", cookie.Split(';')[0]));
        Assert.Equal(WebSocketState.Open, page.Socket.State);
        using var wrong = await live.GetAsync("?token=another-token-of-tests");
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.False(wrong.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_browser_is_asked_for_the_token_and_may_send_it_by_form()
    {
        await using var live = await LiveFixture.StartAsync(new LiveOptions { Token = LiveFixture.Token });
        using var asked = await live.GetAsync("", r => r.Headers.Add("Accept", "text/html"));
        Assert.Equal(HttpStatusCode.Unauthorized, asked.StatusCode);
        Assert.Contains("<form", await asked.Content.ReadAsStringAsync(LiveFixture.Soon), StringComparison.Ordinal);
        using var wrong = await live.Http.PostAsync(new Uri(live.Root, "login"), new FormUrlEncodedContent([new("token", "no")]), LiveFixture.Soon);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        using var right = await live.Http.PostAsync(new Uri(live.Root, "login"), new FormUrlEncodedContent([new("token", LiveFixture.Token)]), LiveFixture.Soon);
        Assert.Equal(HttpStatusCode.SeeOther, right.StatusCode);
        Assert.True(right.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("evil.example", HttpStatusCode.MisdirectedRequest)] // a name that was made to lead here
    [InlineData("localhost.evil.example:{port}", HttpStatusCode.MisdirectedRequest)]
    [InlineData("127.0.0.1:1", HttpStatusCode.MisdirectedRequest)] // another server's port
    [InlineData("localhost:{port}", HttpStatusCode.OK)]
    [InlineData("[::1]:{port}", HttpStatusCode.OK)]
    [InlineData("cams.example.org", HttpStatusCode.OK)] // named in the options
    public async Task On_loopback_the_page_answers_to_its_own_names_only(string host, HttpStatusCode expected)
    {
        await using var live = await LiveFixture.StartAsync(new LiveOptions { Hosts = ["cams.example.org"] });
        using var answer = await live.GetAsync("", r => r.Headers.Host = host.Replace("{port}", $"{live.Root.Port}", StringComparison.Ordinal));
        Assert.Equal(expected, answer.StatusCode);
    }

    [Theory]
    [InlineData(null, true)] // a program, no browser
    [InlineData("http://127.0.0.1:{port}", true)]
    [InlineData("https://cams.example.org", true)] // named in the options
    [InlineData("http://evil.example", false)]
    [InlineData("http://localhost:{port}", false)] // is not the host that was asked for
    [InlineData("null", false)] // a page from a file or a sandbox
    [InlineData("file://", false)]
    public async Task A_WebSocket_is_for_the_page_itself(string? origin, bool allowed)
    {
        await using var live = await LiveFixture.StartAsync(new LiveOptions { Hosts = ["cams.example.org"] });
        void Prepare(ClientWebSocketOptions options)
        {
            if (origin is not null)
            {
                options.SetRequestHeader("Origin", origin.Replace("{port}", $"{live.Root.Port}", StringComparison.Ordinal));
            }

            options.CollectHttpResponseDetails = true;
        }

        if (allowed)
        {
            using var page = await live.OpenAsync(Prepare);
            Assert.Equal(WebSocketState.Open, page.Socket.State);
        }
        else
        {
            var error = await Assert.ThrowsAsync<WebSocketException>(() => live.OpenAsync(Prepare));
            Assert.Contains("403", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Nothing_but_reading_is_answered()
    {
        await using var live = await LiveFixture.StartAsync();
        using var answer = await live.Http.PostAsync(live.Root, new ByteArrayContent([]), LiveFixture.Soon);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        using var login = await live.Http.PostAsync(new Uri(live.Root, "login"), new FormUrlEncodedContent([new("token", "")]), LiveFixture.Soon);
        Assert.Equal(HttpStatusCode.Unauthorized, login.StatusCode); // there is no token to log in with
    }
}
