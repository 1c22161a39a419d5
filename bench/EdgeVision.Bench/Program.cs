using System.Globalization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using EdgeVision.Bench;
using Perfolizer.Horology;

const string Help = """
    dotnet run -c Release --project bench/EdgeVision.Bench -- [options] [BenchmarkDotNet's own options]

      --quick           every case in this process with short iterations: under five minutes in all
      --json FILE       also write [{"case","ours_ms","peer","peer_ms","floor_ms","allocated_bytes"}], medians, a row for each case and peer;
                        "overhead_ms" too where both were run in turns
      --results FILE    write bench/RESULTS.md from a file that --json wrote, and measure nothing
      --soak SECONDS    four cameras on one model for so long, and a model slowed tenfold: fair shares, accounts, memory, ages; exit code 1
                        where one does not hold
      --filter GLOB     only these, such as '*Letterbox*'

    The peers need OpenCV's native library, which on Debian needs: apt-get install --no-install-recommends libgtk-3-0
    """;
var arguments = args.ToList();
if (arguments.Contains("--help") || arguments.Contains("-h"))
{
    Console.WriteLine(Help);
    return 0;
}

bool quick = arguments.Remove("--quick");
string? json = Take("--json"), results = Take("--results"), soak = Take("--soak");
if (soak is not null)
{
    if (!double.TryParse(soak, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) || !(seconds >= 5 && seconds <= 86400))
    {
        Console.Error.WriteLine($"--soak takes seconds from 5 to 86400; '{soak}' is not");
        return 2;
    }

    return await PipelineSoak.Run(seconds) ? 0 : 1;
}

if (results is not null)
{
    Report.WriteMarkdown(results, Path.Combine(Report.BenchFolder(), "RESULTS.md"), Path.Combine(Report.BenchFolder(), "KERNELS.md"));
    return 0;
}

var job = quick
    ? Job.Default.WithWarmupCount(2).WithIterationCount(11).WithIterationTime(TimeInterval.FromMilliseconds(40)).WithToolchain(InProcessEmitToolchain.Instance)
    : Job.Default;
var config = (quick ? ManualConfig.CreateEmpty().AddLogger(NullLogger.Instance).AddColumnProvider(BenchmarkDotNet.Columns.DefaultColumnProviders.Instance) : ManualConfig.Create(DefaultConfig.Instance))
    .AddJob(job.WithRuntime(CoreRuntime.Core10_0).WithGcServer(false))
    .WithOptions(ConfigOptions.DisableOptimizationsValidator);
if (arguments.Count == 0)
{
    arguments.AddRange(["--filter", "*"]);
}

if (quick)
{
    config.AddLogger(new Ticker());
}

// Frames and pipelines are measured in turns with their peer, which BenchmarkDotNet does not do.
bool frames = Selects("EdgeVision.Bench.FrameBench.EdgeVision"), pipelines = Selects("EdgeVision.Bench.PipelineBench.EdgeVision"), profiler = Selects("EdgeVision.Bench.ProfilerBench.EdgeVision");
var classes = typeof(Report).Assembly.GetTypes().Where(t => t != typeof(ProfilerPeer) && t.GetMethods().Any(m => m.IsDefined(typeof(BenchmarkAttribute), false))).ToArray(); // the profiler's peer is run beside it
bool only = (frames || pipelines || profiler) && !classes.Any(t => t.GetMethods().Any(m => m.IsDefined(typeof(BenchmarkAttribute), false) && Selects($"{t.FullName}.{m.Name}")));
var summaries = only ? [] : BenchmarkSwitcher.FromTypes(classes).Run([.. arguments], config).ToArray();
var rows = Report.Rows(summaries);
if (frames)
{
    rows.AddRange(FrameBench.Rows(milliseconds: quick ? 2500 : 10_000));
}

if (pipelines)
{
    rows.AddRange(PipelineBench.Rows(milliseconds: quick ? 8000 : 30_000));
}

if (profiler)
{
    rows.AddRange(ProfilerBench.Rows(milliseconds: quick ? 400 : 3000, config));
}

if (quick)
{
    Report.Print(rows);
}

if (json is not null)
{
    Report.WriteJson(rows, json);
}

int broken = summaries.Sum(s => s.Reports.Count(r => !r.Success));
if (broken > 0)
{
    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{broken} benchmarks failed; run without --quick to see why"));
}

return broken == 0 && rows.Count > 0 ? 0 : 1;

// What --filter selects of a name, its patterns up to the next option.
bool Selects(string name)
{
    int at = arguments.FindIndex(a => a is "--filter" or "-f");
    return at < 0 || arguments.Skip(at + 1).TakeWhile(a => !a.StartsWith('-')).Any(pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, name));
}

string? Take(string name)
{
    int at = arguments.IndexOf(name);
    if (at < 0)
    {
        return null;
    }

    if (at + 1 == arguments.Count)
    {
        Console.Error.WriteLine($"{name} needs a file");
        Environment.Exit(2);
    }

    string value = arguments[at + 1];
    arguments.RemoveRange(at, 2);
    return value;
}
