using EdgeVision.Configuration.Yaml;
using EdgeVision.Pipeline;
using EdgeVision.Specs;

namespace EdgeVision.Configuration.Sections;

/// <summary>
/// Checks that need the loaded models: whether they load, output boxes, and have the labels that others refer to.
/// </summary>
internal static class ModelCheck
{
    /// <summary>Loads each model once and reports what is inconsistent.</summary>
    public static void Check(PipelineConfig config, ConfigReading reading)
    {
        var labels = new Dictionary<string, IReadOnlyCollection<string>>();
        var figures = new List<(ModelConfig Model, int Keypoints, IReadOnlyList<string> Labels)>();
        foreach (var model in config.Models)
        {
            if (reading.Try(model.Position, () => VisionModel.Load(model.Path, model.Runtime)) is { } loaded)
            {
                using (loaded)
                {
                    labels[model.Name] = Labels(loaded.Spec);
                    CheckOutputs(config, model, loaded, reading);
                    if (reading.Try(model.Position, () => DryRun(loaded)) is { KeypointCount: > 0 } found)
                    {
                        figures.Add((model, found.KeypointCount, found.Labels));
                    }
                }
            }
        }

        foreach (var tracking in config.Tracking.Where(t => t.AppearanceModel is not null))
        {
            using var looks = reading.Try(tracking.Position, () => VisionModel.Load(tracking.AppearanceModel!));
            if (looks is { ProducesEmbedding: false })
            {
                reading.AddProblem(tracking.Position, "the model of 'reid' must output an embedding; use an embedding model");
            }
        }

        foreach (var rule in config.Rules)
        {
            Known(rule.Labels, rule.Sources, rule.Position, StringComparer.OrdinalIgnoreCase);
            if (rule.Kind == "repetitions")
            {
                Joints(rule);
            }
        }

        foreach (var model in config.Models.Where(m => m.Crops is not null))
        {
            Known(model.Crops!.Labels, model.Crops.Sources, model.Position, StringComparer.Ordinal);
        }

        // A rule checks the joints itself, on a sample result with the model's keypoints.
        void Joints(RuleConfig rule)
        {
            var serving = figures
                .Where(f => Overlap(rule.Sources, f.Model.Crops is null ? f.Model.Frames.Sources : f.Model.Crops.Sources))
                .ToList();
            if (serving.Count == 0)
            {
                reading.AddProblem(rule.Position,
                    $"rule '{rule.Name}' counts repetitions from keypoints, but no model outputs keypoints; use a pose model");
            }

            foreach (var (model, keypoints, names) in serving)
            {
                using var frame = new PipelineFrame(Frame.Rent(PixelFormat.Gray8, 2, 2), "check", model.Name);
                var detections = frame.Result.Detections;
                detections.Clear(keypoints);
                detections.Labels = names;
                detections.Add(new Box(0, 0, 1, 1), 1, 0);
                reading.Try(rule.Position, () =>
                {
                    rule.Create().Update(frame);
                    return rule;
                });
            }
        }

        void Known(IReadOnlyCollection<string>? wanted, IReadOnlyCollection<string>? sources, ConfigPosition at, StringComparer comparer)
        {
            var known = config.Models
                .Where(m => m.Crops is null && Overlap(sources, m.Frames.Sources))
                .SelectMany(m => labels.GetValueOrDefault(m.Name, []))
                .Distinct(comparer)
                .ToList();
            foreach (string label in wanted ?? [])
            {
                if (known.Count > 0 && !known.Contains(label, comparer))
                {
                    reading.AddProblem(at, $"no model has the label '{label}'{Suggestion.Hint(label, known)}");
                }
            }
        }
    }

    private static bool Overlap(IReadOnlyCollection<string>? one, IReadOnlyCollection<string>? other) =>
        one is null || other is null || one.Any(other.Contains);

    // The outputs of a model are known only from a result.
    private static Detections DryRun(VisionModel model)
    {
        using var frame = Frame.Rent(PixelFormat.Gray8, 64, 64);
        frame.MutableData.Clear();
        return model.Run(frame).Detections;
    }

    private static List<string> Labels(ModelSpec spec) => [.. spec.Labels.Concat(spec.Outputs.SelectMany(o => o.Labels ?? [])).Distinct()];

    private static void CheckOutputs(PipelineConfig config, ModelConfig model, VisionModel loaded, ConfigReading reading)
    {
        if (model.Crops is not null)
        {
            return;
        }

        if (loaded.BatchSize < model.Frames.MaxBatch)
        {
            reading.AddProblem(model.Position,
                $"the graph of '{model.Name}' has a batch size of {loaded.BatchSize}; got 'batch' {model.Frames.MaxBatch}; " +
                "remove 'batch'");
        }

        bool Serves(IReadOnlyCollection<string>? sources) => config.Sources.Any(s =>
            (sources?.Contains(s.Name) ?? true) && (model.Frames.Sources?.Contains(s.Name) ?? true));
        if (!loaded.DetectsBoxes
            && (config.Tracking.Any(t => Serves(t.Sources)) || config.Models.Any(m => m.Crops is not null && Serves(m.Crops.Sources))))
        {
            reading.AddProblem(model.Position, $"'{model.Name}' outputs no boxes, which trackers and models with on: detections need");
        }
    }
}
