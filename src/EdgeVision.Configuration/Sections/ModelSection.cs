using EdgeVision.Configuration.Yaml;
using EdgeVision.Inference.Providers;
using EdgeVision.Pipeline;

namespace EdgeVision.Configuration.Sections;

/// <summary>Reads <c>models</c>.</summary>
internal static class ModelSection
{
    public static IReadOnlyList<ModelConfig> Read(ConfigMap root, int? threads)
    {
        var maps = root.GetRequiredMaps(
            "models", "a model", "a list of - {name: people, path: people.onnx}",
            new MapVariant("on", "frames", IsDefault: true), new MapVariant("on", "detections"));

        var names = new List<string>();
        foreach (var map in maps)
        {
            UniqueNames.Check(map, names, map.GetString("name") ?? (map.GetString("path") is { } path ? Path.GetFileNameWithoutExtension(path) : null));
        }

        var models = maps.Select(m => Model(m, threads)).OfType<ModelConfig>().ToList();
        CheckSources(root, maps, models);
        return models;
    }

    private static ModelConfig? Model(ConfigMap map, int? threads)
    {
        string? path = map.GetRequired("path", "path: people.onnx") is null ? null : map.GetExistingFile("path", "the model", ConfigFileKind.Model);
        string name = map.GetString("name") ?? (path is null ? "" : Path.GetFileNameWithoutExtension(path));
        int batch = 1;
        bool crops = map.GetEnum<int>("on", ("frames", 0), ("detections", 1)) == 1;
        CropModelOptions? crop = null;
        FrameModelOptions frames = new();
        if (crops)
        {
            crop = new CropModelOptions
            {
                Labels = map.GetStrings("labels"),
                Margin = (float?)map.GetDouble("margin", 0, 10) ?? 0,
                MinSide = (float?)map.GetDouble("min_side", 0) ?? new CropModelOptions().MinSide,
                MaxPerFrame = map.GetInt("most", 1, 10_000) ?? new CropModelOptions().MaxPerFrame,
                FrameInterval = map.GetInt("every", 1, 100_000) ?? 1,
                Sources = map.GetSources(),
            };
        }
        else
        {
            batch = map.GetInt("batch", 1, 256) ?? 1;
            frames = new FrameModelOptions
            {
                MaxBatch = batch,
                MaxWait = map.GetDuration("max_wait") ?? TimeSpan.Zero,
                Sources = map.GetSources(),
            };
            foreach (string key in (string[])["labels", "margin", "min_side", "most", "every"])
            {
                if (map.Has(key))
                {
                    map.AddProblem(key, key == "every"
                        ? "'every' of a model that runs on whole frames belongs to the source"
                        : $"'{key}' is only for models with on: detections");
                }
            }
        }

        var runtime = new RuntimeOptions
        {
            Providers = Providers(map),
            ProviderOptions = map.GetStrings("provider_options") is { } options
                && map.Reading.Try(map.GetNode("provider_options"), () => ProviderOptions.Parse(options)) is { } parsed
                    ? parsed
                    : new Dictionary<string, string>(),
            ProviderLibrary = map.GetExistingFile("provider_library", "the provider's library", ConfigFileKind.Library),
            SpecPath = map.GetExistingFile("spec", "the spec", ConfigFileKind.Spec),
            Confidence = (float?)map.GetDouble("conf", 0, 1),
            Iou = (float?)map.GetDouble("iou", 0, 1),
            MaxDetections = map.GetInt("max_detections"),
            ClassAgnostic = map.GetBool("class_agnostic"),
            CacheFolder = map.GetOutputPath("cache"),
            BatchSize = batch,
            Threads = (map.GetInt("threads", 1, 1024) ?? threads) is { } n ? ThreadBudget.FromCores(n) : null,
        };
        map.ReportUnknownKeys();
        return path is null ? null : new ModelConfig
        {
            Name = name,
            Path = path,
            Runtime = runtime,
            Frames = frames,
            Crops = crop,
            Position = ConfigReading.GetPosition(map.GetNode("path")),
        };
    }

    private static ProviderPolicy Providers(ConfigMap map)
    {
        bool require = map.GetBool("require_provider") ?? false;
        var names = map.GetStrings("provider");
        if (names is null or ["auto"])
        {
            if (require)
            {
                map.AddProblem("require_provider", "'require_provider' requires 'provider'");
            }

            return ProviderPolicy.Auto;
        }

        var providers = names
            .Select(n => map.Reading.Try(map.GetNode("provider"), () => (object)ProviderNames.Parse(n)))
            .OfType<Provider>()
            .ToArray();
        return providers.Length == 0 ? ProviderPolicy.Auto : require ? ProviderPolicy.Require(providers) : ProviderPolicy.Prefer(providers);
    }

    // Exactly one model runs on the whole frames of each source.
    private static void CheckSources(ConfigMap root, IReadOnlyList<ConfigMap> maps, List<ModelConfig> models)
    {
        var whole = models.Where(m => m.Crops is null).ToList();
        if (maps.Count > 0 && models.Count == maps.Count && whole.Count == 0)
        {
            root.AddProblem("models", "every model has on: detections; at least one model must run on whole frames");
            return;
        }

        var open = whole.Where(m => m.Frames.Sources is null).ToList();
        if (open.Count > 1)
        {
            root.AddProblem("models", $"'{open[0].Name}' and '{open[1].Name}' both run on every source; " +
                "give them 'sources', or one of them on: detections");
        }

        foreach (string source in root.Reading.SourceNames.Distinct())
        {
            var serving = whole.Where(m => m.Frames.Sources?.Contains(source) ?? false).ToList();
            if (serving.Count > 1)
            {
                root.AddProblem("models", $"exactly one model must run on the whole frames of source '{source}'; " +
                    $"got '{serving[0].Name}' and '{serving[1].Name}'");
            }
            else if (serving.Count == 0 && open.Count == 0 && models.Count == maps.Count && models.Count > 0)
            {
                root.AddProblem("models", $"no model runs on source '{source}'; add it to the 'sources' of one");
            }
        }
    }
}
