using System.CommandLine;
using System.Text.RegularExpressions;

namespace EdgeVision.Cli;

/// <summary><c>edgevision deploy</c>: all that a machine needs to run a pipeline, in one folder or archive.</summary>
internal static partial class DeployCommand
{
    public static Command Create()
    {
        var target = new Option<string>("--target", "-t") { Description = $"Machine that it is for: {string.Join(", ", PackageTarget.All.Select(t => t.Name))}.", HelpName = "RID", Required = true };
        var models = new Option<string[]>("--model", "-m") { Description = "Model that goes along; those that the pipeline names do so by themselves. Several times for several.", HelpName = "FILE", DefaultValueFactory = _ => [] };
        var pipeline = new Option<string?>("--pipeline", "-p") { Description = "Pipeline that runs there; without it the one that 'pipeline init' prints, with the first --model in it.", HelpName = "FILE" };
        var to = new Option<string>("--out", "-o") { Description = "Folder, .tar.gz or .zip to write.", HelpName = "PATH", Required = true };
        var program = new Option<string?>("--program") { Description = "Folder with the program compiled for the target, as ./build.sh aot writes it; artifacts/edgevision-RID by default.", HelpName = "DIR" };
        var name = new Option<string>("--name") { Description = "Name of the folder there, of the service and of its settings.", HelpName = "NAME", DefaultValueFactory = _ => "edgevision" };
        var user = new Option<string?>("--service-user") { Description = "User that the service runs as, made where it is missing; without it systemd makes one up for each run.", HelpName = "USER" };
        var openCv = new Option<bool>("--with-opencv") { Description = "Take OpenCV's library along (114 MB, and it needs GTK 3 there); without it videos and cameras come through ffmpeg." };
        var force = new Option<bool>("--force") { Description = "Replace a package that is there." };
        var verbose = Shell.Verbose();
        var command = new Command("deploy",
            """
            Writes what a machine needs to run a pipeline: the program compiled ahead of time with its native libraries, models, the pipeline with its paths
            as they are there, a hardened systemd unit, install.sh, verify.sh, a Dockerfile. Nothing is to be installed there. Same inputs, same bytes.

            Examples:
              edgevision deploy --target linux-arm64 --model models/shapes-fpn.onnx --out shapes.tar.gz
              edgevision deploy --target linux-x64 --pipeline gate.yaml --name gate --out gate.tar.gz --service-user gate
              edgevision deploy --target linux-x64 --pipeline gate.yaml --model spare.onnx --out gate
            """)
        {
            target, models, pipeline, to, program, name, user, openCv, force, verbose,
        };
        command.SetAction((parse, cancel) => Task.FromResult(Shell.Guard(parse.GetValue(verbose), () =>
        {
            var call = new DeployCall
            {
                Target = PackageTarget.Parse(parse.GetValue(target)!),
                Models = parse.GetValue(models) ?? [],
                Pipeline = parse.GetValue(pipeline),
                Out = parse.GetValue(to)!,
                Program = parse.GetValue(program),
                Name = Named(parse.GetValue(name)!, "--name"),
                ServiceUser = parse.GetValue(user) is { } u ? Named(u, "--service-user") : null,
                WithOpenCv = parse.GetValue(openCv),
                Force = parse.GetValue(force),
            };
            return DeployPackage.Write(call, Console.Out, cancel) ? ExitCode.Done : ExitCode.WrongCall;
        })));
        return command;
    }

    // It becomes a folder, a unit and a user, and stands in scripts.
    private static string Named(string name, string option) => Name().IsMatch(name) && name != "root" ? name
        : throw new WrongCallException($"{option} is a small letter, then up to 30 small letters, digits or -; '{name}' is not");

    [GeneratedRegex("^[a-z][a-z0-9-]{0,30}$(?!\n)", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
