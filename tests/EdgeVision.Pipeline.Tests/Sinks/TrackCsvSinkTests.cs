using EdgeVision.Pipeline.Sinks;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Sinks;

/// <summary>Rows of tracks as RFC 4180 has them.</summary>
public sealed class TrackCsvSinkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private const string Header = "source,frame,timestamp_ms,track_id,label,score,x1,y1,x2,y2\r\n";

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "door,3,33.333,,person,0.25,1,2,3,4\r\n")] // what is on no track, where asked for
    public async Task A_row_a_track(bool untracked, string more)
    {
        using var folder = new TestFolder();
        await using var sink = new TrackCsvSink(new TrackCsvOptions { Path = folder["tracks.csv"], IncludeUntracked = untracked });
        await sink.OpenAsync(Cancel);
        using var frame = SinkFrames.Of("door", 3, fps: 90);
        await sink.WriteAsync(frame, Cancel);
        await sink.CompleteAsync(Cancel);
        Assert.Equal(
            Header
            + "door,3,33.333,1,person,0.9,6,12,18.8,43.2\r\n"
            + "door,3,33.333,2,\"car, \"\"red\"\"\",0.8125,38.4,10.125,57.6,38.4\r\n"
            + more,
            File.ReadAllText(folder["tracks.csv"]));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a,b", "\"a,b\"")] // a separator
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")] // a quote, last too
    [InlineData("two\nlines", "\"two\nlines\"")] // a line break
    [InlineData("\"", "\"\"\"\"")] // a quote alone
    [InlineData("Tür", "Tür")] // beyond ASCII
    public async Task Texts_are_quoted_where_they_must(string source, string field)
    {
        using var folder = new TestFolder();
        await using var sink = new TrackCsvSink(folder["tracks.csv"]);
        await sink.OpenAsync(Cancel);
        using var frame = SinkFrames.Of(source, 0);
        await sink.WriteAsync(frame, Cancel);
        await sink.CompleteAsync(Cancel);
        Assert.StartsWith(Header + field + ",0,0,1,person,", File.ReadAllText(folder["tracks.csv"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_file_of_a_rotation_has_the_header()
    {
        using var folder = new TestFolder();
        await using var sink = new TrackCsvSink(new TrackCsvOptions { Path = folder["tracks.csv"], Rotation = new FileRotation { MaxBytes = 1, Naming = FileNaming.Number } });
        await sink.OpenAsync(Cancel);
        for (int i = 0; i < 2; i++)
        {
            using var frame = SinkFrames.Of("door", i);
            await sink.WriteAsync(frame, Cancel);
        }

        await sink.CompleteAsync(Cancel);
        Assert.Equal(["tracks.000001.csv", "tracks.csv"], folder.Names);
        Assert.All(folder.Names, name => Assert.Equal(3, File.ReadAllLines(folder[name]).Length));
        Assert.All(folder.Names, name => Assert.StartsWith(Header, File.ReadAllText(folder[name]), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_steady_stream_allocates_nothing()
    {
        using var folder = new TestFolder();
        await using var sink = new TrackCsvSink(folder["tracks.csv"]);
        await sink.OpenAsync(Cancel);
        using var frame = SinkFrames.Of("door", 1);
        Assert.Equal(0, Allocations.Of(() => sink.WriteAsync(frame, Cancel).GetAwaiter().GetResult()));
    }
}
