using System.CommandLine;
using EdgeVision.Retrieval;

namespace EdgeVision.Cli;

/// <summary>Source of the label of an index entry.</summary>
internal enum LabelFrom
{
    None,

    /// <summary>Name of the image's folder.</summary>
    Folder,

    /// <summary>Name of the image file without its extension and without a trailing number.</summary>
    File,
}

/// <summary><c>edgevision index</c>: stores the embeddings of images in a file for search, and edits such files.</summary>
internal static class IndexCommand
{
    private sealed record Arguments(
        string Model,
        string Source,
        string OutputPath,
        bool Add,
        bool Overwrite,
        LabelFrom LabelFrom,
        EmbeddingMetric? Metric,
        string? Spec,
        RuntimeOptions Runtime,
        int? Threads);

    public static Command Create()
    {
        var model = CommandHelpers.ModelOption();
        var source = new Option<string>("--source", "-s")
        {
            Description = "Image, pattern such as 'photos/*.jpg', or folder, including its subfolders.",
            Required = true,
            HelpName = "PATH",
        };
        var to = new Option<string>("--out", "-o") { Description = "Index file to write.", Required = true, HelpName = "FILE" };
        var add = new Option<bool>("--add")
        {
            Description = "Add to the existing index; entries of images that it already contains are replaced.",
        };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the existing index." };
        var labelFrom = new Option<LabelFrom>("--label-from")
        {
            Description = "Label each image with the name of its folder or of its file (anna_03.jpg becomes anna). [default: no labels]",
            HelpName = "folder|file",
        };
        var metric = new Option<EmbeddingMetric?>("--metric")
        {
            Description = "Metric that compares embeddings. [default: cosine]",
            HelpName = "cosine|dot|l2",
        };
        var spec = CommandHelpers.SpecOption();
        var providers = new ProviderArguments();
        var threads = CommandHelpers.ThreadsOption();
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("index",
            """
            Computes the embeddings of images and stores them in a file for edgevision search. The id of an entry is the path of its image
            relative to the source.

            Examples:
              edgevision index --model models/families-triplet.onnx --source samples/emblems --label-from folder --out emblems.index
              edgevision index --model mobilefacenet.onnx --spec samples/specs/mobilefacenet.spec.json --source faces \
                --label-from folder --out faces.index
              edgevision index --model mobilefacenet.onnx --spec samples/specs/mobilefacenet.spec.json --source new-faces \
                --out faces.index --add
              edgevision index list faces.index
              edgevision index remove faces.index anna/03.jpg
            """)
        {
            model, source, to, add, overwrite, labelFrom, metric, spec, threads, verbose, Info(), List(), Remove(),
        };
        providers.AddTo(command);
        command.SetAction((parse, cancel) => Task.FromResult(CommandHelpers.Guard(parse.GetValue(verbose), () => Run(new Arguments(
            parse.GetValue(model)!, parse.GetValue(source)!, parse.GetValue(to)!, parse.GetValue(add), parse.GetValue(overwrite),
            parse.GetValue(labelFrom), parse.GetValue(metric), parse.GetValue(spec), providers.Read(parse),
            parse.GetValue(threads)), cancel))));
        return command;
    }

    private static int Run(Arguments call, CancellationToken cancel)
    {
        bool there = File.Exists(call.OutputPath);
        if (call.Add && call.Overwrite)
        {
            throw new UsageException("--add and --overwrite cannot be combined; use one of them");
        }

        if (there && !call.Add && !call.Overwrite)
        {
            throw new UsageException($"index '{call.OutputPath}' already exists; use --add to add to it or --overwrite to replace it");
        }

        var pictures = FindImages(call.Source);
        using var run = new EmbeddingExtractor(call.Model, call.Spec, call.Runtime, call.Threads);
        EmbeddingIndex? index = there && call.Add ? EmbeddingIndex.Load(call.OutputPath) : null;
        if (index?.Origin is { } origin && origin != run.Origin)
        {
            index.Dispose();
            throw new UsageException(
                $"index '{call.OutputPath}' was made with another model ({origin}; this one is {run.Origin}); "
                + "embeddings of different models cannot be compared");
        }

        if (index is not null && call.Metric is { } metric && metric != index.Metric)
        {
            string held = index.Metric.ToString().ToLowerInvariant();
            index.Dispose();
            throw new UsageException($"index '{call.OutputPath}' uses the metric {held}, which --add cannot change; omit --metric");
        }

        int failed = 0, added = 0, replaced = 0;
        try
        {
            using (var progress = new ProgressBar(pictures.Count))
            {
                foreach (var (path, id) in pictures)
                {
                    cancel.ThrowIfCancellationRequested();
                    try
                    {
                        var vector = run.Embed(path);
                        index ??= new EmbeddingIndex(vector.Length, call.Metric ?? EmbeddingMetric.Cosine);
                        string? label = Label(path, call.LabelFrom);
                        if (index.Contains(id))
                        {
                            index.Update(id, vector);
                            index.SetLabel(id, label ?? index.GetLabel(id));
                            replaced++;
                        }
                        else
                        {
                            index.Add(id, vector, label);
                            added++;
                        }
                    }
                    catch (EdgeVisionException e)
                    {
                        failed++;
                        Console.Error.WriteLine($"edgevision: skipped: {e.Message}");
                    }

                    progress.Step();
                }
            }

            if (index is null || added + replaced == 0)
            {
                throw new EdgeVisionException($"none of the {pictures.Count} images could be read; no index was written");
            }

            index.Origin = run.Origin;
            index.Save(call.OutputPath);
            string changes = $"{added} added{(replaced > 0 ? $", {replaced} replaced" : "")}";
            Console.WriteLine($"{call.OutputPath}: {changes}, {index.Count} entries with {index.Dimension} dimensions");
        }
        finally
        {
            index?.Dispose();
        }

        if (failed > 0)
        {
            Console.Error.WriteLine($"edgevision: {failed} of {pictures.Count} images were skipped");
        }

        return failed > 0 ? ExitCode.Failure : ExitCode.Success;
    }

