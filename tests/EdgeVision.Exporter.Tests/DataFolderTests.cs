using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Data.Folders;
using SkiaSharp;

namespace EdgeVision.Exporter.Tests;

/// <summary>Labels by others: YOLO, COCO, masks, class folders; right ones are read, wrong ones are named by file and line.</summary>
public sealed class DataFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-data").FullName;

    [Fact]
    public void YoloBoxesAndOutlinesAreReadInPixels()
    {
        Yolo("0 0.5 0.5 0.5 0.25\n1 0.1 0.1 0.6 0.1 0.6 0.8\n");
        var source = DataFolder.Open(_folder);
        Assert.Equal(["cat", "dog"], source.Labels.Objects);
        var picture = source.Load(0);
        Assert.Equal((40, 20), (picture.Width, picture.Height));
        Assert.Equal(new Box(10, 7.5f, 30, 12.5f), picture.Objects[0].Box);
        Assert.Equal(1, picture.Objects[1].ClassId);
        Assert.Equal(new Box(4, 2, 24, 16), picture.Objects[1].Box, (a, b) => Math.Abs(a.X1 - b.X1) + Math.Abs(a.Y2 - b.Y2) < 1e-3);
        Assert.Equal([4f, 2, 24, 2, 24, 16], picture.Objects[1].Polygons[0], (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.Null(picture.Mask); // one object has no outline
    }

    [Fact]
    public void OutlinesAloneMakeAMask()
    {
        Yolo("1 0.25 0.25 0.75 0.25 0.75 0.75 0.25 0.75\n");
        var picture = DataFolder.Open(_folder).Load(0);
        Assert.Equal(20 * 10, picture.Mask!.Count(m => m == 2));
        Assert.Equal(2, picture.Mask![10 * 40 + 20]);
        Assert.Equal(0, picture.Mask[0]);
    }

    [Theory]
    [InlineData("cat 0.5 0.5 0.1 0.1", "'cat'")]
    [InlineData("0 0.5 0.5 0.1", "3 numbers")]
    [InlineData("0 0.5 x 0.1 0.1", "'x'")]
    [InlineData("0 0.5 nan 0.1 0.1", "'nan'")]
    [InlineData("0 0.5 0.5 0 0.1", "above 0")]
    [InlineData("-1 0.5 0.5 0.1 0.1", "'-1'")]
    public void ABrokenRowIsNamedByFileAndLineOrLeftOut(string row, string part)
    {
        Yolo($"0 0.5 0.5 0.2 0.2\n\n{row}\n");
        var e = Assert.Throws<EdgeVisionException>(() => DataFolder.Open(_folder).Load(0));
        Assert.Contains("a.txt, line 3", e.Message, StringComparison.Ordinal);
        Assert.Contains(part, e.Message, StringComparison.Ordinal);
        var lenient = DataFolder.Open(_folder, new DataFolderOptions { SkipInvalidLabels = true });
        Assert.Single(lenient.Load(0).Objects);
        Assert.Contains("line 3", lenient.Problems.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void ClassesAreKeptByNameOrFrequency()
    {
        Yolo("1 0.5 0.5 0.2 0.2\n1 0.2 0.5 0.2 0.2\n0 0.8 0.5 0.2 0.2\n");
        var dogs = DataFolder.Open(_folder, new DataFolderOptions { Classes = ["dog"] });
        Assert.Equal(["dog"], dogs.Labels.Objects);
        Assert.Equal([0, 0], dogs.Load(0).Objects.Select(o => o.ClassId));
        Assert.Equal(["dog"], DataFolder.Open(_folder, new DataFolderOptions { MaxClasses = 1 }).Labels.Objects);
        Assert.Contains("cow", Assert.Throws<EdgeVisionException>(() => DataFolder.Open(_folder, new DataFolderOptions { Classes = ["cow"] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BoxesBeyondThePictureAreCutAndReported()
    {
        Yolo("0 0.95 0.5 0.3 0.2\n0 1.4 0.5 0.2 0.2\n");
        var source = DataFolder.Open(_folder);
        Assert.Equal(40, source.Load(0).Objects[0].Box.X2);
        Assert.Contains("line 2", source.Problems.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void MasksWithGapsInTheirIdsBecomeDense()
    {
        Picture("images/a.png", 4, 2);
        Mask("masks/a.png", [0, 7, 7, 200, 200, 200, 9, 255], 4, 2);
        File.WriteAllText(Path.Combine(_folder, "config.yaml"), "train:\n  images: images\n  masks: masks\nclasses:\n  0: unlabeled\n  7: road\n  9: tree\n  200: sky\n");
        var source = DataFolder.Open(_folder);
        Assert.Equal(["background", "road", "tree", "sky"], source.Labels.Pixels);
        Assert.Equal(new byte[] { 0, 1, 1, 3, 3, 3, 2, 255 }, source.Load(0).Mask);
        var frequent = DataFolder.Open(_folder, new DataFolderOptions { MaxClasses = 2 });
        Assert.Equal(["background", "road", "sky"], frequent.Labels.Pixels);
        Assert.Equal(new byte[] { 0, 1, 1, 2, 2, 2, 0, 255 }, frequent.Load(0).Mask);
        Mask("masks/a.png", [0, 7], 2, 1);
        Assert.Contains("2x1", Assert.Throws<EdgeVisionException>(() => source.Load(0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CocoBoxesOutlinesCrowdsAndKeypointsAreRead()
    {
        Picture("images/x.png", 8, 4);
        string json = """
            {"images":[{"id":5,"file_name":"x.png","width":8,"height":4}],
             "categories":[{"id":3,"name":"person","keypoints":["nose","left_eye","right_eye"],"skeleton":[[1,2],[1,3]]},{"id":90,"name":"brush"}],
             "annotations":[
              {"id":1,"image_id":5,"category_id":3,"bbox":[1,1,4,2],"iscrowd":0,"segmentation":[[1,1,5,1,5,3,1,3]],"keypoints":[2,2,2,3,1,1,0,0,0]},
              {"id":2,"image_id":5,"category_id":90,"bbox":[6,0,2,4],"iscrowd":1,"segmentation":{"size":[4,8],"counts":[24,8]}}]}
            """;
        string path = Path.Combine(_folder, "instances.json");
        File.WriteAllText(path, json);
        var source = DataFolder.Open(path);
        Assert.Equal(["person", "brush"], source.Labels.Objects);
        Assert.Equal([(0, 1), (0, 2)], source.Labels.Skeleton);
        Assert.Equal([0, 2, 1], source.Labels.MirroredKeypoints);
        var p = source.Load(0);
        Assert.Equal(new Box(1, 1, 5, 3), p.Objects[0].Box);
        Assert.Equal([new(2, 2, 2), new(3, 1, 1), new(0, 0, 0)], p.Objects[0].Keypoints);
        Assert.True(p.Objects[1].IsCrowd);
        Assert.Equal(1, p.Mask![1 * 8 + 2]);
        Assert.Equal([LabelledImage.IgnoredPixel, LabelledImage.IgnoredPixel, 0], new[] { p.Mask[6], p.Mask[3 * 8 + 7], p.Mask[5] });
        File.WriteAllText(path, json.Replace("\"image_id\":5,\"category_id\":90", "\"image_id\":6,\"category_id\":90", StringComparison.Ordinal));
        Assert.Contains("annotation 2", Assert.Throws<EdgeVisionException>(() => DataFolder.Open(path)).Message, StringComparison.Ordinal);
        Assert.Single(DataFolder.Open(path, new DataFolderOptions { SkipInvalidLabels = true }).Load(0).Objects);
        File.WriteAllText(path, "{\"images\":[]}");
        Assert.Contains("not a COCO annotation file", Assert.Throws<EdgeVisionException>(() => DataFolder.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ASubfolderIsAClass()
    {
        Picture("cats/1.png", 4, 4);
        Picture("dogs/1.png", 4, 4);
        Picture("dogs/2.png", 4, 4);
        var source = DataFolder.Open(_folder);
        Assert.Equal(["cats", "dogs"], source.Labels.Pictures);
        Assert.Equal([0, 1, 1], Enumerable.Range(0, 3).Select(i => source.Load(i).ClassId));
    }

    [Fact]
    public void WhatIsNoDataSetSaysWhatOneLooksLike()
    {
        Assert.Contains("none' does not exist", Assert.Throws<EdgeVisionException>(() => DataFolder.Open(Path.Combine(_folder, "none"))).Message, StringComparison.Ordinal);
        Assert.Contains("config.yaml", Assert.Throws<EdgeVisionException>(() => DataFolder.Open(_folder)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "data.yaml"), "names: [a\n");
        Assert.Contains("line", Assert.Throws<EdgeVisionException>(() => DataFolder.Open(_folder)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "data.yaml"), "colours: 3\n");
        Assert.Contains("names", Assert.Throws<EdgeVisionException>(() => DataFolder.Open(_folder)).Message, StringComparison.Ordinal);
        Yolo("0 0.5 0.5 0.2 0.2\n");
        File.WriteAllBytes(Path.Combine(_folder, "images", "train", "a.png"), [1, 2, 3]);
        Assert.Contains("a.png", Assert.ThrowsAny<EdgeVisionException>(() => DataFolder.Open(_folder).Load(0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Coco128IsReadWhole()
    {
        string shared = Environment.GetEnvironmentVariable("EDGEVISION_SHARED") ?? Path.Combine(Root(), "..", "shared");
        Assert.SkipUnless(Directory.Exists(Path.Combine(shared, "coco128")), "the folder shared/coco128 is not beside the repository");
        var boxes = DataFolder.Open(Path.Combine(shared, "coco128", "object_detection"));
        Assert.Equal((128, 80), (boxes.Count, boxes.Labels.Objects.Count));
        Assert.Equal(929, Enumerable.Range(0, 128).Sum(i => boxes.Load(i).Objects.Count));
        Assert.Equal("person", boxes.Labels.Objects[0]);
        // A hundred of the photos have masks.
        var masks = DataFolder.Open(Path.Combine(shared, "coco128", "semantic_segmentation"), new DataFolderOptions { MaxClasses = 10 });
        Assert.Equal((100, 11), (masks.Count, masks.Labels.Pixels.Count));
        Assert.Contains("person", masks.Labels.Pixels);
        // The outlines carry COCO's own ids (1 to 90, with gaps), which the masks' config names; the boxes count to 80.
        var outlines = DataFolder.Open(Path.Combine(shared, "coco128", "instance_segmentation"), new DataFolderOptions { Names = Path.Combine(shared, "coco128", "semantic_segmentation", "config.yaml") });
        string NameOf(LabelledImageSource source, LabelledObject o) => source.Labels.Objects[o.ClassId];

        // The same objects, labelled twice by others: nearly every box is the hull of an outline of its class.
        int boxesSeen = 0, hulls = 0;
        for (int i = 0; i < 20; i++)
        {
            var (boxed, outlined) = (boxes.Load(i), outlines.Load(i));
            Assert.Equal(boxed.Name, outlined.Name);
            if (outlined.Objects.Count > 0)
            {
                boxesSeen += boxed.Objects.Count;
                hulls += boxed.Objects.Count(b => outlined.Objects.Any(o => NameOf(outlines, o) == NameOf(boxes, b)
                    && Math.Abs(o.Box.X1 - b.Box.X1) < 2 && Math.Abs(o.Box.Y1 - b.Box.Y1) < 2 && Math.Abs(o.Box.X2 - b.Box.X2) < 2 && Math.Abs(o.Box.Y2 - b.Box.Y2) < 2));
            }
        }

        Assert.True(boxesSeen > 50 && hulls > 0.8 * boxesSeen, $"{hulls} of {boxesSeen} boxes are hulls of outlines");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "EdgeVision.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder!;
    }

    private void Yolo(string rows)
    {
        Picture("images/train/a.png", 40, 20);
        Directory.CreateDirectory(Path.Combine(_folder, "labels", "train"));
        File.WriteAllText(Path.Combine(_folder, "labels", "train", "a.txt"), rows);
        File.WriteAllText(Path.Combine(_folder, "data.yaml"), "path: .\ntrain: images/train\nnames: [cat, dog]\n");
    }

    private void Picture(string name, int width, int height)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(SKColors.SlateBlue);
        Save(name, bitmap);
    }

    private void Mask(string name, byte[] ids, int width, int height)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Gray8, SKAlphaType.Opaque));
        for (int y = 0; y < height; y++)
        {
            System.Runtime.InteropServices.Marshal.Copy(ids, y * width, bitmap.GetPixels() + y * bitmap.RowBytes, width);
        }

        Save(name, bitmap);
    }

    private void Save(string name, SKBitmap bitmap)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        data.SaveTo(file);
    }
}
