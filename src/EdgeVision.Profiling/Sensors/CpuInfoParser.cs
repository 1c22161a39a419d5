using System.Globalization;

namespace EdgeVision.Profiling.Sensors;

/// <summary>Reads the processor's name from Linux' /proc/cpuinfo; ARM cores are identified by implementer and part number.</summary>
internal static class CpuInfoParser
{
    // MIDR_EL1: implementer, part number. From Arm's technical reference manuals; other implementers from the kernel's
    // arch/arm64/include/asm/cputype.h.
    private static readonly Dictionary<(int Implementer, int Part), string> Cores = new()
    {
        [(0x41, 0xc07)] = "Cortex-A7", [(0x41, 0xc08)] = "Cortex-A8", [(0x41, 0xc09)] = "Cortex-A9",
        [(0x41, 0xc0f)] = "Cortex-A15", [(0x41, 0xc0e)] = "Cortex-A17",
        [(0x41, 0xd02)] = "Cortex-A34", [(0x41, 0xd04)] = "Cortex-A35", [(0x41, 0xd03)] = "Cortex-A53",
        [(0x41, 0xd05)] = "Cortex-A55", [(0x41, 0xd07)] = "Cortex-A57",
        [(0x41, 0xd06)] = "Cortex-A65", [(0x41, 0xd08)] = "Cortex-A72", [(0x41, 0xd09)] = "Cortex-A73",
        [(0x41, 0xd0a)] = "Cortex-A75", [(0x41, 0xd0b)] = "Cortex-A76",
        [(0x41, 0xd0e)] = "Cortex-A76AE", [(0x41, 0xd0d)] = "Cortex-A77", [(0x41, 0xd41)] = "Cortex-A78",
        [(0x41, 0xd42)] = "Cortex-A78AE", [(0x41, 0xd4b)] = "Cortex-A78C",
        [(0x41, 0xd46)] = "Cortex-A510", [(0x41, 0xd80)] = "Cortex-A520", [(0x41, 0xd47)] = "Cortex-A710",
        [(0x41, 0xd4d)] = "Cortex-A715", [(0x41, 0xd81)] = "Cortex-A720",
        [(0x41, 0xd87)] = "Cortex-A725", [(0x41, 0xd44)] = "Cortex-X1", [(0x41, 0xd48)] = "Cortex-X2",
        [(0x41, 0xd4e)] = "Cortex-X3", [(0x41, 0xd82)] = "Cortex-X4", [(0x41, 0xd85)] = "Cortex-X925",
        [(0x41, 0xd0c)] = "Neoverse-N1", [(0x41, 0xd49)] = "Neoverse-N2", [(0x41, 0xd8e)] = "Neoverse-N3",
        [(0x41, 0xd40)] = "Neoverse-V1", [(0x41, 0xd4f)] = "Neoverse-V2",
        [(0x4e, 0x003)] = "NVIDIA Denver 2", [(0x4e, 0x004)] = "NVIDIA Carmel",
        [(0x51, 0x800)] = "Kryo 2xx Gold", [(0x51, 0x801)] = "Kryo 2xx Silver",
        [(0x51, 0x802)] = "Kryo 3xx Gold", [(0x51, 0x803)] = "Kryo 3xx Silver",
        [(0x51, 0x804)] = "Kryo 4xx Gold", [(0x51, 0x805)] = "Kryo 4xx Silver", [(0x51, 0x001)] = "Oryon",
        [(0x48, 0xd01)] = "HiSilicon TSV110", [(0x46, 0x001)] = "Fujitsu A64FX",
        [(0xc0, 0xac3)] = "Ampere-1", [(0xc0, 0xac4)] = "Ampere-1A",
        [(0x61, 0x022)] = "Apple M1 Icestorm", [(0x61, 0x023)] = "Apple M1 Firestorm",
        [(0x61, 0x032)] = "Apple M2 Blizzard", [(0x61, 0x033)] = "Apple M2 Avalanche",
    };

    /// <summary>Returns a name such as "AMD EPYC" or "4 x Cortex-A76 + 4 x Cortex-A55"; null if the text contains none.</summary>
    public static string? ParseName(string cpuInfo)
    {
        string? model = null;
        int implementer = -1;
        var cores = new List<string>();
        foreach (string line in cpuInfo.Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
            {
                continue;
            }

            string key = line[..colon].Trim(), value = line[(colon + 1)..].Trim();
            switch (key)
            {
                case "model name" when value.Length > 0:
                    model ??= value;
                    break;
                case "CPU implementer":
                    implementer = ParseHexadecimal(value);
                    break;
                case "CPU part" when ParseHexadecimal(value) is >= 0 and var part:
                    cores.Add(Cores.GetValueOrDefault((implementer, part)) ?? $"ARM {implementer:x2}:{part:x3}");
                    break;
            }
        }

        // A 32-bit kernel reports a model name for an ARM core too ("ARMv7 Processor rev 3"), which is less specific.
        return cores.Count == 0 ? model : string.Join(
            " + ",
            cores.GroupBy(c => c).OrderByDescending(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Count()} x {g.Key}"));
    }

    private static int ParseHexadecimal(string text) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        && int.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int value) ? value : -1;
}