    // Ids do not depend on the location of the source, and are the same on all operating systems.
    private static List<(string Path, string Id)> FindImages(string source)
    {
        if (!Directory.Exists(source))
        {
            return [.. ImageFinder.Find(source, out _).Select(p => (p, Path.GetFileName(p)))];
        }

        List<(string, string)> found = [.. ImageFinder.FindRecursively(source).Select(p => (p, Path.GetRelativePath(source, p).Replace('\\', '/')))];
        return found.Count > 0 ? found : throw new UsageException($"no image found in folder '{source}'");
    }

    private static string? Label(string path, LabelFrom from)
    {
        switch (from)
        {
            case LabelFrom.Folder:
                return Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path)));
            case LabelFrom.File:
                string name = Path.GetFileNameWithoutExtension(path);
                string bare = name.TrimEnd("0123456789".ToCharArray()).TrimEnd('_', '-', ' ', '.');
                return bare.Length > 0 ? bare : name;
            default:
                return null;
        }
    }

    private static Argument<string> FileArgument() => new("index") { Description = "Index file." };

    private static Command Info()
    {
        var file = FileArgument();
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("info", "Shows the size, metric, model and label count of an index.") { file, verbose };
        command.SetAction((parse, _) => Task.FromResult(CommandHelpers.Guard(parse.GetValue(verbose), () =>
        {
            string path = parse.GetValue(file)!;
            CommandHelpers.RequireFile(path, "index");
            using var index = EmbeddingIndex.Open(path);
            Console.WriteLine($"entries    {index.Count} with {index.Dimension} dimensions");
            Console.WriteLine($"metric     {index.Metric.ToString().ToLowerInvariant()}");
            Console.WriteLine($"model      {index.Origin ?? "unknown"}");
            Console.WriteLine($"labels     {index.GetIds().Select(index.GetLabel).Where(l => l is not null).Distinct().Count()}");
            Console.WriteLine(FormattableString.Invariant($"file       {new FileInfo(path).Length / 1048576.0:F2} MiB, checksum ok"));
            return ExitCode.Success;
        })));
        return command;
    }

    private static Command List()
    {
        var file = FileArgument();
        var json = new Option<string?>("--json")
        {
            Description = "Write the entries as JSON to FILE; - for standard output.",
            HelpName = "FILE|-",
        };
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("list", "Lists the ids of an index in the order they were added, each followed by a tab and its label.")
        {
            file, json, verbose,
        };
        command.SetAction((parse, _) => Task.FromResult(CommandHelpers.Guard(parse.GetValue(verbose), () =>
        {
            string path = parse.GetValue(file)!;
            CommandHelpers.RequireFile(path, "index");
            using var index = EmbeddingIndex.Open(path);
            if (parse.GetValue(json) is { } to)
            {
                CommandHelpers.WriteJson(to, writer =>
                {
                    writer.WriteStartArray();
                    foreach (string id in index.GetIds())
                    {
                        writer.WriteStartObject();
                        writer.WriteString("id", id);
                        if (index.GetLabel(id) is { } label)
                        {
                            writer.WriteString("label", label);
                        }

                        writer.WriteEndObject();
                    }

                    writer.WriteEndArray();
                });
                return ExitCode.Success;
            }

            foreach (string id in index.GetIds())
            {
                Console.WriteLine(index.GetLabel(id) is { } label ? $"{id}\t{label}" : id);
            }

            return ExitCode.Success;
        })));
        return command;
    }

    private static Command Remove()
    {
        var file = FileArgument();
        var ids = new Argument<string[]>("id")
        {
            Description = "Ids of the entries to remove, as 'index list' prints them.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var labels = new Option<string[]>("--label") { Description = "Remove all entries with this label; repeatable.", HelpName = "NAME" };
        var verbose = CommandHelpers.VerboseOption();
        var command = new Command("remove", "Removes entries from an index: all that are named, or none if one of them does not exist.")
        {
            file, ids, labels, verbose,
        };
        command.SetAction((parse, _) => Task.FromResult(CommandHelpers.Guard(parse.GetValue(verbose), () =>
        {
            string path = parse.GetValue(file)!;
            CommandHelpers.RequireFile(path, "index");
            string[] named = parse.GetValue(ids) ?? [], labelled = parse.GetValue(labels) ?? [];
            if (named.Length + labelled.Length == 0)
            {
                throw new UsageException("no entries named; give ids or --label");
            }

            using var index = EmbeddingIndex.Load(path);
            var going = new HashSet<string>(named, StringComparer.Ordinal);
            foreach (string id in named)
            {
                if (!index.Contains(id))
                {
                    throw new EdgeVisionException($"index '{path}' has no entry '{id}'; nothing was removed");
                }
            }

            foreach (string label in labelled)
            {
                string[] of = [.. index.GetIds().Where(id => index.GetLabel(id) == label)];
                if (of.Length == 0)
                {
                    throw new EdgeVisionException($"index '{path}' has no entry with label '{label}'; nothing was removed");
                }

                going.UnionWith(of);
            }

            foreach (string id in going)
            {
                index.Remove(id);
            }

            index.Save(path);
            Console.WriteLine($"{path}: {going.Count} removed, {index.Count} entries");
            return ExitCode.Success;
        })));
        return command;
    }
}
