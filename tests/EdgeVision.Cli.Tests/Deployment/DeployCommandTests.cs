using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using EdgeVision.Cli.Tests.Packages;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests.Deployment;

/// <summary><c>edgevision deploy</c> in processes of its own, with a program that is one by its head alone.</summary>
public sealed class DeployCommandTests : IDisposable
{
    private const string Shapes = "models/shapes-fpn.onnx";

    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-deploy-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    private string[] Call(string to, params string[] more) => ["deploy", "--target", "linux-x64", "--program", FakeProgram.Write(At("program"), FakeProgram.X64), "--out", At(to), .. more];

    private string Pipeline(string more, string model = Shapes)
    {
        File.WriteAllText(At("gate.yaml"), $"version: 1\nsources:\n  - {{name: door, uri: 'test:'}}   # the door\nmodels:\n  - path: {Path.Combine(CommandLine.Repository, model)}\n{more}");
        return At("gate.yaml");
    }

    private CommandLine.Outcome Deploy(params string[] call)
    {
        var outcome = CommandLine.Run(call);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return outcome;
    }

    [Fact]
    public void A_folder_holds_what_a_machine_needs_and_nothing_else()
    {
        Deploy(Call("there", "--model", Shapes));
        string[] files = [.. Directory.EnumerateFiles(At("there"), "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(At("there"), f)).Order(StringComparer.Ordinal)];
        Assert.Equal(
        [
            ".dockerignore", "Dockerfile", "MANIFEST.sha256", "README.txt", "bin/edgevision", "bin/libonnxruntime.so", "edgevision.service", "environment.example", "install.sh",
            "models/shapes-fpn.onnx", "output/.keep", "pipeline.yaml", "uninstall.sh", "verify.sh",
        ], files);
        Assert.DoesNotContain(files, f => File.ReadAllText(Path.Combine(At("there"), f)).Contains("{{", StringComparison.Ordinal) && !f.StartsWith("models/", StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            Assert.True(File.GetUnixFileMode(At("there/bin/edgevision")).HasFlag(UnixFileMode.OtherExecute));
            Assert.False(File.GetUnixFileMode(At("there/pipeline.yaml")).HasFlag(UnixFileMode.UserExecute));
        }

        // The pipeline that 'pipeline init' prints, with the model that was given; it checks where it lies.
        Assert.Contains("- path: models/shapes-fpn.onnx", File.ReadAllText(At("there/pipeline.yaml")), StringComparison.Ordinal);
        var check = CommandLine.Run("pipeline", "check", At("there/pipeline.yaml"));
        Assert.True(check.ExitCode == 0, check.Error);
    }

    [Fact]
    public void The_manifest_names_every_file_with_its_sum()
    {
        Deploy(Call("there", "--model", Shapes));
        var lines = File.ReadAllLines(At("there/MANIFEST.sha256"));
        Assert.Equal(Directory.EnumerateFiles(At("there"), "*", SearchOption.AllDirectories).Count() - 1, lines.Length);
        Assert.All(lines, line => Assert.Equal(line[..64], Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(At("there"), line[66..]))))));
    }

    [Theory]
    [InlineData("a.tar.gz", "b.tar.gz", "a tar")]
    [InlineData("a.zip", "b.zip", "a zip")]
    public void The_same_inputs_give_the_same_bytes(string one, string two, string reason)
    {
        Deploy(Call(one, "--model", Shapes));
        foreach (string file in Directory.EnumerateFiles(At("program")))
        {
            File.SetLastWriteTimeUtc(file, new DateTime(2001, 2, 3, 0, 0, 0, DateTimeKind.Utc));
        }

        Deploy(Call(two, "--model", Shapes));
        Assert.True(File.ReadAllBytes(At(one)).AsSpan().SequenceEqual(File.ReadAllBytes(At(two))), reason);
    }

    [Fact]
    public void Archives_hold_one_folder_of_the_name_with_modes()
    {
        Deploy(Call("a.tar.gz", "--model", Shapes, "--name", "gate"));
        Deploy(Call("a.zip", "--model", Shapes, "--name", "gate"));
        var tar = new Dictionary<string, (int Mode, DateTimeOffset Time)>();
        using (var reader = new TarReader(new GZipStream(File.OpenRead(At("a.tar.gz")), CompressionMode.Decompress)))
        {
            while (reader.GetNextEntry() is { } entry)
            {
                tar.Add(entry.Name, ((int)entry.Mode, entry.ModificationTime));
                Assert.Equal((0, 0), (entry.Uid, entry.Gid));
            }
        }

        using var zip = ZipFile.OpenRead(At("a.zip"));
        Assert.Equal(tar.Keys, zip.Entries.Select(e => e.FullName));
        Assert.Equal(tar.Values.Select(v => v.Mode), zip.Entries.Select(e => (e.ExternalAttributes >> 16) & 0x1FF));
        Assert.Single(tar.Values.Select(v => v.Time).Distinct());
        Assert.Contains("gate/gate.service", tar.Keys);
        Assert.Equal(Convert.ToInt32("755", 8), tar["gate/bin/edgevision"].Mode);
    }

