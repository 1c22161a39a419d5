using System.Globalization;

namespace EdgeVision.Cli.Evaluation;

/// <summary>
/// Which class of a data set a model means by which label: by name, whatever the case, or by number where asked for or where one
/// side has no names. Matched classes are counted 0, 1, 2 … in the data set's order; what only one side knows is left out and said.
/// </summary>
internal sealed class ClassMatch
{
    private const int ShownNames = 12;
    private readonly Dictionary<int, int> _ofData = [];
    private readonly Dictionary<int, int> _ofModel = [];
    private readonly List<string> _names = [];
    private readonly bool _asked;
    private readonly bool _labelsMissing;

    /// <summary>Matches labels.</summary>
    /// <param name="labels">The model's labels by class id; may be empty.</param>
    /// <param name="classes">The data set's class names by id; may be empty.</param>
    /// <param name="classesOption">Value of <c>--classes</c>: null or "name", "id", or pairs "model's=data set's" by commas.</param>
    /// <exception cref="UsageException">A pair names a label or class that is not there, or nothing matches.</exception>
    public ClassMatch(IReadOnlyList<string> labels, IReadOnlyDictionary<int, string> classes, string? classesOption)
    {
        _asked = classesOption == "id";
        _labelsMissing = labels.Count == 0;
        ByNumber = _asked || labels.Count == 0 || classes.Count == 0;
        if (ByNumber && classesOption is not (null or "name" or "id"))
        {
            string side = labels.Count == 0 ? "the model" : "the data set";
            throw new UsageException($"--classes '{classesOption}' needs class names, and {side} has none; use --classes id");
        }

        if (ByNumber)
        {
            MatchNumbers(labels, classes);
        }
        else
        {
            MatchNames(labels, classes, Pairs(labels, classes, classesOption));
        }

        ModelOnly = [.. Enumerable.Range(0, labels.Count).Where(i => !_ofModel.ContainsKey(i)).Select(i => labels[i])];
        DataOnly = [.. classes.Where(c => !_ofData.ContainsKey(c.Key)).OrderBy(c => c.Key).Select(c => c.Value)];
        if (_names.Count == 0)
        {
            throw new UsageException(
                $"no label of the model matches a class of the data set: {List(labels)} and {List([.. classes.Values])}; "
                + "use --classes 'label=class,…' or --classes id");
        }
    }

    /// <summary>Whether ids were matched, not names.</summary>
    public bool ByNumber { get; }

    /// <summary>Names of the matched classes, by the numbers that evaluators count.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Labels of the model that are no class of the data set.</summary>
    public IReadOnlyList<string> ModelOnly { get; }

    /// <summary>Classes of the data set that are no label of the model.</summary>
    public IReadOnlyList<string> DataOnly { get; }

    /// <summary>Number of the data set's class, or -1.</summary>
    public int OfData(int id) => _ofData.GetValueOrDefault(id, -1);

    /// <summary>Number of the model's class, or -1.</summary>
    public int OfModel(int id) => _ofModel.GetValueOrDefault(id, -1);

    /// <summary>Says what is not matched; <paramref name="used"/> is a label that has its use all the same.</summary>
    public void Explain(TextWriter to, string? used = null)
    {
        string[] modelOnly = [.. ModelOnly.Where(l => !l.Trim().Equals(used, StringComparison.OrdinalIgnoreCase))];
        if (ByNumber && !_asked)
        {
            string side = _labelsMissing ? "the model" : "the data set", hint = _labelsMissing ? "" : " (give them with --names)";
            to.WriteLine($"edgevision: classes are matched by id, since {side} has no class names{hint}");
        }

        if (DataOnly.Count > 0)
        {
            string omitted = used is null ? " and are ignored" : "";
            to.WriteLine($"edgevision: {DataOnly.Count} of the data set's classes are not labels of the model{omitted}: {List(DataOnly)}");
        }

        if (modelOnly.Length > 0)
        {
            to.WriteLine(
                $"edgevision: {modelOnly.Length} of the model's labels are not classes of the data set and are ignored: {List(modelOnly)}");
        }
    }

    private static string List(IReadOnlyList<string> names) => names.Count <= ShownNames
        ? string.Join(", ", names)
        : $"{string.Join(", ", names.Take(ShownNames))} and {names.Count - ShownNames} more";

    private void MatchNumbers(IReadOnlyList<string> labels, IReadOnlyDictionary<int, string> classes)
    {
        // Where neither side has names, every id up to the most a mask or a usual model has.
        const int Unnamed = 1024;
        var ids = classes.Count > 0
            ? classes.Keys.Order().Where(id => labels.Count == 0 || id < labels.Count)
            : Enumerable.Range(0, labels.Count > 0 ? labels.Count : Unnamed);
        foreach (int id in ids)
        {
            _ofData[id] = _ofModel[id] = _names.Count;
            _names.Add(classes.TryGetValue(id, out string? name) ? name
                : id < labels.Count ? labels[id]
                : id.ToString(CultureInfo.InvariantCulture));
        }
    }

    private void MatchNames(IReadOnlyList<string> labels, IReadOnlyDictionary<int, string> classes, Dictionary<string, string> pairs)
    {
        var numbers = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        string[] wanted = [.. labels.Select(l => pairs.TryGetValue(l.Trim(), out string? other) ? other : l.Trim())];
        foreach (var (id, name) in classes.OrderBy(c => c.Key))
        {
            if (!wanted.Contains(name.Trim(), StringComparer.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!numbers.TryGetValue(name.Trim(), out int number))
            {
                numbers[name.Trim()] = number = _names.Count;
                _names.Add(name.Trim());
            }

            _ofData[id] = number;
        }

        for (int i = 0; i < wanted.Length; i++)
        {
            if (numbers.TryGetValue(wanted[i], out int number))
            {
                _ofModel[i] = number;
            }
        }
    }

    private static Dictionary<string, string> Pairs(IReadOnlyList<string> labels, IReadOnlyDictionary<int, string> classes, string? option)
    {
        var pairs = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (option is null or "name")
        {
            return pairs;
        }

        foreach (string pair in option.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (pair.Split('=', StringSplitOptions.TrimEntries) is not [{ Length: > 0 } label, { Length: > 0 } name])
            {
                throw new UsageException($"--classes must be name, id, or pairs 'label=class' separated by commas; got '{pair}'");
            }

            if (!labels.Any(l => l.Trim().Equals(label, StringComparison.OrdinalIgnoreCase)))
            {
                throw new UsageException($"--classes '{pair}': the model has no label '{label}'; its labels are {List(labels)}");
            }

            pairs[label] = classes.Values.Any(c => c.Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                ? name
                : throw new UsageException(
                    $"--classes '{pair}': the data set has no class '{name}'; its classes are {List([.. classes.Values])}");
        }

        return pairs;
    }
}
