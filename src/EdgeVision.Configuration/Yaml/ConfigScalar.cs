using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration;

/// <summary>A single value: as written, which may be shown, and as meant, with the environment's variables in it, which may be a secret.</summary>
internal readonly record struct ConfigScalar(string Written, string Value)
{
    /// <summary>Reads a node; null, with a problem noted, where a variable is missing.</summary>
    public static ConfigScalar? Read(YamlScalarNode node, ConfigReading reading)
    {
        string written = node.Value!;
        string value = EnvironmentText.Expand(written, reading.Environment, out string? problem);
        if (problem is null)
        {
            return new ConfigScalar(written, value);
        }

        reading.Problem(node, problem);
        return null;
    }
}
