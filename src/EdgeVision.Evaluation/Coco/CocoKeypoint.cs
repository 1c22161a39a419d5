namespace EdgeVision.Evaluation.Coco;

/// <summary>One keypoint of an annotation or a result.</summary>
/// <param name="X">Column, pixels.</param>
/// <param name="Y">Row, pixels.</param>
/// <param name="Visibility">
/// In an annotation: 0 not labelled, 1 labelled but hidden, 2 visible. Not used in a detection.
/// </param>
public readonly record struct CocoKeypoint(double X, double Y, int Visibility = 2);
