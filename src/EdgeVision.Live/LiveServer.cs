using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EdgeVision.Live;

/// <summary>
/// Serves the live page: each source's image with its results, and the pipeline's ledger as it changes.
/// On loopback it is open to all users of the machine; on other addresses a token is required. A <see cref="LiveSink"/> provides
/// the frames.
/// <code>
/// await using var live = new LiveServer();
/// await using var pipeline = builder.AddSink(new LiveSink(live)).Build();
/// live.Watch(pipeline);
/// await pipeline.RunAsync(cancel); // the page stands at http://127.0.0.1:8090/
/// </code>
/// </summary>
public sealed class LiveServer : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromMilliseconds(500);

    private readonly LiveOptions _options;
    private readonly IPEndPoint _endPoint;
    private readonly LiveHub _hub;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _starting = new(1);
    private WebApplication? _application;
    private IPEndPoint? _bound;
    private bool _disposed;

    /// <summary>Initializes a server; it does not listen yet.</summary>
    /// <param name="options">Address, access and limits.</param>
    /// <exception cref="PipelineConfigException">An option is out of range.</exception>
    public LiveServer(LiveOptions? options = null)
    {
        _options = options ?? new LiveOptions();
        _endPoint = _options.Validate();
        _hub = new LiveHub(_options);
        Token = _options.Token
            ?? (IPAddress.IsLoopback(_endPoint.Address) ? null : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
    }

    /// <summary>
    /// Gets the token that viewers must present: that of the options or a generated one; null when none is required.
    /// </summary>
    public string? Token { get; }

    /// <summary>
    /// Gets the page's address once started; with the machine's name if the server listens on every interface.
    /// </summary>
    /// <exception cref="InvalidOperationException">The server is not started.</exception>
    public Uri Address
    {
        get
        {
            var bound = _bound ?? throw new InvalidOperationException("the server is not started; call StartAsync first");
            bool everywhere = bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any);
            return new Uri(everywhere ? FormattableString.Invariant($"http://{Dns.GetHostName()}:{bound.Port}/") : $"http://{bound}/");
        }
    }

    /// <summary>Gets the number of current viewers, pages and MJPEG players together.</summary>
    public int ViewerCount => _hub.ViewerCount;

    internal LiveHub Hub => _hub;

    /// <summary>Shows a pipeline's ledger, outlines and notices.</summary>
    /// <param name="pipeline">The pipeline, running or not started yet.</param>
    public void Watch(VisionPipeline pipeline)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        Watch(pipeline.GetStatistics, pipeline.GetRules);
        pipeline.MessageReported += _hub.Log.Add;
    }

    /// <summary>Shows a ledger and outlines from another origin than a pipeline.</summary>
    /// <param name="ledger">Returns the ledger; called from any thread.</param>
    /// <param name="rules">Returns the rules of a source; null for none.</param>
    public void Watch(Func<PipelineStatistics> ledger, Func<string, IReadOnlyList<IPipelineRule>>? rules = null)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        (_hub.Rules, _hub.Ledger) = (rules, ledger);
    }

    /// <summary>Starts listening; a second call has no effect.</summary>
    /// <exception cref="SinkException">The port is in use, or the address is not one of this machine.</exception>
    public async Task StartAsync(CancellationToken cancel = default)
    {
        await _starting.WaitAsync(cancel);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_application is null)
            {
                await ListenAsync(cancel);
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Disconnects all viewers and stops, within a second.</summary>
    public async ValueTask DisposeAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            await _stopping.CancelAsync();
            if (_application is not null)
            {
                await StopAsync(_application);
            }

            _hub.Dispose();
            _stopping.Dispose();
        }
        finally
        {
            _starting.Release();
        }
    }

    internal void Publish(PipelineFrame frame) => _hub.Publish(frame);

    private async Task ListenAsync(CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        // The host's default lifetime would handle Ctrl-C and keep the process alive; the caller decides when the server stops.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        var application = builder.Build();
        // The access rules depend on the port, which is known only after listening starts; the first request waits for it.
        var ready = new TaskCompletionSource<LiveEndpoints>(TaskCreationOptions.RunContinuationsAsynchronously);
        application.UseWebSockets(new WebSocketOptions
        {
            KeepAliveInterval = TimeSpan.FromSeconds(10),
            KeepAliveTimeout = TimeSpan.FromSeconds(10),
        });
        application.Run(async context => await (await ready.Task).HandleAsync(context));
        try
        {
            await StartAsync(application, cancel);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            bool taken = e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException;
            throw new SinkException(taken
                ? $"the live page cannot be served on {_endPoint}: the port is in use; choose another one, or 0 for any free port"
                : $"the live page cannot be served on {_endPoint}: {e.Message.ReplaceLineEndings(" ")}", e, canRetry: taken);
        }

        var address = new Uri(
            application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        _bound = new IPEndPoint(_endPoint.Address, address.Port);
        ready.SetResult(new LiveEndpoints(_hub, new LiveAccess(Token, _bound, _options.Hosts), _stopping.Token));
        _application = application;
    }

    private static async Task StartAsync(WebApplication application, CancellationToken cancel)
    {
        try
        {
            await application.StartAsync(cancel);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    private void Configure(KestrelServerOptions server)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestBodySize = 4 << 10;
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        // A page uses one connection for its images and a few for other requests.
        server.Limits.MaxConcurrentConnections = 32L + 4L * _options.MaxViewers;
        server.Listen(_endPoint, listen => listen.Protocols = HttpProtocols.Http1);
    }

    private static async Task StopAsync(WebApplication application)
    {
        using var soon = new CancellationTokenSource(StopTimeout);
        try
        {
            await application.StopAsync(soon.Token);
        }
        catch (OperationCanceledException)
        {
            // Connections that did not close by themselves are aborted.
        }

        await application.DisposeAsync();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
