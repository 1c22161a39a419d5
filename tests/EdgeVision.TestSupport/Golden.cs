using System.Runtime.InteropServices;
using System.Text.Json;

namespace EdgeVision.TestSupport;

/// <summary>A case under ../shared/golden/torchvision: case.json and the raw arrays that it names.</summary>
internal sealed class Golden
{
    private readonly string _folder;

    private Golden(string folder)
    {
        _folder = folder;
        Root = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json"))).RootElement;
    }

    public JsonElement Root { get; }

    public static Golden Open(string folder) => new(folder);

    public static Golden Torchvision(string name) => new(SharedData.Path("golden", "torchvision", name));

    public int Int(string name) => Root.GetProperty(name).GetInt32();

    public int[] Shape(string name) => Root.GetProperty(name).GetProperty("shape").EnumerateArray().Select(e => e.GetInt32()).ToArray();

    public byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(_folder, Root.GetProperty(name).GetProperty("file").GetString()!));

    public float[] Floats(string name) => MemoryMarshal.Cast<byte, float>(Bytes(name)).ToArray();
}
