namespace EdgeVision;

/// <summary>One keypoint in pixels of the frame.</summary>
/// <param name="X">Column.</param>
/// <param name="Y">Row.</param>
/// <param name="Score">Visibility or confidence, 0..1.</param>
public readonly record struct Keypoint(float X, float Y, float Score);
