using System.Text.Json.Serialization;

namespace EdgeVision.Profiling;

/// <summary>Time of one operator type, or of one node.</summary>
/// <param name="Name">Operator type, such as Conv; for a node its name.</param>
/// <param name="Operator">Operator type of a node; else the same as <paramref name="Name"/>.</param>
/// <param name="Provider">Provider that ran it, by ONNX Runtime's name.</param>
/// <param name="Nodes">Number of nodes.</param>
/// <param name="Ms">Time per run in milliseconds.</param>
/// <param name="Share">Fraction of the network's time, 0 to 1.</param>
public sealed record ProfileOperator(string Name, string Operator, string Provider, int Nodes, double Ms, double Share);
