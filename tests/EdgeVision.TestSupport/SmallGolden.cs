using System.Text.Json;

namespace EdgeVision.TestSupport;

/// <summary>Reference results small enough to lie in the repository, in Goldens; tools/make_goldens.py wrote them.</summary>
internal static class SmallGolden
{
    public static JsonElement Read(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", name + ".json"))).RootElement;

    public static float[] Floats(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().Select(v => v.GetSingle())];

    public static int[] Ints(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    /// <summary>Boxes given by corner and sides.</summary>
    public static Box[] BoxesOfSides(JsonElement golden, string name) => [.. Floats(golden, name).Chunk(4).Select(v => new Box(v[0], v[1], v[0] + v[2], v[1] + v[3]))];
}
