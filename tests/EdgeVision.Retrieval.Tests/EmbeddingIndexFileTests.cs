using System.Buffers.Binary;
using System.Security.Cryptography;
using CsCheck;
using Xunit;

namespace EdgeVision.Retrieval.Tests;

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
        using var index = new EmbeddingIndex(3, metric) { Origin = entries.Count % 2 == 0 ? null : "model " + entries.Count };
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
        foreach (var open in new Func<EmbeddingIndex>[] { () => EmbeddingIndex.Load(path), () => EmbeddingIndex.Open(path), () => EmbeddingIndex.Open(path, verify: false) })
        {
            using var read = open();
            Assert.Equal((index.Dimension, index.Metric, index.Count, index.Origin), (read.Dimension, read.Metric, read.Count, read.Origin));
            Assert.Equal(index.GetIds(), read.GetIds());
            foreach (string id in index.GetIds())
            {
                Assert.Equal(index.GetVector(id), read.GetVector(id));
                Assert.Equal(index.GetLabel(id), read.GetLabel(id));
            }

            float[] query = [1, 2, 3];
            foreach (long threads in new[] { 0, long.MaxValue })
            {
                read.ParallelThreshold = threads;
                Assert.Equal(index.Search(query, 100).Select(m => (m.Id, m.Label, m.Score)), read.Search(query, 100).Select(m => (m.Id, m.Label, m.Score)));
                Assert.Equal(index.Search(query, 2, 5).Select(m => (m.Id, m.Score)), read.Search(query, 2, 5).Select(m => (m.Id, m.Score)));
            }

            read.Save(path + "2");
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(path + "2"));
        }
    }, iter: 50);

    [Fact]
    public void What_is_open_is_searched_by_codes_with_the_same_outcome()
    {
        using var index = new EmbeddingIndex(40) { QuantizationThreshold = long.MaxValue };
        var random = new Random(2);
        for (int i = 0; i < 3000; i++)
        {
            index.Add(i, EmbeddingCases.Row(random, "clusters", 40, i));
        }

        string path = Path.Combine(_folder, "codes");
        index.Save(path);
        using var open = EmbeddingIndex.Open(path);
        open.QuantizationThreshold = 0;
        for (int round = 0; round < 3; round++)
        {
            float[] query = index.GetVector($"{round}");
            Assert.Equal(index.Search(query, 20), open.Search(query, 20));
        }
    }

    [Fact]
    public void What_is_open_is_not_changed_and_stays_when_the_file_is_replaced()
    {
        string path = Write(Small());
        using var open = EmbeddingIndex.Open(path);
        Assert.True(open.IsReadOnly);
        foreach (var change in new Action[]
        {
            () => open.Add("c", [1, 1]), () => open.Update("a", [1, 1]), () => open.SetLabel("a", "x"), () => open.Remove("a"), open.Clear, () => open.Origin = "x",
        })
        {
            Assert.Contains("read-only", Assert.Throws<EdgeVisionException>(change).Message);
        }

        using (var changed = EmbeddingIndex.Load(path))
        {
            Assert.False(changed.IsReadOnly);
            changed.Remove("a");
            changed.Save(path);
        }

        Assert.Equal(["ü", "a", "b"], open.Search([.1f, 1], 3).Select(m => m.Id));
        using var again = EmbeddingIndex.Open(path);
        Assert.Equal(2, again.Count);
        open.Dispose();
        Assert.Throws<ObjectDisposedException>(() => open.Search([0, 1], 3));
    }

    [Fact]
    public void Without_verifying_only_the_vectors_damage_goes_unnoticed()
    {
        byte[] damaged = Small();
        damaged[^36] ^= 1; // in the last vector
        using var open = EmbeddingIndex.Open(Write(damaged), verify: false);
        Assert.Equal(3, open.Search([0, 1], 3).Length);
        byte[] nan = With(Small(), damaged.Length - 36, BitConverter.SingleToInt32Bits(float.NaN));
        using var broken = EmbeddingIndex.Open(Write(nan), verify: false);
        Assert.Equal(["a", "b"], broken.Search([0, 1], 3).Select(m => m.Id).Order(StringComparer.Ordinal)); // a score of NaN is never a match
        Assert.Throws<EdgeVisionException>(() => EmbeddingIndex.Open(Write(damaged[..^1]), verify: false));
        Assert.Throws<EdgeVisionException>(() => EmbeddingIndex.Open(Write(With(Small(), 52, int.MaxValue)), verify: false));
    }

    [Fact]
    public void The_first_version_is_read()
    {
        // As it was written then: no origin, no zeros between text and vectors.
        byte[] now = Small();
        int text = BinaryPrimitives.ReadInt32LittleEndian(now.AsSpan(32)), rows = now.Length - 32 - 3 * 2 * 4;
        byte[] then = [.. now[..48], .. now[52..(48 + text)], .. now[rows..]];
        BinaryPrimitives.WriteInt32LittleEndian(then.AsSpan(8), 1);
        BinaryPrimitives.WriteInt32LittleEndian(then.AsSpan(32), text - 4);
        string path = Write(Signed(then));
        using var load = EmbeddingIndex.Load(path);
        using var open = EmbeddingIndex.Open(path);
        foreach (var index in new[] { load, open })
        {
            Assert.Null(index.Origin);
            Assert.Equal(["ü", "a", "b"], index.Search([.1f, 1], 3).Select(m => m.Id));
            Assert.Equal("one", index.GetLabel("a"));
        }
    }

    [Fact]
    public void An_empty_index_is_opened()
    {
        string path = Path.Combine(_folder, "empty");
        using (var index = new EmbeddingIndex(4) { Origin = "some model" })
        {
            index.Save(path);
        }

        using var open = EmbeddingIndex.Open(path);
        Assert.Equal((0, "some model"), (open.Count, open.Origin));
        Assert.Empty(open.Search([1, 2, 3, 4], 5));
    }

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
    [InlineData("a later version", 8, 3 | 0L << 32)]
    [InlineData("a version before the first", 8, 0)]
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
        Refused(Signed(With(whole, 48, int.MaxValue))); // an origin longer than the text
        Refused(Signed(With(whole, 52, int.MaxValue))); // an id longer than the text
        Refused(Signed(With(whole, 52, -2))); // a negative length
        Refused(Signed(With(whole, 52, -1))); // no id
        Refused(Signed(With(whole, 52, 0))); // an empty id
        Refused(Signed(With(whole, whole.Length - 36, BitConverter.SingleToInt32Bits(float.NaN)))); // a vector that is no number
        Refused(Signed(With(whole, whole.Length - 36, BitConverter.SingleToInt32Bits(3f)))); // a unit vector that is none
        byte[] invalid = [.. whole];
        invalid[56] = 0xff; // no UTF-8
        Refused(Signed(invalid));
        byte[] twice = [.. whole];
        int second = 48 + 4 + 4 + 1 + 4 + 3; // no origin, id "a", label "one"
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

    private string Refused(byte[] file)
    {
        string path = Write(file);
        string message = Assert.Throws<EdgeVisionException>(() => EmbeddingIndex.Load(path)).Message;
        Assert.Throws<EdgeVisionException>(() => EmbeddingIndex.Open(path));
        return message;
    }

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
