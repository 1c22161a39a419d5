using EdgeVision.Configuration.Sections;
using EdgeVision.Configuration.Yaml;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Recording;
using EdgeVision.Tracking;

namespace EdgeVision.Configuration;

/// <summary>Pipeline configuration of a YAML file: sources, models, tracking, rules and sinks, checked.</summary>
/// <remarks>It can also be created in code, as <c>edgevision run</c> does. docs/reference/pipelines.md lists every key.</remarks>
public sealed record PipelineConfig
{
    /// <summary>Supported version of the format.</summary>
    public const int Version = 1;

    /// <summary>Gets the file's text, for recordings; empty for a configuration created in code.</summary>
    public string Text { get; init; } = "";

    /// <summary>Gets the folder that relative paths start from; empty for a configuration created in code.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Gets the sources, at least one.</summary>
    public required IReadOnlyList<SourceConfig> Sources { get; init; }

    /// <summary>Gets the models: one per source that runs on whole frames, and others that run on its detections.</summary>
    public required IReadOnlyList<ModelConfig> Models { get; init; }

    /// <summary>Gets the trackers; at most one per source.</summary>
    public IReadOnlyList<TrackingConfig> Tracking { get; init; } = [];

    /// <summary>Gets the rules.</summary>
    public IReadOnlyList<RuleConfig> Rules { get; init; } = [];

    /// <summary>Gets the sinks.</summary>
    public IReadOnlyList<SinkConfig> Sinks { get; init; } = [];

