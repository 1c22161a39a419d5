using EdgeVision.Inference.Providers;
using Xunit;

namespace EdgeVision.Tests.Inference;

/// <summary>What the system tells of graphics processors, out of texts as it writes them.</summary>
public sealed class GpuInfoTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-gpu-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_tool_s_table_is_read() =>
        Assert.Equal(
            [new GpuDevice("NVIDIA H100 80GB HBM3", "550.54.15", 81559, "9.0"), new GpuDevice("Orin (nvgpu)", "540.3.0", null, null)],
            GpuInfo.Parse("NVIDIA H100 80GB HBM3, 550.54.15, 81559, 9.0\nOrin (nvgpu), 540.3.0, [N/A], [N/A]\n\nwhat is this\n"));

    [Fact]
    public void The_driver_s_folder_is_read()
    {
        File.WriteAllText(Path.Combine(_folder, "version"), "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version:  gcc version 12.2.0\n");
        string gpu = Directory.CreateDirectory(Path.Combine(_folder, "gpus", "0000:01:00.0")).FullName;
        File.WriteAllText(Path.Combine(gpu, "information"), "Model: \t\t NVIDIA GeForce RTX 3060\nIRQ:   \t\t 165\n");
        Assert.Equal([new GpuDevice("NVIDIA GeForce RTX 3060", "550.54.15", null, null)], GpuInfo.FromDriver(_folder));
    }

    [Fact]
    public void No_driver_is_no_device()
    {
        Assert.Empty(GpuInfo.FromDriver(Path.Combine(_folder, "nowhere")));
        Assert.Empty(GpuInfo.FromDriver(_folder));
        Assert.Empty(GpuInfo.Parse(""));
    }
}
