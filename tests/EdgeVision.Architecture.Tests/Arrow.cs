namespace EdgeVision.Architecture.Tests;

/// <summary>One dependency between two rooms (libraries or folders), with the place that makes it.</summary>
/// <param name="From">Room that uses the other.</param>
/// <param name="To">Room that is used.</param>
/// <param name="Place">What makes the dependency, such as "VisionModel uses Box".</param>
internal sealed record Arrow(string From, string To, string Place);
