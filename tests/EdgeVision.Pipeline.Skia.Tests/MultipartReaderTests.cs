using System.Text;
using Xunit;

namespace EdgeVision.Pipeline.Skia.Tests;

/// <summary>Multipart streams as cameras write them, and as nobody should.</summary>
public sealed class MultipartReaderTests
{
    private const int Longest = 100_000;

    [Theory]
    // header's boundary, body, what the parts begin with; a part without a length has the line end behind it
    [InlineData("frame", "--frame\r\nContent-Length: 3\r\n\r\nabc\r\n--frame\r\nContent-Length: 2\r\n\r\nde\r\n--frame--\r\n", "abc|de")] // as the standard has it
    [InlineData("frame", "--frame\r\n\r\nabc\r\n--frame\r\n\r\nde\r\n--frame--\r\n", "abc|de")] // no length
    [InlineData("--frame", "--frame\r\nContent-Length: 3\r\n\r\nabc\r\n--frame\r\n\r\nde\r\n", "abc|de")] // the header has the dashes too, and the end is missing
    [InlineData("--frame", "----frame\r\n\r\nabc\r\n----frame\r\n\r\nde\r\n----frame--", "abc|de")] // and the body has them twice
    [InlineData("\"frame\"", "--frame\r\n\r\nabc\r\n--frame\r\n\r\nde", "abc|de")] // quotes
    [InlineData("", "\r\n--x9\r\ncontent-length:3\r\n\r\nabc\r\n--x9\r\n\r\nde\r\n--x9--", "abc|de")] // no boundary in the header; names in small letters
    [InlineData("frame", "--frame\nContent-Length: 3\n\nabc\n--frame\n\nde\n--frame--\n", "abc|de")] // bare line feeds
    [InlineData("frame", "preamble\r\n--frame\r\nX: y\r\nContent-Length: 3\r\n\r\nabc--frame\r\n\r\nde\r\n--frame--", "abc|de")] // text in front, no line end between
    [InlineData("frame", "--frame\r\nContent-Length: 2\r\n\r\nabc\r\n--frame\r\n\r\nde\r\n--frame--", "ab|de")] // a length that is too small
    [InlineData("frame", "--frame\r\nContent-Length: -5\r\n\r\nabc\r\n--frame\r\n\r\nde\r\n--frame--", "abc|de")] // lengths that are none
    [InlineData("frame", "--frame\r\nContent-Length: 99999999999\r\n\r\nabc\r\n--frame\r\nContent-Length: 2000000000\r\n\r\nde\r\n--frame--", "abc|de")] // or too great
    [InlineData("frame", "--frame\r\nContent-Length: 0\r\n\r\nabc\r\n--frame--", "abc")]
    [InlineData("frame", "--frame\r\nContent-Length: 30\r\n\r\nabc", "abc")] // the connection breaks off
    [InlineData("frame", "--frame\r\nContent-Len", "")]
    [InlineData("frame", "", "")]
    public async Task Parts_are_found(string boundary, string body, string parts)
    {
        foreach (int portion in new[] { 1, 7, 4096 })
        {
            var reader = new MultipartReader(new Portions(Encoding.Latin1.GetBytes(body), portion), boundary, Longest);
            List<string> found = [];
            while (await reader.NextAsync(TestContext.Current.CancellationToken) is { } part)
            {
                found.Add(Encoding.Latin1.GetString(part.Span).TrimEnd('\r', '\n', '-'));
            }

            Assert.Equal(parts, string.Join('|', found));
        }
    }

    [Fact]
    public async Task Large_parts_move_through_a_buffer_of_bounded_size()
    {
        var random = new Random(3);
        byte[][] parts = [.. Enumerable.Range(0, 40).Select(i => { byte[] b = new byte[random.Next(1, Longest - 100)]; random.NextBytes(b); return b; })];
        using var body = new MemoryStream();
        for (int i = 0; i < parts.Length; i++)
        {
            body.Write(Encoding.Latin1.GetBytes(i % 2 == 0 ? $"--frame\r\nContent-Length: {parts[i].Length}\r\n\r\n" : "--frame\r\n\r\n"));
            body.Write(parts[i]);
            body.Write("\r\n"u8);
        }

        var reader = new MultipartReader(new Portions(body.ToArray(), 10_000), "frame", Longest);
        foreach (byte[] expected in parts)
        {
            var part = await reader.NextAsync(TestContext.Current.CancellationToken);
            Assert.True(part!.Value.Span.StartsWith(expected));
            Assert.InRange(part.Value.Length, expected.Length, expected.Length + 4);
        }
    }

    [Theory]
    [InlineData("frame", "--frame\r\n\r\n", 'x', "a part must have at most")] // a part without end
    [InlineData("frame", "", 'x', "no boundary")] // no boundary at all
    [InlineData("frame", "--frame\r\nX: ", 'x', "header line")] // a header line without end
    [InlineData("frame", "--frame", '\n', "")] // line ends without end are parts without bytes
    [InlineData("", "<html>\n", 'x', "must begin with a boundary")] // a page
    public async Task What_never_ends_is_given_up(string boundary, string begin, char filler, string reason)
    {
        var reader = new MultipartReader(new Endless(Encoding.Latin1.GetBytes(begin), (byte)filler), boundary, Longest);
        var error = await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            while (await reader.NextAsync(TestContext.Current.CancellationToken) is not null)
            {
            }
        });
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public async Task Headers_without_end_are_given_up()
    {
        string body = "--frame\r\n" + string.Concat(Enumerable.Repeat("A: b\r\n", 100_000));
        var reader = new MultipartReader(new MemoryStream(Encoding.Latin1.GetBytes(body)), "frame", Longest);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await reader.NextAsync(TestContext.Current.CancellationToken));
    }

    private sealed class Portions(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(most, buffer.Length)], cancellationToken);
    }

    private sealed class Endless(byte[] begin, byte filler) : MemoryStream
    {
        private int _given;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_given < begin.Length)
            {
                int some = Math.Min(buffer.Length, begin.Length - _given);
                begin.AsSpan(_given, some).CopyTo(buffer.Span);
                _given += some;
                return ValueTask.FromResult(some);
            }

            int count = Math.Min(buffer.Length, 5000);
            buffer.Span[..count].Fill(filler);
            return ValueTask.FromResult(count);
        }
    }
}
