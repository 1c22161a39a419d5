using System.Globalization;
using System.Text.Json;
using EdgeVision.Cli.DataSets;
using EdgeVision.Evaluation.Coco;
using EdgeVision.Imaging;

namespace EdgeVision.Cli.Evaluation;

/// <summary>A picture with its labels, as measures take it.</summary>
/// <param name="Index">Place in the data set.</param>
/// <param name="Entry">The picture's entry there.</param>
/// <param name="Image">Its pixels.</param>
/// <param name="Objects">Labelled objects, in pixels, with the data set's class ids.</param>
/// <param name="Pixels">Class of each pixel, the data set's ids; empty where there are none.</param>
internal sealed record Sample(int Index, LabelledImage Entry, LoadedImage Image, IReadOnlyList<CocoAnnotation> Objects, byte[] Pixels);

/// <summary>How good a model was on one picture.</summary>
/// <param name="Index">Place in the data set.</param>
/// <param name="Quality">1 without a fault; lower is worse.</param>
/// <param name="Errors">How many faults, to order pictures of equal quality; 0 where they are not counted.</param>
internal readonly record struct ImageScore(int Index, double Quality, int Errors = 0);

/// <summary>One way to rate a model on a data set.</summary>
internal abstract class EvaluationMetric
{
    /// <summary>Its name in JSON, such as <c>boxes</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What was matched; null where classes play no part.</summary>
    public virtual ClassMatch? Match => null;

    /// <summary>How good the model was on each picture; complete after all pictures.</summary>
    public virtual IReadOnlyList<ImageScore> Scores => OwnScores;

    /// <summary>Scores as they are added.</summary>
    protected List<ImageScore> OwnScores { get; } = [];

    /// <summary>Adds a picture and what the model found on it.</summary>
    /// <exception cref="EdgeVisionException">It cannot be counted; nothing of it was added.</exception>
    public abstract void Add(Sample sample, VisionResult result);

    /// <summary>Gets the name and value of the main metric, 0..1, higher is better; below 0 or NaN if undefined.</summary>
    public abstract (string Name, double Value) Headline { get; }

    /// <summary>Prints the figures.</summary>
    public abstract void Print(TextWriter to, bool perClass);

    /// <summary>Writes the figures as properties of an object that is open.</summary>
    public abstract void Write(Utf8JsonWriter json);

    /// <summary>A picture's labels on the left and what was found on the right.</summary>
    /// <param name="sample">The picture.</param>
    /// <param name="result">What the model found on it.</param>
    /// <param name="load">Loads another picture of the data set; the caller disposes of it.</param>
    public abstract (ComparisonPanel Left, ComparisonPanel Right) Compare(Sample sample, VisionResult result, Func<int, LoadedImage> load);

    /// <summary>A share as a table shows it; "-" where it does not exist.</summary>
    protected static string Share(double value) =>
        double.IsFinite(value) && value >= 0 ? value.ToString("F3", CultureInfo.InvariantCulture) : "-";

    /// <summary>Writes a share; null where it does not exist.</summary>
    protected static void Write(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value) && value >= 0)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
