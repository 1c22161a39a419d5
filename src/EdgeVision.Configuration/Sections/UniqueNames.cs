using EdgeVision.Configuration.Yaml;

namespace EdgeVision.Configuration.Sections;

/// <summary>Checks names of sources, models and rules.</summary>
internal static class UniqueNames
{
    /// <summary>Reports a name that is used twice, or that is not valid in a topic or file name.</summary>
    public static void Check(ConfigMap map, List<string> known, string? name)
    {
        if (name is null)
        {
            return;
        }

        if (name.Length is 0 or > 100 || name.Any(char.IsControl))
        {
            map.AddProblem("name", "a name must have 1 to 100 visible characters");
        }
        else if (known.Contains(name))
        {
            map.AddProblem("name", $"the name '{name}' is used twice; the name of each {map.Subject[2..]} must be unique");
        }

        known.Add(name);
    }
}
