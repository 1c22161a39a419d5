using EdgeVision.Frames;
using EdgeVision.Pipeline.Recording;
using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Tests.Recording;

/// <summary>What was recorded comes back exactly; what a crash, a full disk or a stranger leaves of it is read as far as it goes.</summary>
public sealed class RecordingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(PixelFormat.Gray8, 64, 48, true)]
    [InlineData(PixelFormat.Bgr24, 65, 47, true)] // odd sizes
    [InlineData(PixelFormat.Bgra32, 64, 48, false)] // not compressed
    [InlineData(PixelFormat.Nv12, 64, 48, true)]
    [InlineData(PixelFormat.I420, 66, 50, true)] // half planes of an odd number of rows and columns
    [InlineData(PixelFormat.Yuy2, 64, 48, true)]
    public async Task Bytes_numbers_and_times_are_exact(PixelFormat format, int width, int height, bool compress)
    {
        using var folder = new TestFolder();
        long[] sequences = [0, 1, 5, 6]; // dropped frames left a gap
        await Record(new RecordingOptions { Folder = folder["rec"], Compress = compress }, sequences.Select(s => SinkFrames.Of("door", s, format, width, height)));

        var recording = EdgeVision.Pipeline.Recording.RecordingReader.Open(folder["rec"]);
        Assert.True(recording.Manifest.Complete);
        using var source = new ReplaySource(Assert.Single(recording.Sources));
        source.Open(Cancel);
        Assert.Equal(4, source.FrameCount);
        var pool = new FramePool();
        foreach (long sequence in sequences)
        {
            using var expected = SinkFrames.Of("door", sequence, format, width, height);
            using var frame = source.Read(pool, Cancel)!;
            Assert.Equal((format, width, height, sequence, "door"), (frame.Format, frame.Width, frame.Height, frame.Sequence, frame.Source));
            Assert.Equal(expected.Timestamp, frame.Timestamp);
            Assert.True(expected.Frame.Data.SequenceEqual(frame.Data));
        }

        Assert.Null(source.Read(pool, Cancel));
        Assert.Equal(0, source.TruncatedBytes);
        Assert.Equal(sequences, recording.Sources[0].ReadResults().Select(r => r.Sequence));
    }

    [Fact]
    public async Task Padding_of_rows_is_left_out_and_noise_is_stored_as_it_is()
    {
        using var folder = new TestFolder();
        byte[] bytes = new byte[100 * 48 * 2];
        new Random(1).NextBytes(bytes);
        await Record(new RecordingOptions { Folder = folder["rec"] }, [new PipelineFrame(Frame.Borrow(bytes, PixelFormat.Nv12, 64, 48, 100, sequence: 7), "door", "m")]);
        using var source = Source(folder["rec"]);
        using var frame = source.Read(new FramePool(), Cancel)!;
        using var original = Frame.Borrow(bytes, PixelFormat.Nv12, 64, 48, 100);
        byte[] tight = new byte[64 * 72];
        PackedFrame.Copy(original, tight);
        Assert.Equal(tight, frame.Data.ToArray());
        Assert.Equal(bytes.AsSpan(100 * 48, 64).ToArray(), tight.AsSpan(64 * 48, 64).ToArray()); // chroma's first row
        long stored = new FileInfo(Path.Combine(folder["rec"], "door", "frames-000001.evf")).Length;
        Assert.Equal(FrameRecord.FileHeader.Length + FrameRecord.HeaderSize + tight.Length, stored);
    }

    [Fact]
    public async Task Segments_follow_each_other()
    {
        using var folder = new TestFolder();
        await Record(new RecordingOptions { Folder = folder["rec"], Compress = false, MaxSegmentBytes = 20_000 }, Enumerable.Range(0, 7).Select(i => SinkFrames.Of("door", i)));
        Assert.Equal(4, Directory.GetFiles(Path.Combine(folder["rec"], "door"), "*.evf").Length); // two frames of 9,216 bytes in each
        Assert.Equal(Enumerable.Range(0, 7).Select(i => (long)i), Sequences(folder["rec"]));
    }

    [Fact]
    public async Task The_manifest_says_what_was_recorded_and_no_secret()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["m.onnx"], "model");
        const string Config = "sources:\n  door: rtsp://me:hunter2@cam/1?token=abc\nsinks:\n  - mqtt:\n      password: \"hunter2\"\n      topic: a\n";
        await Record(new RecordingOptions { Folder = folder["rec"], Config = Config, Models = [new("people", folder["m.onnx"])] }, [SinkFrames.Of("a/b", 0), SinkFrames.Of("a:b", 0)]);
        var recording = EdgeVision.Pipeline.Recording.RecordingReader.Open(folder["rec"]);
        string text = File.ReadAllText(Path.Combine(folder["rec"], "manifest.json"));
        Assert.DoesNotContain("hunter2", text);
        Assert.DoesNotContain("abc", text);
        Assert.Contains("topic: a", recording.Manifest.Config);
        Assert.Equal(["a/b", "a:b"], recording.Sources.Select(s => s.Name));
        Assert.Equal(2, Directory.GetDirectories(folder["rec"]).Length);
        var model = Assert.Single(recording.Manifest.Models);
        Assert.Equal(("people", 5L, "9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"), (model.Name, model.Bytes, model.Sha256));
        Assert.Equal(Environment.MachineName, recording.Manifest.Machine!.Name);

        Assert.Empty(recording.GetModelChanges());
        File.WriteAllText(folder["m.onnx"], "other");
        Assert.Contains("people", Assert.Single(recording.GetModelChanges()));
    }

    [Theory]
    [InlineData("""{"version": 1, "sources": null, "models": []}""", "no sources")]
    [InlineData("""{"version": 1, "sources": [null], "models": []}""", "a source that is none")]
    [InlineData("""{"version": 1, "sources": [], "models": null}""", "no models")]
    [InlineData("""{"version": 1, "sources": [], "models": [{"name": "a", "bytes": 1, "sha256": ""}]}""", "a model without a path")]
    public void A_manifest_with_nothing_where_something_belongs_is_refused(string manifest, string reason)
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["manifest.json"], manifest);
        var e = Assert.Throws<SourceException>(() => EdgeVision.Pipeline.Recording.RecordingReader.Open(Path.GetDirectoryName(folder["manifest.json"])!));
        Assert.False(e.CanRetry, reason);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_model_that_is_an_endless_device_is_not_read()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "no such device here");
        using var folder = new TestFolder();
        File.WriteAllText(folder["manifest.json"], """{"version": 1, "sources": [], "models": [{"name": "a", "path": "/dev/zero", "bytes": 0, "sha256": ""}]}""");
        var recording = EdgeVision.Pipeline.Recording.RecordingReader.Open(Path.GetDirectoryName(folder["manifest.json"])!);
        Assert.Single(await Task.Run(recording.GetModelChanges, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_folder_with_a_recording_is_not_recorded_into()
    {
        using var folder = new TestFolder();
        await Record(new RecordingOptions { Folder = folder["rec"] }, [SinkFrames.Of("door", 0)]);
        await using var sink = new RecordingSink(folder["rec"]);
        var e = await Assert.ThrowsAsync<SinkException>(async () => await sink.OpenAsync(Cancel));
        Assert.False(e.CanRetry);
    }

    [Fact]
    public async Task A_recording_that_was_cut_off_anywhere_is_read_up_to_there()
    {
        using var folder = new TestFolder();
        await Record(new RecordingOptions { Folder = folder["rec"] }, Enumerable.Range(0, 3).Select(i => SinkFrames.Of("door", i)));
        string segment = Path.Combine(folder["rec"], "door", "frames-000001.evf"), results = Path.Combine(folder["rec"], "door", "results.jsonl");
        byte[] whole = File.ReadAllBytes(segment);
        var lengths = RecordEnds(whole);
        for (int length = 0; length <= whole.Length; length += length is < 80 ? 1 : 37)
        {
            File.WriteAllBytes(segment, whole[..length]);
            Assert.Equal(lengths.Count(end => end <= length), Sequences(folder["rec"]).Count);
        }

        string text = File.ReadAllText(results);
        File.WriteAllText(results, text[..^20]);
        Assert.Equal([0L, 1], EdgeVision.Pipeline.Recording.RecordingReader.Open(folder["rec"]).Sources[0].ReadResults().Select(r => r.Sequence));
        File.WriteAllText(results, "no json\n" + text);
        Assert.Throws<SourceException>(() => EdgeVision.Pipeline.Recording.RecordingReader.Open(folder["rec"]).Sources[0].ReadResults().Count());
    }

    [Fact]
    public async Task A_damaged_byte_costs_one_frame_and_is_said()
    {
        using var folder = new TestFolder();
        await Record(new RecordingOptions { Folder = folder["rec"] }, Enumerable.Range(0, 3).Select(i => SinkFrames.Of("door", i)));
        string segment = Path.Combine(folder["rec"], "door", "frames-000001.evf");
        byte[] whole = File.ReadAllBytes(segment);
        int second = RecordEnds(whole)[0];
        for (int at = second; at < RecordEnds(whole)[1]; at += at < second + FrameRecord.HeaderSize ? 1 : 53)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x10;
            File.WriteAllBytes(segment, damaged);
            using var source = Source(folder["rec"]);
            var pool = new FramePool();
            source.Read(pool, Cancel)!.Dispose();
            Assert.Throws<FrameFormatException>(() => source.Read(pool, Cancel));
            using var last = source.Read(pool, Cancel)!;
            Assert.Equal(2, last.Sequence);
            Assert.Null(source.Read(pool, Cancel));
        }
    }

    [Theory]
    [InlineData(30000, 30000, PixelFormat.Bgra32, "Raw", 1)] // more pixels than asked for, and bytes that are not there
    [InlineData(int.MaxValue, int.MaxValue, PixelFormat.Bgra32, "Brotli", 1)] // sizes whose product overflows
    [InlineData(-1, 10, PixelFormat.Gray8, "Raw", 1)]
    [InlineData(4, 4, PixelFormat.Gray8, "Raw", 15)] // too few bytes
    [InlineData(4, 4, PixelFormat.Gray8, "Brotli", 17)] // more than the pixels
    [InlineData(4, 4, PixelFormat.Gray8, "Brotli", 9)] // no Brotli
    [InlineData(4, 4, (PixelFormat)77, "Raw", 16)]
    [InlineData(4, 4, PixelFormat.Gray8, "9", 16)]
    [InlineData(3, 4, PixelFormat.Nv12, "Raw", 18)] // an odd width
    [InlineData(4, 4, PixelFormat.Gray8, "Reference", 0)] // to nothing
    public async Task Heads_that_nobody_wrote_are_refused(int width, int height, PixelFormat format, string encoding, int stored)
    {
        using var folder = new TestFolder();
        await Record(new RecordingOptions { Folder = folder["rec"] }, [SinkFrames.Of("door", 0)]);
        string segment = Path.Combine(folder["rec"], "door", "frames-000001.evf");
        byte[] record = new byte[FrameRecord.HeaderSize + stored];
        record.AsSpan(FrameRecord.HeaderSize).Fill(0xFF);
        new FrameRecord(5, default, 0, format, width, height, Enum.Parse<FrameEncoding>(encoding), stored, FrameRecord.Crc32C(record.AsSpan(FrameRecord.HeaderSize))).Write(record);
        byte[] whole = File.ReadAllBytes(segment);
        File.WriteAllBytes(segment, [.. whole[..FrameRecord.FileHeader.Length], .. record, .. whole[FrameRecord.FileHeader.Length..]]);
        using var source = Source(folder["rec"]);
        var pool = new FramePool();
        Assert.Throws<FrameFormatException>(() => source.Read(pool, Cancel));
        using var frame = source.Read(pool, Cancel)!;
        Assert.Equal(0, frame.Sequence);
        Assert.Equal(1, pool.RentedCount);
    }

    [Fact]
    public async Task A_length_beyond_the_file_allocates_nothing()
    {
        using var folder = new TestFolder();
        await Record(new RecordingOptions { Folder = folder["rec"] }, [SinkFrames.Of("door", 0)]);
        string segment = Path.Combine(folder["rec"], "door", "frames-000001.evf");
        byte[] record = new byte[FrameRecord.HeaderSize];
        new FrameRecord(5, default, 0, PixelFormat.Bgra32, 20000, 20000, FrameEncoding.Raw, 1_600_000_000, 0).Write(record);
        using (var file = new FileStream(segment, FileMode.Append))
        {
            file.Write(record);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal([0L], Sequences(folder["rec"]));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000_000);
    }

    [Theory]
    [InlineData("..", "another folder")]
    [InlineData("../door", "another folder")]
    [InlineData("/etc", "a path")]
    public async Task Folders_outside_are_refused(string named, string why)
    {
        using var folder = new TestFolder();
        await Record(new RecordingOptions { Folder = folder["rec"] }, [SinkFrames.Of("door", 0)]);
        string manifest = Path.Combine(folder["rec"], "manifest.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"folder\": \"door\"", $"\"folder\": \"{named}\"", StringComparison.Ordinal));
        var e = Assert.Throws<SourceException>(() => EdgeVision.Pipeline.Recording.RecordingReader.Open(folder["rec"]));
        Assert.True(!e.CanRetry && e.Message.Contains(named, StringComparison.Ordinal), why);
    }

    [Theory]
    [InlineData(null)] // none
    [InlineData("")] // cut off at its beginning
    [InlineData("{\"version\": 2}")] // of the future
    [InlineData("[]")] // something else
    [InlineData("null")]
    public void What_is_no_recording_is_said(string? manifest)
    {
        using var folder = new TestFolder();
        if (manifest is not null)
        {
            File.WriteAllText(folder["manifest.json"], manifest);
        }

        Assert.False(Assert.Throws<SourceException>(() => EdgeVision.Pipeline.Recording.RecordingReader.Open(folder.Path)).CanRetry);
    }

    [Fact]
    public async Task A_full_disk_leaves_whole_records_and_goes_on_later()
    {
        using var disk = new SmallDisk(512);
        await using var sink = new RecordingSink(new RecordingOptions { Folder = disk["rec"], Compress = false });
        await sink.OpenAsync(Cancel);
        int refused = 0;
        for (int i = 0; i < 12; i++)
        {
            using var frame = SinkFrames.Of("door", i);
            if (i == 4)
            {
                disk.FillBut(4096); // no room for the frame
            }
            else if (i == 8)
            {
                disk.FillBut(12 * 1024); // room for the frame, and next to none for its results
            }

            for (int attempt = 0; attempt < 2; attempt++)
            {
                try
                {
                    await sink.WriteAsync(frame, Cancel);
                    break;
                }
                catch (SinkException e)
                {
                    Assert.True(e.CanRetry && attempt == 0);
                    refused++;
                    disk.Free();
                }
            }
        }

        Assert.True(refused >= 1);
        disk.Free();
        await sink.CompleteAsync(Cancel);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (long)i), Sequences(disk["rec"]));
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (long)i), EdgeVision.Pipeline.Recording.RecordingReader.Open(disk["rec"]).Sources[0].ReadResults().Select(r => r.Sequence));
    }

    [Fact]
    public async Task References_take_their_pixels_from_the_file()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["walk.mp4"], "the video");
        var options = new RecordingOptions { Folder = folder["rec"], References = new Dictionary<string, string> { ["door"] = folder["walk.mp4"] } };
        await Record(options, ((long[])[1, 2, 5]).Select(i => SinkFrames.Of("door", i)));
        Assert.True(new FileInfo(Path.Combine(folder["rec"], "door", "frames-000001.evf")).Length < 400);

        var recorded = EdgeVision.Pipeline.Recording.RecordingReader.Open(folder["rec"]).Sources[0];
        using (var source = new ReplaySource(recorded, new ReplayOptions { OpenReference = path => new CountingSource(path, 6) }))
        {
            source.Open(Cancel);
            var pool = new FramePool();
            foreach (long sequence in (long[])[1, 2, 5])
            {
                using var frame = source.Read(pool, Cancel)!;
                Assert.Equal(sequence, frame.Sequence);
            }

            Assert.Null(source.Read(pool, Cancel));
            Assert.Equal(0, pool.RentedCount); // those in between went back
        }

        using (var shorter = new ReplaySource(recorded, new ReplayOptions { OpenReference = path => new CountingSource(path, 3) }))
        {
            shorter.Open(Cancel);
            shorter.Read(new FramePool(), Cancel)!.Dispose();
            shorter.Read(new FramePool(), Cancel)!.Dispose();
            Assert.Contains("ends before frame 5", Assert.Throws<SourceException>(() => shorter.Read(new FramePool(), Cancel)).Message);
        }

        using var nobody = new ReplaySource(recorded);
        Assert.Throws<SourceException>(() => nobody.Open(Cancel));
        File.AppendAllText(folder["walk.mp4"], "!");
        using var changed = new ReplaySource(recorded, new ReplayOptions { OpenReference = path => new CountingSource(path, 6) });
        Assert.Contains("has changed since", Assert.Throws<SourceException>(() => changed.Open(Cancel)).Message);
    }

    private static async Task Record(RecordingOptions options, IEnumerable<PipelineFrame> frames)
    {
        await using var sink = new RecordingSink(options);
        await sink.OpenAsync(Cancel);
        foreach (var frame in frames)
        {
            using (frame)
            {
                await sink.WriteAsync(frame, Cancel);
            }
        }

        await sink.CompleteAsync(Cancel);
    }

    private static ReplaySource Source(string folder)
    {
        var source = new ReplaySource(EdgeVision.Pipeline.Recording.RecordingReader.Open(folder).Sources[0]);
        source.Open(Cancel);
        return source;
    }

    private static List<long> Sequences(string folder)
    {
        using var source = Source(folder);
        var pool = new FramePool();
        var sequences = new List<long>();
        while (source.Read(pool, Cancel) is { } frame)
        {
            sequences.Add(frame.Sequence);
            frame.Dispose();
        }

        return sequences;
    }

    private static List<int> RecordEnds(byte[] segment)
    {
        var ends = new List<int>();
        for (int at = FrameRecord.FileHeader.Length; at < segment.Length; ends.Add(at))
        {
            at += FrameRecord.HeaderSize + FrameRecord.Read(segment.AsSpan(at))!.Value.StoredBytes;
        }

        return ends;
    }

    /// <summary>Stands for the decoder of a video: frames 0, 1, 2… of the pixels that <see cref="SinkFrames"/> gives.</summary>
    private sealed class CountingSource(string path, int count) : FrameSource(path)
    {
        private int _next;

        public override bool IsLive => false;

        public override void Open(CancellationToken cancel) => Assert.True(File.Exists(Name));

        public override Frame? Read(FramePool pool, CancellationToken cancel)
        {
            if (_next == count)
            {
                return null;
            }

            var frame = pool.Rent(PixelFormat.Bgr24, 64, 48, Name, _next++);
            SinkFrames.Paint(frame);
            return frame;
        }
    }
}
