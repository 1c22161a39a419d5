using System.IO.Compression;
using System.Runtime.InteropServices;
using EdgeVision.Diagnostics;
using EdgeVision.Specs;

namespace EdgeVision.Models.Verification;

/// <summary>Converts bytes of goldens to and from text.</summary>
/// <remarks>Goldens are untrusted input: sizes are checked before anything is decompressed.</remarks>
internal static class GoldenData
{
    /// <summary>Maximum side of a golden's image in pixels.</summary>
    public const int MaxSide = 2048;

    /// <summary>Maximum number of values of a tensor that is recorded in full.</summary>
    public const int MaxValues = 1 << 22;

    public static string Deflate(ReadOnlySpan<byte> bytes)
    {
        using var memory = new MemoryStream();
        using (var deflate = new DeflateStream(memory, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(bytes);
        }

        return Convert.ToBase64String(memory.GetBuffer(), 0, (int)memory.Length);
    }

    /// <summary>Decompresses to exactly <paramref name="length"/> bytes.</summary>
    /// <exception cref="SpecException">The text is damaged, or has more or fewer bytes.</exception>
    public static byte[] Inflate(string text, int length, string what)
    {
        try
        {
            var bytes = new byte[length];
            using var deflate = new DeflateStream(new MemoryStream(Convert.FromBase64String(text)), CompressionMode.Decompress);
            int read = deflate.ReadAtLeast(bytes, length, throwOnEndOfStream: false);
            return read == length && deflate.ReadByte() < 0
                ? bytes
                : throw new SpecException($"the self-test's {what} does not have the {length} bytes that it declares");
        }
        catch (Exception e) when (e is FormatException or InvalidDataException)
        {
            throw new SpecException($"the self-test's {what} is damaged: {ErrorText.ToSingleLine(e.Message)}", e);
        }
    }

    public static byte[] ReadRgb(GoldenSpec golden)
    {
        if (golden.Width is < 1 or > MaxSide || golden.Height is < 1 or > MaxSide)
        {
            throw new SpecException(
                $"the self-test's image must have sides from 1 to {MaxSide} pixels; got {golden.Width}x{golden.Height}");
        }

        return Inflate(golden.Rgb, golden.Width * golden.Height * 3, "image");
    }

    /// <summary>Returns the number of values of a tensor's shape, after validating it.</summary>
    public static int GetValueCount(GoldenTensor tensor)
    {
        long count = 1;
        foreach (long d in tensor.Shape)
        {
            if (d < 0 || d > 0 && count > MaxValues * 64L / d)
            {
                throw new SpecException(
                    $"the self-test's tensor '{tensor.Name}' has an invalid shape [{string.Join(", ", tensor.Shape)}]");
            }

            count *= d;
        }

        return checked((int)count);
    }

    /// <summary>Returns all values, or null if only samples are recorded.</summary>
    public static float[]? ReadValues(GoldenTensor tensor)
    {
        if (tensor.Data is null)
        {
            return null;
        }

        int count = GetValueCount(tensor);
        return count <= MaxValues
            ? MemoryMarshal.Cast<byte, float>(Inflate(tensor.Data, count * 4, $"tensor '{tensor.Name}'")).ToArray()
            : throw new SpecException($"the self-test's tensor '{tensor.Name}' can have at most {MaxValues} values; got {count}");
    }
}
