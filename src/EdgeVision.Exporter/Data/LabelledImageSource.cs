namespace EdgeVision.Exporter.Data;

/// <summary>Data set: labelled images by index.</summary>
/// <remarks>Loading is thread-safe and returns the same image every time.</remarks>
public abstract class LabelledImageSource
{
    /// <summary>Gets a name for messages and model cards: "800 drawn shelves (seed 1)", "coco128 (128 photos)".</summary>
    public abstract string Description { get; }

    /// <summary>Gets the number of images.</summary>
    public abstract int Count { get; }

    /// <summary>Gets the meaning of the ids in the labels.</summary>
    public abstract DataLabels Labels { get; }

    /// <summary>Gets the labels that were skipped or changed while reading, one line each; none for drawn images.</summary>
    public virtual IReadOnlyCollection<string> Problems => [];

    /// <summary>Loads image <paramref name="index"/> with its labels.</summary>
    /// <exception cref="EdgeVisionException">The image or its labels cannot be read; the message names the file.</exception>
    public abstract LabelledImage Load(int index);
}

/// <summary>Meaning of the ids of a data set; kinds of labels that it does not have stay empty.</summary>
public sealed record DataLabels
{
    /// <summary>Object classes.</summary>
    public IReadOnlyList<string> Objects { get; init; } = [];

    /// <summary>Classes of whole images.</summary>
    public IReadOnlyList<string> Pictures { get; init; } = [];

    /// <summary>Classes of mask pixels; 0 is the background if there is one.</summary>
    public IReadOnlyList<string> Pixels { get; init; } = [];

    /// <summary>Names of an object's keypoints.</summary>
    public IReadOnlyList<string> Keypoints { get; init; } = [];

    /// <summary>
    /// Index of the mirrored keypoint for each keypoint (left and right change places when an image is flipped).
    /// </summary>
    public IReadOnlyList<int> MirroredKeypoints { get; init; } = [];

    /// <summary>Pairs of keypoints that are joined when a skeleton is drawn.</summary>
    public IReadOnlyList<(int From, int To)> Skeleton { get; init; } = [];
}
