using EdgeVision.Cli.Packages;
using EdgeVision.Cli.Pipelines;
using EdgeVision.Configuration;
using EdgeVision.Inference;
using EdgeVision.Models;

namespace EdgeVision.Cli.Deployment;

/// <summary>Builds the package that a machine needs to run a pipeline.</summary>
internal static class DeployPackage
{
    private const string Manifest = "MANIFEST.sha256";

    /// <summary>Writes a package.</summary>
    /// <param name="call">Content and location of the package.</param>
    /// <param name="log">Receives a summary of the package and the next steps.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <returns>False if the pipeline is invalid; its problems have been printed.</returns>
    /// <exception cref="UsageException">A file is missing, or the output location is taken.</exception>
    /// <exception cref="EdgeVisionException">A model cannot be read.</exception>
    public static bool Write(DeployArguments call, TextWriter log, CancellationToken cancel)
    {
        CheckOut(call);
        foreach (string model in call.Models)
        {
            CommandHelpers.RequireFile(model, "model");
        }

        var files = new PackageFiles();
        var program = call.Target.FindProgram(call.Program, call.WithOpenCv);
        if (call.WithOpenCv && !program.Any(PackageTarget.IsOpenCv))
        {
            throw new UsageException(
                $"OpenCV's library is not beside the program for {call.Target.Name}: "
                + $"build it with ./build.sh aot --rid={call.Target.Name} --opencv=true, or omit --with-opencv");
        }

        files.AddProgram("bin/", program);
        var (text, file, folder) = Pipeline(call);
        if (DeployedPipeline.Create(text, file, folder, files) is not { } pipeline)
        {
            return false;
        }

        string[] models = [.. call.Models.Select(files.AddModel).Concat(pipeline.Models).Distinct().Order(StringComparer.Ordinal)];
        AddTexts(call, files, pipeline, [.. models.Select(m => (m, HasSelfTest(files.All[m].Path!)))]);
        files.Add(Manifest, files.Manifest(cancel), executable: false, "\n");
        long bytes = PackageWriter.Write(call.OutputPath, files, call.Name, call.Force ? IsPackage : null, cancel);

        string count = models.Length == 1 ? "1 model" : $"{models.Length} models";
        log.WriteLine(FormattableString.Invariant($"{call.OutputPath}: {count} and a pipeline for {call.Target.Name}, {bytes / 1e6:F1} MB"));
        PrintNextSteps(call, program, pipeline, log);
        return true;
    }

    private static void CheckOut(DeployArguments call)
    {
        string to = Path.TrimEndingDirectorySeparator(Path.GetFullPath(call.OutputPath));
        if (!Directory.Exists(Path.GetDirectoryName(to)))
        {
            throw new UsageException($"the folder of --out '{call.OutputPath}' does not exist");
        }

        bool folder = !PackageWriter.IsTar(to) && !PackageWriter.IsZip(to);
        if (folder ? File.Exists(to) : Directory.Exists(to))
        {
            throw new UsageException(
                $"--out '{call.OutputPath}' is a {(folder ? "file" : "folder")}; it must be a folder, a .tar.gz or a .zip");
        }

        bool taken = folder ? Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any() : File.Exists(to);
        if (taken && !call.Force)
        {
            throw new UsageException($"--out '{call.OutputPath}' already exists; use --force to replace it");
        }

        if (taken && folder && !IsPackage(to))
        {
            throw new UsageException($"--out '{call.OutputPath}' is a folder without a package; --force replaces only packages");
        }
    }

    // Only folders that this command wrote are ever deleted.
    private static bool IsPackage(string folder) =>
        File.Exists(Path.Combine(folder, Manifest)) && File.Exists(Path.Combine(folder, "pipeline.yaml"));

