using Microsoft.ML.OnnxRuntime;

namespace EdgeVision;

/// <summary>Turns a <see cref="ProviderPolicy"/> into an open session.</summary>
internal static class ProviderSelection
{
    /// <summary>
    /// Opens with what can be had. <paramref name="open"/> makes the session from providers in order (the CPU last) and
    /// throws <see cref="ProviderFailedException"/> where one does not start: at its registration, or, as CUDA without a
    /// device does, only when the session is made.
    /// </summary>
    public static (TSession Session, ProviderReport Report) Open<TSession>(
        ProviderPolicy policy, INativeProviders native, Func<IReadOnlyList<Provider>, TSession> open)
    {
        var available = native.Available;
        var active = new List<Provider>();
        var skipped = new List<(Provider, string)>();
        foreach (var provider in policy.Providers.TakeWhile(p => p != Provider.Cpu || policy.Required))
        {
            if (provider == Provider.Cpu)
            {
                continue;
            }

            if (available.Contains(native.NameOf(provider)))
            {
                active.Add(provider);
                continue;
            }

            string reason = provider == Provider.Plugin ? "no library of its own was given" : $"this build of ONNX Runtime has no {native.NameOf(provider)}";
            if (policy.Required)
            {
                throw Unavailable(provider, reason, null);
            }

            if (!policy.IsAuto)
            {
                skipped.Add((provider, reason));
            }
        }

        active.Add(Provider.Cpu); // For nodes that no other takes.
        return OpenFirst(policy, active, skipped, open);
    }

    /// <summary>Opens without the first provider, which loaded and failed when it ran.</summary>
    public static (TSession Session, ProviderReport Report) OpenNext<TSession>(
        ProviderPolicy policy, ProviderReport failed, string reason, Func<IReadOnlyList<Provider>, TSession> open) =>
        OpenFirst(policy, [.. failed.Active.Skip(1)], [.. failed.Skipped, (failed.Active[0], reason)], open);

    /// <summary>Whether nodes run where the policy lets them: on required providers alone, some of them on the first.</summary>
    /// <exception cref="ProviderUnavailableException">They do not; the message has the numbers.</exception>
    public static void RequirePlacement(ProviderPolicy policy, INativeProviders native, IReadOnlyDictionary<string, int> placement, string model)
    {
        var wanted = policy.Providers;
        int elsewhere = placement.Where(p => !wanted.Any(w => native.NameOf(w) == p.Key)).Sum(p => p.Value);
        if (elsewhere > 0 || !placement.ContainsKey(native.NameOf(wanted[0])))
        {
            throw new ProviderUnavailableException(
                $"{wanted[0].Name()} was required, but nodes of '{model}' run elsewhere ({string.Join(", ", placement.Select(p => $"{p.Key}: {p.Value}"))}); let the CPU have the rest by requiring {wanted[0].Name()} and cpu, or prefer {wanted[0].Name()} instead");
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
            catch (ProviderFailedException e) when (policy.Required)
            {
                throw Unavailable(e.Provider, e.Message, e);
            }
            catch (ProviderFailedException e) when (e.Provider != Provider.Cpu && active.Remove(e.Provider))
            {
                skipped.Add((e.Provider, e.Message));
            }
        }
    }

    /// <summary>Registers providers with a session's options.</summary>
    public static void Append(INativeProviders native, SessionOptions session, IReadOnlyList<Provider> providers, IReadOnlyDictionary<string, string> options)
    {
        foreach (var provider in providers)
        {
            try
            {
                native.Append(session, provider, ProviderOptions.For(provider, options));
            }
            catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException or NotSupportedException)
            {
                throw new ProviderFailedException(provider, e);
            }
        }
    }

    private static ProviderUnavailableException Unavailable(Provider provider, string reason, Exception? cause)
    {
        string message = $"{provider.Name()} was required and cannot be had: {reason}; {Advice(provider)}";
        return cause is null ? new ProviderUnavailableException(message) : new ProviderUnavailableException(message, cause);
    }

    private static string Advice(Provider provider) => provider switch
    {
        Provider.Cuda => "build with -p:EdgeVisionNative=Cuda on a machine with an NVIDIA driver, name its library with --provider-library, or ask for --provider auto",
        Provider.TensorRt => "build with -p:EdgeVisionNative=Cuda on a machine with an NVIDIA driver and TensorRT, or ask for --provider auto",
        Provider.DirectMl => "build with -p:EdgeVisionNative=DirectML on Windows, or ask for --provider auto",
        Provider.Plugin => "name its library with --provider-library (RuntimeOptions.ProviderLibrary), or ask for --provider auto",
        _ => $"build with -p:EdgeVisionNative=None and let {OrtLibrary.PathVariable} name a library that has it, or ask for --provider auto",
    };
}
