namespace EdgeVision.Configuration;

/// <summary>
/// A pipeline as a YAML file describes it: sources, models, tracking, rules and sinks, checked. The same can be put together in code, as
/// <c>edgevision run</c> does. docs/pipelines.md has every key.
/// </summary>
public sealed record PipelineConfig
{
    /// <summary>The version of the format that is read.</summary>
    public const int Version = 1;

    /// <summary>The file's text, for recordings; empty for a configuration made in code.</summary>
    public string Text { get; init; } = "";

    /// <summary>Folder from which the file's relative paths start; empty for a configuration made in code.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Sources, at least one.</summary>
    public required IReadOnlyList<SourceConfig> Sources { get; init; }

    /// <summary>Models; one that looks at whole frames for each source, and others on what those found.</summary>
    public required IReadOnlyList<ModelConfig> Models { get; init; }

    /// <summary>Trackers; at most one for each source.</summary>
    public IReadOnlyList<TrackingConfig> Tracking { get; init; } = [];

    /// <summary>Rules.</summary>
    public IReadOnlyList<RuleConfig> Rules { get; init; } = [];

    /// <summary>Sinks.</summary>
    public IReadOnlyList<SinkConfig> Sinks { get; init; } = [];

    /// <summary>Files and folders that the file names, in its order; none for a configuration made in code.</summary>
    public IReadOnlyList<ConfigFile> Files { get; init; } = [];

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="PipelineConfigException">It is not there or something is wrong; the message holds the first problem with its line, <see cref="Read"/> gives all.</exception>
    public static PipelineConfig Load(string path)
    {
        string text = ReadFile(path);
        return Parse(text, path, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Reads and checks a text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">Name for messages.</param>
    /// <param name="folder">Folder from which relative paths start.</param>
    /// <exception cref="PipelineConfigException">Something is wrong; the message holds the first problem with its line, <see cref="Read"/> gives all.</exception>
    public static PipelineConfig Parse(string text, string file, string folder)
    {
        var config = Read(text, file, folder, out var problems);
        return config ?? throw new PipelineConfigException(problems.Count == 1 ? $"{problems[0]}" : $"{problems[0]}; and {problems.Count - 1} more, which 'edgevision pipeline check' lists");
    }

    /// <summary>Reads a text and finds every problem.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">Name for messages.</param>
    /// <param name="folder">Folder from which relative paths start.</param>
    /// <param name="problems">What is wrong, in the order of the lines.</param>
    /// <param name="environment">Values of environment variables; the process's own where null.</param>
    /// <param name="loadModels">Whether models are loaded, to know whether they find boxes and have the labels that rules speak of.</param>
    /// <returns>The configuration; null where something is wrong.</returns>
    public static PipelineConfig? Read(string text, string file, string folder, out IReadOnlyList<ConfigProblem> problems, Func<string, string?>? environment = null, bool loadModels = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(folder);
        var reading = new ConfigReading(file, Path.GetFullPath(folder), environment ?? Environment.GetEnvironmentVariable);
        var config = YamlText.Root(text, reading) is { } root ? RootSection.Read(new ConfigMap(root, "the file", reading), text) : null;
        if (loadModels && config is not null && reading.Problems.Count == 0)
        {
            ModelCheck.Check(config, reading);
        }

        problems = reading.Problems;
        return problems.Count == 0 && config is not null ? config with { Files = [.. reading.Files.OrderBy(f => f.Start)] } : null;
    }

    /// <summary>Reads what a recording was made with, with the recorded sources in place of its own and without its sinks: a replay gives the same results.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="text">YAML; the recording's own where null.</param>
    /// <param name="file">Name for messages.</param>
    /// <param name="folder">Folder from which relative paths start; the one of the recording's configuration where null.</param>
    /// <param name="problems">What is wrong, in the order of the lines.</param>
    /// <returns>The configuration; null where something is wrong.</returns>
    /// <exception cref="PipelineConfigException">The recording holds no configuration, and none is given.</exception>
    public static PipelineConfig? ReadForReplay(Recording recording, string? text, string file, string? folder, out IReadOnlyList<ConfigProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(recording);
        ArgumentNullException.ThrowIfNull(file);
        var recorded = RecordedText.Parse(recording.Manifest.Config ?? "");
        text ??= recorded.Text.Length > 0 ? recorded.Text : throw new PipelineConfigException($"the recording '{recording.Folder}' was made without a configuration; give the one to replay it with");
        var reading = new ConfigReading(file, Path.GetFullPath(folder ?? (recorded.Folder.Length > 0 ? recorded.Folder : recording.Folder)), Environment.GetEnvironmentVariable);
        var config = YamlText.Root(text, reading) is { } root ? RootSection.ReadForReplay(new ConfigMap(root, "the file", reading), recording) : null;
        problems = reading.Problems;
        return problems.Count == 0 ? config : null;
    }

    /// <summary>Text of a configuration's file.</summary>
    /// <exception cref="PipelineConfigException">It cannot be read.</exception>
    public static string ReadFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PipelineConfigException($"the configuration '{path}' does not exist; 'edgevision pipeline init' prints one to start from", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PipelineConfigException($"the configuration '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Makes the pipeline: loads the models, makes sources and sinks, opens none.</summary>
    /// <exception cref="PipelineConfigException">The parts do not fit together.</exception>
    /// <exception cref="EdgeVisionException">A model cannot be loaded.</exception>
    public VisionPipeline Build() => ToBuilder().Build();

    /// <summary>The parts as a builder, to which more may be added.</summary>
    /// <exception cref="PipelineConfigException">A sink does not take its options.</exception>
    public VisionPipelineBuilder ToBuilder()
    {
        var builder = new VisionPipelineBuilder();
        foreach (var source in Sources)
        {
            builder.AddSource(source.Name, SourceFactory.Repeatedly(source), source.Options);
        }

        foreach (var model in Models)
        {
            AddModel(builder, model);
        }

        foreach (var tracking in Tracking)
        {
            builder.Track(() => TrackerFactory.Create(tracking), tracking.Smooth ? () => new KeypointSmoother() : null, tracking.KeepUntracked, tracking.Sources);
        }

        foreach (var rule in Rules)
        {
            builder.AddRule(rule.Create, rule.Sources);
        }

        var context = new SinkContext(this);
        builder.WhenBuilt(context.Attach);
        foreach (var sink in Sinks)
        {
            builder.AddSink(sink.Create(context), sink.Options);
        }

        return builder;
    }

    /// <summary>The same without the parts that serve other sources alone, and without their names.</summary>
    internal PipelineConfig OverSources(IReadOnlyList<string> names)
    {
        bool Any(IReadOnlyCollection<string>? sources) => sources is null || sources.Any(names.Contains);
        IReadOnlyCollection<string>? Of(IReadOnlyCollection<string>? sources) => sources is null ? null : [.. sources.Where(names.Contains)];
        return this with
        {
            Models = [.. Models.Where(m => Any(m.Crops is null ? m.Frames.Sources : m.Crops.Sources)).Select(m => m with
            {
                Frames = m.Frames with { Sources = Of(m.Frames.Sources) },
                Crops = m.Crops is null ? null : m.Crops with { Sources = Of(m.Crops.Sources) },
            })],
            Tracking = [.. Tracking.Where(t => Any(t.Sources)).Select(t => t with { Sources = Of(t.Sources) })],
            Rules = [.. Rules.Where(r => Any(r.Sources)).Select(r => r with { Sources = Of(r.Sources) })],
        };
    }

    private void AddModel(VisionPipelineBuilder builder, ModelConfig model)
    {
        if (model.Crops is { } crops)
        {
            builder.AddCropModel(() => VisionModel.Load(model.Path, model.Runtime), crops, model.Name);
            return;
        }

        bool followed = Tracking.Any(t => Sources.Any(s => (t.Sources?.Contains(s.Name) ?? true) && (model.Frames.Sources?.Contains(s.Name) ?? true)));
        var runtime = followed ? model.Runtime with { Confidence = model.Runtime.Confidence ?? TrackingConfig.Confidence } : model.Runtime;
        builder.AddModel(() => VisionModel.Load(model.Path, runtime), model.Frames, model.Name);
    }
}
