using System.IO.Compression;
using System.Text;
using EdgeVision.Pipeline.Sinks;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Sinks;

/// <summary>Records are in the file whole or not at all, whatever the disk does; files come by their names and go as told.</summary>
public sealed class RecordFileTests
{
    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private static readonly DateTimeOffset Start = new(2026, 1, 31, 23, 59, 58, TimeSpan.Zero);

    [Fact]
    public async Task The_name_comes_with_the_end()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["a.txt"], "of before");
        using var file = new RecordFile(folder["a.txt"], RecordFileNaming.WhenComplete);
        file.Open();
        file.Append("one\n"u8);
        Assert.Equal("of before", File.ReadAllText(folder["a.txt"]));
        Assert.Equal("one\n", File.ReadAllText(folder["a.txt.part"]));
        await file.CompleteAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["a.txt"], folder.Names);
        Assert.Equal("one\n", File.ReadAllText(folder["a.txt"]));
    }

    [Fact]
    public void What_was_not_completed_stays_under_a_name_that_says_so()
    {
        using var folder = new TestFolder();
        using (var file = new RecordFile(folder["deep/down/a.txt"], RecordFileNaming.WhenComplete))
        {
            file.Open();
            file.Append("one\n"u8);
        }

        Assert.Equal("one\n", File.ReadAllText(folder["deep/down/a.txt.part"]));
    }

    [Fact]
    public void A_full_disk_takes_nothing_back_and_leaves_no_half()
    {
        using var disk = new SmallDisk(256);
        using var file = new RecordFile(disk["a.txt"], RecordFileNaming.FromStart);
        file.Open();
        byte[] record = Encoding.UTF8.GetBytes(new string('x', 9000) + "\n");
        file.Append(record);
        disk.FillBut(4096); // half a record would fit
        for (int i = 0; i < 3; i++)
        {
            var e = Assert.Throws<SinkException>(() => file.Append(record));
            Assert.True(e.CanRetry);
            Assert.Contains("a.txt' cannot be written", e.Message);
            Assert.Equal(record.Length, new FileInfo(disk["a.txt"]).Length);
        }

        file.Append("short\n"u8); // what has room goes on
        disk.Free();
        file.Append(record);
        string text = File.ReadAllText(disk["a.txt"]);
        Assert.Equal(Encoding.UTF8.GetString(record) + "short\n" + Encoding.UTF8.GetString(record), text);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_said_at_once()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["file"], "");
        using var file = new RecordFile(folder["file/a.txt"], RecordFileNaming.FromStart);
        var e = Assert.Throws<SinkException>(file.Open);
        Assert.Contains("a.txt", e.Message);
    }

    [Theory]
    [InlineData("", "")] // nothing there yet
    [InlineData("one\n", "one\n")] // ended in order
    [InlineData("one\ntw", "one\n")] // killed within a line
    [InlineData("half", "")] // killed within the first
    public void A_file_that_was_left_goes_on_behind_its_last_whole_line(string left, string kept)
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["a.txt"], left);
        using var file = new RecordFile(folder["a.txt"], RecordFileNaming.FromStart, new FileRotation { MaxBytes = 1000 });
        file.Open();
        file.Append("new\n"u8);
        Assert.Equal(kept + "new\n", File.ReadAllText(folder["a.txt"]));
    }

    [Fact]
    public void A_whole_line_is_found_far_from_the_end()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["a.txt"], "one\n" + new string('x', 10_000));
        using var file = new RecordFile(folder["a.txt"], RecordFileNaming.FromStart);
        file.Open();
        Assert.Equal("one\n", File.ReadAllText(folder["a.txt"]));
    }

    [Fact]
    public async Task Size_makes_the_next_file_and_the_oldest_go()
    {
        using var folder = new TestFolder();
        using var file = new RecordFile(folder["a.txt"], RecordFileNaming.FromStart, new FileRotation { MaxBytes = 10, MaxFiles = 2, Naming = FileNaming.Number }, "head\n"u8.ToArray());
        file.Open();
        for (int i = 0; i < 6; i++)
        {
            file.Append(Encoding.UTF8.GetBytes($"rec{i}\n")); // one fits beside the header
        }

        await file.CompleteAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["a.000004.txt", "a.000005.txt", "a.txt"], folder.Names);
        Assert.Equal("head\nrec3\n", File.ReadAllText(folder["a.000004.txt"]));
        Assert.Equal("head\nrec5\n", File.ReadAllText(folder["a.txt"]));
    }

    [Fact]
    public void Numbers_go_on_over_restarts_and_other_files_are_left_alone()
    {
        using var folder = new TestFolder();
        string[] others = ["a.000007.txt.bak", "a.notes.txt", "a.7.txt", "ab.000099.txt", "a.txt.gz"];
        foreach (string other in others)
        {
            File.WriteAllText(folder[other], "");
        }

        File.WriteAllText(folder["a.000041.txt"], "");
        using var file = new RecordFile(folder["a.txt"], RecordFileNaming.FromStart, new FileRotation { MaxBytes = 1, MaxFiles = 1, Naming = FileNaming.Number });
        file.Open();
        file.Append("one\n"u8);
        file.Append("two\n"u8);
        Assert.Equal(others.Append("a.000042.txt").Append("a.txt").Order(StringComparer.Ordinal), folder.Names);
    }

    [Fact]
    public void A_span_of_time_makes_the_next_file()
    {
        using var folder = new TestFolder();
        var clock = new Clock(Start);
        using var file = new RecordFile(folder["a.txt"], RecordFileNaming.FromStart, new FileRotation { Interval = TimeSpan.FromHours(1) }, default, clock);
        file.Open();
        file.Append("before midnight\n"u8);
        clock.Now += TimeSpan.FromSeconds(1);
        file.Append("still\n"u8);
        clock.Now += TimeSpan.FromSeconds(1);
        file.Append("after\n"u8);
        Assert.Equal(["a.20260201T000000000Z.txt", "a.txt"], folder.Names);
        Assert.Equal("before midnight\nstill\n", File.ReadAllText(folder["a.20260201T000000000Z.txt"]));
    }

    [Fact]
    public void Names_by_time_stay_in_order_when_the_clock_is_set_back()
    {
        using var folder = new TestFolder();
        var clock = new Clock(Start);
        using var file = new RecordFile(folder["a.txt"], RecordFileNaming.FromStart, new FileRotation { MaxBytes = 1 }, default, clock);
        file.Open();
        file.Append("1\n"u8);
        file.Append("2\n"u8);
        clock.Now -= TimeSpan.FromMinutes(5);
        file.Append("3\n"u8);
        Assert.Equal("1\n", File.ReadAllText(folder["a.20260131T235958000Z.txt"]));
        Assert.Equal("2\n", File.ReadAllText(folder["a.20260131T235958001Z.txt"]));
    }

    [Fact]
    public async Task Finished_files_become_gzip_and_count_as_before()
    {
        using var folder = new TestFolder();
        using (var file = new RecordFile(folder["a.txt"], RecordFileNaming.FromStart, new FileRotation { MaxBytes = 1, MaxFiles = 2, Naming = FileNaming.Number, Compress = true }))
        {
            file.Open();
            for (int i = 0; i < 3; i++)
            {
                file.Append(Encoding.UTF8.GetBytes($"{i}\n"));
            }

            await file.CompleteAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(["a.000001.txt.gz", "a.000002.txt.gz", "a.txt"], folder.Names);
        using (var reader = new StreamReader(new GZipStream(File.OpenRead(folder["a.000002.txt.gz"]), CompressionMode.Decompress)))
        {
            Assert.Equal("1\n", reader.ReadToEnd());
        }

        using var next = new RecordFile(folder["a.txt"], RecordFileNaming.FromStart, new FileRotation { MaxBytes = 1, MaxFiles = 2, Naming = FileNaming.Number });
        next.Open();
        next.Append("3\n"u8);
        Assert.Equal(["a.000002.txt.gz", "a.000003.txt", "a.txt"], folder.Names);
    }

    [Theory]
    [InlineData(null, null, null)] // no limit at all
    [InlineData(0L, null, null)] // every record would be too much
    [InlineData(10L, -1, null)] // time does not go back
    [InlineData(10L, null, -1)] // fewer than none cannot be kept
    public void Impossible_rotations_are_refused(long? bytes, int? seconds, int? keep) => Assert.Throws<PipelineConfigException>(() =>
        new RecordFile("a", RecordFileNaming.FromStart, new FileRotation { MaxBytes = bytes, Interval = seconds is { } s ? TimeSpan.FromSeconds(s) : null, MaxFiles = keep }));

    [Fact]
    public async Task What_a_crash_left_is_not_written_over()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["a.txt.part"], "of before\n");
        File.SetLastWriteTimeUtc(folder["a.txt.part"], Start.UtcDateTime);
        using var file = new RecordFile(folder["a.txt"], RecordFileNaming.WhenComplete);
        file.Open();
        file.Append("one\n"u8);
        await file.CompleteAsync(TestContext.Current.CancellationToken);
        Assert.Equal("one\n", File.ReadAllText(folder["a.txt"]));
        Assert.Equal("of before\n", File.ReadAllText(folder["a.txt.20260131T235958000Z.part"]));
    }

    [Fact]
    public void What_another_writes_at_the_moment_is_left_to_it()
    {
        using var folder = new TestFolder();
        using RecordFile first = new(folder["a.txt"], RecordFileNaming.WhenComplete), second = new(folder["a.txt"], RecordFileNaming.WhenComplete);
        first.Open();
        first.Append("one\n"u8);
        Assert.Throws<SinkException>(second.Open);
        Assert.Equal(["a.txt.part"], folder.Names);
    }
}
