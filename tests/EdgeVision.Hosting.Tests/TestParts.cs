using System.Collections.Concurrent;
using EdgeVision.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgeVision.Hosting.Tests;

/// <summary>Gives so many small frames, or frames without end.</summary>
internal sealed class CountedSource(int? frames, string name = "counted") : FrameSource(name)
{
    private long _next;

    public override bool IsLive => false;

    public override void Open(CancellationToken cancel)
    {
    }

    public override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return _next == frames ? null : pool.Rent(PixelFormat.Rgb24, 32, 32, Name, _next, TimeSpan.FromMilliseconds(_next++));
    }
}

/// <summary>Cannot be opened, and says its address.</summary>
internal sealed class LostSource() : FrameSource("lost")
{
    public override bool IsLive => false;

    public override void Open(CancellationToken cancel) => throw new SourceException("rtsp://me:***@camera is away", canRetry: false);

    public override Frame? Read(FramePool pool, CancellationToken cancel) => null;
}

/// <summary>Counts what it was given.</summary>
internal sealed class CountingSink(string name = "counting") : FrameSink(name)
{
    public int Written;
    public bool Completed, Disposed;

    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        Interlocked.Increment(ref Written);
        return ValueTask.CompletedTask;
    }

    public override ValueTask CompleteAsync(CancellationToken cancel)
    {
        Completed = true;
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        Disposed = true;
        return base.DisposeAsync();
    }
}

/// <summary>Keeps what was logged.</summary>
internal sealed class KeptLog : ILoggerProvider, ILogger
{
    public ConcurrentQueue<(LogLevel Level, string Text)> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue((logLevel, formatter(state, exception)));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}

/// <summary>Hosts, models and waiting.</summary>
internal static class TestParts
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    public static string ModelPath { get; } = Path.Combine(Root(), "models", "scenes-tinyresnet.onnx");

    public static VisionModel Model() => VisionModel.Load(ModelPath);

    public static IHost Host(KeptLog log, Action<IServiceCollection> services)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(log);
        services(builder.Services);
        return builder.Build();
    }

    public static async Task UntilAsync(Func<bool> holds)
    {
        var end = DateTime.UtcNow + Limit;
        while (!holds())
        {
            Assert.True(DateTime.UtcNow < end, "waited in vain");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "EdgeVision.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