    /// <summary>Gets the files and folders in the file, in order; empty for a configuration created in code.</summary>
    public IReadOnlyList<ConfigFile> Files { get; init; } = [];

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="PipelineConfigException">
    /// The file is missing or invalid; the message has the first problem with its line, <see cref="Read"/> returns all.
    /// </exception>
    public static PipelineConfig Load(string path)
    {
        string text = ReadFile(path);
        return Parse(text, path, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Reads and checks a text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">Name of the file for messages.</param>
    /// <param name="folder">Folder that relative paths start from.</param>
    /// <exception cref="PipelineConfigException">
    /// The text is invalid; the message has the first problem with its line, <see cref="Read"/> returns all.
    /// </exception>
    public static PipelineConfig Parse(string text, string file, string folder)
    {
        var config = Read(text, file, folder, out var problems);
        return config ?? throw new PipelineConfigException(problems.Count == 1
            ? $"{problems[0]}"
            : $"{problems[0]}; and {problems.Count - 1} more, which 'edgevision pipeline check' lists");
    }

    /// <summary>Reads a text and finds all problems.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">Name of the file for messages.</param>
    /// <param name="folder">Folder that relative paths start from.</param>
    /// <param name="problems">Problems, in the order of the lines.</param>
    /// <param name="environment">Returns the value of an environment variable; null for those of the process.</param>
    /// <param name="loadModels">
    /// Whether to load the models, to check that they output boxes and have the labels that rules refer to.
    /// </param>
    /// <returns>The configuration; null if there are problems.</returns>
    public static PipelineConfig? Read(
        string text, string file, string folder, out IReadOnlyList<ConfigProblem> problems,
        Func<string, string?>? environment = null, bool loadModels = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(folder);
        var reading = new ConfigReading(file, Path.GetFullPath(folder), environment ?? Environment.GetEnvironmentVariable);
        var config = YamlText.ReadRoot(text, reading) is { } root ? RootSection.Read(new ConfigMap(root, "the file", reading), text) : null;
        if (loadModels && config is not null && reading.Problems.Count == 0)
        {
            ModelCheck.Check(config, reading);
        }

        problems = reading.Problems;
        return problems.Count == 0 && config is not null ? config with { Files = [.. reading.Files.OrderBy(f => f.Start)] } : null;
    }

    /// <summary>
    /// Reads the configuration of a recording with the recorded sources instead of its own and without sinks.
    /// </summary>
    /// <remarks>A replay of it gives the same results.</remarks>
    /// <param name="recording">The recording.</param>
    /// <param name="text">YAML; null for that of the recording.</param>
    /// <param name="file">Name of the file for messages.</param>
    /// <param name="folder">Folder that relative paths start from; null for that of the recording's configuration.</param>
    /// <param name="problems">Problems, in the order of the lines.</param>
    /// <returns>The configuration; null if there are problems.</returns>
    /// <exception cref="PipelineConfigException">The recording has no configuration, and none is given.</exception>
    public static PipelineConfig? ReadForReplay(
        RecordingReader recording, string? text, string file, string? folder, out IReadOnlyList<ConfigProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(recording);
        ArgumentNullException.ThrowIfNull(file);
        var recorded = RecordedText.Parse(recording.Manifest.Config ?? "");
        text ??= recorded.Text.Length > 0
            ? recorded.Text
            : throw new PipelineConfigException($"the recording '{recording.Folder}' has no configuration; give the one to replay it with");
        string start = folder ?? (recorded.Folder.Length > 0 ? recorded.Folder : recording.Folder);
        var reading = new ConfigReading(file, Path.GetFullPath(start), Environment.GetEnvironmentVariable);
        var config = YamlText.ReadRoot(text, reading) is { } root
            ? RootSection.ReadForReplay(new ConfigMap(root, "the file", reading), recording)
            : null;
        problems = reading.Problems;
        return problems.Count == 0 ? config : null;
    }

    /// <summary>Reads the text of a configuration file.</summary>
    /// <exception cref="PipelineConfigException">The file cannot be read.</exception>
    public static string ReadFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PipelineConfigException(
                $"the configuration '{path}' does not exist; 'edgevision pipeline init' prints one to start from", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PipelineConfigException($"the configuration '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Builds the pipeline: loads the models and creates sources and sinks, without opening them.</summary>
    /// <exception cref="PipelineConfigException">The parts are inconsistent.</exception>
    /// <exception cref="EdgeVisionException">A model cannot be loaded.</exception>
    public VisionPipeline Build() => ToBuilder().Build();

    /// <summary>Creates a builder with the configured parts, to which more may be added.</summary>
    /// <exception cref="PipelineConfigException">The options of a sink are invalid.</exception>
    public VisionPipelineBuilder ToBuilder()
    {
        var builder = new VisionPipelineBuilder();
        foreach (var source in Sources)
        {
            builder.AddSource(source.Name, SourceFactory.CreateFactory(source), source.Options);
        }

        foreach (var model in Models)
        {
            AddModel(builder, model);
        }

        foreach (var tracking in Tracking)
        {
            builder.AddTracker(
                () => TrackerFactory.Create(tracking),
                tracking.SmoothKeypoints ? () => new KeypointSmoother() : null,
                tracking.KeepUntracked, tracking.Sources);
        }

        foreach (var rule in Rules)
        {
            builder.AddRule(rule.Create, rule.Sources);
        }

        var context = new SinkContext(this);
        builder.OnBuilt(context.Attach);
        foreach (var sink in Sinks)
        {
            builder.AddSink(sink.Create(context), sink.Options);
        }

        return builder;
    }

    /// <summary>
    /// Returns a copy limited to the given sources: without parts for other sources only, and without the other sources'
    /// names.
    /// </summary>
    internal PipelineConfig ForSources(IReadOnlyList<string> names)
    {
        bool Any(IReadOnlyCollection<string>? sources) => sources is null || sources.Any(names.Contains);
        IReadOnlyCollection<string>? Of(IReadOnlyCollection<string>? sources) =>
            sources is null ? null : [.. sources.Where(names.Contains)];
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

        bool followed = Tracking.Any(t => Sources.Any(s =>
            (t.Sources?.Contains(s.Name) ?? true) && (model.Frames.Sources?.Contains(s.Name) ?? true)));
        var runtime = followed ? model.Runtime with { Confidence = model.Runtime.Confidence ?? TrackingConfig.DefaultConfidence } : model.Runtime;
        builder.AddModel(() => VisionModel.Load(model.Path, runtime), model.Frames, model.Name);
    }
}
