using System.CommandLine;
using System.CommandLine.Parsing;
using EdgeVision.Cli;
using EdgeVision.Cli.Deployment;
using EdgeVision.Cli.GpuCheck;
using EdgeVision.Cli.Pipelines;
using EdgeVision.Cli.Profiling;
using EdgeVision.Pipeline.Sources;

Console.OutputEncoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
var root = new RootCommand(
    "Runs vision models on images, videos and cameras: detection, segmentation, pose, oriented boxes, classification and embeddings. "
    + "Evaluates and profiles models, deploys pipelines, and searches images by similarity.")
{
    RunCommand.Create(),
    PipelineCommand.Create(),
    InspectCommand.Create(),
    EvalCommand.Create(),
    ProfileCommand.Create(),
    ProfileWorker.Create(),
    IndexCommand.Create(),
    SearchCommand.Create(),
    VerifyCommand.Create(),
    MotCommand.Create(),
    LiveCommand.Create(),
    DeployCommand.Create(),
    SchemaCommand.Create(),
    DoctorCommand.Create(),
    GpuCheckCommand.Create(),
};
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    // One line with the error, and one with the command that shows the help.
    Console.Error.WriteLine($"edgevision: {SourceAddress.Redact(parsed.Errors[0].Message.ReplaceLineEndings(" "))}");
    Console.Error.WriteLine($"try: edgevision {PathOf(parsed.CommandResult)}--help");
    return ExitCode.UsageError;
}

// A graceful shutdown of a pipeline takes seconds: sinks flush their queues, and decoders are waited for.
return await parsed.InvokeAsync(new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,
    ProcessTerminationTimeout = TimeSpan.FromSeconds(15),
});

static string PathOf(CommandResult called) => called.Parent is CommandResult parent ? $"{PathOf(parent)}{called.Command.Name} " : "";
