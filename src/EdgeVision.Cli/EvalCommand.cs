using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using EdgeVision.Cli.DataSets;
using EdgeVision.Cli.Evaluation;

namespace EdgeVision.Cli;

/// <summary><c>edgevision eval</c>: evaluates a model on labelled images.</summary>
internal static class EvalCommand
{
    private sealed record Arguments(
        string Model,
        string Data,
        string? Images,
        string? Split,
        string? Names,
        string? Classes,
        RuntimeOptions Runtime,
        float Confidence,
        float? Iou,
        int MaxDetections,
        string? Spec,
        int? Limit,
        string? Json,
        string? Worst,
        int WorstCount,
        bool PerClass,
        int? Threads);

    public static Command Create()
    {
        var model = CommandHelpers.ModelOption();
        var data = new Option<string>("--data", "-d")
        {
            Description = "Labelled images: a COCO .json; a data.yaml or a folder of YOLO labels; a folder with 'images' and 'masks'; or "
                + "a folder with one subfolder per class or identity.",
            Required = true,
            HelpName = "PATH",
        };
        var images = new Option<string?>("--images")
        {
            Description = "Folder of the images, if they are not beside the labels.",
            HelpName = "DIR",
        };
        var split = new Option<string?>("--split")
        {
            Description = "Split of the data set, such as val or train. [default: the first that exists of val, valid, test, train]",
            HelpName = "NAME",
        };
        var names = new Option<string?>("--names")
        {
            Description = "YAML file with class names, for a data set without them.",
            HelpName = "FILE",
        };
        var classes = new Option<string?>("--classes")
        {
            Description = "How the model's labels match the data set's classes: by 'name' (ignoring case), by 'id', or by name with "
                + "pairs 'label=class', separated by commas, for names that differ. [default: name]",
            HelpName = "HOW",
        };
        var providers = new ProviderArguments();
        var confidence = CommandHelpers.RatioOption(
            "--conf", "Minimum score of a detection, 0 to 1; average precision needs the whole curve. [default: 0.001]");
        var iou = CommandHelpers.RatioOption("--iou", "IoU above which NMS removes the lower-scored of two boxes, 0 to 1. [default: the model's]");
        var max = CommandHelpers.CountOption(
            "--max-detections", "Maximum number of detections per image, and per class and image. [default: 100, as in COCO]");
        var spec = CommandHelpers.SpecOption();
        var limit = CommandHelpers.CountOption("--limit", "Evaluate only the first N images. [default: all]");
        var json = new Option<string?>("--json")
        {
            Description = "Write the metrics as JSON to FILE; - for standard output.",
            HelpName = "FILE|-",
        };
        var worst = new Option<string?>("--worst")
        {
            Description = "Draw the worst images into this folder: annotations on the left, predictions on the right.",
            HelpName = "DIR",
        };
        var worstCount = CommandHelpers.CountOption("--worst-count", "Number of images that --worst draws. [default: 10]");
        var perClass = new Option<bool>("--per-class") { Description = "Also print the metrics of each class." };
        var threads = CommandHelpers.ThreadsOption();
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("eval",
            """
            Evaluates a model on labelled images. The model's outputs and the labels determine the metrics: COCO average precision and
            recall for boxes, masks and keypoints; top-1 and top-5 accuracy for classes; mean IoU for segmentation; recall@k and mAP@R
            for embeddings. Broken images and labels are skipped and counted, and lead to exit code 1.

            Examples:
              edgevision eval --model models/shelves-yolo.onnx --data samples/shelves --per-class --worst worst
              edgevision eval --model models/families-triplet.onnx --data samples/emblems
              edgevision eval --model yolov8n.onnx --data coco/annotations/instances_val2017.json --images coco/val2017 --json metrics.json
            """)
        {
            model, data, images, split, names, classes, confidence, iou, max, spec, limit, json, worst, worstCount, perClass, threads,
            verbose,
        };
        providers.AddTo(command);
        command.SetAction((parse, cancel) => Task.FromResult(CommandHelpers.Guard(parse.GetValue(verbose), () => Run(new Arguments(
            parse.GetValue(model)!, parse.GetValue(data)!, parse.GetValue(images), parse.GetValue(split), parse.GetValue(names),
            parse.GetValue(classes), providers.Read(parse), parse.GetValue(confidence) ?? 0.001f, parse.GetValue(iou),
            parse.GetValue(max) ?? 100, parse.GetValue(spec), parse.GetValue(limit), parse.GetValue(json), parse.GetValue(worst),
            parse.GetValue(worstCount) ?? 10, parse.GetValue(perClass), parse.GetValue(threads)), cancel))));
        return command;
    }

    private static int Run(Arguments call, CancellationToken cancel)
    {
        CommandHelpers.RequireFile(call.Model, "model");
        if (call.Spec is not null)
        {
            CommandHelpers.RequireFile(call.Spec, "spec");
        }

        var problems = new LabelProblems(Console.Error);
        var data = LabelledData.Open(call.Data, call.Images, call.Split, call.Names, problems);
        using var model = VisionModel.Load(call.Model, call.Runtime with
        {
            Confidence = call.Confidence,
            Iou = call.Iou,
            MaxDetections = call.MaxDetections,
            SpecPath = call.Spec,
            Threads = call.Threads is { } n ? ThreadBudget.FromCores(n) : null,
        });

        double threshold = Math.Max(call.Confidence, model.Spec.Thresholds.Confidence);
        var evaluation = new ModelEvaluation(model, data, call.Classes, call.MaxDetections, threshold, Console.Error);
        int count = Math.Min(call.Limit ?? int.MaxValue, data.Images.Count), failed = 0;
        long start = Stopwatch.GetTimestamp();
        using (var progress = new ProgressBar(count))
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
            throw new EdgeVisionException($"no image of {data.Description} could be evaluated");
        }

        if (call.Json is not null)
        {
            CommandHelpers.WriteJson(call.Json, writer => Write(writer, call, model, data, evaluation, count, failed, problems.Count));
        }

        var to = call.Json == "-" ? Console.Error : Console.Out;
        to.WriteLine(FormattableString.Invariant($"{model.Name} on {data.Description}"));
        string limits = data.Kind == LabelKind.Objects
            ? FormattableString.Invariant($"; minimum score {call.Confidence:G3}, at most {call.MaxDetections} detections")
            : "";
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        to.WriteLine(FormattableString.Invariant($"{count - failed} images in {seconds:F1} s{limits}"));
        foreach (var measure in evaluation.Metrics)
        {
            measure.Print(to, call.PerClass);
        }

        if (call.Worst is not null)
        {
            int drawn = evaluation.DrawWorst(call.Worst, call.WorstCount, cancel);
            to.WriteLine(drawn > 0 ? $"the {drawn} worst images: {call.Worst}" : "no image has an error, so none is drawn");
        }

        if (failed > 0 || problems.Count > 0)
        {
            Console.Error.WriteLine(
                $"edgevision: {failed} of {count} images and {problems.Count} labels were skipped; the metrics cover the rest");
        }

        return failed > 0 || problems.Count > 0 ? ExitCode.Failure : ExitCode.Success;
    }

    private static void Write(
        Utf8JsonWriter json, Arguments call, VisionModel model, LabelledData data, ModelEvaluation evaluation, int count, int failed, int problems)
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
        foreach (var measure in evaluation.Metrics)
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
