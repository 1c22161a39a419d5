using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using EdgeVision.Imaging;

namespace EdgeVision.Cli;

/// <summary><c>edgevision eval</c>: how good a model is on labelled pictures.</summary>
internal static class EvalCommand
{
    private sealed record Call(string Model, string Data, string? Images, string? Split, string? Names, string? Classes, RuntimeOptions Runtime, float Confidence, float? Iou, int MaxDetections,
        string? Spec, int? Limit, string? Json, string? Worst, int WorstCount, bool PerClass, int? Threads);

    public static Command Create()
    {
        var model = Shell.Model();
        var data = new Option<string>("--data", "-d") { Description = "Labelled pictures: a COCO .json; a data.yaml or folder of YOLO labels; a folder with images and masks; a folder with a subfolder for each class or identity.", Required = true, HelpName = "PATH" };
        var images = new Option<string?>("--images") { Description = "Folder of the pictures, where the labels do not lie beside them.", HelpName = "DIR" };
        var split = new Option<string?>("--split") { Description = "Part of the data set; the first there is of val, test and train by default.", HelpName = "NAME" };
        var names = new Option<string?>("--names") { Description = "A .yaml with the class names, where the data set has none.", HelpName = "FILE" };
        var classes = new Option<string?>("--classes") { Description = "How labels and classes are matched: name (the default, whatever the case), id, or pairs 'label=class' by commas for those whose names differ.", HelpName = "HOW" };
        var providers = new ProviderArguments();
        var confidence = Shell.Ratio("--conf", "Lowest score that takes part, 0 to 1; 0.001 by default, as average precision needs the whole curve.");
        var iou = Shell.Ratio("--iou", "IoU above which the lower-scored of two boxes goes, 0 to 1; the model's own by default.");
        var max = Shell.Count("--max-detections", "Most detections a picture, and of a class; 100 by default, as COCO has it.");
        var spec = Shell.Spec();
        var limit = Shell.Count("--limit", "Only the first so many pictures.");
        var json = new Option<string?>("--json") { Description = "Write the figures as JSON to FILE, or to standard output with -.", HelpName = "FILE|-" };
        var worst = new Option<string?>("--worst") { Description = "Draw the worst pictures into this folder: labels on the left, findings on the right.", HelpName = "DIR" };
        var worstCount = Shell.Count("--worst-count", "How many of them; 10 by default.");
        var perClass = new Option<bool>("--per-class") { Description = "Print the figures of each class too." };
        var threads = Shell.Threads();
        var verbose = Shell.Verbose();
        var command = new Command("eval",
            """
            Measures a model on labelled pictures, by what its heads give and the labels say: boxes, masks and keypoints (COCO's average
            precision and recall), classes (top-1, top-5), classes of pixels (mean IoU), embeddings (recall@k, mAP@R).
            Pictures and labels that are broken are left out, counted, and make exit code 1.

            Examples:
              edgevision eval --model models/shelves-yolo.onnx --data samples/shelves --per-class --worst worst
              edgevision eval --model models/families-triplet.onnx --data samples/emblems
              edgevision eval --model yolov8n.onnx --data coco/annotations/instances_val2017.json --images coco/val2017 --json figures.json
            """)
        {
            model, data, images, split, names, classes, confidence, iou, max, spec, limit, json, worst, worstCount, perClass, threads, verbose,
        };
        providers.AddTo(command);
        command.SetAction((parse, cancel) => Task.FromResult(Shell.Guard(parse.GetValue(verbose), () => Run(new Call(
            parse.GetValue(model)!, parse.GetValue(data)!, parse.GetValue(images), parse.GetValue(split), parse.GetValue(names), parse.GetValue(classes),
            providers.Read(parse), parse.GetValue(confidence) ?? 0.001f, parse.GetValue(iou),
            parse.GetValue(max) ?? 100, parse.GetValue(spec), parse.GetValue(limit), parse.GetValue(json), parse.GetValue(worst),
            parse.GetValue(worstCount) ?? 10, parse.GetValue(perClass), parse.GetValue(threads)), cancel))));
        return command;
    }

