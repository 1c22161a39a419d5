using System.IO.Compression;
using System.Runtime.InteropServices;

namespace EdgeVision;

/// <summary>Bytes of goldens to and from text. What is read comes from outside: sizes are known before anything is inflated.</summary>
internal static class GoldenData
{
    /// <summary>Largest side of a golden's picture in pixels.</summary>
    public const int LargestSide = 2048;

    /// <summary>Most numbers of a tensor that are kept whole.</summary>
    public const int MostNumbers = 1 << 22;

    public static string Deflate(ReadOnlySpan<byte> bytes)
    {
        using var memory = new MemoryStream();
        using (var deflate = new DeflateStream(memory, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(bytes);
        }

        return Convert.ToBase64String(memory.GetBuffer(), 0, (int)memory.Length);
    }

    /// <summary>Inflates to exactly <paramref name="length"/> bytes.</summary>
    /// <exception cref="SpecException">The text is damaged, or holds more or less.</exception>
    public static byte[] Inflate(string text, int length, string what)
    {
        try
        {
            var bytes = new byte[length];
            using var deflate = new DeflateStream(new MemoryStream(Convert.FromBase64String(text)), CompressionMode.Decompress);
            int read = deflate.ReadAtLeast(bytes, length, throwOnEndOfStream: false);
            return read == length && deflate.ReadByte() < 0
                ? bytes
                : throw new SpecException($"the self-test's {what} does not hold the {length} bytes that it says");
        }
        catch (Exception e) when (e is FormatException or InvalidDataException)
        {
            throw new SpecException($"the self-test's {what} is damaged: {OneLine.Of(e.Message)}", e);
        }
    }

    public static byte[] Rgb(GoldenSpec golden)
    {
        if (golden.Width is < 1 or > LargestSide || golden.Height is < 1 or > LargestSide)
        {
            throw new SpecException($"the self-test's picture is {golden.Width}x{golden.Height}; sides lie between 1 and {LargestSide}");
        }

        return Inflate(golden.Rgb, golden.Width * golden.Height * 3, "picture");
    }

    /// <summary>The number of values that a shape holds, checked.</summary>
    public static int Count(GoldenTensor tensor)
    {
        long count = 1;
        foreach (long d in tensor.Shape)
        {
            if (d < 0 || d > 0 && count > MostNumbers * 64L / d)
            {
                throw new SpecException($"the self-test's tensor '{tensor.Name}' has an impossible shape [{string.Join(", ", tensor.Shape)}]");
            }

            count *= d;
        }

        return checked((int)count);
    }

    /// <summary>All values, or null where only some are kept.</summary>
    public static float[]? All(GoldenTensor tensor)
    {
        if (tensor.Data is null)
        {
            return null;
        }

        int count = Count(tensor);
        return count <= MostNumbers
            ? MemoryMarshal.Cast<byte, float>(Inflate(tensor.Data, count * 4, $"tensor '{tensor.Name}'")).ToArray()
            : throw new SpecException($"the self-test's tensor '{tensor.Name}' has {count} numbers; {MostNumbers} is the most");
    }
}
