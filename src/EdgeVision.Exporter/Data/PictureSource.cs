namespace EdgeVision.Exporter.Data;

/// <summary>A data set: pictures by index. Loading is safe from several threads and gives the same picture every time.</summary>
public abstract class PictureSource
{
    /// <summary>Name for messages and model cards: "800 drawn shelves (seed 1)", "coco128 (128 photos)".</summary>
    public abstract string Description { get; }

    /// <summary>Number of pictures.</summary>
    public abstract int Count { get; }

    /// <summary>What the ids in the labels mean.</summary>
    public abstract DataLabels Labels { get; }

    /// <summary>Labels that were left out or changed while reading, one line each; none for drawn pictures.</summary>
    public virtual IReadOnlyCollection<string> Problems => [];

    /// <summary>Picture <paramref name="index"/> with its labels.</summary>
    /// <exception cref="EdgeVisionException">The picture or its labels cannot be read; the message names the file.</exception>
    public abstract LabelledPicture Load(int index);
}

/// <summary>What the ids of a data set mean; a kind of label that it does not have stays empty.</summary>
public sealed record DataLabels
{
    /// <summary>Classes of objects.</summary>
    public IReadOnlyList<string> Objects { get; init; } = [];

    /// <summary>Classes of whole pictures.</summary>
    public IReadOnlyList<string> Pictures { get; init; } = [];

    /// <summary>Classes of mask pixels; 0 is the background where there is one.</summary>
    public IReadOnlyList<string> Pixels { get; init; } = [];

    /// <summary>Names of an object's keypoints.</summary>
    public IReadOnlyList<string> Keypoints { get; init; } = [];

    /// <summary>For each keypoint the index of its mirror image (left and right change places when a picture is flipped).</summary>
    public IReadOnlyList<int> MirroredKeypoints { get; init; } = [];

    /// <summary>Pairs of keypoints to join when a skeleton is drawn.</summary>
    public IReadOnlyList<(int From, int To)> Skeleton { get; init; } = [];
}
