using System.CommandLine;

namespace EdgeVision.Cli;

/// <summary>Where an entry's label comes from.</summary>
internal enum LabelFrom
{
    None,

    /// <summary>The name of the picture's folder.</summary>
    Folder,

    /// <summary>The name of the picture's file without its extension and without a number at its end.</summary>
    File,
}

/// <summary><c>edgevision index</c>: embeddings of pictures in a file, to be searched; and a look into such a file.</summary>
internal static class IndexCommand
{
    private sealed record Call(string Model, string Source, string Out, bool Add, bool Overwrite, LabelFrom LabelFrom, EmbeddingMetric? Metric, string? Spec, RuntimeOptions Runtime, int? Threads);

    public static Command Create()
    {
        var model = Shell.Model();
        var source = new Option<string>("--source", "-s") { Description = "Picture, pattern such as 'photos/*.jpg', or folder with all the folders in it.", Required = true, HelpName = "PATH" };
        var to = new Option<string>("--out", "-o") { Description = "The index.", Required = true, HelpName = "FILE" };
        var add = new Option<bool>("--add") { Description = "Add to the index that is there; a picture that is in it already is replaced." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the index that is there." };
        var labelFrom = new Option<LabelFrom>("--label-from") { Description = "Label each picture by its folder's name, or by its file's (anna_03.jpg is anna).", HelpName = "folder|file" };
        var metric = new Option<EmbeddingMetric?>("--metric") { Description = "How embeddings are compared; cosine by default.", HelpName = "cosine|dot|l2" };
        var spec = Shell.Spec();
        var providers = new ProviderArguments();
        var threads = Shell.Threads();
        var verbose = Shell.Verbose();
        var command = new Command("index",
            """
            Turns pictures into embeddings and keeps them in a file for edgevision search. An entry's id is the picture's path below the source.

            Examples:
              edgevision index --model models/families-triplet.onnx --source samples/emblems --label-from folder --out emblems.index
              edgevision index --model mobilefacenet.onnx --spec samples/specs/mobilefacenet.spec.json --source faces --label-from folder --out faces.index
              edgevision index --model mobilefacenet.onnx --spec samples/specs/mobilefacenet.spec.json --source new-faces --out faces.index --add
              edgevision index list faces.index
              edgevision index remove faces.index anna/03.jpg
            """)
        {
            model, source, to, add, overwrite, labelFrom, metric, spec, threads, verbose, Info(), List(), Remove(),
        };
        providers.AddTo(command);
        command.SetAction((parse, cancel) => Task.FromResult(Shell.Guard(parse.GetValue(verbose), () => Run(new Call(
            parse.GetValue(model)!, parse.GetValue(source)!, parse.GetValue(to)!, parse.GetValue(add), parse.GetValue(overwrite), parse.GetValue(labelFrom), parse.GetValue(metric),
            parse.GetValue(spec), providers.Read(parse), parse.GetValue(threads)), cancel))));
        return command;
    }

    private static int Run(Call call, CancellationToken cancel)
    {
        bool there = File.Exists(call.Out);
        if (call.Add && call.Overwrite)
        {
            throw new WrongCallException("--add keeps the index and --overwrite replaces it; give one of them");
        }

        if (there && !call.Add && !call.Overwrite)
        {
            throw new WrongCallException($"index '{call.Out}' exists; --add adds to it, --overwrite replaces it");
        }

        var pictures = Pictures(call.Source);
        using var run = new EmbeddingRun(call.Model, call.Spec, call.Runtime, call.Threads);
        EmbeddingIndex? index = there && call.Add ? EmbeddingIndex.Load(call.Out) : null;
        if (index?.Origin is { } origin && origin != run.Origin)
        {
            index.Dispose();
            throw new WrongCallException($"index '{call.Out}' holds embeddings of another model ({origin}; this is {run.Origin}), and those of two models cannot be compared");
        }

        if (index is not null && call.Metric is { } metric && metric != index.Metric)
        {
            string held = index.Metric.ToString().ToLowerInvariant();
            index.Dispose();
            throw new WrongCallException($"index '{call.Out}' compares by {held}; that cannot be changed with --add");
        }

        int failed = 0, added = 0, replaced = 0;
        try
        {
            using (var progress = new Progress(pictures.Count))
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
                            index.SetLabel(id, label ?? index.Label(id));
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
                throw new EdgeVisionException($"none of {pictures.Count} pictures could be read; no index is written");
            }

            index.Origin = run.Origin;
            index.Save(call.Out);
            Console.WriteLine($"{call.Out}: {added} added{(replaced > 0 ? $", {replaced} replaced" : "")}, {index.Count} entries of {index.Dimension} numbers");
        }
        finally
        {
            index?.Dispose();
        }

        if (failed > 0)
        {
            Console.Error.WriteLine($"edgevision: {failed} of {pictures.Count} pictures were skipped");
        }

        return failed > 0 ? ExitCode.Failed : ExitCode.Done;
    }

