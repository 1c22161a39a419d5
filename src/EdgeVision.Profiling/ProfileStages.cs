using System.Text.Json.Serialization;

namespace EdgeVision.Profiling;

/// <summary>Times of the stages of a run in milliseconds.</summary>
/// <param name="Preprocess">Conversion of pixels to the input tensor.</param>
/// <param name="CopyIn">Copy of inputs to the device; 0 if the network runs in the memory they were written to.</param>
/// <param name="Run">Execution of the network.</param>
/// <param name="CopyOut">Copy of outputs from the device, and their conversion to float32.</param>
/// <param name="Postprocess">Decoding of outputs to results.</param>
public sealed record ProfileStages(double Preprocess, double CopyIn, double Run, double CopyOut, double Postprocess);
