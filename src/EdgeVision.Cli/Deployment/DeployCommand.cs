using System.CommandLine;
using System.Text.RegularExpressions;
using EdgeVision.Cli.Packages;

namespace EdgeVision.Cli.Deployment;

/// <summary><c>edgevision deploy</c>: packs a pipeline for another machine into one folder or archive.</summary>
internal static partial class DeployCommand
{
    public static Command Create()
    {
        var target = new Option<string>("--target", "-t")
        {
            Description = $"Target machine: {string.Join(", ", PackageTarget.All.Select(t => t.Name))}.",
            HelpName = "RID",
            Required = true,
        };
        var models = new Option<string[]>("--model", "-m")
        {
            Description = "Model to include in addition to those of the pipeline; repeatable.",
            HelpName = "FILE",
            DefaultValueFactory = _ => [],
        };
        var pipeline = new Option<string?>("--pipeline", "-p")
        {
            Description = "Pipeline file (YAML) to run on the target. [default: the one that 'pipeline init' prints, with the first "
                + "--model in it]",
            HelpName = "FILE",
        };
        var to = new Option<string>("--out", "-o")
        {
            Description = "Folder, .tar.gz or .zip to write.",
            HelpName = "PATH",
            Required = true,
        };
        var program = new Option<string?>("--program")
        {
            Description = "Folder of the program compiled for the target, as ./build.sh aot writes it. [default: artifacts/edgevision-RID]",
            HelpName = "DIR",
        };
        var name = new Option<string>("--name")
        {
            Description = "Name of the folder, the service and its settings on the target: a lowercase letter, then up to 30 lowercase "
                + "letters, digits or -.",
            HelpName = "NAME",
            DefaultValueFactory = _ => "edgevision",
        };
        var user = new Option<string?>("--service-user")
        {
            Description = "User that the service runs as, created if missing. [default: a dynamic user of systemd]",
            HelpName = "USER",
        };
        var openCv = new Option<bool>("--with-opencv")
        {
            Description = "Include OpenCV's library (114 MB; needs GTK 3 on the target); without it, ffmpeg reads videos and cameras.",
        };
        var force = new Option<bool>("--force") { Description = "Replace an existing package." };
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("deploy",
            """
            Writes all that a machine needs to run a pipeline: the program compiled ahead of time with its native libraries, the models, the
            pipeline file with adjusted paths, a hardened systemd unit, install.sh, verify.sh and a Dockerfile. Nothing needs to be
            installed on the target. The same inputs give the same bytes.

            Examples:
              edgevision deploy --target linux-arm64 --model models/shapes-fpn.onnx --out shapes.tar.gz
              edgevision deploy --target linux-x64 --pipeline gate.yaml --name gate --out gate.tar.gz --service-user gate
              edgevision deploy --target linux-x64 --pipeline gate.yaml --model spare.onnx --out gate
            """)
        {
            target, models, pipeline, to, program, name, user, openCv, force, verbose,
        };
        command.SetAction((parse, cancel) => Task.FromResult(CommandHelpers.Guard(parse.GetValue(verbose), () =>
        {
            var call = new DeployArguments
            {
                Target = PackageTarget.Parse(parse.GetValue(target)!),
                Models = parse.GetValue(models) ?? [],
                Pipeline = parse.GetValue(pipeline),
                OutputPath = parse.GetValue(to)!,
                Program = parse.GetValue(program),
                Name = Named(parse.GetValue(name)!, "--name"),
                ServiceUser = parse.GetValue(user) is { } u ? Named(u, "--service-user") : null,
                WithOpenCv = parse.GetValue(openCv),
                Force = parse.GetValue(force),
            };
            return DeployPackage.Write(call, Console.Out, cancel) ? ExitCode.Success : ExitCode.UsageError;
        })));
        return command;
    }

    // The name is used for a folder, a unit and a user, and appears in scripts.
    private static string Named(string name, string option) => Name().IsMatch(name) && name != "root"
        ? name
        : throw new UsageException(
            $"{option} must be a lowercase letter, then up to 30 lowercase letters, digits or -, and not 'root'; got '{name}'");

    [GeneratedRegex("^[a-z][a-z0-9-]{0,30}$(?!\n)", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