    [Fact]
    public void Paths_are_those_of_the_package_and_the_rest_of_the_text_stays()
    {
        Directory.CreateDirectory(At("photos"));
        File.Copy(Path.Combine(CommandLine.Repository, "samples", "scene.png"), At("photos/a.png"));
        File.WriteAllText(At("broker.secret"), "hunter2hunter2");
        File.WriteAllText(At("ca.pem"), "a certificate");
        string pipeline = Pipeline("""
                spec: shapes.json
                cache: ../cache
            tracking: {tracker: bytetrack}
            sinks:
              - jsonl: "found.jsonl"       # every frame
              - csv: /data/tracks.csv
              - csv: {path: '${TABLES:-tables}/two.csv'}
              - mqtt: {url: 'mqtts://${BROKER:-broker.example}', user: door, password_file: broker.secret, tls: {ca: ca.pem}}
            """);
        File.WriteAllText(At("shapes.json"), Spec());
        File.WriteAllText(pipeline, File.ReadAllText(pipeline).Replace("'test:'", "'photos/*.png'", StringComparison.Ordinal));
        var outcome = Deploy(Call("there", "--pipeline", pipeline));
        string text = File.ReadAllText(At("there/pipeline.yaml"));
        foreach (string line in (string[])
        [
            "uri: 'sources/photos/*.png'}   # the door", "path: models/shapes-fpn.onnx", "spec: specs/shapes.json", "cache: '${EDGEVISION_OUTPUT:-output}/cache'",
            "- jsonl: '${EDGEVISION_OUTPUT:-output}/found.jsonl'       # every frame", "- csv: /data/tracks.csv", "'${TABLES:-tables}/two.csv'",
            "password_file: '${CREDENTIALS_DIRECTORY:-secrets}/broker.secret', tls: {ca: certificates/ca.pem}",
        ])
        {
            Assert.Contains(line, text, StringComparison.Ordinal);
        }

        foreach (string file in (string[])["sources/photos/a.png", "specs/shapes.json", "certificates/ca.pem", "models/shapes-fpn.onnx"])
        {
            Assert.True(File.Exists(At($"there/{file}")), file);
        }

        // A secret stays where it is; the unit and the example say that it is needed.
        Assert.DoesNotContain(Directory.EnumerateFiles(At("there"), "*", SearchOption.AllDirectories), f => File.ReadAllText(f).Contains("hunter2", StringComparison.Ordinal));
        Assert.Contains("LoadCredential=broker.secret:/etc/edgevision/secrets/broker.secret", File.ReadAllText(At("there/edgevision.service")), StringComparison.Ordinal);
        Assert.Contains("broker.secret", File.ReadAllText(At("there/environment.example")), StringComparison.Ordinal);
        Assert.Contains("# BROKER=broker.example", File.ReadAllText(At("there/environment.example")), StringComparison.Ordinal);
        Assert.Contains("/data/tracks.csv", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_stay_references_and_need_not_be_set_here()
    {
        string pipeline = Pipeline("sinks:\n  - mqtt: {url: 'mqtt://broker.example', user: door, password: '${MQTT_PASSWORD}', topic: '${SITE:-site}/{source}'}\n");
        var outcome = Deploy(Call("there", "--pipeline", pipeline));
        Assert.Contains("password: '${MQTT_PASSWORD}'", File.ReadAllText(At("there/pipeline.yaml")), StringComparison.Ordinal);
        string[] example = File.ReadAllLines(At("there/environment.example"));
        Assert.Contains("MQTT_PASSWORD=", example);
        Assert.Contains("# SITE=site", example);
        Assert.Contains("MQTT_PASSWORD", outcome.Output, StringComparison.Ordinal);

        // What is set here does not change what is written.
        Assert.Equal(0, CommandLine.Run(new Dictionary<string, string> { ["MQTT_PASSWORD"] = "hunter2hunter2" }, Call("other", "--pipeline", pipeline)).ExitCode);
        Assert.Equal(File.ReadAllText(At("there/MANIFEST.sha256")), File.ReadAllText(At("other/MANIFEST.sha256")));
    }

    [Theory]
    [InlineData("sinks:\n  - mqtt: {url: 'mqtt://broker.example', user: door, password: hunter2hunter2}\n", "a password")]
    [InlineData("sinks:\n  - webhook: {url: 'https://h.example', headers: {Authorization: Basic hunter2hunter2}}\n", "a header")]
    [InlineData("sinks:\n  - mqtt: {url: 'mqtt://broker.example', user: door, password: '${P:-hunter2hunter2}'}\n", "a default that is one")]
    [InlineData("sinks:\n  - webhook: {url: 'https://door:hunter2hunter2@h.example/'}\n", "an address")]
    public void A_secret_in_the_text_does_not_travel(string sinks, string reason)
    {
        var outcome = CommandLine.Run(Call("there", "--pipeline", Pipeline(sinks)));
        Assert.True(outcome.ExitCode == 2, reason);
        Assert.Contains("gate.yaml:7:", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("${NAME}", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("there")));
    }

    [Fact]
    public void A_named_user_runs_the_service_and_is_made_by_the_installer()
    {
        Deploy(Call("there", "--model", Shapes, "--name", "gate", "--service-user", "gatekeeper"));
        string unit = File.ReadAllText(At("there/gate.service")), install = File.ReadAllText(At("there/install.sh"));
        Assert.Contains("User=gatekeeper\n", unit, StringComparison.Ordinal);
        Assert.DoesNotContain("DynamicUser", unit, StringComparison.Ordinal);
        Assert.Contains("ExecStart=/opt/gate/bin/edgevision pipeline run /opt/gate/pipeline.yaml", unit, StringComparison.Ordinal);
        Assert.Contains("--shell /usr/sbin/nologin gatekeeper", install, StringComparison.Ordinal);
    }

    [Fact]
    public void Windows_gets_its_own_program_and_script()
    {
        string[] call = Call("there", "--model", Shapes);
        (call[2], call[4]) = ("win-x64", FakeProgram.Write(At("windows"), FakeProgram.WindowsX64));
        Deploy(call);
        Assert.True(File.Exists(At("there/bin/edgevision.exe")));
        Assert.True(File.Exists(At("there/bin/onnxruntime.dll")));
        Assert.Contains("Step 'models/shapes-fpn.onnx' verify 'models/shapes-fpn.onnx'\r\n", File.ReadAllText(At("there/verify.ps1")), StringComparison.Ordinal);
        Assert.False(File.Exists(At("there/install.sh")));
    }

    [Fact]
    public void OpenCv_goes_along_when_it_is_asked_for()
    {
        string[] call = Call("there", "--model", Shapes, "--with-opencv");
        var missing = CommandLine.Run(call);
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("--opencv=true", missing.Error, StringComparison.Ordinal);
        File.WriteAllBytes(At("program/libOpenCvSharpExtern.so"), FakeProgram.Elf(FakeProgram.X64));
        Deploy(call);
        Assert.True(File.Exists(At("there/bin/libOpenCvSharpExtern.so")));
        Deploy(Call("plain", "--model", Shapes));
        Assert.False(File.Exists(At("plain/bin/libOpenCvSharpExtern.so")));
    }

    [Fact]
    public void Only_packages_are_replaced_and_only_by_force()
    {
        Deploy(Call("there", "--model", Shapes));
        Assert.Contains("--force", Wrong(Call("there", "--model", Shapes)), StringComparison.Ordinal);
        File.WriteAllText(At("there/output/found.jsonl"), "{}");
        Deploy(Call("there", "--model", Shapes, "--force"));
        Assert.False(File.Exists(At("there/output/found.jsonl")));
        Directory.CreateDirectory(At("home"));
        File.WriteAllText(At("home/letters.txt"), "mine");
        Assert.Contains("without a package", Wrong(Call("home", "--model", Shapes, "--force")), StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(At("home/letters.txt")));
        Assert.Empty(Directory.GetFileSystemEntries(_folder, "*.part").Concat(Directory.GetFileSystemEntries(_folder, "*.old")));
    }

    [Theory]
    [InlineData("there.zip", "an archive")]
    [InlineData("there", "a folder")]
    public async Task An_interrupted_call_leaves_nothing(string to, string reason)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        string[] call = Call(to, "--model", Shapes);
        using (var library = File.OpenWrite(At("program/libonnxruntime.so")))
        {
            library.SetLength(4L << 30); // sparse: takes no room, and long to pack
        }

        using var process = CommandLine.Start(null, call);
        string part = At(to + ".part");
        for (int i = 0; i < 6000 && !Path.Exists(part) && !process.HasExited; i++)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.True(Path.Exists(part) && !process.HasExited, reason);
        using (var kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(130, CommandLine.Finish(process).ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(_folder, "there*"));
    }

    [Theory]
    [InlineData("target must be one of linux-x64, linux-arm64, win-x64, win-arm64; got 'linux-arm'", "an unknown target", "--target", "linux-arm")]
    [InlineData("./build.sh aot --rid=linux-arm64", "no program", "--program", "none", "--target", "linux-arm64")]
    [InlineData("is not a program for linux-arm64", "a program for another machine", "--target", "linux-arm64")]
    [InlineData("model 'models/none.onnx' does not exist", "a model that is not there", "--model", "models/none.onnx")]
    [InlineData("does not exist", "a pipeline that is not there", "--pipeline", "none.yaml")]
    [InlineData("--name must be a lowercase letter", "a name that would lead elsewhere", "--name", "../x")]
    [InlineData("--service-user must be a lowercase letter", "root", "--service-user", "root")]
    [InlineData("outputs no boxes", "a model that the pipeline of init does not fit", "--model", "models/scenes-vit.onnx")]
    public void A_wrong_call_says_what_to_do_and_writes_nothing(string message, string reason, params string[] change)
    {
        string[] call = Call("there.tar.gz", "--model", Shapes);
        for (int i = 0; i < change.Length; i += 2)
        {
            int at = Array.IndexOf(call, change[i]);
            call = at < 0 ? [.. call, change[i], change[i + 1]] : [.. call[..(at + 1)], change[i + 1], .. call[(at + 2)..]];
        }

        string error = Wrong(call);
        Assert.True(error.Contains(message, StringComparison.Ordinal), $"{reason}: {error}");
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder, "there*"));
    }

