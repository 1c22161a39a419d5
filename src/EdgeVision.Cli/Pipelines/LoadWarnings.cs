using EdgeVision.Configuration;
using EdgeVision.Pipeline;

namespace EdgeVision.Cli.Pipelines;

/// <summary>Prints the warnings of models while they load, which may take minutes.</summary>
/// <remarks>After loading, the pipeline reports them; no warning is printed twice.</remarks>
internal static class LoadWarnings
{
    /// <summary>Builds a pipeline from a configuration.</summary>
    /// <param name="config">Configuration, whose models' warning handlers are replaced.</param>
    /// <param name="builder">Creates a builder from the configuration, and adds parts that the configuration does not have.</param>
    public static VisionPipeline BuildPipeline(PipelineConfig config, Func<PipelineConfig, VisionPipelineBuilder> builder)
    {
        bool loading = true;
        var told = config with
        {
            Models = [.. config.Models.Select(m => m with { Runtime = m.Runtime with { OnWarning = text => Say(m.Name, text) } })],
        };
        var pipeline = builder(told).Build();
        loading = false;
        return pipeline;

        void Say(string model, string text)
        {
            if (loading)
            {
                Console.Error.WriteLine($"edgevision: {model}: {text}");
            }
        }
    }
}
