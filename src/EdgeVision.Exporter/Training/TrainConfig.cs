using System.Globalization;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace EdgeVision.Exporter.Training;

/// <summary>A training run as one file says it: YAML, of which JSON is a part. Everything that decides the result is here.</summary>
public sealed record TrainConfig
{
    /// <summary>Name of the run and of the bundle.</summary>
    public string Name { get; init; } = "";

    /// <summary>Architecture, as <c>list</c> names it.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Sizes of the model.</summary>
    public ModelConfig Model { get; init; } = new();

    /// <summary>Where the pictures come from.</summary>
    public DataConfig Data { get; init; } = new();

    /// <summary>How pictures are changed before each use; not at all when absent.</summary>
    public Augmentation? Augment { get; init; }

    /// <summary>How the weights move.</summary>
    public OptimizationConfig Training { get; init; } = new();

    /// <summary>Weights to start from; drawn from the seed when absent.</summary>
    public TransferConfig? Transfer { get; init; }

    /// <summary>Words for the model card: what the model is for, and what it is not.</summary>
    public string About { get; init; } = "";

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="EdgeVisionException">It cannot be read; the message names the line.</exception>
    public static TrainConfig Load(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"config '{path}' cannot be read: {e.Message}", e);
        }

        return Parse(text, $"config '{path}'");
    }

    /// <summary>Reads and checks a text; <paramref name="source"/> names it in messages.</summary>
    public static TrainConfig Parse(string text, string source)
    {
        TrainConfig? config;
        try
        {
            config = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Deserialize<TrainConfig>(text);
        }
        catch (YamlException e)
        {
            string why = (e.InnerException ?? e).Message;
            throw new EdgeVisionException(string.Create(CultureInfo.InvariantCulture, $"{source}, line {e.Start.Line}: {why}"), e);
        }

        if (config is null)
        {
            throw new EdgeVisionException($"{source} is empty");
        }

        config.Check(source);
        return config;
    }

    /// <summary>The config as YAML, for the run's folder and the checkpoint.</summary>
    public string ToYaml() => new SerializerBuilder()
        .WithNamingConvention(CamelCaseNamingConvention.Instance)
        .ConfigureDefaultValuesHandling(DefaultValuesHandling.OmitNull | DefaultValuesHandling.OmitEmptyCollections)
        .Build().Serialize(this);

    private void Check(string source)
    {
        Require(Name.Length > 0 && Name.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) < 0, "name: a name that can be a file's");
        Require(Architecture.Length > 0, "architecture: a name that 'list' shows");
        Require(Model.Channels > 0, "model.channels: a factor above 0");
        Require(Data.Train is not null, "data.train: where the pictures come from");
        var t = Training;
        Require(t.Epochs >= 1 && t.Batch >= 1, "training.epochs and training.batch: at least 1");
        Require(t.LearningRate > 0 && double.IsFinite(t.LearningRate), "training.learningRate: above 0");
        Require(t.Ema is >= 0 and < 1, "training.ema: 0 (none) to below 1");
        Require(t.WarmUp is >= 0 and < 1, "training.warmUp: a share of all steps, 0 to below 1");
        Require(t.Schedule is "cosine" or "one-cycle" or "step" or "constant", "training.schedule: cosine, one-cycle, step or constant");
        Require(t.Balance is "fixed" or "uncertainty" or "dwa", "training.balance: fixed, uncertainty or dwa");

        void Require(bool holds, string what)
        {
            if (!holds)
            {
                throw new EdgeVisionException($"{source} needs {what}");
            }
        }
    }
}

/// <summary>Sizes of a model in a config; see <see cref="ModelSettings"/>.</summary>
public sealed record ModelConfig
{
    /// <summary>Width of the input in pixels; 0 leaves it to the architecture.</summary>
    public int Width { get; init; }

    /// <summary>Height of the input in pixels; 0 leaves it to the architecture.</summary>
    public int Height { get; init; }

    /// <summary>Factor on all channels.</summary>
    public double Channels { get; init; } = 1;

    /// <summary>Numbers of an embedding.</summary>
    public int Embedding { get; init; }

    /// <summary>Settings of the architecture alone.</summary>
    public Dictionary<string, string> Options { get; init; } = [];

    /// <summary>As the architecture takes them, with the data's labels.</summary>
    public ModelSettings ToSettings(string name, DataLabels labels) => new()
    {
        Name = name, Width = Width, Height = Height, Channels = Channels, Embedding = Embedding, Options = Options, Labels = labels,
    };
}

/// <summary>The three parts of the data.</summary>
public sealed record DataConfig
{
    /// <summary>Pictures to learn from.</summary>
    public SourceConfig? Train { get; init; }

    /// <summary>Pictures for the measures of each epoch.</summary>
    public SourceConfig? Validation { get; init; }

    /// <summary>Pictures for the figures of the card; the validation's when absent.</summary>
    public SourceConfig? Test { get; init; }

    /// <summary>What the pictures are, for the card.</summary>
    public string About { get; init; } = "";
}

/// <summary>How weights move.</summary>
public sealed record OptimizationConfig
{
    /// <summary>Passes over the data.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Pictures a step.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Seed of weights, order, augmentation and sampling.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Highest learning rate.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>cosine, one-cycle, step or constant; see <see cref="LearningRateSchedule"/>.</summary>
    public string Schedule { get; init; } = "cosine";

    /// <summary>Share of all steps over which the rate rises.</summary>
    public double WarmUp { get; init; } = 0.05;

    /// <summary>Shares of all steps at which the step schedule divides the rate by ten.</summary>
    public double[] Milestones { get; init; } = [0.6, 0.85];

    /// <summary>Decay of weights with more than one axis.</summary>
    public double WeightDecay { get; init; } = 0.02;

    /// <summary>Largest norm of the gradients.</summary>
    public double Clip { get; init; } = 5;

    /// <summary>Share of the old average kept each step; 0 for no average. The averaged weights are measured and exported.</summary>
    public double Ema { get; init; }

    /// <summary>Factors on the learning rate by stage prefix, such as <c>backbone: 0.1</c>.</summary>
    public Dictionary<string, double> Rates { get; init; } = [];

    /// <summary>Stages that stand still until the given epoch (counted from 1), such as <c>backbone: 4</c>; a large one keeps them so.</summary>
    public Dictionary<string, int> UnfreezeAt { get; init; } = [];

    /// <summary>Weights of the heads' losses (<c>detect: 1</c>) or of single losses (<c>segment.dice: 0.5</c>); 1 where absent.</summary>
    public Dictionary<string, double> Losses { get; init; } = [];

    /// <summary>How several heads share the weights: fixed, uncertainty or dwa; see <see cref="LossBalance"/>.</summary>
    public string Balance { get; init; } = "fixed";

    /// <summary>Pictures of the same identity that stand together in a batch, for losses over pairs; 0 shuffles all.</summary>
    public int PerIdentity { get; init; }

    /// <summary>Longest time between two checkpoints within an epoch; each epoch's end has one anyway.</summary>
    public double CheckpointSeconds { get; init; } = 30;

    /// <summary>Validation every so many epochs (the last always).</summary>
    public int ValidateEvery { get; init; } = 1;
}

/// <summary>Weights to start from.</summary>
public sealed record TransferConfig
{
    /// <summary>Checkpoint, safetensors or ONNX file.</summary>
    public string From { get; init; } = "";

    /// <summary>Prefixes of weights that are not taken, such as <c>head</c>.</summary>
    public string[] Except { get; init; } = [];
}
