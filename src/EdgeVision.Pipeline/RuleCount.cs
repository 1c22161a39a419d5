namespace EdgeVision.Pipeline;

/// <summary>Value of a counter of a rule after a frame.</summary>
/// <param name="Rule">The rule's name.</param>
/// <param name="Name">Name of the counter: "inside", "in", "out", "repetitions".</param>
/// <param name="Value">Current value.</param>
public readonly record struct RuleCount(string Rule, string Name, double Value);
