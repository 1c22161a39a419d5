using System.Buffers.Binary;
using System.Security.Cryptography;
using CsCheck;
using Xunit;

namespace EdgeVision.Tests.Retrieval;

/// <summary>Index files: what is written is read, and nothing else is.</summary>
public sealed class EmbeddingIndexFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-index-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Reads_what_was_written_to_the_bit() => Gen.Select(Gen.Int[0, 2].Select(m => (EmbeddingMetric)m),
        Gen.Select(Gen.String.Where(Whole), Gen.Float[1, 9].Array[3], Gen.String.Where(Whole).Null()).List[0, 20]).Sample((metric, entries) =>
    {
        string path = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        using var index = new EmbeddingIndex(3, metric);
        index.Add("moved away", [1, 1, 1]);
        foreach (var (id, vector, label) in entries)
        {
            if (id.Length > 0 && !index.Contains(id))
            {
                index.Add(id, vector, label);
            }
        }

        index.Remove("moved away");
        index.Save(path);
        using var read = EmbeddingIndex.Load(path);
        Assert.Equal((index.Dimension, index.Metric, index.Count), (read.Dimension, read.Metric, read.Count));
        Assert.Equal(index.Ids(), read.Ids());
        foreach (string id in index.Ids())
        {
            Assert.Equal(index.Vector(id), read.Vector(id));
            Assert.Equal(index.Label(id), read.Label(id));
        }

        float[] query = [1, 2, 3];
        Assert.Equal(index.Search(query, 100).Select(m => (m.Id, m.Label, m.Score)), read.Search(query, 100).Select(m => (m.Id, m.Label, m.Score)));
        read.Save(path + "2");
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(path + "2"));
    }, iter: 50);

    [Fact]
    public void A_file_cut_off_anywhere_or_with_more_behind_it_is_refused()
    {
        byte[] whole = Small();
        for (int length = 0; length < whole.Length; length++)
        {
            Refused(whole[..length]);
        }

        Refused([.. whole, 0]);
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_noticed()
    {
        byte[] whole = Small();
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= (byte)(1 << at % 8);
            Refused(damaged);
        }
    }

    [Theory]
    [InlineData("more entries than memory", 24, long.MaxValue)]
    [InlineData("a negative number of entries", 24, -1)]
    [InlineData("entries whose bytes overflow", 24, long.MaxValue / 8)]
    [InlineData("more text than the file", 32, 1L << 40)]
    [InlineData("negative text", 32, -4)]
    [InlineData("no components", 16, 0)]
    [InlineData("components without end", 16, 0x7fffffff)]
    [InlineData("a metric that does not exist", 12, 7 | 2L << 32)]
    [InlineData("a later version", 8, 2 | 0L << 32)]
    public void A_hostile_header_with_the_right_checksum_is_refused(string what, int at, long value)
    {
        byte[] file = Small();
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(at), value);
        Assert.NotEmpty(Refused(Signed(file)) + what);
    }

    [Fact]
    public void Hostile_content_with_the_right_checksum_is_refused()
    {
        byte[] whole = Small();
        Assert.NotNull(EmbeddingIndex.Load(Write(Signed([.. whole])))); // the signature is what it should be
        Refused(Signed(With(whole, 48, int.MaxValue))); // an id longer than the text
        Refused(Signed(With(whole, 48, -2))); // a negative length
        Refused(Signed(With(whole, 48, -1))); // no id
        Refused(Signed(With(whole, 48, 0))); // an empty id
        Refused(Signed(With(whole, whole.Length - 36, BitConverter.SingleToInt32Bits(float.NaN)))); // a vector that is no number
        Refused(Signed(With(whole, whole.Length - 36, BitConverter.SingleToInt32Bits(3f)))); // a unit vector that is none
        byte[] invalid = [.. whole];
        invalid[52] = 0xff; // no UTF-8
        Refused(Signed(invalid));
        byte[] twice = [.. whole];
        int second = 48 + 4 + 1 + 4 + 3; // id "a", label "one"
        Assert.Equal((byte)'b', twice[second + 4]);
        twice[second + 4] = (byte)'a';
        Refused(Signed(twice)); // the same id twice
    }

    [Fact]
    public void Saving_replaces_the_file_and_leaves_nothing_beside_it()
    {
        string path = Path.Combine(_folder, "index");
        File.WriteAllText(path, "something else");
        using var index = new EmbeddingIndex(1);
        index.Add(1, [1]);
        index.Save(path);
        Assert.Equal([path], Directory.GetFiles(_folder));
        using var read = EmbeddingIndex.Load(path);
        Assert.Equal(1, read.Count);
    }

    [Fact]
    public void What_cannot_be_written_or_read_is_one_error()
    {
        using var index = new EmbeddingIndex(1);
        Assert.Throws<EdgeVisionException>(() => index.Save(Path.Combine(_folder, "nowhere", "index")));
        Assert.Throws<EdgeVisionException>(() => EmbeddingIndex.Load(Path.Combine(_folder, "absent")));
        index.Add("\ud800", [1]); // half a surrogate pair has no UTF-8
        Assert.Throws<EdgeVisionException>(() => index.Save(Path.Combine(_folder, "index")));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    private byte[] Small()
    {
        string path = Path.Combine(_folder, "small");
        using var index = new EmbeddingIndex(2);
        index.Add("a", [1, 2], "one");
        index.Add("b", [-3, 4]);
        index.Add("ü", [0, 1], "");
        index.Save(path);
        return File.ReadAllBytes(path);
    }

    private string Write(byte[] file)
    {
        string path = Path.Combine(_folder, "written");
        File.WriteAllBytes(path, file);
        return path;
    }

    private string Refused(byte[] file) => Assert.Throws<EdgeVisionException>(() => EmbeddingIndex.Load(Write(file))).Message;

    private static byte[] With(byte[] file, int at, int value)
    {
        byte[] changed = [.. file];
        BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(at), value);
        return changed;
    }

    private static byte[] Signed(byte[] file)
    {
        SHA256.HashData(file.AsSpan(0, file.Length - 32), file.AsSpan(file.Length - 32));
        return file;
    }

    private static bool Whole(string text) => !text.Any(char.IsSurrogate);
}