    // Ids do not depend on where the source lies, and are alike on all systems.
    private static List<(string Path, string Id)> Pictures(string source)
    {
        if (!Directory.Exists(source))
        {
            return [.. PictureFiles.Find(source, out _).Select(p => (p, Path.GetFileName(p)))];
        }

        List<(string, string)> found = [.. PictureFiles.Below(source).Select(p => (p, Path.GetRelativePath(source, p).Replace('\\', '/')))];
        return found.Count > 0 ? found : throw new WrongCallException($"there is no picture in the folder '{source}'");
    }

    private static string? Label(string path, LabelFrom from)
    {
        switch (from)
        {
            case LabelFrom.Folder:
                return Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path)));
            case LabelFrom.File:
                string name = Path.GetFileNameWithoutExtension(path), bare = name.TrimEnd("0123456789".ToCharArray()).TrimEnd('_', '-', ' ', '.');
                return bare.Length > 0 ? bare : name;
            default:
                return null;
        }
    }

    private static Argument<string> FileArgument() => new("index") { Description = "The index." };

    private static Command Info()
    {
        var file = FileArgument();
        var verbose = Shell.Verbose();
        var command = new Command("info", "Shows what an index holds.") { file, verbose };
        command.SetAction((parse, _) => Task.FromResult(Shell.Guard(parse.GetValue(verbose), () =>
        {
            string path = parse.GetValue(file)!;
            Shell.MustExist(path, "index");
            using var index = EmbeddingIndex.Open(path);
            Console.WriteLine($"entries    {index.Count} of {index.Dimension} numbers");
            Console.WriteLine($"metric     {index.Metric.ToString().ToLowerInvariant()}");
            Console.WriteLine($"model      {index.Origin ?? "not known"}");
            Console.WriteLine($"labels     {index.Ids().Select(index.Label).Where(l => l is not null).Distinct().Count()}");
            Console.WriteLine(FormattableString.Invariant($"file       {new FileInfo(path).Length / 1048576.0:F2} MiB, its checksum fits"));
            return ExitCode.Done;
        })));
        return command;
    }

    private static Command List()
    {
        var file = FileArgument();
        var json = new Option<string?>("--json") { Description = "Write the entries as JSON to FILE, or to standard output with -.", HelpName = "FILE|-" };
        var verbose = Shell.Verbose();
        var command = new Command("list", "Lists the ids of an index and, after a tab, their labels; in the order in which they were added.") { file, json, verbose };
        command.SetAction((parse, _) => Task.FromResult(Shell.Guard(parse.GetValue(verbose), () =>
        {
            string path = parse.GetValue(file)!;
            Shell.MustExist(path, "index");
            using var index = EmbeddingIndex.Open(path);
            if (parse.GetValue(json) is { } to)
            {
                Shell.WriteJson(to, writer =>
                {
                    writer.WriteStartArray();
                    foreach (string id in index.Ids())
                    {
                        writer.WriteStartObject();
                        writer.WriteString("id", id);
                        if (index.Label(id) is { } label)
                        {
                            writer.WriteString("label", label);
                        }

                        writer.WriteEndObject();
                    }

                    writer.WriteEndArray();
                });
                return ExitCode.Done;
            }

            foreach (string id in index.Ids())
            {
                Console.WriteLine(index.Label(id) is { } label ? $"{id}\t{label}" : id);
            }

            return ExitCode.Done;
        })));
        return command;
    }

    private static Command Remove()
    {
        var file = FileArgument();
        var ids = new Argument<string[]>("id") { Description = "Ids, as list shows them.", Arity = ArgumentArity.ZeroOrMore };
        var labels = new Option<string[]>("--label") { Description = "Remove all entries of this label.", HelpName = "NAME" };
        var verbose = Shell.Verbose();
        var command = new Command("remove", "Removes entries from an index; all that are named, or none where one of them is not there.") { file, ids, labels, verbose };
        command.SetAction((parse, _) => Task.FromResult(Shell.Guard(parse.GetValue(verbose), () =>
        {
            string path = parse.GetValue(file)!;
            Shell.MustExist(path, "index");
            string[] named = parse.GetValue(ids) ?? [], labelled = parse.GetValue(labels) ?? [];
            if (named.Length + labelled.Length == 0)
            {
                throw new WrongCallException("name the ids to remove, or a --label");
            }

            using var index = EmbeddingIndex.Load(path);
            var going = new HashSet<string>(named, StringComparer.Ordinal);
            foreach (string id in named)
            {
                if (!index.Contains(id))
                {
                    throw new EdgeVisionException($"index '{path}' has no entry '{id}'; nothing is removed");
                }
            }

            foreach (string label in labelled)
            {
                string[] of = [.. index.Ids().Where(id => index.Label(id) == label)];
                if (of.Length == 0)
                {
                    throw new EdgeVisionException($"index '{path}' has no entry of label '{label}'; nothing is removed");
                }

                going.UnionWith(of);
            }

            foreach (string id in going)
            {
                index.Remove(id);
            }

            index.Save(path);
            Console.WriteLine($"{path}: {going.Count} removed, {index.Count} entries");
            return ExitCode.Done;
        })));
        return command;
    }
}
