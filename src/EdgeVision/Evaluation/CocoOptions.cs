namespace EdgeVision;

/// <summary>Settings of <see cref="CocoEvaluator"/>; as they stand, pycocotools' defaults.</summary>
public sealed record CocoOptions
{
    /// <summary>
    /// Spread of each keypoint relative to the object's size, for OKS. COCO's 17 of a person (nose, eyes, ears, shoulders,
    /// elbows, wrists, hips, knees, ankles); another set of keypoints needs its own.
    /// </summary>
    public IReadOnlyList<double> Sigmas { get; init; } = PersonSigmas;

    /// <summary>Most detections of a class and picture that count, ascending; empty takes COCO's: 1, 10, 100, or 20 for keypoints.</summary>
    public IReadOnlyList<int> MaxDetections { get; init; } = [];

    /// <summary>Compares everything with everything, whatever its class ("useCats = 0").</summary>
    public bool ClassAgnostic { get; init; }

    /// <summary>COCO's sigmas of a person's 17 keypoints.</summary>
    public static IReadOnlyList<double> PersonSigmas { get; } =
        [.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089];

    /// <summary>The same sigma for each of <paramref name="count"/> keypoints, where nobody has measured how well people place them.</summary>
    public static IReadOnlyList<double> UniformSigmas(int count, double sigma = 0.05) => [.. Enumerable.Repeat(sigma, count)];
}
