namespace EdgeVision;

/// <summary>Which provider a model runs on and why others do not.</summary>
/// <param name="Active">Providers in the session, in ONNX Runtime's order of preference; the CPU is always last.</param>
/// <param name="Skipped">Providers that were wanted and passed over, each with its reason.</param>
public sealed record ProviderReport(IReadOnlyList<Provider> Active, IReadOnlyList<(Provider Provider, string Reason)> Skipped)
{
    /// <summary>Nodes on each provider by ONNX Runtime's names; null where nobody has counted them: a required provider is checked, one that is preferred is not.</summary>
    public IReadOnlyDictionary<string, int>? Placement { get; init; }
}
