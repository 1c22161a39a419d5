namespace EdgeVision.Configuration;

/// <summary>Names of sources, models and rules.</summary>
internal static class Names
{
    /// <summary>Notes a name that was given before, or that would not survive in a topic or a file's name.</summary>
    public static void Unique(ConfigMap map, List<string> known, string? name)
    {
        if (name is null)
        {
            return;
        }

        if (name.Length is 0 or > 100 || name.Any(char.IsControl))
        {
            map.Problem("name", "a name has 1 to 100 characters that can be seen");
        }
        else if (known.Contains(name))
        {
            map.Problem("name", $"the name '{name}' is given twice; every {map.What[2..]} has its own");
        }

        known.Add(name);
    }
}
