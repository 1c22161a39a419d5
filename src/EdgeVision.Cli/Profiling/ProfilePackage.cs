using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgeVision.Cli;

/// <summary>
/// A profile to be run on another machine: the program compiled ahead of time, the models, and a script that measures there and leaves the results as a file to
/// import. The same inputs give the same bytes.
/// </summary>
internal static class ProfilePackage
{
    private const string Root = "edgevision-profile/";
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Program = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Machines that a package can be for.</summary>
    public static IReadOnlyList<string> Targets { get; } = ["linux-x64", "linux-arm64"];

    /// <summary>This machine, where it is one of them.</summary>
    public static string Here => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";

    /// <summary>Writes a package.</summary>
    /// <param name="file">The .tar.gz; it appears when it is whole.</param>
    /// <param name="target">What it is for.</param>
    /// <param name="program">Folder of the program for it; null: where ./build.sh aot leaves it.</param>
    /// <param name="call">What is to be measured.</param>
    /// <param name="log">Told what is in it.</param>
    /// <exception cref="WrongCallException">There is no program for the target.</exception>
    public static void Write(string file, string target, string? program, ProfileCall call, TextWriter log)
    {
        if (call.Data.Length > 0)
        {
            throw new WrongCallException("data sets do not travel in a package: give --data to profile.sh there");
        }

        string folder = FindProgram(target, program);
        string[] models = ProfilePlan.Precise(ProfilePlan.Files(call.Models), call.Precisions).Files;
        if (models.GroupBy(Path.GetFileName).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new WrongCallException($"two models are called '{twice.Key}', and in a package they would lie side by side");
        }

        var entries = new SortedDictionary<string, (string? Path, byte[]? Bytes, UnixFileMode Mode)>(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(folder).Where(p => !IsSymbols(p)))
        {
            string name = Path.GetFileName(path);
            entries.Add(name, (path, null, name == "edgevision" || name.Contains(".so", StringComparison.Ordinal) ? Program : Plain));
        }

        foreach (string model in models)
        {
            foreach (string name in ModelFiles.Of(model))
            {
                entries.TryAdd($"models/{name.Replace('\\', '/')}", (Path.Combine(Path.GetDirectoryName(Path.GetFullPath(model))!, name), null, Plain));
            }
        }

        if (call.Spec is { } spec)
        {
            entries.Add("spec.json", (spec, null, Plain));
        }

        if (call.Picture is { } picture)
        {
            entries.Add("picture" + Path.GetExtension(picture).ToLowerInvariant(), (picture, null, Plain));
        }

        entries.Add("profile.sh", (null, Encoding.UTF8.GetBytes(Script(call)), Program));
        entries.Add("README.txt", (null, Encoding.UTF8.GetBytes(Readme(target)), Plain));

        string part = file + ".part";
        try
        {
            using (var stream = File.Create(part))
            {
                Write(stream, entries);
            }

            File.Move(part, file, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }

        log.WriteLine(FormattableString.Invariant($"{file}: {models.Length} model{(models.Length == 1 ? "" : "s")} for {target}, {new FileInfo(file).Length / 1e6:F1} MB"));
        log.WriteLine($"there:     tar xzf {Path.GetFileName(file)} && ./edgevision-profile/profile.sh");
        log.WriteLine($"then here: edgevision profile import results.json --html devices.html");
    }

    // Times, owners and order say nothing of the machine that packed it.
    private static void Write(Stream to, SortedDictionary<string, (string? Path, byte[]? Bytes, UnixFileMode Mode)> entries)
    {
        using var gzip = new GZipStream(to, CompressionLevel.Optimal, leaveOpen: true);
        using var tar = new TarWriter(gzip, TarEntryFormat.Ustar);
        foreach (var (name, (path, bytes, mode)) in entries)
        {
            using var data = path is not null ? (Stream)File.OpenRead(path) : new MemoryStream(bytes!);
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, Root + name) { DataStream = data, Mode = mode, ModificationTime = DateTimeOffset.UnixEpoch });
        }
    }

    private static string FindProgram(string target, string? named)
    {
        string folder = named ?? (target == Here && !System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported ? AppContext.BaseDirectory : Path.Combine("artifacts", $"edgevision-{target}"));
        if (!File.Exists(Path.Combine(folder, "edgevision")))
        {
            throw new WrongCallException($"there is no program for {target} in '{folder}': write one with ./build.sh aot --rid={target} in the repository, or let --program name its folder");
        }

        ushort machine = ElfMachine(Path.Combine(folder, "edgevision"));
        ushort wanted = (ushort)(target == "linux-arm64" ? 183 : 62);
        return machine == wanted ? folder : throw new WrongCallException($"'{Path.Combine(folder, "edgevision")}' is no program for {target}");
    }

    // Bytes 18 and 19 of an ELF file name its processor.
    private static ushort ElfMachine(string path)
    {
        Span<byte> head = stackalloc byte[20];
        using var file = File.OpenRead(path);
        return file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head[..4].SequenceEqual("\u007fELF"u8) ? (ushort)(head[18] | head[19] << 8) : (ushort)0;
    }

    private static bool IsSymbols(string path) => Path.GetExtension(path) is ".dbg" or ".pdb" or ".xml" or ".debug";

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

            """.ReplaceLineEndings("\n");
    }

    private static string Readme(string target) => $"""
        A profile of vision models, to be run on {target}. Nothing needs to be installed.

          ./profile.sh               measures and writes results.json, results.md and results.html here
          ./profile.sh --threads 1   the same with other options; ./edgevision profile --help lists them
          ./edgevision doctor        what this machine offers

        Let nothing else run meanwhile, and choose the power mode that the device will run in. Take results.json back and compare devices with
          edgevision profile import results.json others.json --html devices.html

        """.ReplaceLineEndings("\n");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:F0}ms");

    private static string Quote(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or ',' or '-' or '_' or '=') ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
