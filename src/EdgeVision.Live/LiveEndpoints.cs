using System.Buffers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using EdgeVision.Pipeline.Ledger;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace EdgeVision.Live;

/// <summary>Authorizes and answers HTTP requests.</summary>
internal sealed class LiveEndpoints(LiveHub hub, LiveAccess access, CancellationToken stopping)
{
    private const string Boundary = "edgevision";
    private const string FrameApi = "/api/frame/", Mjpeg = "/mjpeg/";

    public Task HandleAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-site";
        string path = context.Request.Path.Value ?? "/";
        if (!access.IsOwnHost(context.Request))
        {
            return TextAsync(context, StatusCodes.Status421MisdirectedRequest,
                "the page is not served under this host name; add the name to the live page's 'hosts' option");
        }

        bool reads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        if (path == "/login" && HttpMethods.IsPost(context.Request.Method))
        {
            return LogInAsync(context);
        }

        if (!reads)
        {
            headers.Allow = "GET, HEAD";
            return TextAsync(context, StatusCodes.Status405MethodNotAllowed, "only GET and HEAD are allowed");
        }

        if (path == "/healthz")
        {
            return HealthAsync(context);
        }

        if (access.Token is not null && context.Request.Query.TryGetValue("token", out var shown))
        {
            return TokenInAddressAsync(context, shown.ToString());
        }

