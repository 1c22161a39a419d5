namespace EdgeVision.Configuration;

/// <summary>Checks names of sources, models and rules.</summary>
internal static class Names
{
    /// <summary>Reports a name that is used twice, or that is not valid in a topic or file name.</summary>
    public static void Unique(ConfigMap map, List<string> known, string? name)
    {
        if (name is null)
        {
            return;
        }

        if (name.Length is 0 or > 100 || name.Any(char.IsControl))
        {
            map.Problem("name", "a name must have 1 to 100 visible characters");
        }
        else if (known.Contains(name))
        {
            map.Problem("name", $"the name '{name}' is used twice; the name of each {map.What[2..]} must be unique");
        }

        known.Add(name);
    }
}
