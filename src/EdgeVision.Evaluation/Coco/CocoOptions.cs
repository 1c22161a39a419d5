namespace EdgeVision.Evaluation.Coco;

/// <summary>Settings of <see cref="CocoEvaluator"/>; the defaults are those of pycocotools.</summary>
public sealed record CocoOptions
{
    /// <summary>Gets the OKS sigma of each keypoint: its spread relative to the object's size.</summary>
    /// <remarks>
    /// The default is COCO's 17 keypoints of a person (nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles);
    /// another set of keypoints needs its own.
    /// </remarks>
    public IReadOnlyList<double> Sigmas { get; init; } = PersonSigmas;

    /// <summary>Gets the maximum detections per class and image that count, ascending.</summary>
    /// <remarks>Empty selects COCO's limits: 1, 10, 100, or 20 for keypoints.</remarks>
    public IReadOnlyList<int> MaxDetections { get; init; } = [];

    /// <summary>Gets whether detections match annotations of any class ("useCats = 0").</summary>
    public bool ClassAgnostic { get; init; }

    /// <summary>Gets COCO's sigmas of a person's 17 keypoints.</summary>
    public static IReadOnlyList<double> PersonSigmas { get; } =
        [.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089];

    /// <summary>
    /// Returns the same sigma for each of <paramref name="count"/> keypoints, for sets whose labelling accuracy is unknown.
    /// </summary>
    public static IReadOnlyList<double> UniformSigmas(int count, double sigma = 0.05) => [.. Enumerable.Repeat(sigma, count)];
}
