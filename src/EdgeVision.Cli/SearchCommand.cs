using System.CommandLine;
using System.Globalization;
using EdgeVision.Retrieval;

namespace EdgeVision.Cli;

/// <summary><c>edgevision search</c>: finds the entries of an index that are most similar to images.</summary>
internal static class SearchCommand
{
    private sealed record Arguments(
        string Model,
        string Index,
        string Source,
        int Count,
        float? Threshold,
        string? Json,
        string? Spec,
        RuntimeOptions Runtime,
        int? Threads);

    public static Command Create()
    {
        var model = CommandHelpers.ModelOption();
        var file = new Option<string>("--index", "-i")
        {
            Description = "Index file that edgevision index wrote.",
            Required = true,
            HelpName = "FILE",
        };
        var source = new Option<string>("--source", "-s")
        {
            Description = "Image, folder of images, or pattern such as 'photos/*.jpg'.",
            Required = true,
            HelpName = "PATH",
        };
        var count = CommandHelpers.CountOption("-k", "Maximum number of matches per image. [default: 5]", "--count");
        var threshold = new Option<float?>("--threshold")
        {
            Description = "Worst score to print: the minimum for cosine and dot product, the maximum for L2 distance. [default: no limit]",
            HelpName = "SCORE",
            CustomParser = r => float.TryParse(r.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out float v) ? v : null,
        };
        threshold.Validators.Add(r =>
        {
            string? text = r.Tokens.Count > 0 ? r.Tokens[0].Value : null;
            if (text is not null
                && (!float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float v) || !float.IsFinite(v)))
            {
                r.AddError($"--threshold must be a number; got '{text}'");
            }
        });
        var json = new Option<string?>("--json")
        {
            Description = "Write one JSON object per image to FILE; - for standard output.",
            HelpName = "FILE|-",
        };
        var spec = CommandHelpers.SpecOption();
        var providers = new ProviderArguments();
        var threads = CommandHelpers.ThreadsOption();
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("search",
            """
            Finds the entries of an index that are most similar to an image. The search is exact: the image is compared with all entries.
            The index file is memory-mapped.

            Examples:
              edgevision search --model models/families-triplet.onnx --index emblems.index --source samples/emblems/emblem-03/2.png
              edgevision search --model mobilefacenet.onnx --spec samples/specs/mobilefacenet.spec.json --index faces.index \
                --source 'door/*.jpg' -k 1 --threshold 0.4 --json who.jsonl
            """)
        {
            model, file, source, count, threshold, json, spec, threads, verbose,
        };
        providers.AddTo(command);
        command.SetAction((parse, cancel) => Task.FromResult(CommandHelpers.Guard(parse.GetValue(verbose), () => Run(new Arguments(
            parse.GetValue(model)!, parse.GetValue(file)!, parse.GetValue(source)!, parse.GetValue(count) ?? 5, parse.GetValue(threshold),
            parse.GetValue(json), parse.GetValue(spec), providers.Read(parse), parse.GetValue(threads)), cancel))));
        return command;
    }

    private static int Run(Arguments call, CancellationToken cancel)
    {
        CommandHelpers.RequireFile(call.Index, "index");
        var sources = ImageFinder.Find(call.Source, out bool several);
        using var run = new EmbeddingExtractor(call.Model, call.Spec, call.Runtime, call.Threads);
        using var index = EmbeddingIndex.Open(call.Index);
        if (index.Origin is { } origin && origin != run.Origin)
        {
            Console.Error.WriteLine(
                $"edgevision: the index was made with another model ({origin}; this one is {run.Origin}): "
                + "scores are meaningful only if both produce the same embeddings");
        }

        using var json = call.Json is null ? null : new JsonLinesWriter(call.Json);
        using var progress = new ProgressBar(sources.Count);
        var matches = new EmbeddingMatch[Math.Min(call.Count, index.Count)];
        int failed = 0;
        foreach (string path in sources)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                var query = run.Embed(path);
                if (query.Length != index.Dimension)
                {
                    throw new UsageException(
                        $"the model's embeddings have {query.Length} dimensions and those of index '{call.Index}' have {index.Dimension}: "
                        + "use the model that the index was made with");
                }

                int found = index.Search(query, matches, call.Threshold);
                Write(json, several ? path : Path.GetFileName(path), matches.AsMemory(0, found));
                if (json is not { IsStandardOutput: true })
                {
                    Print(several ? path : Path.GetFileName(path), matches.AsSpan(0, found));
                }
            }
            catch (EdgeVisionException e) when (several)
            {
                failed++;
                Console.Error.WriteLine($"edgevision: skipped: {e.Message}");
            }

            progress.Step();
        }

        json?.Complete();
        if (failed > 0)
        {
            Console.Error.WriteLine($"edgevision: {failed} of {sources.Count} images were skipped");
        }

        return failed > 0 ? ExitCode.Failure : ExitCode.Success;
    }

    private static void Print(string source, ReadOnlySpan<EmbeddingMatch> matches)
    {
        Console.WriteLine(matches.IsEmpty ? $"{source}: no match" : $"{source}:");
        int width = 0;
        foreach (var match in matches)
        {
            width = Math.Max(width, match.Id.Length);
        }

        for (int i = 0; i < matches.Length; i++)
        {
            string id = matches[i].Id.PadRight(matches[i].Label is null ? 0 : width);
            string label = matches[i].Label is { } text ? "  " + text : "";
            Console.WriteLine(FormattableString.Invariant($"  {i + 1,3}  {matches[i].Score,8:F4}  {id}{label}"));
        }
    }

    private static void Write(JsonLinesWriter? json, string source, ReadOnlyMemory<EmbeddingMatch> matches) => json?.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("source", source);
        writer.WriteStartArray("matches");
        foreach (var match in matches.Span)
        {
            writer.WriteStartObject();
            writer.WriteString("id", match.Id);
            if (match.Label is not null)
            {
                writer.WriteString("label", match.Label);
            }

            writer.WriteNumber("score", match.Score);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });
}
