namespace EdgeVision.Exporter.Architectures;

/// <summary>Default classes of the architectures, as in the drawn data, for settings without labels.</summary>
internal static class DefaultLabels
{
    /// <summary>Scene types.</summary>
    public static readonly string[] Scenes = ["meadow", "street", "beach", "room", "night"];

    /// <summary>Pixel classes of images with one kind of foreground.</summary>
    public static readonly string[] Foreground = ["background", "foreground"];

    /// <summary>Keypoints of a drawn figure.</summary>
    public static readonly string[] Keypoints =
    [
        "nose", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
        "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    ];
}
