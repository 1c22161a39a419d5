using System.Text.Json;
using EdgeVision.Pipeline;
using Xunit;

namespace EdgeVision.Live.Tests;

/// <summary>The log keeps the last entries, and gives each reader what it has not seen.</summary>
public sealed class LiveLogTests
{
    [Fact]
    public void The_last_entries_are_kept_in_their_order()
    {
        var log = new LiveLog();
        for (int i = 1; i <= LiveLog.Capacity + 50; i++)
        {
            log.Add(new PipelineMessage(PipelineMessageLevel.Warning, "door", $"{i}"));
        }

        var (all, last) = Read(log, 0);
        Assert.Equal(LiveLog.Capacity + 50, last);
        Assert.Equal(LiveLog.Capacity, all.GetArrayLength());
        Assert.Equal("51", all[0].GetProperty("message").GetString());
        Assert.Equal("warning", all[0].GetProperty("level").GetString());
        Assert.Equal(last, all[LiveLog.Capacity - 1].GetProperty("number").GetInt64());
        Assert.Equal(2, Read(log, last - 2).Entries.GetArrayLength());
        Assert.Equal(0, Read(log, last).Entries.GetArrayLength());
    }

    private static (JsonElement Entries, long Last) Read(LiveLog log, long above)
    {
        using var memory = new MemoryStream();
        long last;
        using (var writer = new Utf8JsonWriter(memory))
        {
            last = log.Write(writer, above);
        }

        return (JsonDocument.Parse(memory.ToArray()).RootElement, last);
    }
}
