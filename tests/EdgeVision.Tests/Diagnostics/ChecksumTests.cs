using System.Security.Cryptography;
using System.Text;
using EdgeVision.Diagnostics;
using Xunit;

namespace EdgeVision.Tests.Diagnostics;

public sealed class ChecksumTests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "FIPS 180-4's empty message")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "one block")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", "a length that needs a second block")]
    public void Known_sums(string text, string expected, string reason)
    {
        foreach (bool system in (bool[])[false, true])
        {
            using var sum = new Checksum(system);
            sum.Append(Encoding.ASCII.GetBytes(text));
            Assert.True(Convert.ToHexStringLower(sum.Finish()) == expected, $"{reason}, system {system}");
        }
    }

    [Fact]
    public void Every_length_around_a_block_in_parts_of_every_size()
    {
        byte[] bytes = new byte[300];
        new Random(1).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            using var sum = new Checksum(system: false);
            int part = 1 + length % 70;
            for (int at = 0; at < length; at += part)
            {
                sum.Append(bytes.AsSpan(at, Math.Min(part, length - at)));
            }

            Assert.Equal(SHA256.HashData(bytes.AsSpan(0, length)), sum.Finish());
        }
    }

    [Fact]
    public void A_stream_gives_the_sum_of_its_bytes()
    {
        byte[] bytes = new byte[200_000];
        new Random(2).NextBytes(bytes);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), Checksum.ComputeHex(new MemoryStream(bytes)));
        Assert.Equal(Checksum.ComputeHex(bytes), Checksum.ComputeHex(new MemoryStream(bytes)));
    }
}
