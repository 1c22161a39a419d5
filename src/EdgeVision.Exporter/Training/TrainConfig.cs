using System.Globalization;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace EdgeVision.Exporter.Training;

/// <summary>Config of a training run as one YAML (or JSON) file with all settings that determine the result.</summary>
public sealed record TrainConfig
{
    /// <summary>Name of the run and of the bundle.</summary>
    public string Name { get; init; } = "";

    /// <summary>Name of the architecture, as shown by <c>list</c>.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Settings of the model.</summary>
    public ModelConfig Model { get; init; } = new();

    /// <summary>Training, validation and test images.</summary>
    public DataConfig Data { get; init; } = new();

    /// <summary>Augmentation of the training images; none when null.</summary>
    public Augmentation? Augment { get; init; }

    /// <summary>Settings of the optimization.</summary>
    public OptimizationConfig Training { get; init; } = new();

    /// <summary>Source of the initial weights; random weights of the seed when null.</summary>
    public TransferConfig? Transfer { get; init; }

    /// <summary>Text for the model card: the purpose and the limits of the model.</summary>
    public string About { get; init; } = "";

    /// <summary>Reads and validates a file.</summary>
    /// <exception cref="EdgeVisionException">The file cannot be read or is not valid; the message names the line.</exception>
    public static TrainConfig Load(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeVisionException($"Cannot read config '{path}': {e.Message}", e);
        }

        return Parse(text, $"config '{path}'");
    }

    /// <summary>Parses and validates a text; <paramref name="source"/> names it in messages.</summary>
    public static TrainConfig Parse(string text, string source)
    {
        TrainConfig? config;
        try
        {
            config = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build()
                .Deserialize<TrainConfig>(text);
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

    /// <summary>Returns the config as YAML, for the run's folder and the checkpoint.</summary>
    public string ToYaml() => new SerializerBuilder()
        .WithNamingConvention(CamelCaseNamingConvention.Instance)
        .ConfigureDefaultValuesHandling(DefaultValuesHandling.OmitNull | DefaultValuesHandling.OmitEmptyCollections)
        .Build().Serialize(this);

    private void Check(string source)
    {
        Require(Name.Length > 0 && Name.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) < 0, "'name' must be a valid file name");
        Require(Architecture.Length > 0, "'architecture' must be a name shown by 'list'");
        Require(Model.Channels > 0, $"'model.channels' must be a factor above 0; got {Text(Model.Channels)}");
        Require(Data.Train is not null, "'data.train' must define the training images");
        var t = Training;
        Require(t.Epochs >= 1 && t.Batch >= 1, $"'training.epochs' and 'training.batch' must be at least 1; got {t.Epochs} and {t.Batch}");
        Require(t.LearningRate > 0 && double.IsFinite(t.LearningRate),
            $"'training.learningRate' must be above 0; got {Text(t.LearningRate)}");
        Require(t.Ema is >= 0 and < 1, $"'training.ema' must be 0 (no average) or between 0 and 1; got {Text(t.Ema)}");
        Require(t.WarmUp is >= 0 and < 1, $"'training.warmUp' must be a share of all steps, at least 0 and below 1; got {Text(t.WarmUp)}");
        Require(t.Schedule is "cosine" or "one-cycle" or "step" or "constant",
            $"'training.schedule' must be cosine, one-cycle, step or constant; got '{t.Schedule}'");
        Require(t.Balance is "fixed" or "uncertainty" or "dwa", $"'training.balance' must be fixed, uncertainty or dwa; got '{t.Balance}'");

        static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
        void Require(bool holds, string what)
        {
            if (!holds)
            {
                throw new EdgeVisionException($"{source}: {what}");
            }
        }
    }
}

/// <summary>Settings of a model in a config; see <see cref="ModelSettings"/>.</summary>
public sealed record ModelConfig
{
    /// <summary>Width of the input in pixels; the architecture's default when 0.</summary>
    public int Width { get; init; }

