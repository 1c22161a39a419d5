using EdgeVision.Cli.DataSets;
using EdgeVision.Evaluation.Coco;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary>Labels as they are read, row by row and annotation by annotation, and what is said of broken ones.</summary>
public sealed class LabelledDataTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-labels-").FullName;
    private readonly StringWriter _log = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_box_of_yolo()
    {
        var truth = Assert.Single(Yolo("2 0.5 0.25 0.2 0.1").Objects(0, 100, 40, masks: false));
        Assert.Equal((2, new CocoBox(40, 8, 20, 4)), (truth.ClassId, truth.Box with { X = Math.Round(truth.Box.X, 9), Y = Math.Round(truth.Box.Y, 9) }));
    }

    [Fact]
    public void An_outline_of_yolo_has_its_box_and_its_pixels()
    {
        var data = Yolo("0 0.1 0.1 0.6 0.1 0.6 0.35 0.1 0.35");
        Assert.True(data.HasMasks);
        var truth = Assert.Single(data.Objects(0, 100, 40, masks: true));
        Assert.Equal(10, truth.Box.X, 1e-9);
        Assert.Equal(50, truth.Box.Width, 1e-9);
        Assert.Equal(10, truth.Box.Height, 1e-9);
        Assert.Equal(500, truth.Mask!.Area);
        Assert.Null(Assert.Single(data.Objects(0, 100, 40, masks: false)).Mask);
    }

    [Fact]
    public void Keypoints_of_yolo_by_their_shape()
    {
        var three = Yolo("0 0.5 0.5 0.4 0.4 0.5 0.5 2 0.25 0.75 0", "kpt_shape: [2, 3]\n");
        Assert.Equal(2, three.KeypointCount);
        Assert.Equal([new CocoKeypoint(50, 20, 2), new CocoKeypoint(25, 30, 0)], three.Objects(0, 100, 40, false)[0].Keypoints!);
        var two = Yolo("0 0.5 0.5 0.4 0.4 0.5 0.5 0 0", "kpt_shape: [2, 2]\n");
        Assert.Equal([new CocoKeypoint(50, 20, 2), new CocoKeypoint(0, 0, 0)], two.Objects(0, 100, 40, false)[0].Keypoints!);
    }

    [Theory]
    [InlineData("x 0.5 0.5 0.1 0.1", "got 'x'")]
    [InlineData("-1 0.5 0.5 0.1 0.1", "got '-1'")]
    [InlineData("1.5 0.5 0.5 0.1 0.1", "got '1.5'")]
    [InlineData("9 0.5 0.5 0.1 0.1", "class 9 does not exist")]
    [InlineData("0 0.5 0.5 0.1", "got 3")]
    [InlineData("0 0.5 0.5 0.1 0.1 0.9", "got 5")]
    [InlineData("0", "got 0")]
    [InlineData("0 nan 0.5 0.1 0.1", "must be a number; got 'nan'")]
    [InlineData("0 0.5 inf 0.1 0.1", "must be a number; got 'inf'")]
    [InlineData("0 50 20 10 10", "between 0 and 1")]
    [InlineData("0 0.5 0.5 0 0.1", "empty")]
    [InlineData("0 0.1 0.1 0.2 0.2 0.3 0.3 0.4", "got 7")]
    [InlineData("0 0.5 0.1 0.5 0.2 0.5 0.3", "no area")]
    public void A_broken_row_is_left_out_and_named(string row, string says)
    {
        var data = Yolo("1 0.5 0.5 0.1 0.1\n" + row + "\n\n2 0.5 0.5 0.1 0.1\n");
        Assert.Equal([1, 2], data.Objects(0, 100, 40, masks: false).Select(t => t.ClassId));
        Assert.Contains(says, _log.ToString());
        Assert.Contains("line 2", _log.ToString());
        data.Objects(0, 100, 40, masks: false); // read again, it is the same problem
        Assert.Single(_log.ToString().Trim().Split('\n'));
    }

    [Theory]
    [InlineData("""{ "id": 1, "image_id": 1, "category_id": 1 }""", "'bbox' is missing")]
    [InlineData("""{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3] }""", "bbox must be")]
    [InlineData("""{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, -3, 4] }""", "bbox must be")]
    [InlineData("""{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, "3", 4] }""", "annotation 1")]
    [InlineData("""{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [1e999, 2, 3, 4] }""", "annotation 1")]
    [InlineData("""{ "id": 1, "image_id": 8, "category_id": 1, "bbox": [1, 2, 3, 4] }""", "no image 8")]
    [InlineData("""{ "id": 1, "image_id": 1, "category_id": 8, "bbox": [1, 2, 3, 4] }""", "no category 8")]
    [InlineData("""{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": [[1, 2, 3, 4]] }""", "polygon")]
    [InlineData("""{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": { "size": [40, 50], "counts": [2000] } }""", "50x40")] // of another picture
    [InlineData("""{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": { "size": [40, 100], "counts": [17] } }""", "4000 pixels; got 17")]
    [InlineData("""{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": { "size": [40, 100], "counts": "zzz" } }""", "run lengths")]
    [InlineData("""{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": { "size": [-40, 100], "counts": [17] } }""", "size")]
    [InlineData("""{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "keypoints": [1, 2] }""", "keypoints")]
    [InlineData("17", "at index 0")]
    public void A_broken_annotation_is_left_out_and_named(string annotation, string says)
    {
        var data = Coco(annotation + """, { "id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": [[1, 2, 4, 2, 4, 6, 1, 6]] }""");
        var truth = Assert.Single(data.Objects(0, 100, 40, masks: true));
        Assert.Equal(new CocoBox(1, 2, 3, 4), truth.Box);
        Assert.Equal(12, truth.Mask!.Area);
        Assert.Contains(says, _log.ToString());
    }

    [Fact]
    public void Crowds_areas_and_keypoints_of_coco()
    {
        var data = Coco("""
            { "id": 1, "image_id": 1.0, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 7.5, "iscrowd": 1, "segmentation": { "size": [40, 100], "counts": [0, 80, 3920] } },
            { "id": 2, "image_id": 1, "category_id": 1, "bbox": [5, 6, 7, 8], "keypoints": [1, 2, 2, 3, 4, 0] }
            """);
        Assert.True(data.HasMasks);
        Assert.Equal(2, data.KeypointCount);
        var truths = data.Objects(0, 100, 40, masks: false);
        Assert.Equal((true, 7.5), (truths[0].IsCrowd, truths[0].Area));
        Assert.Equal((false, null), (truths[1].IsCrowd, truths[1].Area));
        Assert.Equal([new CocoKeypoint(1, 2, 2), new CocoKeypoint(3, 4, 0)], truths[1].Keypoints!);
        Assert.Equal(80, Assert.Single(data.Objects(0, 100, 40, masks: true)).Mask!.Area); // the other has no outline, which is said
        Assert.Contains("no segmentation", _log.ToString());
    }

    [Fact]
    public void Annotations_of_another_size_do_not_fit() =>
        Assert.Contains("50x50", Assert.Throws<EdgeVisionException>(() => Coco("").Objects(0, 50, 50, masks: false)).Message);

    [Theory]
    [InlineData("names: [cat, dog]", "cat, dog")]
    [InlineData("names:\n  0: cat\n  7: dog", "cat, dog")]
    [InlineData("classes: {1: cat}", "cat")]
    [InlineData("val: images", "")]
    public void Names_as_a_list_and_as_a_map(string yaml, string names) => Assert.Equal(names, string.Join(", ", new DataYaml(Write("data.yaml", yaml)).Names().Values));

    [Theory]
    [InlineData("names: cat", "must be a list or a map")]
    [InlineData("names: {a: cat}", "must be a number; got a")]
    [InlineData("names: [[a], b]", "expected a single value")]
    [InlineData("kpt_shape: [17, 4]", "kpt_shape")]
    [InlineData("kpt_shape: 17", "kpt_shape")]
    [InlineData("- a\n- b", "must be a map")]
    [InlineData("", "must be a map")]
    [InlineData("a: b: c: d", "line 1")]
    public void Yaml_that_means_nothing_is_an_error(string yaml, string says)
    {
        Assert.Contains(says, Assert.Throws<EdgeVisionException>(() =>
        {
            var data = new DataYaml(Write("data.yaml", yaml));
            data.Names();
            data.KeypointShape();
        }).Message);
    }

    private LabelledData Yolo(string rows, string yaml = "")
    {
        DrawnData.Picture(Path.Combine(_folder, "images", "val", "x.png"), 100, 40);
        Directory.CreateDirectory(Path.Combine(_folder, "labels", "val"));
        File.WriteAllText(Path.Combine(_folder, "labels", "val", "x.txt"), rows);
        return LabelledData.Open(Write("data.yaml", yaml + "val: images/val\nnames: [a, b, c]\n"), null, null, null, new LabelProblems(_log));
    }

    private LabelledData Coco(string annotations)
    {
        DrawnData.Picture(Path.Combine(_folder, "x.png"), 100, 40);
        return LabelledData.Open(Write("coco.json", $$"""
            { "images": [ { "id": 1, "file_name": "x.png", "width": 100, "height": 40 } ], "categories": [ { "id": 1, "name": "a" } ], "annotations": [ {{annotations}} ] }
            """), null, null, null, new LabelProblems(_log));
    }

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
