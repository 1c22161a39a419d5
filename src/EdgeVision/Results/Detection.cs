namespace EdgeVision;

/// <summary>One detection with its label, created on access from the arrays of <see cref="Detections"/>.</summary>
/// <param name="ClassId">Class id.</param>
/// <param name="Label">Class name, or the id as text if the model has no name for it.</param>
/// <param name="Score">Score 0..1.</param>
/// <param name="Box">Box in pixels of the frame.</param>
public readonly record struct Detection(int ClassId, string Label, float Score, Box Box);
