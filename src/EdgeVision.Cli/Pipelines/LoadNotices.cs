using EdgeVision.Configuration;

namespace EdgeVision.Cli;

/// <summary>
/// Says at once what models have to say while they are loaded, which may take minutes. From then on the pipeline says it, and a notice must not stand there twice.
/// </summary>
internal static class LoadNotices
{
    /// <summary>Builds a pipeline of a configuration.</summary>
    /// <param name="config">Its models' own listeners are replaced.</param>
    /// <param name="builder">Makes a builder of it, and adds what the configuration does not have.</param>
    public static VisionPipeline Build(PipelineConfig config, Func<PipelineConfig, VisionPipelineBuilder> builder)
    {
        bool loading = true;
        var told = config with { Models = [.. config.Models.Select(m => m with { Runtime = m.Runtime with { Notice = text => Say(m.Name, text) } })] };
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
