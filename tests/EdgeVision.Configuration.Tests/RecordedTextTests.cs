using Xunit;

namespace EdgeVision.Configuration.Tests;

public sealed class RecordedTextTests
{
    [Theory]
    [InlineData("sinks:\n  - mqtt: {user: x, password: hunter2}", "a flow map")]
    [InlineData("sinks:\n- webhook:\n    bearer: hunter2", "a list that is not indented")]
    [InlineData("\"sinks\": [{webhook: {signing_key: hunter2}}]", "a quoted key")]
    [InlineData("sinks:\n  - webhook:\n      headers:\n        Authorization: Basic hunter2", "a header")]
    [InlineData("sinks:\n  - webhook:\n      bearer: |\n        hunter2", "a block scalar")]
    [InlineData("sources:\n  - {name: a, uri: 'rtsp://u:hunter2@h/', ffmpeg: {input_args: [-headers, hunter2]}}", "a source's address and arguments")]
    [InlineData("x-auth: &auth\n  password: >-\n    hunter2\nsinks: [{mqtt: *auth}]", "an anchor")]
    [InlineData("# hunter2\nversion: 1", "a comment")]
    public void No_secret_is_recorded(string yaml, string reason) => Assert.False(RecordedText.Create(yaml, "here").Contains("hunter2", StringComparison.Ordinal), reason);

    [Fact]
    public void What_a_replay_reads_stays_with_anchors_that_stood_under_sinks()
    {
        var (text, folder) = RecordedText.Parse(RecordedText.Create("version: 1\nsinks: [{csv: {sources: &two [a, b]}}]\nrules:\n  - {zone: z, sources: *two, count: }\n  - {line: l, sources: *two}\n", "here"));
        var yaml = new YamlDotNet.RepresentationModel.YamlStream();
        yaml.Load(new StringReader(text));
        var root = (YamlDotNet.RepresentationModel.YamlMappingNode)yaml.Documents[0].RootNode;
        Assert.Equal(("here", 2), (folder, root.Children.Count));
        Assert.Equal("a", root["rules"][1]["sources"][0].ToString());
        Assert.Equal("null", root["rules"][0]["count"].ToString());
    }
}