    private static int Run(Call call, CancellationToken cancel)
    {
        Shell.MustExist(call.Model, "model");
        if (call.Spec is not null)
        {
            Shell.MustExist(call.Spec, "spec");
        }

        var problems = new LabelProblems(Console.Error);
        var data = LabelledData.Open(call.Data, call.Images, call.Split, call.Names, problems);
        using var model = VisionModel.Load(call.Model, call.Runtime with
        {
            Confidence = call.Confidence,
            Iou = call.Iou,
            MaxDetections = call.MaxDetections,
            SpecPath = call.Spec,
            Threads = call.Threads is { } n ? ThreadBudget.Of(n) : null,
        });

        var evaluation = new Evaluation(model, data, call.Classes, call.MaxDetections, Math.Max(call.Confidence, model.Spec.Thresholds.Confidence), Console.Error);
        int count = Math.Min(call.Limit ?? int.MaxValue, data.Pictures.Count), failed = 0;
        long start = Stopwatch.GetTimestamp();
        using (var progress = new Progress(count))
        {
            for (int i = 0; i < count; i++)
            {
                cancel.ThrowIfCancellationRequested();
                try
                {
                    evaluation.Add(i);
                }
                catch (EdgeVisionException e)
                {
                    failed++;
                    Console.Error.WriteLine($"edgevision: skipped: {e.Message}");
                }

                progress.Step();
            }
        }

        if (failed == count)
        {
            throw new EdgeVisionException($"no picture of {data.Description} could be evaluated");
        }

        if (call.Json is not null)
        {
            Shell.WriteJson(call.Json, writer => Write(writer, call, model, data, evaluation, count, failed, problems.Count));
        }

        var to = call.Json == "-" ? Console.Error : Console.Out;
        to.WriteLine(FormattableString.Invariant($"{model.Name} on {data.Description}"));
        to.WriteLine(FormattableString.Invariant($"{count - failed} pictures in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s{(data.Kind == LabelKind.Objects ? FormattableString.Invariant($"; score from {call.Confidence:G3}, at most {call.MaxDetections} detections") : "")}"));
        foreach (var measure in evaluation.Measures)
        {
            measure.Print(to, call.PerClass);
        }

        if (call.Worst is not null)
        {
            int drawn = evaluation.DrawWorst(call.Worst, call.WorstCount, cancel);
            to.WriteLine(drawn > 0 ? $"the {drawn} worst pictures: {call.Worst}" : "no picture has a fault, so none is drawn");
        }

        if (failed > 0 || problems.Count > 0)
        {
            Console.Error.WriteLine($"edgevision: {failed} of {count} pictures were skipped and {problems.Count} labels left out: the figures are of the rest");
        }

        return failed > 0 || problems.Count > 0 ? ExitCode.Failed : ExitCode.Done;
    }

    private static void Write(Utf8JsonWriter json, Call call, VisionModel model, LabelledData data, Evaluation evaluation, int count, int failed, int problems)
    {
        json.WriteStartObject();
        json.WriteString("model", model.Name);
        json.WriteString("data", call.Data);
        json.WriteNumber("pictures", count - failed);
        json.WriteNumber("pictures_skipped", failed);
        json.WriteNumber("labels_left_out", problems);
        json.WriteNumber("confidence", call.Confidence);
        json.WriteNumber("iou", model.Options.Iou);
        json.WriteNumber("max_detections", call.MaxDetections);
        foreach (var measure in evaluation.Measures)
        {
            json.WriteStartObject(measure.Name);
            if (measure.Match is { } match)
            {
                Names("labels_only_in_model", match.ModelOnly);
                Names("classes_only_in_data", match.DataOnly);
            }

            measure.Write(json);
            json.WriteEndObject();
        }

        json.WriteEndObject();

        void Names(string property, IReadOnlyList<string> names)
        {
            json.WriteStartArray(property);
            foreach (string name in names)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
        }
    }
}