        return access.IsAllowed(context.Request) ? AllowedAsync(context, path) : RefuseAsync(context);
    }

    private Task AllowedAsync(HttpContext context, string path) => path switch
    {
        "/" => PageAsync(context, StatusCodes.Status200OK, LivePage.Html),
        "/ws" => SocketAsync(context),
        "/api/ledger" => LedgerAsync(context),
        "/metrics" => MetricsAsync(context),
        _ when path.StartsWith(FrameApi, StringComparison.Ordinal) && path.EndsWith(".jpg", StringComparison.Ordinal) =>
            FrameAsync(context, Name(path[FrameApi.Length..^4])),
        _ when path.StartsWith(Mjpeg, StringComparison.Ordinal) => MjpegAsync(context, Name(path[Mjpeg.Length..])),
        _ => TextAsync(
            context, StatusCodes.Status404NotFound,
            "not found; paths are /, /ws, /mjpeg/{source}, /api/frame/{source}.jpg, /api/ledger, /metrics and /healthz"),
    };

    // A slash inside a name is the only character that the server leaves encoded.
    private static string Name(string text) => text.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private async Task SocketAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, "this address accepts WebSocket connections only");
            return;
        }

        if (!access.IsOwnOrigin(context.Request))
        {
            await TextAsync(context, StatusCodes.Status403Forbidden, "this WebSocket accepts connections from its own page only");
            return;
        }

        var viewer = new LiveViewer(drawn: false, context.Request.Query["source"] is [{ Length: > 0 } source, ..] ? source : null);
        await WithViewerAsync(context, viewer, async leaving =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await new LiveSocket(socket, hub, viewer).RunAsync(leaving);
        });
    }

    private async Task MjpegAsync(HttpContext context, string source)
    {
        if (hub.Find(source) is null)
        {
            await NoSourceAsync(context, source);
            return;
        }

        context.Response.ContentType = $"multipart/x-mixed-replace; boundary={Boundary}";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return; // HEAD has no body, and would wait for images forever
        }

        var viewer = new LiveViewer(drawn: Drawn(context), source);
        await WithViewerAsync(context, viewer, async leaving =>
        {
            // A small send buffer: images that wait there are outdated when they arrive.
            if (context.Features.Get<IConnectionSocketFeature>()?.Socket is { ProtocolType: ProtocolType.Tcp } socket)
            {
                socket.SendBufferSize = 128 << 10;
            }

            var body = context.Response.Body;
            await body.WriteAsync(Encoding.ASCII.GetBytes($"--{Boundary}\r\n"), leaving);
            byte[] end = Encoding.ASCII.GetBytes($"\r\n--{Boundary}\r\n");
            while (!leaving.IsCancellationRequested)
            {
                while (viewer.Dequeue() is { } picture)
                {
                    await body.WriteAsync(
                        Encoding.ASCII.GetBytes($"Content-Type: image/jpeg\r\nContent-Length: {picture.Jpeg.Length}\r\n\r\n"), leaving);
                    await body.WriteAsync(picture.Jpeg, leaving);
                    // Send the next boundary immediately: players show an image when they see its end.
                    await body.WriteAsync(end, leaving);
                    await body.FlushAsync(leaving);
                }

                await viewer.WaitAsync(leaving);
            }
        });
    }

    private async Task WithViewerAsync(HttpContext context, LiveViewer viewer, Func<CancellationToken, Task> serve)
    {
        if (!hub.TryAddViewer(viewer))
        {
            context.Response.Headers.RetryAfter = "5";
            await TextAsync(context, StatusCodes.Status503ServiceUnavailable, "the maximum number of viewers is reached; try again later");
            return;
        }

        try
        {
            using var leaving = CancellationTokenSource.CreateLinkedTokenSource(stopping, context.RequestAborted);
            await serve(leaving.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The viewer disconnected, or the server is stopping.
        }
        finally
        {
            hub.RemoveViewer(viewer);
        }
    }

    private async Task FrameAsync(HttpContext context, string source)
    {
        if (hub.Find(source) is not { } feed)
        {
            await NoSourceAsync(context, source);
        }
        else if (feed.EncodeLatest(Drawn(context)) is { } jpeg)
        {
            await BytesAsync(context, "image/jpeg", jpeg);
        }
        else
        {
            context.Response.Headers.RetryAfter = "1";
            await TextAsync(context, StatusCodes.Status503ServiceUnavailable, "this source has delivered no frame yet");
        }
    }

    private Task LedgerAsync(HttpContext context)
    {
        if (hub.Ledger is not { } ledger)
        {
            return TextAsync(context, StatusCodes.Status503ServiceUnavailable, "no pipeline is running yet");
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            PipelineStatisticsJson.Write(writer, ledger());
        }

        return BytesAsync(context, "application/json", buffer.WrittenMemory);
    }

    private Task MetricsAsync(HttpContext context) => hub.Ledger is { } ledger
        ? BytesAsync(context, LiveMetrics.ContentType, Encoding.UTF8.GetBytes(LiveMetrics.Write(ledger(), hub.ViewerCount)))
        : TextAsync(context, StatusCodes.Status503ServiceUnavailable, "no pipeline is running yet");

    // For supervisors: needs no token and reveals nothing about the pipeline.
    private Task HealthAsync(HttpContext context)
    {
        bool dead = hub.Ledger?.Invoke().Sources is { Count: > 0 } sources && sources.All(s => s.State == SourceState.Failed);
        return dead
            ? TextAsync(context, StatusCodes.Status503ServiceUnavailable, "every source has failed")
            : TextAsync(context, StatusCodes.Status200OK, "ok");
    }

    // Redirects immediately, so that the token stays in no history and in no copied link.
    private Task TokenInAddressAsync(HttpContext context, string shown)
    {
        if (!access.IsToken(shown))
        {
            return RefuseAsync(context);
        }

        access.SetCookie(context);
        var rest = context.Request.Query.Where(q => q.Key != "token");
        // A single leading slash: //name would be another host.
        string path = "/" + context.Request.PathBase.Add(context.Request.Path).ToUriComponent().TrimStart('/');
        context.Response.Redirect(path + QueryString.Create(rest));
        return Task.CompletedTask;
    }

    private async Task LogInAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType || !access.IsToken((await context.Request.ReadFormAsync(stopping))["token"].ToString()))
        {
            await RefuseAsync(context);
            return;
        }

        access.SetCookie(context);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = "./";
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal)
            ? PageAsync(context, StatusCodes.Status401Unauthorized, LivePage.Login)
            : TextAsync(context, StatusCodes.Status401Unauthorized,
                "a token is required: send 'Authorization: Bearer TOKEN', or ?token=TOKEN once");
    }

    private static bool Drawn(HttpContext context) => context.Request.Query["overlay"] is not ["0"];

    private static Task NoSourceAsync(HttpContext context, string source) =>
        TextAsync(context, StatusCodes.Status404NotFound, $"there is no source '{source}'; /api/ledger lists the sources");

    private static Task PageAsync(HttpContext context, int status, byte[] html)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.ContentSecurityPolicy = LivePage.Policy;
        return BytesAsync(context, "text/html; charset=utf-8", html);
    }

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return BytesAsync(context, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text + "\n"));
    }

    private static async Task BytesAsync(HttpContext context, string type, ReadOnlyMemory<byte> bytes)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        }
    }
}