    [Fact]
    public void A_pipeline_that_does_not_check_is_listed_with_its_lines()
    {
        string error = Wrong(Call("there", "--pipeline", Pipeline("tracking: {traker: bytetrack}\nsinks: [{jsonl: {pth: x}}]\n")));
        Assert.Contains("gate.yaml:6:12: 'tracking' has no key 'traker'", error, StringComparison.Ordinal);
        Assert.Contains("gate.yaml:7:", error, StringComparison.Ordinal);
        Assert.Contains("problems", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_models_of_one_name_do_not_overwrite_each_other()
    {
        Directory.CreateDirectory(At("other"));
        File.Copy(Path.Combine(CommandLine.Repository, "models", "scenes-vit.onnx"), At("other/shapes-fpn.onnx"));
        Assert.Contains("rename one", Wrong(Call("there", "--model", Shapes, "--model", At("other/shapes-fpn.onnx"))), StringComparison.Ordinal);
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    [Fact]
    public void A_package_installs_twice_and_goes_without_a_trace()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.UserName != "root", "install.sh needs root on Linux");
        Deploy(Call("there", "--model", Shapes));
        Directory.CreateDirectory(At("image/etc"));
        File.WriteAllText(At("image/etc/group"), "video:x:44:\nrender:x:105:\n");
        Script("install.sh");
        File.WriteAllText(At("image/etc/edgevision/environment"), "A=b\n");
        Script("install.sh");
        Assert.Equal("A=b\n", File.ReadAllText(At("image/etc/edgevision/environment")));
        Assert.True(File.GetUnixFileMode(At("image/opt/edgevision/bin/edgevision")).HasFlag(UnixFileMode.OtherExecute));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(At("image/etc/edgevision/secrets")));
        Assert.True(File.Exists(At("image/etc/systemd/system/multi-user.target.wants/edgevision.service")));
        Script("uninstall.sh");
        Assert.False(Directory.Exists(At("image/opt/edgevision")));
        Assert.True(File.Exists(At("image/etc/edgevision/environment")));
        Script("uninstall.sh", "--purge");
        Assert.Equal([At("image/etc/group")], Directory.GetFiles(At("image"), "*", SearchOption.AllDirectories));

        File.AppendAllText(At("there/pipeline.yaml"), "# changed\n");
        Assert.Contains("verify.sh", Run("install.sh", 1), StringComparison.Ordinal);
    }

    private void Script(string name, params string[] arguments) => Run(name, 0, arguments);

    private string Run(string name, int exit, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DESTDIR"] = At("image");
        foreach (string argument in (string[])[At($"there/{name}"), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var outcome = CommandLine.Finish(process);
        Assert.True(outcome.ExitCode == exit, outcome.Error + outcome.Output);
        return outcome.Error;
    }

    private static string Spec()
    {
        var printed = CommandLine.Run("inspect", Shapes, "--print-spec");
        Assert.Equal(0, printed.ExitCode);
        return printed.Output;
    }

    private static string Wrong(string[] call)
    {
        var outcome = CommandLine.Run(call);
        Assert.True(outcome.ExitCode == 2, outcome.Error);
        return outcome.Error;
    }
}
