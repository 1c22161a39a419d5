using EdgeVision.Configuration;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Ledger;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace EdgeVision.Hosting;

/// <summary>
/// Runs pipelines as services of a host, with health checks and OpenTelemetry metrics and traces.
/// <code>
/// builder.Services.AddEdgeVisionPipeline(pipeline => pipeline
///     .AddSource("door", () => new FfmpegSource(new FfmpegOptions { … }))
///     .AddModel(() => VisionModel.Load("people.onnx"))
///     .AddSink(new MqttSink(new MqttOptions { Url = "broker" })));
/// </code>
/// </summary>
public static class EdgeVisionHosting
{
    /// <summary>Category of the log messages.</summary>
    public const string LogCategory = "EdgeVision.Pipeline";

    /// <summary>Adds a pipeline that runs with the host.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="build">Configures the pipeline; called for each run, so that a restart has sinks of its own.</param>
    /// <param name="options">Name, restarts, and what happens to the host.</param>
    public static IServiceCollection AddEdgeVisionPipeline(
        this IServiceCollection services, Action<VisionPipelineBuilder> build, PipelineServiceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(build);
        return services.AddEdgeVisionPipeline((_, pipeline) => build(pipeline), options);
    }

    /// <summary>Adds a pipeline that runs with the host, configured with the host's services.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="build">Configures the pipeline; called for each run.</param>
    /// <param name="options">Name, restarts, and what happens to the host.</param>
    public static IServiceCollection AddEdgeVisionPipeline(
        this IServiceCollection services, Action<IServiceProvider, VisionPipelineBuilder> build, PipelineServiceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(build);
        return services.AddEdgeVisionPipelineFrom(
            provider =>
            {
                var builder = new VisionPipelineBuilder();
                build(provider, builder);
                return builder.Build();
            },
            options);
    }

    /// <summary>Adds the pipeline of a YAML file (docs/reference/pipelines.md), which runs with the host.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="path">The file; read for each run, so that a restart applies changes.</param>
    /// <param name="options">Name, restarts, and what happens to the host.</param>
    public static IServiceCollection AddEdgeVisionPipelineFile(
        this IServiceCollection services, string path, PipelineServiceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return services.AddEdgeVisionPipelineFrom(_ => PipelineConfig.Load(path).Build(), options);
    }

    /// <summary>Adds the pipeline that a function creates, which runs with the host.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="create">Creates the pipeline; called for each run. The host disposes it.</param>
    /// <param name="options">Name, restarts, and what happens to the host.</param>
    public static IServiceCollection AddEdgeVisionPipelineFrom(
        this IServiceCollection services, Func<IServiceProvider, VisionPipeline> create, PipelineServiceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(create);
        options ??= new PipelineServiceOptions();
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Name);
        services.AddKeyedSingleton(options.Name, new PipelineStatus(options.Name));

        // Not AddHostedService: it registers one service per type, and a host may run several pipelines.
        return services.AddSingleton<IHostedService>(provider => new PipelineService(
            () => create(provider),
            options,
            provider.GetRequiredKeyedService<PipelineStatus>(options.Name),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger(LogCategory)));
    }

    /// <summary>Adds a health check for a pipeline.</summary>
    /// <param name="builder">Builder of the health checks.</param>
    /// <param name="pipeline">Name of the pipeline (<see cref="PipelineServiceOptions.Name"/>).</param>
    /// <param name="failure">Status reported for a failed pipeline; null for unhealthy.</param>
    /// <param name="tags">Tags of the registration.</param>
    public static IHealthChecksBuilder AddEdgeVisionPipeline(
        this IHealthChecksBuilder builder, string pipeline = "edgevision", HealthStatus? failure = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            pipeline, provider => new PipelineHealthCheck(provider.GetRequiredKeyedService<PipelineStatus>(pipeline)), failure, tags));
    }

    /// <summary>Collects the metrics of pipelines (<see cref="PipelineMetrics"/>).</summary>
    public static MeterProviderBuilder AddEdgeVisionInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter(PipelineMetrics.MeterName);
    }

    /// <summary>Collects the traces of frames (<see cref="PipelineTracing"/>).</summary>
    public static TracerProviderBuilder AddEdgeVisionInstrumentation(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource(PipelineTracing.SourceName);
    }
}
