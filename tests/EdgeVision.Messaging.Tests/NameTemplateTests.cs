using EdgeVision.Messaging.Tests.Support;
using Xunit;

namespace EdgeVision.Messaging.Tests;

/// <summary>Names of topics and subjects: what is filled in, and what a broker would not take.</summary>
public sealed class NameTemplateTests
{
    [Theory]
    [InlineData("door", "door")]
    [InlineData("front door/1", "front_door_1")] // a level of its own would change who is subscribed
    [InlineData("a.b*>+#$", "a_b_____")]
    [InlineData("caméra-2", "caméra-2")] // letters of any script are letters
    [InlineData("{model}", "_model_")] // a value is no template
    public void A_sources_name_becomes_one_level(string source, string level)
    {
        using var frame = Make.Frame(0, source);
        Assert.Equal($"a/{level}/people", new NameTemplate("a/{source}/{model}", NameSyntax.Mqtt, "sink").Expand(frame));
        Assert.Equal($"a.{level}.people", new NameTemplate("a.{source}.{model}", NameSyntax.Nats, "sink").Expand(frame));
    }

    [Fact]
    public void Host_and_sink_are_filled_in_at_once()
    {
        var template = new NameTemplate("{host}/{sink}", NameSyntax.Mqtt, "my sink", perFrame: false);
        Assert.Equal($"{NameSyntax.ToLevel(Environment.MachineName)}/my_sink", template.Name);
    }

    [Fact]
    public void A_long_name_is_cut()
    {
        using var frame = Make.Frame(0, new string('x', 1000));
        Assert.Equal(128, new NameTemplate("{source}", NameSyntax.Nats, "sink").Expand(frame).Length);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a//b", "empty")]
    [InlineData("/a", "empty")]
    [InlineData("a/+/b", "wildcard")]
    [InlineData("a/#", "wildcard")]
    [InlineData("a b", "white space")]
    [InlineData("a/\u0001", "control")]
    [InlineData("$SYS/a", "'$'")]
    [InlineData("a/{camera}", "{source}")] // an unknown field: the message names those there are
    [InlineData("a/{source", "{source}")]
    public void What_is_no_topic_is_refused(string text, string says)
    {
        var error = Assert.Throws<PipelineConfigException>(() => new NameTemplate(text, NameSyntax.Mqtt, "mine"));
        Assert.Contains(says, error.Message);
        Assert.Contains("'mine'", error.Message);
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("a.*")]
    [InlineData("a.>")]
    [InlineData("a b")]
    [InlineData("$JS.API")]
    public void What_is_no_subject_is_refused(string text) =>
        Assert.Throws<PipelineConfigException>(() => new NameTemplate(text, NameSyntax.Nats, "mine"));

    [Fact]
    public void A_name_longer_than_the_protocol_holds_is_refused() =>
        Assert.Throws<PipelineConfigException>(() => new NameTemplate(new string('x', 65536), NameSyntax.Mqtt, "mine"));

    [Fact]
    public void A_name_without_frames_takes_no_field_of_a_frame() =>
        Assert.Throws<PipelineConfigException>(() => new NameTemplate("state/{source}", NameSyntax.Mqtt, "mine", perFrame: false));
}