    private static (string Text, string File, string Folder) Pipeline(DeployArguments call)
    {
        if (call.Pipeline is { } path)
        {
            try
            {
                return (PipelineConfig.ReadFile(path), path, Path.GetDirectoryName(Path.GetFullPath(path))!);
            }
            catch (PipelineConfigException e)
            {
                throw new UsageException(e.Message);
            }
        }

        if (call.Models.Count == 0)
        {
            throw new UsageException("nothing to deploy; give --model or --pipeline");
        }

        string model = Path.GetFullPath(call.Models[0]);
        return (PipelineCommand.GetStartFile(Path.GetFileName(model)), "the pipeline of 'pipeline init'", Path.GetDirectoryName(model)!);
    }

    private static void AddTexts(
        DeployArguments call, PackageFiles files, DeployedPipeline pipeline, IReadOnlyList<(string Model, bool Verifies)> models)
    {
        string lineEnd = call.Target.IsWindows ? "\r\n" : "\n";
        var texts = new DeployTemplates(call, pipeline, models);
        void Add(string name, string text, bool executable = false) => files.Add(name, text, executable, lineEnd);

        Add("pipeline.yaml", pipeline.Text);
        Add("environment.example", DeployTemplates.EnvironmentExample(call, pipeline));
        Add("output/.keep", "");
        if (call.Target.IsWindows)
        {
            Add("README.txt", texts["README-windows.txt"]);
            Add("verify.ps1", texts["verify.ps1"]);
            return;
        }

        Add("README.txt", texts["README-linux.txt"]);
        Add($"{call.Name}.service", texts["pipeline.service"]);
        Add("Dockerfile", texts["Dockerfile"]);
        Add(".dockerignore", "environment\nsecrets\n");
        foreach (string script in (string[])["install.sh", "uninstall.sh", "verify.sh"])
        {
            Add(script, texts[script], executable: true);
        }
    }

    // Models of other exporters have no self-test; on the target they are only loaded.
    private static bool HasSelfTest(string model)
    {
        using var engine = new InferenceEngine(model, new EngineOptions { Providers = ProviderPolicy.Prefer(Provider.Cpu) });
        try
        {
            return BundleReader.ReadSpec(model, engine.Metadata, engine.Inputs, engine.Outputs, null).Spec.Goldens is { Length: > 0 };
        }
        catch (ModelFormatException)
        {
            return false; // the pipeline names its spec
        }
    }

    private static void PrintNextSteps(DeployArguments call, IReadOnlyList<string> program, DeployedPipeline pipeline, TextWriter log)
    {
        foreach (string note in pipeline.Notes)
        {
            log.WriteLine($"note:   {note}");
        }

        if (!program.Any(p => Path.GetFileName(p) == call.Target.OnnxRuntime))
        {
            log.WriteLine(
                $"note:   {call.Target.OnnxRuntime} is not beside the program: set {OrtLibrary.PathVariable} to it on the target");
        }

        string[] needed = [.. pipeline.Variables.Where(v => v.Default is null).Select(v => v.Name)];
        if (needed.Length > 0 || pipeline.SecretFiles.Any())
        {
            string variables = needed.Length > 0 ? $" ({string.Join(", ", needed)})" : "";
            string secrets = pipeline.SecretFiles.Any() ? $"; files with secrets: {string.Join(", ", pipeline.SecretFiles)}" : "";
            log.WriteLine($"target: fill in environment.example{variables}{secrets}");
        }

        if (call.Target.IsWindows)
        {
            log.WriteLine("target: unpack, then powershell -ExecutionPolicy Bypass -File verify.ps1");
            return;
        }

        string archive = Path.GetFileName(call.OutputPath);
        string unpack = PackageWriter.IsTar(call.OutputPath) ? $"tar xzf {archive} && cd {call.Name} && "
            : PackageWriter.IsZip(call.OutputPath) ? $"unzip -q {archive} && cd {call.Name} && "
            : "";
        log.WriteLine($"target: {unpack}./verify.sh && sudo ./install.sh");
    }
}
