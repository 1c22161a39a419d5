namespace EdgeVision.Cli.DataSets;

/// <summary>
/// A subfolder of pictures for each class or identity, called as the class; in turn below <c>val</c>, <c>test</c> or <c>train</c>
/// where there are such, or below <c>query</c> and <c>gallery</c>, where pictures of the one are looked for in the other.
/// </summary>
internal sealed class ClassFolderData : LabelledData
{
    private readonly string _folder;
    private readonly Dictionary<int, string> _classes = [];
    private readonly List<LabelledImage> _pictures = [];

    private ClassFolderData(string folder) => _folder = folder;

    /// <inheritdoc/>
    public override string Description => $"{Images.Count} images of {_classes.Count} classes in {_folder}";

    /// <inheritdoc/>
    public override LabelKind Kind => LabelKind.Classes;

    /// <inheritdoc/>
    public override IReadOnlyList<LabelledImage> Images => _pictures;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<int, string> Classes => _classes;

    /// <summary>Lists a folder; null where no subfolder holds pictures.</summary>
    /// <exception cref="UsageException">There is no such part.</exception>
    public static ClassFolderData? Read(string folder, string? split)
    {
        string query = Path.Combine(folder, "query"), gallery = Path.Combine(folder, "gallery");
        if (split is null && Directory.Exists(query) && Directory.Exists(gallery))
        {
            var both = new ClassFolderData(folder);
            both.Add(query, isQuery: true);
            both.Add(gallery, isQuery: false);
            return both._pictures.Count > 0 ? both : null;
        }

        string part = split is null
            ? DataYaml.Splits.Select(s => Path.Combine(folder, s))
                .FirstOrDefault(p => Directory.Exists(p) && Directory.EnumerateDirectories(p).Any()) ?? folder
            : Path.Combine(folder, split);
        if (!Directory.Exists(part))
        {
            throw new UsageException($"the data set '{folder}' has no split '{split}'");
        }

        var data = new ClassFolderData(part);
        data.Add(part, isQuery: false);
        return data._pictures.Count > 0 ? data : null;
    }

    private void Add(string folder, bool isQuery)
    {
        foreach (string sub in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            var pictures = ImageFinder.FindRecursively(sub).ToList();
            if (pictures.Count == 0)
            {
                continue;
            }

            string name = Path.GetFileName(sub);
            int id = _classes.FirstOrDefault(c => c.Value == name, new(-1, "")).Key;
            if (id < 0)
            {
                id = _classes.Count;
                _classes.Add(id, name);
            }

            _pictures.AddRange(pictures.Select(p => new LabelledImage(p, id, isQuery)));
        }
    }
}
