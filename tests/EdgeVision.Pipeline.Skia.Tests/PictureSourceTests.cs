using EdgeVision.Imaging;
using EdgeVision.TestSupport;
using SkiaSharp;
using Xunit;

namespace EdgeVision.Pipeline.Skia.Tests;

/// <summary>Pictures as frames: their order, their times, and those that are broken or gone when their turn comes.</summary>
public sealed class PictureSourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-pictures-").FullName;
    private readonly FramePool _pool = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_is_shown_by_name_with_times_and_only_its_pictures()
    {
        Picture("b.png", 40, 30, SKColors.Lime);
        Picture("a.jpg", 20, 10, SKColors.Red);
        Picture("C.PNG", 8, 8, SKColors.Blue); // capitals come first in ordinal order
        File.WriteAllText(Path.Combine(_folder, "notes.txt"), "no picture");
        using var source = Open(new ImageFileOptions { Paths = [_folder], FrameRate = 4 });
        Assert.Equal((3L, 4.0, false), (source.FrameCount, source.FrameRate, source.IsLive));
        foreach (var (index, name, width, height) in new[] { (0, "C.PNG", 8, 8), (1, "a.jpg", 20, 10), (2, "b.png", 40, 30) })
        {
            using var frame = source.Read(_pool, CancellationToken.None)!;
            Assert.Equal((index, name, width, height), (frame.Sequence, Path.GetFileName(frame.Source), frame.Width, frame.Height));
            Assert.Equal(TimeSpan.FromSeconds(index / 4.0), frame.Timestamp);
        }

        Assert.Null(source.Read(_pool, CancellationToken.None));
        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public void A_picture_decoded_into_the_pool_is_the_one_that_a_file_gives()
    {
        string path = SharedData.Path("images");
        foreach (string file in ImageFileSource.FindFiles(path).Take(4))
        {
            using var image = ImageFile.Load(file);
            using var source = Open(new ImageFileOptions { Paths = [file] });
            using var frame = source.Read(_pool, CancellationToken.None)!;
            Assert.Equal((image.Frame.Width, image.Frame.Height), (frame.Width, frame.Height));
            Assert.True(image.Frame.Data.SequenceEqual(frame.Data), file);
        }
    }

    [Fact]
    public void Broken_pictures_and_files_that_vanish_are_skipped()
    {
        byte[] whole = File.ReadAllBytes(Picture("1.jpg", 200, 200, SKColors.Red));
        File.WriteAllBytes(Path.Combine(_folder, "2.jpg"), whole[..(whole.Length / 2)]);
        File.WriteAllBytes(Path.Combine(_folder, "3.jpg"), []);
        Picture("4.jpg", 16, 16, SKColors.Red);
        Picture("5.jpg", 16, 16, SKColors.Red);
        using var source = Open(new ImageFileOptions { Paths = [Path.Combine(_folder, "*.jpg")] });
        File.Delete(Path.Combine(_folder, "4.jpg"));
        source.Read(_pool, CancellationToken.None)!.Dispose();
        Assert.Contains("truncated", Assert.Throws<FrameFormatException>(() => source.Read(_pool, CancellationToken.None)).Message);
        Assert.Contains("empty", Assert.Throws<FrameFormatException>(() => source.Read(_pool, CancellationToken.None)).Message);
        Assert.Contains("cannot be read", Assert.Throws<FrameFormatException>(() => source.Read(_pool, CancellationToken.None)).Message);
        using var last = source.Read(_pool, CancellationToken.None)!;
        Assert.Equal(4, last.Sequence);
        Assert.Null(source.Read(_pool, CancellationToken.None));
        Assert.Equal(1, _pool.RentedCount);
    }

    [Fact]
    public void A_loop_begins_again_and_an_abort_ends_it()
    {
        Picture("1.png", 4, 4, SKColors.Red);
        Picture("2.png", 6, 6, SKColors.Red);
        using var source = Open(new ImageFileOptions { Paths = [_folder], Loop = true });
        Assert.Null(source.FrameCount);
        for (int i = 0; i < 5; i++)
        {
            using var frame = source.Read(_pool, CancellationToken.None)!;
            Assert.Equal((i, i % 2 == 0 ? 4 : 6), (frame.Sequence, frame.Width));
        }

        source.Abort();
        Assert.Throws<SourceException>(() => source.Read(_pool, CancellationToken.None));
    }

    [Theory]
    [InlineData("none.png")] // a file
    [InlineData("*.webp")] // a pattern that nothing matches
    [InlineData("")] // a folder without pictures
    [InlineData("none/*.png")] // a folder that is not there
    public void Nothing_to_show_is_an_error_that_no_try_mends(string path)
    {
        var error = Assert.Throws<SourceException>(() => Open(new ImageFileOptions { Paths = [Path.Combine(_folder, path)] }));
        Assert.False(error.CanRetry);
        Assert.Contains("there is no image", error.Message);
    }

    private static ImageFileSource Open(ImageFileOptions options)
    {
        var source = new ImageFileSource(options);
        source.Open(CancellationToken.None);
        return source;
    }

    private string Picture(string name, int width, int height, SKColor colour)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, TestJpeg.Encode(width, height, colour, name.EndsWith("png", StringComparison.OrdinalIgnoreCase)));
        return path;
    }
}
