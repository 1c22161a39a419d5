using EdgeVision.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace EdgeVision.Hosting;

/// <summary>
/// Pipelines as services of a host, their health, and their metrics and traces for OpenTelemetry.
/// <code>
/// builder.Services.AddEdgeVisionPipeline(pipeline => pipeline
///     .AddSource("door", () => new FfmpegSource(new FfmpegOptions { … }))
///     .AddModel(() => VisionModel.Load("people.onnx"))
///     .AddSink(new MqttSink(new MqttOptions { Url = "broker" })));
/// </code>
/// </summary>
public static class EdgeVisionHosting
{
    /// <summary>Category of the log.</summary>
    public const string LogCategory = "EdgeVision.Pipeline";

    /// <summary>Runs a pipeline with the host.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="build">Puts the pipeline together; called for each run, so that a run again has sinks of its own.</param>
    /// <param name="options">Name, running again, and what becomes of the host.</param>
    public static IServiceCollection AddEdgeVisionPipeline(this IServiceCollection services, Action<VisionPipelineBuilder> build, PipelineServiceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(build);
        return services.AddEdgeVisionPipeline((_, pipeline) => build(pipeline), options);
    }

    /// <summary>Runs a pipeline with the host, put together with help of the host's services.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="build">Puts the pipeline together; called for each run.</param>
    /// <param name="options">Name, running again, and what becomes of the host.</param>
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

    /// <summary>Runs with the host the pipeline that a YAML file describes (docs/pipelines.md).</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="path">The file; read for each run, so that a run again takes what was changed.</param>
    /// <param name="options">Name, running again, and what becomes of the host.</param>
    public static IServiceCollection AddEdgeVisionPipelineFile(this IServiceCollection services, string path, PipelineServiceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return services.AddEdgeVisionPipelineFrom(_ => PipelineConfig.Load(path).Build(), options);
    }

    /// <summary>Runs with the host what a function makes.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="create">Makes the pipeline; called for each run. The host disposes it.</param>
    /// <param name="options">Name, running again, and what becomes of the host.</param>
    public static IServiceCollection AddEdgeVisionPipelineFrom(
        this IServiceCollection services, Func<IServiceProvider, VisionPipeline> create, PipelineServiceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(create);
        options ??= new PipelineServiceOptions();
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Name);
        services.AddKeyedSingleton(options.Name, new PipelineStatus(options.Name));

        // Not AddHostedService: it takes one service of a type, and a host may run several pipelines.
        return services.AddSingleton<IHostedService>(provider => new PipelineService(
            () => create(provider),
            options,
            provider.GetRequiredKeyedService<PipelineStatus>(options.Name),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger(LogCategory)));
    }

    /// <summary>Adds a pipeline's health.</summary>
    /// <param name="builder">Where health is registered.</param>
    /// <param name="pipeline">Name of the pipeline (<see cref="PipelineServiceOptions.Name"/>).</param>
    /// <param name="failure">What a pipeline that failed is reported as; null for unhealthy.</param>
    /// <param name="tags">Tags of the registration.</param>
    public static IHealthChecksBuilder AddEdgeVisionPipeline(
        this IHealthChecksBuilder builder, string pipeline = "edgevision", HealthStatus? failure = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            pipeline, provider => new PipelineHealthCheck(provider.GetRequiredKeyedService<PipelineStatus>(pipeline)), failure, tags));
    }

    /// <summary>Collects pipelines' metrics (<see cref="PipelineMetrics"/>).</summary>
    public static MeterProviderBuilder AddEdgeVisionInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter(PipelineMetrics.MeterName);
    }

    /// <summary>Collects frames' traces (<see cref="PipelineTracing"/>).</summary>
    public static TracerProviderBuilder AddEdgeVisionInstrumentation(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource(PipelineTracing.SourceName);
    }
}
