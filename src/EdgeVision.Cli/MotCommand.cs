using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgeVision.Diagnostics;
using EdgeVision.Evaluation.Mot;

namespace EdgeVision.Cli;

/// <summary><c>edgevision mot</c>: evaluates tracks against ground truth.</summary>
internal static class MotCommand
{
    public static Command Create()
    {
        var truth = new Option<string>("--truth")
        {
            Description = "Ground-truth tracks: a file, or a folder with one file per sequence. Boxes whose seventh number is 0 are "
                + "ignored.",
            Required = true,
            HelpName = "PATH",
        };
        var found = new Option<string>("--tracks")
        {
            Description = "Tracks to evaluate, as 'run --track … --mot FILE' writes them: a file, or a folder with files of the same "
                + "names.",
            Required = true,
            HelpName = "PATH",
        };
        var iou = new Option<double>("--iou")
        {
            Description = "IoU from which two boxes match, for MOTA and IDF1; above 0, at most 1.",
            HelpName = "0..1",
            DefaultValueFactory = _ => 0.5,
        };
        var json = new Option<string?>("--json")
        {
            Description = "Write the metrics as JSON to FILE; - for standard output.",
            HelpName = "FILE|-",
        };
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("mot",
            """
            Evaluates tracks against ground truth: HOTA, MOTA, IDF1, identity switches and fragments, counted as in TrackEval.
            Files are MOTChallenge text: frame,id,left,top,width,height,score,…

            Examples:
              edgevision run --model yolov8n.onnx --source frames/ --track bytetrack --mot found.txt
              edgevision mot --truth gt/gt.txt --tracks found.txt
            """)
        {
            truth, found, iou, json, verbose,
        };
        command.SetAction(parse => CommandHelpers.Guard(parse.GetValue(verbose), () => Run(
            parse.GetValue(truth)!, parse.GetValue(found)!, parse.GetValue(iou), parse.GetValue(json))));
        return command;
    }

    private static int Run(string truth, string found, double iou, string? json)
    {
        if (!(iou is > 0 and <= 1))
        {
            throw new UsageException(FormattableString.Invariant($"--iou must be above 0 and at most 1; got {iou}"));
        }

        var pairs = Pairs(truth, found);
        var all = new MotEvaluator(iou);
        List<(string Name, MotSummary Summary)> rows = [];
        foreach (var (name, truthFile, foundFile) in pairs)
        {
            var (t, f) = (Read(truthFile, true), Read(foundFile, false));
            while (t.Count < f.Count)
            {
                t.Add([]);
            }

            while (f.Count < t.Count)
            {
                f.Add([]);
            }

            var one = new MotEvaluator(iou);
            one.Add(t, f);
            all.Add(t, f);
            rows.Add((name, one.Summarize()));
        }

        if (pairs.Count > 1)
        {
            rows.Add(("all", all.Summarize()));
        }

        if (json != "-")
        {
            Print(rows);
        }

        if (json is not null)
        {
            Write(rows, json);
        }

        return ExitCode.Success;
    }

    private static List<(string Name, string Truth, string Found)> Pairs(string truth, string found)
    {
        if (Directory.Exists(truth) != Directory.Exists(found))
        {
            throw new UsageException("--truth and --tracks must both be files or both be folders");
        }

        if (!Directory.Exists(truth))
        {
            CommandHelpers.RequireFile(truth, "ground truth");
            CommandHelpers.RequireFile(found, "tracks");
            return [(Path.GetFileNameWithoutExtension(found), truth, found)];
        }

        List<(string, string, string)> pairs = [];
        foreach (string file in Directory.EnumerateFiles(truth, "*.txt").Order(StringComparer.Ordinal))
        {
            string other = Path.Combine(found, Path.GetFileName(file));
            CommandHelpers.RequireFile(other, "tracks");
            pairs.Add((Path.GetFileNameWithoutExtension(file), file, other));
        }

        return pairs.Count > 0 ? pairs : throw new UsageException($"no .txt file found in '{truth}'");
    }

    private static List<List<MotBox>> Read(string path, bool truth)
    {
        using var reader = new StreamReader(path);
        return MotFile.Read(reader, path, truth);
    }

    private static void Print(List<(string Name, MotSummary Summary)> rows)
    {
        int width = Math.Max(8, rows.Max(r => r.Name.Length));
        Console.WriteLine($"{"sequence".PadRight(width)}    HOTA    DetA    AssA    LocA    MOTA    MOTP    IDF1"
            + "  switches  fragments   misses   false  objects  mostly tracked  mostly lost");
        foreach (var (name, s) in rows)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name.PadRight(width)}  {s.Hota,6:F3}  {s.DetA,6:F3}  {s.AssA,6:F3}  {s.LocA,6:F3}  {s.Mota,6:F3}  {s.Motp,6:F3}"
                + $"  {s.Idf1,6:F3}  {s.IdSwitches,8}  {s.Fragments,9}  {s.Misses,7}  {s.FalsePositives,6}  {s.Objects,7}"
                + $"  {s.MostlyTracked,14}  {s.MostlyLost,11}"));
        }
    }

    private static void Write(List<(string Name, MotSummary Summary)> rows, string path)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("sequences"u8);
            foreach (var (name, s) in rows)
            {
                writer.WriteStartObject();
                writer.WriteString("name"u8, name);
                ReadOnlySpan<(string, double)> scores =
                [
                    ("hota", s.Hota), ("det_a", s.DetA), ("ass_a", s.AssA), ("loc_a", s.LocA), ("mota", s.Mota), ("motp", s.Motp),
                    ("idf1", s.Idf1), ("id_precision", s.IdPrecision), ("id_recall", s.IdRecall),
                ];
                foreach (var (key, value) in scores)
                {
                    writer.WriteNumber(key, value);
                }

                ReadOnlySpan<(string, long)> counts =
                [
                    ("true_positives", s.TruePositives), ("misses", s.Misses), ("false_positives", s.FalsePositives),
                    ("id_switches", s.IdSwitches), ("fragments", s.Fragments), ("objects", s.Objects),
                    ("mostly_tracked", s.MostlyTracked), ("mostly_lost", s.MostlyLost),
                ];
                foreach (var (key, value) in counts)
                {
                    writer.WriteNumber(key, value);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        buffer.Position = 0;
        if (path == "-")
        {
            using var output = Console.OpenStandardOutput();
            buffer.CopyTo(output);
            return;
        }

        AtomicFile.Write(path, buffer.CopyTo);
    }
}
