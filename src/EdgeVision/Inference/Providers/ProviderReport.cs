namespace EdgeVision.Inference.Providers;

/// <summary>Reports the providers that a model runs on and why others were skipped.</summary>
/// <param name="Active">Providers in the session, in ONNX Runtime's order of preference; the CPU is always last.</param>
/// <param name="Skipped">Requested providers that were skipped, each with its reason.</param>
public sealed record ProviderReport(IReadOnlyList<Provider> Active, IReadOnlyList<(Provider Provider, string Reason)> Skipped)
{
    /// <summary>Gets the nodes on each provider, by ONNX Runtime's names; null if they were not counted.</summary>
    /// <remarks>They are counted for required providers, not for preferred ones.</remarks>
    public IReadOnlyDictionary<string, int>? Placement { get; init; }
}
