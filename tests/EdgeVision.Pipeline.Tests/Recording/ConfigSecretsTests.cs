using EdgeVision.Pipeline.Recording;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Recording;

public sealed class ConfigSecretsTests
{
    [Theory]
    [InlineData("a:\n  password: x1 # why\n  b: 1", "a:\n  password: '***'\n  b: 1", "a key of a block map, comment and all")]
    [InlineData("- {user: x, password: y, b: 1}", "- {user: x, password: '***', b: 1}", "a key of a flow map")]
    [InlineData("- {password: \"a, } b\", b: 1}", "- {password: '***', b: 1}", "a quoted value with the map's own signs")]
    [InlineData("  - bearer: x\n    b: 1", "  - bearer: '***'\n    b: 1", "a list's item: its other keys are deeper than the dash, not than the key")]
    [InlineData("{bearer: x, signing_key: y}", "{bearer: '***', signing_key: '***'}", "two in one map")]
    [InlineData("headers: {Authorization: Basic eA==, Accept: a}", "headers: {Authorization: '***', Accept: a}", "a header")]
    [InlineData("headers:\n  Authorization: Basic eA==\n  Accept: a", "headers:\n  Authorization: '***'\n  Accept: a", "a header in a block")]
    [InlineData("a:\n  signing_key: |\n    one\n\n    two\n  b: 1", "a:\n  signing_key: '***'\n  b: 1", "a block scalar with an empty line")]
    [InlineData("keys: [a]\npath: b", "keys: [a]\npath: b", "what names no secret stays")]
    public void Values_of_keys_that_name_a_secret_are_hidden(string text, string expected, string reason) =>
        Assert.True(ConfigSecrets.Redact(text) == expected, $"{reason}: {ConfigSecrets.Redact(text)}");
}