    /// <summary>Height of the input in pixels; the architecture's default when 0.</summary>
    public int Height { get; init; }

    /// <summary>Factor on all channels.</summary>
    public double Channels { get; init; } = 1;

    /// <summary>Dimensions of an embedding; the architecture's default when 0.</summary>
    public int Embedding { get; init; }

    /// <summary>Options of the architecture.</summary>
    public Dictionary<string, string> Options { get; init; } = [];

    /// <summary>Converts to settings of the architecture, with the data's labels.</summary>
    public ModelSettings ToSettings(string name, DataLabels labels) => new()
    {
        Name = name, Width = Width, Height = Height, WidthMultiplier = Channels, EmbeddingDimension = Embedding, Options = Options, Labels = labels,
    };
}

/// <summary>Training, validation and test data.</summary>
public sealed record DataConfig
{
    /// <summary>Training images.</summary>
    public SourceConfig? Train { get; init; }

    /// <summary>Validation images, measured after the epochs.</summary>
    public SourceConfig? Validation { get; init; }

    /// <summary>Test images for the metrics of the model card; the validation images when null.</summary>
    public SourceConfig? Test { get; init; }

    /// <summary>Description of the data for the model card.</summary>
    public string About { get; init; } = "";
}

/// <summary>Settings of the optimization.</summary>
public sealed record OptimizationConfig
{
    /// <summary>Number of passes over the data.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Images per step.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Seed of weights, order, augmentation and sampling.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Maximum learning rate.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Learning rate schedule: cosine, one-cycle, step or constant; see <see cref="LearningRateSchedule"/>.</summary>
    public string Schedule { get; init; } = "cosine";

    /// <summary>Share of all steps during which the rate rises.</summary>
    public double WarmUp { get; init; } = 0.05;

    /// <summary>Shares of all steps at which the step schedule divides the rate by ten.</summary>
    public double[] Milestones { get; init; } = [0.6, 0.85];

    /// <summary>Weight decay of weights with more than one axis.</summary>
    public double WeightDecay { get; init; } = 0.02;

    /// <summary>Maximum norm of the gradients.</summary>
    public double Clip { get; init; } = 5;

    /// <summary>Decay of the exponential moving average of the weights; 0 for no average.</summary>
    /// <remarks>Each step keeps this share of the old average. The averaged weights are measured and exported.</remarks>
    public double Ema { get; init; }

    /// <summary>Factors on the learning rate by stage prefix, such as <c>backbone: 0.1</c>.</summary>
    public Dictionary<string, double> Rates { get; init; } = [];

    /// <summary>Stages that are frozen until the given epoch (counted from 1), such as <c>backbone: 4</c>.</summary>
    /// <remarks>A number above the number of epochs keeps a stage frozen.</remarks>
    public Dictionary<string, int> UnfreezeAt { get; init; } = [];

    /// <summary>Weights of the heads' losses (<c>detect: 1</c>) or of single losses (<c>segment.dice: 0.5</c>); 1 where absent.</summary>
    public Dictionary<string, double> Losses { get; init; } = [];

    /// <summary>Balance of several heads: fixed, uncertainty or dwa; see <see cref="LossBalancer"/>.</summary>
    public string Balance { get; init; } = "fixed";

    /// <summary>Images of the same identity that are adjacent in a batch, for losses over pairs; 0 shuffles all images.</summary>
    public int PerIdentity { get; init; }

    /// <summary>Maximum seconds between two checkpoints within an epoch; the end of an epoch always has one.</summary>
    public double CheckpointSeconds { get; init; } = 30;

    /// <summary>Number of epochs between two validations; the last epoch is always validated.</summary>
    public int ValidateEvery { get; init; } = 1;
}

/// <summary>Weights to start from.</summary>
public sealed record TransferConfig
{
    /// <summary>Checkpoint, safetensors or ONNX file.</summary>
    public string From { get; init; } = "";

    /// <summary>Prefixes of weights that are not loaded, such as <c>head</c>.</summary>
    public string[] Except { get; init; } = [];
}
