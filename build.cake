// dotnet cake --target=Test        (or ./build.sh test, which installs what the tests need first)
// Targets: Clean, Restore, Build, Test, Arm64, Bench, PublishAot, Pack, Docs.

var target = Argument("target", "Test");
var configuration = Argument("configuration", "Release");
var rid = Argument("rid", "linux-x64");
var native = Argument("native", "Cpu");
var instructions = Argument("instructions", ""); // such as x86-64-v3: AVX2 kernels, and the binary needs such a processor
var opencv = Argument("opencv", "");             // true: with OpenCV's native library, 114 MB
var artifacts = Directory("./artifacts");
const string Solution = "./EdgeVision.sln";

DotNetMSBuildSettings Settings() => new DotNetMSBuildSettings().WithProperty("EdgeVisionNative", native);

Task("Clean").Does(() =>
{
    DotNetClean(Solution, new DotNetCleanSettings { Configuration = configuration });
    CleanDirectory(artifacts);
});

Task("Restore").Does(() => DotNetRestore(Solution, new DotNetRestoreSettings { MSBuildSettings = Settings() }));

Task("Build").IsDependentOn("Restore").Does(() =>
    DotNetBuild(Solution, new DotNetBuildSettings { Configuration = configuration, NoRestore = true, MSBuildSettings = Settings() }));

Task("Test").IsDependentOn("Build").Does(() =>
{
    // One test program after another: two cores are soon shared by ONNX Runtime, Torch and the tests themselves.
    var exit = StartProcess("dotnet", new ProcessSettings
    {
        Arguments = $"test --solution {Solution} -c {configuration} --no-build --max-parallel-test-modules 1 --results-directory ./artifacts/tests",
    });
    if (exit != 0)
    {
        throw new Exception($"dotnet test ended with {exit}");
    }
});

Task("Bench").IsDependentOn("Restore").Does(() =>
    DotNetRun("./bench/EdgeVision.Bench", new ProcessArgumentBuilder().Append("--quick"), new DotNetRunSettings { Configuration = configuration }));

void PublishAot(string rid)
{
    var output = artifacts + Directory($"edgevision-{rid}");
    var settings = Settings().WithProperty("EdgeVisionAot", "true");
    if (instructions != "")
    {
        settings.WithProperty("IlcInstructionSet", instructions);
    }

    if (opencv != "")
    {
        settings.WithProperty("EdgeVisionOpenCv", opencv);
    }

    if (rid == "linux-arm64" && System.Runtime.InteropServices.RuntimeInformation.OSArchitecture != System.Runtime.InteropServices.Architecture.Arm64)
    {
        settings.WithProperty("LinkerFlavor", "lld"); // the machine's own linker does not write ARM64
    }

    DotNetPublish("./src/EdgeVision.Cli", new DotNetPublishSettings
    {
        Configuration = configuration,
        Runtime = rid,
        OutputDirectory = output,
        MSBuildSettings = settings,
    });
    // The SDK puts the binary there under its assembly's name; the command's name is the one to keep.
    foreach (var file in GetFiles($"{output}/EdgeVision.Cli*"))
    {
        DeleteFile(file);
    }

    Information($"ahead-of-time binary: {output}/edgevision");
}

Task("PublishAot").Does(() => PublishAot(rid));

// The ARM64 build, cross-compiled and emulated: the command line ahead of time, and the tests of the runtime with their dependencies compiled
// as far as can be, because compiling is slow where it is emulated. Tests that need more than the reflection that a binary keeps run nowhere else.
Task("Arm64").Does(() =>
{
    if (StartProcess("./tools/arm64-run.sh", "--check") != 0)
    {
        Information("arm64: 0 passed, 0 failed, 1 skipped (nothing to emulate an ARM64 processor with)");
        return;
    }

    DotNetBuild("./tests/EdgeVision.Fidelity", new DotNetBuildSettings { Configuration = configuration, MSBuildSettings = Settings() });
    PublishAot("linux-arm64");
    foreach (var (project, folder) in new[] { ("EdgeVision.Tests", "tests-linux-arm64"), ("EdgeVision.Retrieval.Tests", "retrieval-tests-linux-arm64") })
    {
        DotNetPublish($"./tests/{project}", new DotNetPublishSettings
        {
            Configuration = configuration,
            Runtime = "linux-arm64",
            SelfContained = true,
            PublishReadyToRun = true,
            OutputDirectory = artifacts + Directory(folder),
            MSBuildSettings = Settings(),
        });
    }

    var exit = StartProcess("./tools/arm64-tests.sh");
    if (exit != 0)
    {
        throw new Exception($"the ARM64 tests ended with {exit}");
    }
});

// Every library, the meta-packages, the command line as a tool, and the templates. Projects that are no packages say so themselves.
Task("Pack").Does(() =>
{
    var packages = artifacts + Directory("packages");
    CleanDirectory(packages);
    DotNetPackSettings Into(DotNetMSBuildSettings settings) => new DotNetPackSettings
    {
        Configuration = configuration, OutputDirectory = packages, MSBuildSettings = settings,
    };
    foreach (var project in GetFiles("./src/*/*.csproj"))
    {
        DotNetPack(project.FullPath, Into(Settings()));
    }

    DotNetPack("./templates", Into(Settings()));
    DotNetPack("./src/EdgeVision.Cli", Into(Settings().WithProperty("EdgeVisionTool", "true")));
    foreach (var package in GetFiles($"{packages}/*.nupkg").OrderBy(p => p.FullPath))
    {
        Information($"{FileSize(package),12:N0}  {package.GetFilename()}");
    }
});

// The API reference as web pages, from the XML documentation of the libraries: artifacts/api.
Task("Docs").IsDependentOn("Build").Does(() =>
{
    var exit = StartProcess("dotnet", "docfx docs/docfx.json");
    if (exit != 0)
    {
        throw new Exception($"docfx ended with {exit}");
    }
});

RunTarget(target);
