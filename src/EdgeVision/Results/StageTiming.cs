namespace EdgeVision;

/// <summary>Time of each stage for one frame, in milliseconds.</summary>
/// <param name="PreprocessMs">Frame to tensor.</param>
/// <param name="InferenceMs">The network.</param>
/// <param name="PostprocessMs">Tensors to results.</param>
public readonly record struct StageTiming(double PreprocessMs, double InferenceMs, double PostprocessMs);
