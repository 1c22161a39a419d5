namespace EdgeVision.Configuration;

/// <summary>What only the loaded models tell: whether they load, find boxes, and know the labels that others speak of.</summary>
internal static class ModelCheck
{
    /// <summary>Loads each model once and notes what does not fit.</summary>
    public static void Check(PipelineConfig config, ConfigReading reading)
    {
        var labels = new Dictionary<string, IReadOnlyCollection<string>>();
        foreach (var model in config.Models)
        {
            if (reading.Try(model.At, () => VisionModel.Load(model.Path, model.Runtime)) is { } loaded)
            {
                using (loaded)
                {
                    labels[model.Name] = Labels(loaded.Spec);
                    Fits(config, model, loaded, reading);
                }
            }
        }

        foreach (var tracking in config.Tracking.Where(t => t.Appearance is not null))
        {
            using var looks = reading.Try(tracking.At, () => VisionModel.Load(tracking.Appearance!));
            if (looks is { GivesEmbedding: false })
            {
                reading.Problem(tracking.At, "the model of 'reid' gives no embedding; use an embedding model");
            }
        }

        foreach (var rule in config.Rules)
        {
            Known(rule.Labels, rule.Sources, rule.At);
        }

        foreach (var model in config.Models.Where(m => m.Crops is not null))
        {
            Known(model.Crops!.Labels, model.Crops.Sources, model.At);
        }

        void Known(IReadOnlyCollection<string>? wanted, IReadOnlyCollection<string>? sources, ConfigPlace at)
        {
            var known = config.Models.Where(m => m.Crops is null && (sources is null || m.Frames.Sources is null || sources.Any(m.Frames.Sources.Contains)))
                .SelectMany(m => labels.GetValueOrDefault(m.Name, [])).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
            foreach (string label in wanted ?? [])
            {
                if (known.Count > 0 && !known.Contains(label, StringComparer.OrdinalIgnoreCase))
                {
                    reading.Problem(at, $"no model finds the label '{label}'{Likeness.Hint(label, known)}");
                }
            }
        }
    }

    private static List<string> Labels(ModelSpec spec) => [.. spec.Labels.Concat(spec.Outputs.SelectMany(o => o.Labels ?? [])).Distinct()];

    private static void Fits(PipelineConfig config, ModelConfig model, VisionModel loaded, ConfigReading reading)
    {
        if (model.Crops is not null)
        {
            return;
        }

        if (loaded.BatchSize < model.Frames.MaxBatch)
        {
            reading.Problem(model.At, $"the graph of '{model.Name}' takes {loaded.BatchSize} frames a run, not {model.Frames.MaxBatch}; take 'batch' out");
        }

        bool Serves(IReadOnlyCollection<string>? sources) => config.Sources.Any(s => (sources?.Contains(s.Name) ?? true) && (model.Frames.Sources?.Contains(s.Name) ?? true));
        if (!loaded.FindsBoxes && (config.Tracking.Any(t => Serves(t.Sources)) || config.Models.Any(m => m.Crops is not null && Serves(m.Crops.Sources))))
        {
            reading.Problem(model.At, $"'{model.Name}' finds no boxes, and trackers and models with on: detections need them");
        }
    }
}
