using System.Text.Json;
using EdgeVision.Evaluation.Coco;
using EdgeVision.Imaging;
using EdgeVision.Results;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Cli.Tests;

/// <summary>
/// <c>eval</c> on drawn data sets whose figures are known: a network that always finds a cat (.9) at (2, 2) to (12, 12) and a dog
/// (.8) at (20, 20) to (30, 30). In picture a there is the cat alone, in b both. The cat's average precision is 1; of the dogs the
/// one of a, which is none, comes first at equal scores, so precision is 1/2 at every recall.
/// </summary>
public sealed class EvalTests : IDisposable
{
    private const double CatAndDog = (1 + 0.5) / 2;
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-eval-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_coco_file_has_its_known_figures()
    {
        var json = Figures("--model", CatsAndDogs(), "--data", Coco());
        var boxes = json.GetProperty("boxes");
        Assert.Equal(CatAndDog, boxes.GetProperty("ap").GetDouble(), 1e-9);
        Assert.Equal(CatAndDog, boxes.GetProperty("ap50").GetDouble(), 1e-9);
        Assert.Equal(1, boxes.GetProperty("ar_100").GetDouble(), 1e-9);
        Assert.Equal(JsonValueKind.Null, boxes.GetProperty("ap_large").ValueKind); // nothing is that large
        Assert.Equal(["bird"], boxes.GetProperty("classes_only_in_data").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal(2, json.GetProperty("pictures").GetInt32());
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("yaml")]
    [InlineData("shared pictures")] // one folder up, as where several sets of labels share them
    [InlineData("list of pictures")]
    public void Yolo_labels_have_the_same_figures(string layout)
    {
        string data = Yolo(layout);
        Assert.Equal(CatAndDog, Figures("--model", CatsAndDogs(), "--data", data).GetProperty("boxes").GetProperty("ap").GetDouble(), 1e-9);
    }

    [Fact]
    public void Figures_are_those_of_the_evaluator()
    {
        string model = SharedData.Path("models", "fastestdet.onnx"), data = SharedData.Path("coco128");
        string spec = Path.Combine(CommandLine.Repository, "samples", "specs", "fastestdet.spec.json");
        const int Pictures = 30;
        var json = Figures("--model", model, "--spec", spec, "--data", Path.Combine(data, "object_detection"), "--limit", $"{Pictures}");

        using var loaded = VisionModel.Load(model, new RuntimeOptions { SpecPath = spec, Confidence = 0.001f, MaxDetections = 100 });
        var evaluator = new CocoEvaluator(CocoIouType.Boxes, 80);
        foreach (string path in Directory.GetFiles(Path.Combine(data, "images", "train2017")).Order(StringComparer.Ordinal).Take(Pictures))
        {
            using var image = ImageFile.Load(path);
            string labels = Path.Combine(data, "object_detection", "labels", "train2017", Path.ChangeExtension(Path.GetFileName(path), ".txt"));
            var truths = new List<CocoAnnotation>();
            foreach (string row in File.Exists(labels) ? File.ReadAllLines(labels) : [])
            {
                double[] v = [.. row.Split(' ').Select(double.Parse)];
                double width = v[3] * image.Frame.Width, height = v[4] * image.Frame.Height;
                truths.Add(new CocoAnnotation((int)v[0], new CocoBox(v[1] * image.Frame.Width - width / 2, v[2] * image.Frame.Height - height / 2, width, height)));
            }

            evaluator.AddImage(truths, loaded.Run(image.Frame));
        }

        var expected = evaluator.Summarize();
        var boxes = json.GetProperty("boxes");
        Assert.InRange(expected.Map50, 0.15, 0.6); // what the model's makers say of it, on pictures that it has seen
        Assert.Equal(expected.Map, boxes.GetProperty("ap").GetDouble(), 1e-12);
        Assert.Equal(expected.Map75, boxes.GetProperty("ap75").GetDouble(), 1e-12);
        Assert.Equal(expected.MapSmall, boxes.GetProperty("ap_small").GetDouble(), 1e-12);
        Assert.Equal(expected.AverageRecall, boxes.GetProperty("ar_100").GetDouble(), 1e-12);
        Assert.Equal(expected.Classes[0].Ap, boxes.GetProperty("classes")[0].GetProperty("ap").GetDouble(), 1e-12);
    }

    // The commands of the README, on what the repository carries.
    [Fact]
    public void The_samples_are_evaluated()
    {
        string repository = CommandLine.Repository;
        var boxes = Figures("--model", Path.Combine(repository, "models", "shelves-yolo.onnx"), "--data", Path.Combine(repository, "samples", "shelves")).GetProperty("boxes");
        Assert.InRange(boxes.GetProperty("ap").GetDouble(), 0.85, 0.95); // the card says as much of other drawn shelves
        Assert.Equal(5, boxes.GetProperty("classes").GetArrayLength());
        var retrieval = Figures("--model", Path.Combine(repository, "models", "families-triplet.onnx"), "--data", Path.Combine(repository, "samples", "emblems")).GetProperty("retrieval");
        Assert.InRange(retrieval.GetProperty("map_at_r").GetDouble(), 0.8, 1);
        Assert.Equal(48, retrieval.GetProperty("queries").GetInt32());
    }

    // What a model finds, handed back as labels, it must find again.
    [Theory]
    [InlineData("yolov8n-seg.onnx", "masks", "compressed run lengths")]
    [InlineData("yolov8n-seg.onnx", "masks", "run lengths")]
    [InlineData("yolov8n-obb.onnx", "oriented_boxes", "corners")]
    [InlineData("yolov8n-pose.onnx", "keypoints", "")]
    public void A_models_own_findings_are_found(string file, string measure, string masks)
    {
        string model = SharedData.Path("golden", "ultralytics", "models", file), photo = SharedData.Path("images", "yolov5_zidane.jpg");
        using var loaded = VisionModel.Load(model, new RuntimeOptions { Confidence = 0.001f, MaxDetections = 100 });
        using var image = ImageFile.Load(photo);
        var result = loaded.Run(image.Frame);
        var d = result.Detections;
        int count = Math.Min(4, d.Count);
        Assert.True(count > 0);
        string annotations = string.Join(",\n", Enumerable.Range(0, count).Select(i =>
        {
            var box = (CocoBox)d.Boxes[i];
            string more = "";
            if (masks == "corners")
            {
                var r = d.RotatedBoxes[i];
                var (cos, sin) = (Math.Cos(r.Angle), Math.Sin(r.Angle));
                (int X, int Y)[] corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)];
                more = $", \"segmentation\": [[{string.Join(",", corners.Select(c => FormattableString.Invariant($"{r.CenterX + c.X * r.Width / 2 * cos - c.Y * r.Height / 2 * sin},{r.CenterY + c.X * r.Width / 2 * sin + c.Y * r.Height / 2 * cos}")))}]]";
            }
            else if (masks.Length > 0)
            {
                var mask = CocoMask.FromDetection(d, i, result.Transform);
                byte[] pixels = mask.ToPixels();
                string counts = masks.StartsWith("compressed", StringComparison.Ordinal)
                    ? JsonSerializer.Serialize(RunLengthMask.Encode(mask.Width, mask.Height, (x, y) => pixels[y * mask.Width + x] != 0))
                    : $"[{string.Join(",", mask.Runs.ToArray())}]";
                more = $$""", "segmentation": { "size": [{{mask.Height}}, {{mask.Width}}], "counts": {{counts}} }""";
            }
            else
            {
                more = $", \"keypoints\": [{string.Join(",", d.GetKeypoints(i).ToArray().Select(p => FormattableString.Invariant($"{p.X},{p.Y},2")))}]";
            }

            return FormattableString.Invariant($$"""{ "id": {{i + 1}}, "image_id": 7, "category_id": {{d.ClassIds[i] + 1}}, "area": {{box.Area}}, "bbox": [{{box.X}},{{box.Y}},{{box.Width}},{{box.Height}}]""") + more + " }";
        }));
        string data = Write("own.json", $$"""
            { "info": { "year": 2026 }, "images": [ { "id": 7, "file_name": "{{Path.GetFileName(photo)}}", "width": {{image.Frame.Width}}, "height": {{image.Frame.Height}} } ],
              "annotations": [ {{annotations}} ],
              "categories": [ {{string.Join(",", loaded.Spec.Labels.Select((l, i) => $$"""{ "id": {{i + 1}}, "name": "{{l.ToUpperInvariant()}}" }"""))}} ] }
            """);
        var json = Figures("--model", model, "--data", data, "--images", Path.GetDirectoryName(photo)!);
        Assert.Equal(1, json.GetProperty(measure).GetProperty("ap").GetDouble(), 1e-9);
        if (masks != "corners")
        {
            Assert.Equal(1, json.GetProperty("boxes").GetProperty("ap").GetDouble(), 1e-9);
        }
    }

    [Fact]
    public void A_model_of_one_figure_is_shown_each_labelled_one()
    {
        string model = Path.Combine(CommandLine.Repository, "models", "figures-heatmap.onnx"), picture = Path.Combine(CommandLine.Repository, "samples", "scene.png");
        using var loaded = VisionModel.Load(model, new RuntimeOptions { Confidence = 0.001f });
        using var image = ImageFile.Load(picture);
        string annotations = string.Join(",\n", new[] { new Box(40, 30, 120, 150), new Box(150, 60, 230, 180) }.Select((b, i) =>
        {
            // A quarter more room: an eighth on each side.
            var found = Crop(loaded, image.Frame, new Box(b.X1 - b.Width / 8, b.Y1 - b.Height / 8, b.X2 + b.Width / 8, b.Y2 + b.Height / 8)).Detections;
            string points = string.Join(",", found.GetKeypoints(0).ToArray().Select(p => FormattableString.Invariant($"{p.X},{p.Y},2")));
            return FormattableString.Invariant($$"""{ "id": {{i}}, "image_id": 1, "category_id": 1, "bbox": [{{b.X1}},{{b.Y1}},{{b.Width}},{{b.Height}}], "keypoints": [{{points}}] }""");
        }));
        string data = Write("figures.json", $$"""{ "images": [ { "id": 1, "file_name": "scene.png" } ], "categories": [ { "id": 1, "name": "figure" } ], "annotations": [ {{annotations}} ] }""");
        var json = Figures("--model", model, "--data", data, "--images", Path.GetDirectoryName(picture)!);
        Assert.Equal(1, json.GetProperty("keypoints").GetProperty("ap").GetDouble(), 1e-9);
        Assert.False(json.TryGetProperty("boxes", out _)); // those it was given
    }

    [Fact]
    public void Classes_of_pictures_have_their_known_figures()
    {
        // Always a, then b, …, f, and g last: three pictures of a, one of b, one of g.
        string model = DrawnData.Constant(Path.Combine(_folder, "classes.onnx"), "classify", """{ "decoder": "softmax" }""", """ "a", "b", "c", "d", "e", "f", "g" """, [1, 7], [7, 6, 5, 4, 3, 2, 1]);
        foreach (string name in (string[])["A/1", "A/2", "A/3", "b/1", "g/1", "unknown/1"])
        {
            DrawnData.Picture(Path.Combine(_folder, "data", name + ".png"));
        }

        var outcome = CommandLine.Run("eval", "--model", model, "--data", Path.Combine(_folder, "data"), "--json", "-");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("unknown", outcome.Error); // a class without a label is said and left out
        var json = JsonDocument.Parse(outcome.Output).RootElement.GetProperty("classification");
        Assert.Equal(3 / 5.0, json.GetProperty("top1").GetDouble(), 1e-9);
        Assert.Equal(4 / 5.0, json.GetProperty("top5").GetDouble(), 1e-9);
        Assert.Equal(1 / 3.0, json.GetProperty("balanced_accuracy").GetDouble(), 1e-9);
        Assert.Equal(3 / 5.0, json.GetProperty("classes")[0].GetProperty("precision").GetDouble(), 1e-9);
    }

    [Fact]
    public void Classes_of_pixels_have_their_known_figures()
    {
        // The left half is always a thing; in the mask its left quarter is one, and the last row is nobody's.
        float[] logits = new float[2 * 32 * 32];
        byte[] mask = new byte[32 * 32];
        for (int i = 0; i < 32 * 32; i++)
        {
            logits[32 * 32 + i] = i % 32 < 16 ? 1 : -1;
            mask[i] = i / 32 == 31 ? (byte)255 : i % 32 < 8 ? (byte)9 : (byte)4;
        }

        string model = DrawnData.Constant(Path.Combine(_folder, "pixels.onnx"), "segment", """{ "decoder": "segmentation" }""", """ "background", "thing" """, [1, 2, 32, 32], logits);
        DrawnData.Picture(Path.Combine(_folder, "images", "x.png"));
        MaskFileTests.WriteGrey(Path.Combine(_folder, "masks", "x.png"), mask, 32, 32);
        string yaml = Write("data.yaml", "val:\n  images: images\n  masks: masks\nclasses:\n  0: unlabeled\n  4: sky\n  9: Thing\n");
        foreach (string data in (string[])[yaml, _folder])
        {
            var json = Figures("--model", model, "--data", data).GetProperty("segmentation");
            double thing = 0.5, background = 16 / 24.0;
            Assert.Equal((thing + background) / 2, json.GetProperty("mean_iou").GetDouble(), 1e-9);
            Assert.Equal(24 / 32.0, json.GetProperty("pixel_accuracy").GetDouble(), 1e-9);
        }
    }

    [Fact]
    public void Embeddings_have_their_known_figures()
    {
        // Reds and greens lie together; of the blues one is nearer to a green.
        string model = DrawnData.MeanColour(Path.Combine(_folder, "colour.onnx"));
        string data = Path.Combine(_folder, "people");
        DrawnData.Picture(Path.Combine(data, "red", "1.png"), red: 200, green: 10, blue: 10);
        DrawnData.Picture(Path.Combine(data, "red", "2.png"), red: 180, green: 12, blue: 10);
        DrawnData.Picture(Path.Combine(data, "green", "1.png"), red: 10, green: 200, blue: 10);
        DrawnData.Picture(Path.Combine(data, "green", "2.png"), red: 12, green: 180, blue: 10);
        DrawnData.Picture(Path.Combine(data, "blue", "1.png"), red: 0, green: 180, blue: 100); // nearest a green
        DrawnData.Picture(Path.Combine(data, "blue", "2.png"), red: 0, green: 120, blue: 200); // nearest the other blue
        DrawnData.Picture(Path.Combine(data, "alone", "1.png"), red: 200, green: 0, blue: 200);
        var json = Figures("--model", model, "--data", data).GetProperty("retrieval");
        Assert.Equal(5 / 6.0, json.GetProperty("recall_at").GetProperty("1").GetDouble(), 1e-9);
        Assert.Equal(1, json.GetProperty("recall_at").GetProperty("4").GetDouble(), 1e-9);
        Assert.Equal((6, 1), (json.GetProperty("queries").GetInt32(), json.GetProperty("lone_queries").GetInt32()));

        // The wrong one is drawn with its nearest.
        string worst = Path.Combine(_folder, "worst");
        var outcome = CommandLine.Run("eval", "--model", model, "--data", data, "--worst", worst, "--per-class");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(["01-1.png"], Directory.GetFiles(worst).Select(Path.GetFileName));
        Assert.Contains(outcome.Output.Split('\n'), l => l.TrimEnd().EndsWith("0.500", StringComparison.Ordinal) && l.Contains("blue"));

        Directory.CreateDirectory(Path.Combine(_folder, "split"));
        Directory.Move(data, Path.Combine(_folder, "split", "gallery"));
        DrawnData.Picture(Path.Combine(_folder, "split", "query", "alone", "2.png"), red: 190, green: 0, blue: 200);
        DrawnData.Picture(Path.Combine(_folder, "split", "query", "blue", "3.png"), red: 10, green: 200, blue: 10);
        json = Figures("--model", model, "--data", Path.Combine(_folder, "split")).GetProperty("retrieval");
        Assert.Equal(0.5, json.GetProperty("recall_at").GetProperty("1").GetDouble(), 1e-9);
        Assert.Equal(2, json.GetProperty("queries").GetInt32());
    }

    [Fact]
    public void The_worst_pictures_are_drawn_and_no_others()
    {
        string worst = Path.Combine(_folder, "worst");
        var outcome = CommandLine.Run("eval", "--model", CatsAndDogs(), "--data", Coco(), "--worst", worst, "--worst-count", "5", "--per-class");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(["01-a.png"], Directory.GetFiles(worst).Select(Path.GetFileName)); // b has no fault
        using var drawn = ImageFile.Load(Path.Combine(worst, "01-a.png"));
        Assert.Equal(2 * 320 + 8, drawn.Frame.Width);
        string[] lines = outcome.Output.Split('\n');
        Assert.Contains(lines, l => l.StartsWith("  Cat", StringComparison.Ordinal) && l.Contains("1.000"));
        Assert.Contains(lines, l => l.StartsWith("  DOG", StringComparison.Ordinal) && l.Contains("0.500"));
        Assert.Contains(lines, l => l.Contains("average precision IoU .50:.95") && l.Contains("0.750"));
    }

    [Fact]
    public void A_truncated_picture_is_skipped_and_counted()
    {
        string data = Coco();
        byte[] whole = File.ReadAllBytes(Path.Combine(_folder, "images", "a.png"));
        File.WriteAllBytes(Path.Combine(_folder, "images", "a.png"), whole[..(whole.Length / 2)]);
        var outcome = CommandLine.Run("eval", "--model", CatsAndDogs(), "--data", data, "--json", Path.Combine(_folder, "out.json"));
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("a.png", outcome.Error);
        Assert.Contains("1 of 2 images and 0 labels were skipped", outcome.Error);
        var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "out.json"))).RootElement;
        Assert.Equal((1, 1), (json.GetProperty("pictures").GetInt32(), json.GetProperty("pictures_skipped").GetInt32()));
        Assert.Equal(1, json.GetProperty("boxes").GetProperty("ap").GetDouble(), 1e-9); // b alone is perfect
        Assert.Empty(Directory.GetFiles(_folder, "*.part"));
    }

    [Fact]
    public void A_bad_line_is_left_out_and_counted()
    {
        string data = Yolo("yaml");
        File.AppendAllText(Path.Combine(_folder, "labels", "val", "b.txt"), "0 0.5 0.5 nan\n\n1 17 20 5 5\n");
        var outcome = CommandLine.Run("eval", "--model", CatsAndDogs(), "--data", data, "--worst", Path.Combine(_folder, "worst"));
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("b.txt, line 3", outcome.Error);
        Assert.Contains("line 5", outcome.Error);
        Assert.Contains("2 labels were skipped", outcome.Error);
        Assert.Contains("0.750", outcome.Output);
    }

    [Fact]
    public void Labels_of_other_names_are_matched_where_asked_for()
    {
        string model = CatsAndDogs();
        File.WriteAllText(Path.ChangeExtension(model, ".spec.json"), File.ReadAllText(Path.ChangeExtension(model, ".spec.json")).Replace("dog", "hound"));
        string data = Coco();
        var plain = Figures("--model", model, "--data", data).GetProperty("boxes");
        Assert.Equal(1, plain.GetProperty("ap").GetDouble(), 1e-9); // the cat's alone
        Assert.Equal(["hound"], plain.GetProperty("labels_only_in_model").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal(CatAndDog, Figures("--model", model, "--data", data, "--classes", "Hound=dog").GetProperty("boxes").GetProperty("ap").GetDouble(), 1e-9);
        Fails(2, "wolf", "--model", model, "--data", data, "--classes", "wolf=dog");
        Fails(2, "ox", "--model", model, "--data", data, "--classes", "hound=ox");
        Fails(2, "pairs 'label=class'", "--model", model, "--data", data, "--classes", "hound");
    }

    [Fact]
    public void Wrong_calls_say_what_to_do()
    {
        string model = CatsAndDogs(), data = Coco();
        Fails(2, "does not exist", "--model", model, "--data", Path.Combine(_folder, "nowhere"));
        Fails(2, "no-such.onnx", "--model", "no-such.onnx", "--data", data);
        Fails(2, "--images", "--model", model, "--data", Write("elsewhere.json", File.ReadAllText(data).Replace("a.png", "c.png").Replace("b.png", "d.png")));
        Fails(2, "unknown kind of data set", "--model", model, "--data", Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName);
        Fails(2, "nothing to compare", "--model", DrawnData.MeanColour(Path.Combine(_folder, "colour.onnx")), "--data", data);
        Fails(2, "no label of the model", "--model", model, "--data", Write("others.json", File.ReadAllText(data).Replace("Cat", "ox").Replace("DOG", "yak")));
        Fails(1, "not valid JSON", "--model", model, "--data", Write("broken.json", File.ReadAllText(data)[..200]));
        Fails(1, "results", "--model", model, "--data", Write("list.json", "[ { } ]"));
        Fails(1, "line 3", "--model", model, "--data", Write("broken.yaml", "names: [a, b]\nval: {\n"));
        Fails(2, "--limit", "--model", model, "--data", data, "--limit", "0");
        Fails(2, "--conf", "--model", model, "--data", data, "--conf", "2");
    }

    private static VisionResult Crop(VisionModel model, Frame frame, Box crop)
    {
        var result = new VisionResult();
        model.Run(frame, result, crop);
        return result;
    }

    private static void Fails(int exitCode, string says, params string[] arguments)
    {
        var outcome = CommandLine.Run(["eval", .. arguments]);
        Assert.True(outcome.ExitCode == exitCode, $"exit code {outcome.ExitCode}: {outcome.Error}");
        Assert.Contains(says, outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error);
    }

    private static JsonElement Figures(params string[] arguments)
    {
        var outcome = CommandLine.Run(["eval", .. arguments, "--json", "-"]);
        Assert.True(outcome.ExitCode == 0, $"exit code {outcome.ExitCode}: {outcome.Error}");
        return JsonDocument.Parse(outcome.Output).RootElement;
    }

    private string CatsAndDogs() => DrawnData.Constant(Path.Combine(_folder, "cats.onnx"), "detect", """{ "decoder": "yolo-end2end" }""", """ "cat", "dog" """,
        [1, 2, 6], [2, 2, 12, 12, .9f, 0, 20, 20, 30, 30, .8f, 1]);

    private string Coco()
    {
        DrawnData.Picture(Path.Combine(_folder, "images", "a.png"));
        DrawnData.Picture(Path.Combine(_folder, "images", "b.png"));
        return Write("cats.json", """
            { "categories": [ { "id": 17, "name": "Cat" }, { "id": 18, "name": "DOG" }, { "id": 16, "name": "bird" } ],
              "annotations": [
                { "id": 1, "image_id": 5, "category_id": 17, "bbox": [2, 2, 10, 10], "area": 100, "iscrowd": 0 },
                { "id": 2, "image_id": 6, "category_id": 17, "bbox": [2, 2, 10, 10], "area": 100, "iscrowd": 0 },
                { "id": 3, "image_id": 6, "category_id": 18, "bbox": [20, 20, 10, 10], "area": 100, "iscrowd": 0 },
                { "id": 4, "image_id": 6, "category_id": 16, "bbox": [0, 0, 3, 3], "area": 9, "iscrowd": 0 } ],
              "images": [ { "id": 6, "file_name": "b.png", "width": 32, "height": 32 }, { "id": 5, "file_name": "a.png", "width": 32, "height": 32 } ] }
            """);
    }

    private string Yolo(string layout)
    {
        string pictures = Path.Combine(_folder, "images", "val");
        string root = layout == "shared pictures" ? Directory.CreateDirectory(Path.Combine(_folder, "boxes")).FullName : _folder;
        DrawnData.Picture(Path.Combine(pictures, "a.png"));
        DrawnData.Picture(Path.Combine(pictures, "b.png"));
        string labels = Directory.CreateDirectory(Path.Combine(root, "labels", "val")).FullName;
        string cat = "0 0.21875 0.21875 0.3125 0.3125\n", dog = "1 0.78125 0.78125 0.3125 0.3125\n";
        File.WriteAllText(Path.Combine(labels, "a.txt"), cat);
        File.WriteAllText(Path.Combine(labels, "b.txt"), cat + dog);
        if (layout == "folder")
        {
            return root;
        }

        string place = "images/val";
        if (layout == "list of pictures")
        {
            place = "val.txt";
            File.WriteAllText(Path.Combine(root, place), "./images/val/a.png\nimages/val/b.png\n");
        }

        string yaml = Path.Combine(root, "config.yaml");
        File.WriteAllText(yaml, $"path: .\ntrain: images/train\nval: {place}\nnames:\n  0: Cat\n  1: Dog\n");
        return layout == "yaml" ? yaml : root;
    }

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
