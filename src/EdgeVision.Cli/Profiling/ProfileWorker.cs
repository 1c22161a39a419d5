using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgeVision.Cli.DataSets;
using EdgeVision.Cli.Evaluation;
using EdgeVision.Imaging;
using EdgeVision.Inference.Providers;
using EdgeVision.Profiling;

namespace EdgeVision.Cli.Profiling;

/// <summary>Worker process that measures one configuration.</summary>
/// <remarks>
/// Reads a job as JSON from standard input, and writes lines that begin with <see cref="LinePrefix"/> to standard output; the last of them is the
/// answer. The parent ignores other lines, which providers may print.
/// </remarks>
internal static class ProfileWorker
{
    /// <summary>Name of the command that the parent process runs.</summary>
    public const string Name = "profile-worker";

    /// <summary>Prefix of the lines for the parent process.</summary>
    public const string LinePrefix = "#edgevision ";

    /// <summary>Prefix of the answer, after the mark.</summary>
    public const string AnswerPrefix = "answer ";

    private const double MinScore = 0.001; // average precision needs the whole curve

    public static Command Create()
    {
        var command = new Command(Name, "Measures one configuration for edgevision profile.") { Hidden = true };
        command.SetAction((_, cancel) => Task.FromResult(Run(cancel)));
        return command;
    }

    private static int Run(CancellationToken cancel)
    {
        ProfileAnswer answer;
        try
        {
            using var input = Console.OpenStandardInput();
            var job = JsonSerializer.Deserialize(input, ProfileJobJson.Default.ProfileJob)
                ?? throw new EdgeVisionException("standard input contains no job");
            answer = job.Task switch
            {
                ProfileTask.Inspect => new ProfileAnswer { Model = ModelProfiler.Inspect(job.Request.Model, job.Request.Spec) },
                ProfileTask.Measure => new ProfileAnswer { Row = Measure(job, cancel) },
                ProfileTask.Probe => new ProfileAnswer { Probe = Probe(job.Request) },
                _ => new ProfileAnswer { Metric = Evaluate(job, cancel) },
            };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // All errors go to the parent, which adds them to the row.
            bool expected = e is EdgeVisionException or UsageException or IOException or UnauthorizedAccessException;
            answer = new ProfileAnswer { Error = expected ? e.Message : $"{e.GetType().Name}: {e.Message}" };
        }

        WriteLine(AnswerPrefix + JsonSerializer.Serialize(answer, ProfileJobJson.Default.ProfileAnswer));
        return answer.Error is null ? ExitCode.Success : ExitCode.Failure;
    }

    private static ProviderProbe Probe(ProfileRequest request) => request.ProviderLibrary is { } library
        ? ProviderProbe.TestLibrary(library, request.ProviderOptions)
        : ProviderProbe.Test(ProviderNames.Parse(request.Provider), request.ProviderOptions);

    private static ProfileRow Measure(ProfileJob job, CancellationToken cancel)
    {
        using var picture = job.Picture is { } path ? ImageFile.Load(path) : null;
        return ModelProfiler.Profile(job.Request, job.Options, picture?.Frame, new Reporter(), cancel);
    }

    private static ProfileMetric Evaluate(ProfileJob job, CancellationToken cancel)
    {
        var problems = new LabelProblems(Console.Error);
        var data = LabelledData.Open(job.Data!, null, null, null, problems);
        using var model = VisionModel.Load(job.Request.Model, new RuntimeOptions
        {
            Providers = ModelProfiler.GetProviderPolicy(job.Request.Provider),
            ProviderOptions = job.Request.ProviderOptions,
            ProviderLibrary = job.Request.ProviderLibrary,
            SpecPath = job.Request.Spec,
            InputSize = job.Request is { Width: { } w, Height: { } h } ? (w, h) : null,
            Confidence = (float)MinScore,
        });
        double threshold = Math.Max(MinScore, model.Spec.Thresholds.Confidence);
        var evaluation = new ModelEvaluation(model, data, null, model.Options.MaxDetections, threshold, Console.Error);
        int count = Math.Min(job.Limit ?? int.MaxValue, data.Images.Count), failed = 0;
        for (int i = 0; i < count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                evaluation.Add(i);
            }
            catch (EdgeVisionException e)
            {
                failed++;
                Console.Error.WriteLine($"edgevision: skipped: {e.Message}");
            }

            WriteLine(string.Create(CultureInfo.InvariantCulture, $"accuracy {(i + 1.0) / count:F3}"));
        }

        if (failed == count)
        {
            throw new EdgeVisionException($"no image of {data.Description} could be evaluated");
        }

        var (name, value) = evaluation.Metrics[0].Headline;
        return value is >= 0 and <= 1
            ? new ProfileMetric(name, value, $"{count - failed} images of {job.Data}")
            : throw new EdgeVisionException($"{name} is undefined for {data.Description}");
    }

    private static void WriteLine(string line)
    {
        Console.Out.WriteLine(LinePrefix + line);
        Console.Out.Flush();
    }

    // Called between slices of the measurement; its time is not part of the measured times.
    private sealed class Reporter : IProgress<ProfileProgress>
    {
        private string _phase = "";
        private long _next;

        public void Report(ProfileProgress value)
        {
            if (value.Phase == _phase && Environment.TickCount64 < _next)
            {
                return;
            }

            (_phase, _next) = (value.Phase, Environment.TickCount64 + 500);
            WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value.Phase} {value.Done:F3}"));
        }
    }
}
