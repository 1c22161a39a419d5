using EdgeVision.Decoding;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Fuzzing;

/// <summary>Which decoders each class fuzzes: classes run beside each other, the rows of one after another.</summary>
internal static class FuzzedDecoders
{
    private static readonly string[] Faces = ["ultraface", "scrfd", "yunet", "retinaface", "blazeface", "mediapipe", "fastestdet"];

    public static TheoryData<string> Of(int family) => [.. DecoderRegistry.Names.Where(n => Family(n) == family)];

    private static int Family(string name) => name.Contains("yolo", StringComparison.Ordinal) ? 0 : Faces.Contains(name) ? 1 : DecoderCase.Of(name).FindsBoxes ? 2 : 3;
}

/// <summary>YOLO, whatever its version.</summary>
public sealed class YoloFuzzTests
{
    public static TheoryData<string> Decoders => FuzzedDecoders.Of(0);

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Hostile_outputs_are_read_or_refused(string decoder) => DecoderFuzz.Run(decoder);
}

/// <summary>Decoders that mostly find faces.</summary>
public sealed class FaceFuzzTests
{
    public static TheoryData<string> Decoders => FuzzedDecoders.Of(1);

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Hostile_outputs_are_read_or_refused(string decoder) => DecoderFuzz.Run(decoder);
}

/// <summary>The other decoders that find boxes.</summary>
public sealed class BoxFuzzTests
{
    public static TheoryData<string> Decoders => FuzzedDecoders.Of(2);

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Hostile_outputs_are_read_or_refused(string decoder) => DecoderFuzz.Run(decoder);
}

/// <summary>Decoders of whole pictures: classes, features, maps, poses.</summary>
public sealed class PictureFuzzTests
{
    public static TheoryData<string> Decoders => FuzzedDecoders.Of(3);

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Hostile_outputs_are_read_or_refused(string decoder) => DecoderFuzz.Run(decoder);
}
