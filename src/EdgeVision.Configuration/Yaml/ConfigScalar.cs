using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration.Yaml;

/// <summary>Scalar as written, which is safe to show, and with environment variables expanded, which may be a secret.</summary>
internal readonly record struct ConfigScalar(string Written, string Value)
{
    /// <summary>Reads a node; reports a problem and returns null if a variable is missing.</summary>
    public static ConfigScalar? Read(YamlScalarNode node, ConfigReading reading)
    {
        string written = node.Value!;
        string value = EnvironmentExpander.Expand(written, reading.Environment, out string? problem);
        if (problem is null)
        {
            return new ConfigScalar(written, value);
        }

        reading.AddProblem(node, problem);
        return null;
    }
}
