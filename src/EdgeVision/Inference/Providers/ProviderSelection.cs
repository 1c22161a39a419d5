using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Inference.Providers;

/// <summary>Opens a session according to a <see cref="ProviderPolicy"/>.</summary>
internal static class ProviderSelection
{
    /// <summary>Opens a session with the available providers.</summary>
    /// <remarks>
    /// <paramref name="open"/> creates the session from providers in order (the CPU last) and throws
    /// <see cref="ProviderFailedException"/> if one fails to start: at its registration, or, as CUDA without a device, only when the
    /// session is created.
    /// </remarks>
    public static (TSession Session, ProviderReport Report) Open<TSession>(
        ProviderPolicy policy, INativeProviders native, Func<IReadOnlyList<Provider>, TSession> open)
    {
        var available = native.Available;
        var active = new List<Provider>();
        var skipped = new List<(Provider, string)>();
        foreach (var provider in policy.Providers.TakeWhile(p => p != Provider.Cpu || policy.IsRequired))
        {
            if (provider == Provider.Cpu)
            {
                continue;
            }

            if (available.Contains(native.GetName(provider)))
            {
                active.Add(provider);
                continue;
            }

            string reason = provider == Provider.Plugin
                ? "no provider library was given"
                : $"this build of ONNX Runtime has no {native.GetName(provider)}";
            if (policy.IsRequired)
            {
                throw CreateUnavailableError(provider, reason, null);
            }

            if (!policy.IsAuto)
            {
                skipped.Add((provider, reason));
            }
        }

        active.Add(Provider.Cpu); // for nodes that no other provider supports
        return OpenFirst(policy, active, skipped, open);
    }

    /// <summary>Opens a session without the first provider, which loaded but failed at its first run.</summary>
    public static (TSession Session, ProviderReport Report) OpenNext<TSession>(
        ProviderPolicy policy, ProviderReport failed, string reason, Func<IReadOnlyList<Provider>, TSession> open) =>
        OpenFirst(policy, [.. failed.Active.Skip(1)], [.. failed.Skipped, (failed.Active[0], reason)], open);

    /// <summary>Checks that nodes run only on required providers, and some on the first one.</summary>
    /// <exception cref="ProviderUnavailableException">Nodes run elsewhere; the message has the numbers.</exception>
    public static void RequirePlacement(
        ProviderPolicy policy, INativeProviders native, IReadOnlyDictionary<string, int> placement, string model)
    {
        var wanted = policy.Providers;
        int elsewhere = placement.Where(p => !wanted.Any(w => native.GetName(w) == p.Key)).Sum(p => p.Value);
        if (elsewhere > 0 || !placement.ContainsKey(native.GetName(wanted[0])))
        {
            string first = wanted[0].GetName(), nodes = string.Join(", ", placement.Select(p => $"{p.Key}: {p.Value}"));
            throw new ProviderUnavailableException(
                $"{first} was required, but nodes of '{model}' run elsewhere ({nodes}); "
                + $"require {first} and cpu to allow the rest on the CPU, or prefer {first} instead of requiring it");
        }
    }

    private static (TSession Session, ProviderReport Report) OpenFirst<TSession>(
        ProviderPolicy policy, List<Provider> active, List<(Provider, string)> skipped, Func<IReadOnlyList<Provider>, TSession> open)
    {
        while (true)
        {
            try
            {
                return (open(active), new ProviderReport([.. active], skipped));
            }
            catch (ProviderFailedException e) when (policy.IsRequired)
            {
                throw CreateUnavailableError(e.Provider, e.Message, e);
            }
            catch (ProviderFailedException e) when (e.Provider != Provider.Cpu && active.Remove(e.Provider))
            {
                skipped.Add((e.Provider, e.Message));
            }
        }
    }

    /// <summary>Registers providers with a session's options.</summary>
    public static void Append(INativeProviders native, SessionOptions session,
        IReadOnlyList<Provider> providers, IReadOnlyDictionary<string, string> options)
    {
        foreach (var provider in providers)
        {
            try
            {
                native.Append(session, provider, ProviderOptions.GetOptions(provider, options));
            }
            catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException
                or NotSupportedException)
            {
                throw new ProviderFailedException(provider, e);
            }
        }
    }

    private static ProviderUnavailableException CreateUnavailableError(Provider provider, string reason, Exception? cause)
    {
        string message = $"{provider.GetName()} was required, but is not available: {reason}; {GetAdvice(provider)}";
        return cause is null ? new ProviderUnavailableException(message) : new ProviderUnavailableException(message, cause);
    }

    private static string GetAdvice(Provider provider) => provider switch
    {
        Provider.Cuda => "build with -p:EdgeVisionNative=Cuda on a machine with an NVIDIA driver, "
            + "set its library with --provider-library, or use --provider auto",
        Provider.TensorRt => "build with -p:EdgeVisionNative=Cuda on a machine with an NVIDIA driver and TensorRT, "
            + "or use --provider auto",
        Provider.DirectMl => "build with -p:EdgeVisionNative=DirectML on Windows, or use --provider auto",
        Provider.Plugin => "set its library with --provider-library (RuntimeOptions.ProviderLibrary), or use --provider auto",
        _ => $"build with -p:EdgeVisionNative=None and set {OrtLibrary.PathVariable} to a library that has it, "
            + "or use --provider auto",
    };
}
