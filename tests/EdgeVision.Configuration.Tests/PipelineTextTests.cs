using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Configuration.Tests;

public sealed class PipelineTextTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-text-").FullName;

    public PipelineTextTests() => File.Copy(Path.Combine(Repository.Root, "models", "shapes-fpn.onnx"), Path.Combine(_folder, "m.onnx"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("path: m.onnx # mine", "path: 'x y.onnx' # mine", "a plain value before a comment")]
    [InlineData("path: \"m.onnx\"", "path: 'x y.onnx'", "double quotes")]
    [InlineData("path:   'm.onnx'   ", "path:   'x y.onnx'   ", "blanks around it")]
    [InlineData("path: &model m.onnx", "path: &model 'x y.onnx'", "an anchor, which stays")]
    [InlineData("path: !!str m.onnx", "path: !!str 'x y.onnx'", "a tag, which stays")]
    [InlineData("path:\n        m.onnx", "path:\n        'x y.onnx'", "the line below")]
    public void A_path_changes_and_nothing_else(string written, string expected, string reason)
    {
        string changed = PipelineText.ReplacePaths(Read(Text(written)), f => f.Kind == ConfigFileKind.Model ? "x y.onnx" : null);
        Assert.True(changed == Text(expected), $"{reason}: {changed}");
    }

    [Theory]
    [InlineData("path: >-\n      m.onnx", "a folded text")]
    [InlineData("path: |-\n      m.onnx", "a literal text")]
    public void A_path_over_several_lines_is_changed_whole_or_refused(string written, string reason)
    {
        var config = Read(Text(written));
        try
        {
            string changed = PipelineText.ReplacePaths(config, f => f.Kind == ConfigFileKind.Model ? "m.onnx" : null);
            Assert.True(Read(changed).Sources.Count == config.Sources.Count, reason);
        }
        catch (PipelineConfigException e)
        {
            Assert.Contains("in one line", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_anchored_map_that_stands_in_two_places_changes_once()
    {
        string text = "version: 1\nx-m: &m\n  path: m.onnx\nsources:\n  - {name: a, uri: 'test:'}\n  - {name: b, uri: 'test:'}\nmodels:\n  - {<<: *m, name: one, sources: a}\n  - {<<: *m, name: two, sources: b}\n";
        Assert.Equal(text.Replace("m.onnx", "x.onnx", StringComparison.Ordinal), PipelineText.ReplacePaths(Read(text), _ => "x.onnx"));
    }

    [Fact]
    public void Every_path_is_known_with_what_it_is_for()
    {
        File.WriteAllText(Path.Combine(_folder, "pass"), "secret");
        var config = Read(Text("path: m.onnx") + "sinks:\n  - jsonl: out/found.jsonl\n  - clips: {path: clips}\n  - mqtt: {url: 'mqtt://h', user: u, password_file: pass}\n");
        Assert.Equal(
            [(ConfigFileKind.Model, "m.onnx"), (ConfigFileKind.Output, "out/found.jsonl"), (ConfigFileKind.Output, "clips"), (ConfigFileKind.Secret, "pass")],
            config.Files.Select(f => (f.Kind, f.Written)));
        Assert.All(config.Files, f => Assert.Equal(Path.Combine(_folder, f.Written), f.Path));
    }

    [Fact]
    public void Variables_are_named_once_with_their_defaults()
    {
        Assert.Equal([new("A", null), new("B", "x"), new("C", null)], PipelineText.GetVariables("# ${NOT}\nk: ['${A}-${B:-x}', '$${NOT}', {j: '${C:-y}'}]\nm: ${C}\n"));
        Assert.Empty(PipelineText.GetVariables("{broken"));
    }

    [Theory]
    [InlineData("password: hunter2", true, "a password")]
    [InlineData("password: ${P}", false, "a variable")]
    [InlineData("password: ${P:-}", false, "an empty default")]
    [InlineData("password: ${P:-hunter2}", true, "a default that is one")]
    [InlineData("password_file: hunter2.txt", false, "a file's name")]
    [InlineData("headers: {Authorization: 'Bearer ${TOKEN}'}", false, "a word before a variable")]
    [InlineData("headers: {Authorization: Bearer hunter2}", true, "a header")]
    [InlineData("x: &p hunter2\npassword: *p", true, "an alias")]
    [InlineData("uri: rtsp://viewer:${P}@camera/stream", false, "a variable in an address")]
    [InlineData("uri: rtsp://viewer:hunter2@camera/stream", true, "a password in an address")]
    [InlineData("uri: rtsp://viewer:${P}x@camera/stream", true, "more than a variable in an address")]
    [InlineData("uri: rtsp://viewer@camera/stream", false, "a user's name")]
    [InlineData("url: https://h/hook?token=hunter2", true, "a field of a query")]
    [InlineData("url: https://h/hook?token=${TOKEN}", false, "a variable in a query")]
    [InlineData("url: https://h:8443/a@b", false, "an @ in a path")]
    public void Secrets_in_the_text_are_found(string text, bool found, string reason) =>
        Assert.True(PipelineText.FindSecrets(text, "a.yaml").Count == (found ? 1 : 0), reason);

    private static string Text(string path) => $"version: 1\nsources:\n  - {{name: a, uri: 'test:'}}\nmodels:\n  - name: m\n    {path}\n# the end\n";

    private PipelineConfig Read(string text)
    {
        var config = PipelineConfig.Read(text, "a.yaml", _folder, out var problems);
        Assert.True(config is not null, string.Join('\n', problems));
        return config;
    }
}
