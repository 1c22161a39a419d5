using System.CommandLine;

namespace EdgeVision.Cli;

/// <summary>The options that say on what a model runs.</summary>
internal sealed class ProviderArguments
{
    private readonly Option<string[]> _providers = new("--provider")
    {
        Description = $"Execution providers in order of preference: auto, {string.Join(", ", ProviderNames.All)}. Several by commas.",
        HelpName = "NAME",
        DefaultValueFactory = _ => ["auto"],
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<bool> _require = new("--require-provider") { Description = "Fail where the provider cannot be had, instead of falling back." };
    private readonly Option<string[]> _options = ProviderOption();
    private readonly Option<string?> _library = ProviderLibrary();

    /// <summary>The option of providers' options, by itself.</summary>
    public static Option<string[]> ProviderOption() => new("--provider-option") { Description = "Option of providers or session, repeated: device_id=1, cuda.enable_cuda_graph=1, trt_fp16_enable=1, session.…; docs/providers.md lists them.", HelpName = "NAME=VALUE" };

    /// <summary>The option of a provider's library, by itself.</summary>
    public static Option<string?> ProviderLibrary() => new("--provider-library") { Description = "Library of a provider that this build has not: a plugin, or libonnxruntime_providers_cuda.so of the core's release. Without --provider it comes first.", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_providers, _require, _options, _library])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What the call asks for; what takes long or goes otherwise is said on standard error.</summary>
    /// <exception cref="WrongCallException">A provider or an option is not known, or the library is not there.</exception>
    public RuntimeOptions Read(ParseResult parse)
    {
        return new RuntimeOptions
        {
            Providers = Policy(parse.GetValue(_providers)!, parse.GetValue(_require)),
            ProviderOptions = Options(parse.GetValue(_options)),
            ProviderLibrary = Library(parse.GetValue(_library)),
            Notice = text => Console.Error.WriteLine($"edgevision: {text}"),
        };
    }

    /// <summary>Options out of NAME=VALUE.</summary>
    /// <exception cref="WrongCallException">One is none, or not known.</exception>
    public static Dictionary<string, string> Options(string[]? values)
    {
        try
        {
            return ProviderOptions.Parse(values ?? []);
        }
        catch (ArgumentException e)
        {
            throw new WrongCallException($"--provider-option: {e.Message}");
        }
    }

    /// <summary>The library, which is there.</summary>
    /// <exception cref="WrongCallException">It is not.</exception>
    public static string? Library(string? path)
    {
        if (path is not null)
        {
            Shell.MustExist(path, "provider library");
        }

        return path;
    }

    public static ProviderPolicy Policy(string[] names, bool require)
    {
        string[] all = [.. names.SelectMany(n => n.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        if (all.Length == 0 || all is ["auto"])
        {
            return require ? throw new WrongCallException("--require-provider needs a --provider to require") : ProviderPolicy.Auto;
        }

        try
        {
            var providers = all.Select(ProviderNames.Parse).ToArray();
            return require ? ProviderPolicy.Require(providers) : ProviderPolicy.Prefer(providers);
        }
        catch (ArgumentException e)
        {
            throw new WrongCallException(e.Message);
        }
    }
}
