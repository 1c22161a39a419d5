using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

// dotnet run -c Release --project bench/EdgeVision.Bench -- [--quick] [BenchmarkDotNet's own options]
//   --quick   few iterations in this process: minutes, not tens of them
var arguments = args.Where(a => a != "--quick").ToArray();
var job = args.Contains("--quick")
    ? Job.Default.WithWarmupCount(3).WithIterationCount(9).WithToolchain(InProcessEmitToolchain.Instance)
    : Job.Default;
var config = DefaultConfig.Instance.AddJob(job.WithRuntime(CoreRuntime.Core10_0).WithGcServer(false));
if (arguments.Length == 0)
{
    arguments = ["--filter", "*"];
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments, config);
