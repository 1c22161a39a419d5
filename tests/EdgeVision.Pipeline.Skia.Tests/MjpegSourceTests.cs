using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeVision.Imaging;
using EdgeVision.TestSupport;
using SkiaSharp;
using Xunit;

namespace EdgeVision.Pipeline.Skia.Tests;

/// <summary>MJPEG over HTTP from a server on loopback that behaves as each test wants.</summary>
public sealed class MjpegSourceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private const string Multipart = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";

    private readonly FramePool _pool = new();
    private readonly byte[] _red = TestJpeg.Encode(320, 240, SKColors.Red);
    private readonly byte[] _blue = TestJpeg.Encode(160, 120, SKColors.Blue);

    [Fact]
    public void Pictures_follow_each_other_and_truncated_ones_are_skipped_and_counted()
    {
        using var server = new Server(async (stream, _) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(Multipart));
            await Part(stream, _red);
            await Part(stream, _red[..(_red.Length / 3)]); // cut short, with a length that says so
            await Part(stream, _red[..(_red.Length / 2)], withLength: false); // and without
            await Part(stream, "this is no JPEG"u8.ToArray());
            await Part(stream, _blue, withLength: false);
        });
        using var source = Open(server.Address);
        Assert.True(source.IsLive);
        using (var first = source.Read(_pool, CancellationToken.None)!)
        {
            Assert.Equal((PixelFormat.Bgra32, 320, 240, 0L, TimeSpan.Zero), (first.Format, first.Width, first.Height, first.Sequence, first.Timestamp));
            using var image = ImageFile.Decode(_red, "red");
            Assert.True(image.Frame.Data.SequenceEqual(first.Data));
        }

        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<FrameFormatException>(() => source.Read(_pool, CancellationToken.None));
        }

        using (var last = source.Read(_pool, CancellationToken.None)!)
        {
            Assert.Equal((160, 120, 4L), (last.Width, last.Height, last.Sequence));
        }

        var end = Assert.Throws<SourceException>(() => source.Read(_pool, CancellationToken.None));
        Assert.True(end.CanRetry);
        Assert.Equal(0, _pool.RentedCount);
    }

    [Theory]
    [InlineData("Basic realm=\"camera\"", "Authorization: Basic Y2FtOnA6QHNz")] // cam:p:@ss
    [InlineData("Digest realm=\"camera\", nonce=\"abc\", qop=\"auth\"", "Authorization: Digest username=\"cam\"")]
    public void A_user_in_the_address_answers_the_servers_question(string question, string answer)
    {
        List<string> requests = [];
        using var server = new Server(async (stream, request) =>
        {
            lock (requests)
            {
                requests.Add(request);
            }

            if (!request.Contains("Authorization:", StringComparison.OrdinalIgnoreCase))
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {question}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
                return;
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(Multipart));
            await Part(stream, _red);
        });
        using var source = Open(server.Address.Replace("://", "://cam:p%3A%40ss@", StringComparison.Ordinal));
        source.Read(_pool, CancellationToken.None)!.Dispose();
        Assert.Contains(answer, requests[^1]);
        Assert.DoesNotContain("ss@", string.Concat(requests));
        Assert.DoesNotContain("p%3A", source.Name);
    }

    [Theory]
    [InlineData("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", false, "user and password")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", false, "404")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", true, "503")] // may recover
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", false, "text/html")]
    [InlineData("SSH-2.0-OpenSSH\r\n", true, "cannot be reached, or the connection was lost")] // another service
    public void Servers_that_give_no_stream_are_said(string answer, bool canRetry, string reason)
    {
        using var server = new Server(async (stream, _) => await stream.WriteAsync(Encoding.ASCII.GetBytes(answer)));
        var error = Assert.Throws<SourceException>(() => Open(server.Address.Replace("://", "://cam:geheim@", StringComparison.Ordinal)));
        Assert.Equal(canRetry, error.CanRetry);
        Assert.Contains(reason, error.Message);
        Assert.DoesNotContain("geheim", error.ToString());
    }

    [Fact]
    public void A_server_that_is_away_is_tried_again()
    {
        string address;
        using (var server = new Server((_, _) => Task.CompletedTask))
        {
            address = server.Address;
        }

        Assert.True(Assert.Throws<SourceException>(() => Open(address)).CanRetry);
        Assert.Throws<PipelineConfigException>(() => new MjpegSource(new MjpegOptions { Address = "rtsp://host/a" }));
    }

    [Fact]
    public async Task A_stream_that_falls_silent_is_lost_and_an_abort_or_cancellation_ends_the_wait()
    {
        using var server = new Server(async (stream, _) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(Multipart));
            await Part(stream, _red);
            await Task.Delay(Patience);
        });
        using var silent = Open(server.Address, TimeSpan.FromSeconds(3));
        silent.Read(_pool, CancellationToken.None)!.Dispose();
        Assert.Contains("sent nothing", Assert.Throws<SourceException>(() => silent.Read(_pool, CancellationToken.None)).Message);

        using var aborted = Open(server.Address, Patience);
        aborted.Read(_pool, CancellationToken.None)!.Dispose();
        var read = Task.Run(() => aborted.Read(_pool, CancellationToken.None), TestContext.Current.CancellationToken);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        aborted.Abort();
        Assert.Contains("stopped", (await Assert.ThrowsAsync<SourceException>(() => read.WaitAsync(Patience, TestContext.Current.CancellationToken))).Message);

        using var cancelled = Open(server.Address, Patience);
        cancelled.Read(_pool, CancellationToken.None)!.Dispose();
        using var cancel = new CancellationTokenSource();
        read = Task.Run(() => cancelled.Read(_pool, cancel.Token), TestContext.Current.CancellationToken);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.Equal(0, _pool.RentedCount);
    }

    private static MjpegSource Open(string address, TimeSpan? readTimeout = null)
    {
        var source = new MjpegSource(new MjpegOptions { Address = address, OpenTimeout = Patience, ReadTimeout = readTimeout ?? Patience });
        try
        {
            source.Open(CancellationToken.None);
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static async Task Part(Stream stream, byte[] jpeg, bool withLength = true)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes("--frame\r\nContent-Type: image/jpeg\r\n" + (withLength ? $"Content-Length: {jpeg.Length}\r\n\r\n" : "\r\n")));
        await stream.WriteAsync(jpeg);
        await stream.WriteAsync("\r\n"u8.ToArray());
    }

    /// <summary>Reads a request's head and lets a test answer.</summary>
    private sealed class Server : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Server(Func<Stream, string, Task> answer)
        {
            _listener.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/stream";
            _ = Accept(answer);
        }

        public string Address { get; }

        public void Dispose() => _listener.Dispose();

        private async Task Accept(Func<Stream, string, Task> answer)
        {
            try
            {
                while (true)
                {
                    _ = Serve(await _listener.AcceptTcpClientAsync(), answer);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private static async Task Serve(TcpClient client, Func<Stream, string, Task> answer)
        {
            using (client)
            {
                try
                {
                    var stream = client.GetStream();
                    var request = new StringBuilder();
                    byte[] one = new byte[1];
                    while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1)
                    {
                        request.Append((char)one[0]);
                    }

                    await answer(stream, request.ToString());
                }
                catch (IOException)
                {
                    // The client went away, as some tests want.
                }
            }
        }
    }
}
