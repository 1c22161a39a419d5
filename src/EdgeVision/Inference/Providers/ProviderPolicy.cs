using EdgeVision.Inference.Providers;

namespace EdgeVision;

/// <summary>Policy of the providers that may run a model, and of what happens if one is not available.</summary>
public sealed class ProviderPolicy
{
    private ProviderPolicy(bool required, bool auto, Provider[] providers)
    {
        IsRequired = required;
        IsAuto = auto;
        Providers = providers;
    }

    /// <summary>Gets the policy of the best available provider, with the CPU last.</summary>
    /// <remarks>TensorRT runs only if it is named: it builds an engine for minutes at the first load.</remarks>
    public static ProviderPolicy Auto { get; } = new(false, true, [Provider.Cuda, Provider.DirectMl, Provider.CoreMl, Provider.Cpu]);

    /// <summary>Gets whether the first provider must run the model.</summary>
    public bool IsRequired { get; }

    /// <summary>Gets whether the choice depends on what is available.</summary>
    public bool IsAuto { get; }

    /// <summary>Gets the providers in order of preference.</summary>
    public IReadOnlyList<Provider> Providers { get; }

    /// <summary>Creates a policy that requires all of the given providers.</summary>
    /// <remarks>
    /// Loading fails with <see cref="ProviderUnavailableException"/> unless all of them are available, the first one runs nodes, and no
    /// node runs elsewhere. <c>Require(Cuda, Cpu)</c> allows nodes that CUDA cannot run on the CPU.
    /// </remarks>
    public static ProviderPolicy Require(params Provider[] providers) => new(true, false, NotEmpty(providers));

    /// <summary>Creates a policy that prefers the given providers in order and falls back to the next.</summary>
    /// <remarks>
    /// The first available one runs the model, those after it run the nodes that it does not support, and the CPU is always last. The
    /// reasons of skipped providers are in <see cref="ProviderReport.Skipped"/>.
    /// </remarks>
    public static ProviderPolicy Prefer(params Provider[] providers) => new(false, false, NotEmpty(providers));

    /// <summary>Creates the automatic policy for a provider library: its provider first.</summary>
    internal static ProviderPolicy AutoWith(Provider first) => new(false, true, [first, .. Auto.Providers.Where(p => p != first)]);

    private static Provider[] NotEmpty(Provider[] providers) =>
        providers is { Length: > 0 }
            ? [.. providers.Distinct()]
            : throw new ArgumentException("name at least one provider", nameof(providers));
}
