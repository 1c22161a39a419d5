using EdgeVision.Diagnostics;
using EdgeVision.Inference.Cache;
using EdgeVision.Inference.OnnxFiles;
using EdgeVision.Inference.Providers;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Inference.Sessions;

/// <summary>Opens the sessions of one model.</summary>
/// <remarks>
/// They are: the first session, the next one when a provider fails at its first run, and sessions that are profiled. Engines
/// that share a session share the loader.
/// </remarks>
internal sealed class EngineLoader
{
    private readonly string? _cacheFolder;
    private ModelCacheStatus _cacheUse;
    private string? _engineFolder;
    private bool _graphs;
    private List<string>? _bufferedWarnings;

    /// <exception cref="ModelFormatException">The file is not a readable ONNX model, or it refers outside its folder.</exception>
    /// <exception cref="ProviderUnavailableException">The provider library cannot be loaded.</exception>
    public EngineLoader(string path, EngineOptions options)
    {
        (Path, Options) = (path, options);
        ProviderOptions.Validate(options.ProviderOptions);
        bool cacheable = !OnnxFile.Validate(path) && options.OptimizeGraph;
        _cacheFolder = cacheable ? options.CacheFolder : null;
        OrtLibrary.EnsureLoaded();
        var library = options.ProviderLibrary is { } file ? ProviderLibrary.Load(file) : null;
        Native = options.Native ?? (library is null ? OrtProviders.Instance : new OrtProviders(library));
        Policy = library is not null && options.Providers.IsAuto ? ProviderPolicy.AutoWith(library.Provider) : options.Providers;
        Threads = (options.Threads ?? ThreadBudget.Default) is var budget && options.Threads is null && ThreadBudget.OpenSessions > 0
            ? budget with { AllowSpinning = false }
            : budget;
        Warning += options.OnWarning;
        _bufferedWarnings = options.OnWarning is null ? [] : null;
    }

    public event Action<string>? Warning;

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    public EngineOptions Options { get; }

    public INativeProviders Native { get; }

    public ProviderPolicy Policy { get; }

    public ThreadBudget Threads { get; }

    /// <summary>Lock held while a session that failed at its first run is replaced.</summary>
    public Lock ReplacementLock { get; } = new();

    /// <summary>Gets or sets the session that replaced one that failed at its first run; null if none failed.</summary>
    public EngineSession? Replacement { get; set; }

    public void Warn(string message)
    {
        if (Warning is { } listening)
        {
            listening(message);
        }
        else
        {
            _bufferedWarnings?.Add(message);
        }
    }

    /// <summary>Returns and clears the warnings that were raised before a handler was attached.</summary>
    /// <remarks>An application that loads a model for others attaches its handler only after loading.</remarks>
    public IReadOnlyList<string> TakeBufferedWarnings()
    {
        var unheard = _bufferedWarnings ?? [];
        _bufferedWarnings = null;
        return unheard;
    }

    /// <summary>Opens the first session.</summary>
    /// <exception cref="ProviderUnavailableException">A required provider is not available.</exception>
    public EngineSession Open()
    {
        var (session, report) = ProviderSelection.Open(Policy, Native, OpenWith);
        foreach (var (provider, reason) in report.Skipped)
        {
            Warn($"{provider.GetName()} is not used: {reason}");
        }

        return Finish(session, report);
    }

    /// <summary>Opens a session without the first provider of a failed session.</summary>
    public EngineSession OpenNext(EngineSession failed, string reason)
    {
        var (session, report) = ProviderSelection.OpenNext(Policy, failed.Report, reason, OpenWith);
        return Finish(session, report);
    }

    /// <summary>Creates session options without providers.</summary>
    public SessionOptions CreateOptions()
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = Threads.InferenceThreads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = Options.OptimizeGraph ? GraphOptimizationLevel.ORT_ENABLE_ALL : GraphOptimizationLevel.ORT_DISABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", Threads.AllowSpinning ? "1" : "0");
        options.AddSessionConfigEntry("session.force_spinning_stop", "1"); // other sessions use the cores between runs
        foreach (var (key, value) in Options.ProviderOptions)
        {
            if (ProviderOptions.IsSessionOption(key))
            {
                options.AddSessionConfigEntry(key, value);
            }
        }

