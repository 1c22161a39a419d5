using System.CommandLine;
using EdgeVision.Inference.Providers;

namespace EdgeVision.Cli;

/// <summary>Options that select the execution providers of a model.</summary>
internal sealed class ProviderArguments
{
    private readonly Option<string[]> _providers = new("--provider")
    {
        Description = $"Execution providers in order of preference, separated by commas: auto, {string.Join(", ", ProviderNames.All)}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => ["auto"],
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<bool> _require = new("--require-provider")
    {
        Description = "Fail if the provider is not available, instead of falling back.",
    };
    private readonly Option<string[]> _options = ProviderOption();
    private readonly Option<string?> _library = ProviderLibraryOption();

    /// <summary>Creates the option <c>--provider-option</c>.</summary>
    public static Option<string[]> ProviderOption() => new("--provider-option")
    {
        Description = "Option of a provider or of the session, such as device_id=1, cuda.enable_cuda_graph=1, trt_fp16_enable=1 "
            + "or session.…; repeatable. docs/how-to/providers.md lists all.",
        HelpName = "NAME=VALUE",
    };

    /// <summary>Creates the option <c>--provider-library</c>.</summary>
    public static Option<string?> ProviderLibraryOption() => new("--provider-library")
    {
        Description = "Library of an execution provider that this build does not include: a plugin, or libonnxruntime_providers_cuda.so "
            + "of the same ONNX Runtime release. Without --provider it is preferred to the others.",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_providers, _require, _options, _library])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Returns the runtime options that the arguments give.</summary>
    /// <remarks>The model reports slow steps and fallbacks on standard error.</remarks>
    /// <exception cref="UsageException">A provider or an option is unknown, or the library does not exist.</exception>
    public RuntimeOptions Read(ParseResult parse)
    {
        return new RuntimeOptions
        {
            Providers = CreatePolicy(parse.GetValue(_providers)!, parse.GetValue(_require)),
            ProviderOptions = ParseOptions(parse.GetValue(_options)),
            ProviderLibrary = RequireLibrary(parse.GetValue(_library)),
            OnWarning = text => Console.Error.WriteLine($"edgevision: {text}"),
        };
    }

    /// <summary>Parses options of the form NAME=VALUE.</summary>
    /// <exception cref="UsageException">A text is not NAME=VALUE, or the option is unknown.</exception>
    public static Dictionary<string, string> ParseOptions(string[]? values)
    {
        try
        {
            return ProviderOptions.Parse(values ?? []);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--provider-option: {e.Message}");
        }
    }

    /// <summary>Returns the path of the library after checking that the file exists; null without a path.</summary>
    /// <exception cref="UsageException">The file does not exist.</exception>
    public static string? RequireLibrary(string? path)
    {
        if (path is not null)
        {
            CommandHelpers.RequireFile(path, "provider library");
        }

        return path;
    }

    public static ProviderPolicy CreatePolicy(string[] names, bool require)
    {
        string[] all = [.. names.SelectMany(n => n.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        if (all.Length == 0 || all is ["auto"])
        {
            return require
                ? throw new UsageException("--require-provider needs --provider with a provider other than auto")
                : ProviderPolicy.Auto;
        }

        try
        {
            var providers = all.Select(ProviderNames.Parse).ToArray();
            return require ? ProviderPolicy.Require(providers) : ProviderPolicy.Prefer(providers);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
