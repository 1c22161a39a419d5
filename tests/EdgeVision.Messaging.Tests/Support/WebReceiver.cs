using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgeVision.Messaging.Tests.Support;

/// <summary>A request as the receiver saw it.</summary>
internal sealed record SeenRequest(string Path, byte[] Body, IReadOnlyDictionary<string, string> Headers, DateTime At)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Body);
}

/// <summary>An HTTP server on loopback that notes what comes and answers as the test says, in turn; the last answer stays.</summary>
internal sealed class WebReceiver : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<Action<HttpResponse>> _answers = new();
    private Action<HttpResponse> _last = response => response.StatusCode = 204;

    private WebReceiver(WebApplication application) => _application = application;

    public ConcurrentQueue<SeenRequest> Seen { get; } = new();

    public string Url { get; private set; } = "";

    public static async Task<WebReceiver> StartAsync(TestCertificates? certificates = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificates is not null)
            {
                using var pem = X509Certificate2.CreateFromPemFile(certificates.ServerFile, certificates.ServerKeyFile);
                listen.UseHttps(X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null));
            }
        }));
        var receiver = new WebReceiver(builder.Build());
        receiver._application.Run(receiver.HandleAsync);
        await receiver._application.StartAsync(TestContext.Current.CancellationToken);
        receiver.Url = receiver._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/hook";
        return receiver;
    }

    public WebReceiver Answer(int status, params (string Name, string Value)[] headers)
    {
        _answers.Enqueue(response =>
        {
            response.StatusCode = status;
            foreach (var (name, value) in headers)
            {
                response.Headers[name] = value;
            }
        });
        return this;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Seen.Enqueue(new SeenRequest(context.Request.Path, body.ToArray(),
            context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), DateTime.UtcNow));
        if (_answers.TryDequeue(out var next))
        {
            _last = next;
        }

        _last(context.Response);
    }
}