        return options;
    }

    /// <summary>Registers providers with a session's options.</summary>
    /// <param name="options">Options of the session.</param>
    /// <param name="providers">Providers in order of preference.</param>
    /// <param name="graphs">Whether the first provider may record its runs as a graph, if its options enable that.</param>
    /// <exception cref="ProviderFailedException">A provider failed to start.</exception>
    public void AppendProviders(SessionOptions options, IReadOnlyList<Provider> providers, bool graphs)
    {
        var given = Options.ProviderOptions;
        _engineFolder = null;
        if (providers.Contains(Provider.TensorRt))
        {
            (given, _engineFolder) = TensorRtCache.AddEngineFolder(given, Path, Options);
        }

        if (!graphs && UsesGraphs(providers[0]))
        {
            given = new Dictionary<string, string>(given)
            {
                [providers[0].GetName() + "." + GraphOption(providers[0])] = "0",
            };
        }

        ProviderSelection.Append(Native, options, providers, given);
    }

    private EngineSession Finish(InferenceSession session, ProviderReport report)
    {
        var first = report.Active[0];
        int device = ProviderOptions.GetDeviceId(ProviderOptions.GetOptions(first, Options.ProviderOptions));
        return new EngineSession(session, report, first == Provider.Cpu ? null : Native.OpenMemory(session, first, device))
        {
            ModelCache = _cacheUse,
            OpenedForGraphs = _graphs,
            UsesGraphs = _graphs,
            EngineFolder = report.Active.Contains(Provider.TensorRt) ? _engineFolder : null,
        };
    }

    private InferenceSession OpenWith(IReadOnlyList<Provider> providers)
    {
        _cacheUse = Options.CacheFolder is null ? ModelCacheStatus.Disabled : ModelCacheStatus.Unavailable;
        _graphs = UsesGraphs(providers[0]);
        if (_cacheFolder is not null && providers is [Provider.Cpu])
        {
            try
            {
                string settings = "cpu|" + string.Join('|', Options.ProviderOptions
                    .Where(o => ProviderOptions.IsSessionOption(o.Key))
                    .OrderBy(o => o.Key, StringComparer.Ordinal)
                    .Select(o => $"{o.Key}={o.Value}"));
                (var session, _cacheUse) = OptimizedModelCache.Open(_cacheFolder, Path, settings, CreateOptions);
                return session;
            }
            catch (OnnxRuntimeException e)
            {
                throw CreateLoadError(e);
            }
        }

        try
        {
            try
            {
                return Create(providers);
            }
            catch (OnnxRuntimeException e) when (_graphs)
            {
                // Recording is rejected if nodes run on other providers; the session may open without it.
                _graphs = false;
                var session = Create(providers);
                WarnNoGraph(providers[0], ErrorText.ToSingleLine(e.Message));
                return session;
            }
        }
        catch (OnnxRuntimeException e) when (providers[0] != Provider.Cpu && !Policy.IsRequired)
        {
            // The next provider's attempt shows whether the provider or the model is at fault.
            throw new ProviderFailedException(providers[0], e);
        }
        catch (OnnxRuntimeException e) when (providers[0] != Provider.Cpu && !OpensOnCpu())
        {
            throw CreateLoadError(e);
        }
        catch (OnnxRuntimeException e) when (providers[0] != Provider.Cpu)
        {
            throw new ProviderFailedException(providers[0], e);
        }
        catch (OnnxRuntimeException e)
        {
            throw CreateLoadError(e);
        }
    }

    /// <summary>Warns that runs are not recorded as a CUDA graph.</summary>
    public void WarnNoGraph(Provider provider, string reason) => Warn($"{Name} runs without CUDA graphs on {provider.GetName()}: {reason}");

    private InferenceSession Create(IReadOnlyList<Provider> providers)
    {
        using var options = CreateOptions();
        AppendProviders(options, providers, _graphs);
        using var build = TensorRtCache.ReportBuild(_engineFolder, Name, Warn);
        return new InferenceSession(Path, options);
    }

    private bool UsesGraphs(Provider provider) =>
        GraphOption(provider) is { } name
        && ProviderOptions.GetOptions(provider, Options.ProviderOptions).TryGetValue(name, out string? value)
        && ProviderOptions.IsTrue(value);

    private static string? GraphOption(Provider provider) => provider switch
    {
        Provider.Cuda => "enable_cuda_graph",
        Provider.TensorRt => "trt_cuda_graph_enable",
        _ => null,
    };

    private bool OpensOnCpu()
    {
        try
        {
            using var options = CreateOptions();
            using var session = new InferenceSession(Path, options);
            return true;
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }
    }

    private ModelFormatException CreateLoadError(OnnxRuntimeException e) =>
        new($"'{Path}' cannot be loaded; it may be damaged or truncated, or need a newer ONNX Runtime: {ErrorText.ToSingleLine(e.Message)}", e);
}
