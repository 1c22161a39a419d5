using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace EdgeVision.Diagnostics;

/// <summary>Computes SHA-256 checksums (FIPS 180-4) of files and tensors, also on machines without OpenSSL.</summary>
/// <remarks>
/// On Linux .NET takes every hash from OpenSSL and ends the process where it is missing, as on small devices and in small containers.
/// OpenSSL is used where it is installed, because it is faster. For checksums only, not for keys or passwords.
/// </remarks>
public sealed class Checksum : IDisposable
{
    /// <summary>Length of a checksum in bytes.</summary>
    public const int SizeInBytes = 32;

    private const int Block = 64;

    private static readonly bool _system = !OperatingSystem.IsLinux() || HasOpenSsl();

    private static readonly uint[] _constants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private readonly IncrementalHash? _hash;
    private readonly uint[] _state = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
    private readonly byte[] _rest = new byte[Block];
    private long _length;

    /// <summary>Starts a checksum.</summary>
    public Checksum()
        : this(_system)
    {
    }

    /// <param name="system">Whether the system's implementation is used; for tests.</param>
    internal Checksum(bool system) => _hash = system ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;

    /// <summary>Computes the checksum of bytes, in lower-case hexadecimal.</summary>
    public static string ComputeHex(ReadOnlySpan<byte> bytes)
    {
        using var sum = new Checksum();
        sum.Append(bytes);
        return Convert.ToHexStringLower(sum.Finish());
    }

    /// <summary>Computes the checksum of a whole file, in lower-case hexadecimal.</summary>
    public static string HexOfFile(string path)
    {
        using var file = File.OpenRead(path);
        return ComputeHex(file);
    }

    /// <summary>Computes the checksum of the rest of a stream, in lower-case hexadecimal.</summary>
    public static string ComputeHex(Stream stream)
    {
        using var sum = new Checksum();
        byte[] buffer = new byte[1 << 16];
        while (stream.Read(buffer) is var n and > 0)
        {
            sum.Append(buffer.AsSpan(0, n));
        }

        return Convert.ToHexStringLower(sum.Finish());
    }

    /// <summary>Computes the checksum of bytes.</summary>
    public static byte[] Compute(ReadOnlySpan<byte> bytes)
    {
        using var sum = new Checksum();
        sum.Append(bytes);
        return sum.Finish();
    }

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_hash is not null)
        {
            _hash.AppendData(bytes);
            return;
        }

        int held = (int)(_length % Block);
        _length += bytes.Length;
        if (held > 0)
        {
            int taken = Math.Min(Block - held, bytes.Length);
            bytes[..taken].CopyTo(_rest.AsSpan(held));
            bytes = bytes[taken..];
            if (held + taken < Block)
            {
                return;
            }

            ProcessBlock(_rest);
        }

        for (; bytes.Length >= Block; bytes = bytes[Block..])
        {
            ProcessBlock(bytes);
        }

        bytes.CopyTo(_rest);
    }

    /// <summary>Returns the checksum of all appended bytes; nothing may be appended after it.</summary>
    public byte[] Finish()
    {
        if (_hash is not null)
        {
            return _hash.GetHashAndReset();
        }

        // Padding: a one bit, zeros up to the last eight bytes of a block, and the length in bits.
        long bits = _length * 8;
        Span<byte> end = stackalloc byte[2 * Block];
        end.Clear();
        end[0] = 0x80;
        int padding = (int)(Block - (_length + 8) % Block);
        BinaryPrimitives.WriteInt64BigEndian(end[padding..], bits);
        Append(end[..(padding + 8)]);

        byte[] sum = new byte[SizeInBytes];
        for (int i = 0; i < _state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(sum.AsSpan(4 * i), _state[i]);
        }

        return sum;
    }

    /// <inheritdoc/>
    public void Dispose() => _hash?.Dispose();

    private void ProcessBlock(ReadOnlySpan<byte> block)
    {
        Span<uint> w = stackalloc uint[64];
        for (int i = 0; i < 16; i++)
        {
            w[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..]);
        }

        for (int i = 16; i < w.Length; i++)
        {
            uint x = w[i - 15], y = w[i - 2];
            uint small0 = BitOperations.RotateRight(x, 7) ^ BitOperations.RotateRight(x, 18) ^ (x >> 3);
            uint small1 = BitOperations.RotateRight(y, 17) ^ BitOperations.RotateRight(y, 19) ^ (y >> 10);
            w[i] = w[i - 16] + small0 + w[i - 7] + small1;
        }

        uint a = _state[0], b = _state[1], c = _state[2], d = _state[3], e = _state[4], f = _state[5], g = _state[6], h = _state[7];
        for (int i = 0; i < w.Length; i++)
        {
            uint big1 = BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25);
            uint one = h + big1 + ((e & f) ^ (~e & g)) + _constants[i] + w[i];
            uint big0 = BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22);
            uint two = big0 + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + one, c, b, a, one + two);
        }

        _state[0] += a;
        _state[1] += b;
        _state[2] += c;
        _state[3] += d;
        _state[4] += e;
        _state[5] += f;
        _state[6] += g;
        _state[7] += h;
    }

    // The versions that .NET 10 loads. The library stays loaded, since it will be used.
    private static bool HasOpenSsl() => NativeLibrary.TryLoad("libssl.so.3", out _) || NativeLibrary.TryLoad("libssl.so.1.1", out _);
}
