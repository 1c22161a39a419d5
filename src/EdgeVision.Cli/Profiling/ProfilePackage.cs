using System.Globalization;

namespace EdgeVision.Cli;

/// <summary>
/// A profile to be run on another machine: the program compiled ahead of time, the models, and a script that measures there and leaves the results as a file to
/// import. The same inputs give the same bytes.
/// </summary>
internal static class ProfilePackage
{
    private const string Root = "edgevision-profile";

    /// <summary>Writes a package.</summary>
    /// <param name="file">The .tar.gz; it appears when it is whole.</param>
    /// <param name="target">What it is for.</param>
    /// <param name="programFolder">Folder of the program for it; null: where ./build.sh aot leaves it.</param>
    /// <param name="call">What is to be measured.</param>
    /// <param name="log">Told what is in it.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="WrongCallException">There is no program for the target.</exception>
    public static void Write(string file, string target, string? programFolder, ProfileCall call, TextWriter log, CancellationToken cancel)
    {
        if (call.Data.Length > 0)
        {
            throw new WrongCallException("data sets do not travel in a package: give --data to profile.sh there");
        }

        var program = PackageTarget.Parse(target).FindProgram(programFolder, withOpenCv: true);
        string[] models = ProfilePlan.Precise(ProfilePlan.Files(call.Models), call.Precisions).Files;
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

        if (call.Picture is { } picture)
        {
            files.Add("picture" + Path.GetExtension(picture).ToLowerInvariant(), picture);
        }

        files.Add("profile.sh", Script(call), executable: true, "\n");
        files.Add("README.txt", Readme(target), executable: false, "\n");
        long bytes = PackageWriter.Write(file, files, Root, null, cancel);

        log.WriteLine(FormattableString.Invariant($"{file}: {models.Length} model{(models.Length == 1 ? "" : "s")} for {target}, {bytes / 1e6:F1} MB"));
        log.WriteLine($"there:     tar xzf {Path.GetFileName(file)} && ./edgevision-profile/profile.sh");
        log.WriteLine($"then here: edgevision profile import results.json --html devices.html");
    }

    private static string Script(ProfileCall call)
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

        Add("--threads", call.ThreadsGiven ? call.Threads.Select(Text) : []); // the default is that machine's cores, not this one's
        Add("--rate", call.Rates.Where(_ => call.Rates is not [null]).Select(r => r is { } fps ? fps.ToString(CultureInfo.InvariantCulture) : "max"));
        Add("--arrivals", call.RandomArrivals ? ["random"] : []);
        Add("--spec", call.Spec is null ? [] : ["spec.json"]);
        Add("--picture", call.Picture is null ? [] : ["picture" + Path.GetExtension(call.Picture).ToLowerInvariant()]);
        Add(o.Iterations is null ? "--duration" : "--iterations", [o.Iterations is { } n ? Text(n) : Milliseconds(o.Duration)]);
        Add("--warmup", [Milliseconds(o.WarmUp)]);
        Add("--frame", [$"{o.FrameWidth}x{o.FrameHeight}"]);
        Add("--operators", o.OperatorRuns > 0 ? [Text(o.OperatorRuns)] : []);
        Add("--device", o.Device is null ? [] : [o.Device]);
        arguments.AddRange(o.NetworkOnly ? ["--network-only"] : []);
        arguments.AddRange(o.CountCosts ? [] : ["--no-costs"]);
        return $"""
            #!/bin/sh
            # Measures every model in models/ on this machine and leaves results.json here; more options may follow, as of edgevision profile.
            # EDGEVISION_LAUNCHER stands before the program, such as an emulator and its arguments.
            set -e
            cd "$(dirname "$0")"
            exec $EDGEVISION_LAUNCHER ./edgevision profile {string.Join(' ', arguments)} --json results.json --markdown results.md --html results.html "$@"

            """;
    }

    private static string Readme(string target) => $"""
        A profile of vision models, to be run on {target}. Nothing needs to be installed.

          ./profile.sh               measures and writes results.json, results.md and results.html here
          ./profile.sh --threads 1   the same with other options; ./edgevision profile --help lists them
          ./edgevision doctor        what this machine offers

        Let nothing else run meanwhile, and choose the power mode that the device will run in. Take results.json back and compare devices with
          edgevision profile import results.json others.json --html devices.html

        """;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:F0}ms");

    private static string Quote(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or ',' or '-' or '_' or '=') ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
