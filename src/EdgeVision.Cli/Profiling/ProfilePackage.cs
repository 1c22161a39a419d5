using System.Globalization;
using EdgeVision.Cli.Packages;

namespace EdgeVision.Cli.Profiling;

/// <summary>Writes a package that profiles models on another machine.</summary>
/// <remarks>
/// It contains the program compiled ahead of time, the models, and a script that measures them and writes a results file to import. The
/// same inputs give the same bytes.
/// </remarks>
internal static class ProfilePackage
{
    private const string Root = "edgevision-profile";

    /// <summary>Writes a package.</summary>
    /// <param name="file">The .tar.gz to write, which appears only when complete.</param>
    /// <param name="target">Runtime identifier of the target.</param>
    /// <param name="programFolder">Folder of the program for the target; null for the one that ./build.sh aot writes.</param>
    /// <param name="call">Models and configurations to measure.</param>
    /// <param name="log">Receives a summary of the package and the next steps.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <exception cref="UsageException">There is no program for the target.</exception>
    public static void Write(string file, string target, string? programFolder, ProfileArguments call, TextWriter log, CancellationToken cancel)
    {
        if (call.Data.Length > 0)
        {
            throw new UsageException("--data cannot be combined with --package; give it to profile.sh on the target");
        }

        var program = PackageTarget.Parse(target).FindProgram(programFolder, withOpenCv: true);
        string[] models = ProfilePlan.SelectPrecisions(ProfilePlan.FindFiles(call.Models), call.Precisions).Files;
        var files = new PackageFiles();
        files.AddProgram("", program);
        foreach (string model in models)
        {
            files.AddModel(model);
        }

        if (call.Spec is { } spec)
        {
            files.Add("spec.json", spec);
        }

        if (call.ImagePath is { } picture)
        {
            files.Add("picture" + Path.GetExtension(picture).ToLowerInvariant(), picture);
        }

        files.Add("profile.sh", Script(call), executable: true, "\n");
        files.Add("README.txt", Readme(target), executable: false, "\n");
        long bytes = PackageWriter.Write(file, files, Root, null, cancel);

        string count = models.Length == 1 ? "1 model" : $"{models.Length} models";
        log.WriteLine(FormattableString.Invariant($"{file}: {count} for {target}, {bytes / 1e6:F1} MB"));
        log.WriteLine($"on the target: tar xzf {Path.GetFileName(file)} && ./edgevision-profile/profile.sh");
        log.WriteLine($"then here:     edgevision profile import results.json --html devices.html");
    }

    private static string Script(ProfileArguments call)
    {
        var arguments = new List<string> { "--models", "'models/*.onnx'" };
        void Add(string name, IEnumerable<string> values)
        {
            string joined = string.Join(',', values);
            if (joined.Length > 0)
            {
                arguments.Add(name);
                arguments.Add(Quote(joined));
            }
        }

        var o = call.Options;
        Add("--sizes", call.Sizes.Select(s => $"{s.Width}x{s.Height}"));
        Add("--batch", call.Batches.Where(_ => call.Batches is not [1]).Select(Text));
        Add("--providers", call.Providers.Where(_ => call.Providers is not ["auto"]));
        foreach (var (name, value) in call.ProviderOptions)
        {
            Add("--provider-option", [$"{name}={value}"]);
        }

        Add("--threads", call.ThreadsGiven ? call.Threads.Select(Text) : []); // default: all cores of the target
        var rates = call.Rates.Where(_ => call.Rates is not [null]);
        Add("--rate", rates.Select(r => r is { } fps ? fps.ToString(CultureInfo.InvariantCulture) : "max"));
        Add("--arrivals", call.RandomArrivals ? ["random"] : []);
        Add("--spec", call.Spec is null ? [] : ["spec.json"]);
        Add("--picture", call.ImagePath is null ? [] : ["picture" + Path.GetExtension(call.ImagePath).ToLowerInvariant()]);
        Add(o.Iterations is null ? "--duration" : "--iterations", [o.Iterations is { } n ? Text(n) : Milliseconds(o.Duration)]);
        Add("--warmup", [Milliseconds(o.WarmUp)]);
        Add("--frame", [$"{o.FrameWidth}x{o.FrameHeight}"]);
        Add("--operators", o.OperatorRuns > 0 ? [Text(o.OperatorRuns)] : []);
        Add("--device", o.Device is null ? [] : [o.Device]);
        arguments.AddRange(o.NetworkOnly ? ["--network-only"] : []);
        arguments.AddRange(o.CountCosts ? [] : ["--no-costs"]);
        return $"""
            #!/bin/sh
            # Measures every model in models/ on this machine and writes results.json, results.md and results.html here.
            # Further options of edgevision profile may follow. EDGEVISION_LAUNCHER is put before the program, such as an emulator.
            set -e
            cd "$(dirname "$0")"
            exec $EDGEVISION_LAUNCHER ./edgevision profile {string.Join(' ', arguments)} \
              --json results.json --markdown results.md --html results.html "$@"

            """;
    }

    private static string Readme(string target) => $"""
        Profiles vision models on {target}. Nothing needs to be installed.

          ./profile.sh               measures and writes results.json, results.md and results.html here
          ./profile.sh --threads 1   the same with other options; ./edgevision profile --help lists them
          ./edgevision doctor        shows what this machine offers

        Run nothing else meanwhile, and set the power mode that the device will use. Copy results.json back and compare devices with
          edgevision profile import results.json others.json --html devices.html

        """;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:F0}ms");

    private static string Quote(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or ',' or '-' or '_' or '=')
        ? text
        : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
