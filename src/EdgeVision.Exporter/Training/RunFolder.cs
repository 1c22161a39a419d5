using System.Globalization;
using System.Text.Json;

namespace EdgeVision.Exporter.Training;

/// <summary>
/// What a run leaves behind, in one folder: <c>config.yaml</c>, <c>checkpoint.safetensors</c>, a row an epoch in
/// <c>log.csv</c> and <c>log.json</c>, a row a step in <c>steps.csv</c>, <c>activations.csv</c> and pictures. A run that resumes
/// cuts the rows that its checkpoint does not know, so that each step is there once.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private StreamWriter? _steps;
    private string[] _columns = [];

    /// <summary>Opens or makes the folder.</summary>
    public RunFolder(string path)
    {
        Path = path;
        Directory.CreateDirectory(path);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The checkpoint's file.</summary>
    public string Checkpoint => File("checkpoint.safetensors");

    /// <summary>A file of the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Starts a run: its config, no rows yet.</summary>
    public void Begin(TrainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        System.IO.File.WriteAllText(File("config.yaml"), config.ToYaml());
        System.IO.File.Delete(File("steps.csv"));
    }

    /// <summary>Goes on after <paramref name="steps"/> steps: later rows are cut.</summary>
    public void Resume(long steps)
    {
        if (System.IO.File.Exists(File("steps.csv")))
        {
            string[] lines = System.IO.File.ReadAllLines(File("steps.csv"));
            System.IO.File.WriteAllLines(File("steps.csv"), lines.Take((int)Math.Min(lines.Length, steps + 1)));
            _columns = lines.Length > 0 ? lines[0].Split(',')[1..] : [];
        }
    }

    /// <summary>Adds a row to the steps; the columns are those of the first.</summary>
    public void Step(long step, IReadOnlyDictionary<string, double> losses)
    {
        ArgumentNullException.ThrowIfNull(losses);
        _steps ??= new StreamWriter(new FileStream(File("steps.csv"), FileMode.Append, FileAccess.Write, FileShare.Read));
        if (_columns.Length == 0)
        {
            _columns = [.. losses.Keys];
            _steps.WriteLine($"step,{string.Join(',', _columns)}");
        }

        _steps.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{step},{string.Join(',', _columns.Select(c => losses.GetValueOrDefault(c).ToString("R", CultureInfo.InvariantCulture)))}"));
    }

    /// <summary>Writes the steps so far to disk, before a checkpoint says that they are done.</summary>
    public void Flush() => _steps?.Flush();

    /// <summary>Writes the tables of epochs.</summary>
    public void Epochs(IReadOnlyList<EpochRow> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        string[] losses = [.. history.SelectMany(r => r.Losses.Keys).Distinct()], metrics = [.. history.SelectMany(r => r.Metrics.Keys).Distinct()];
        string[] heads = history.Count > 0 && history[0].HeadWeights.Count > 1 ? [.. history[0].HeadWeights.Keys] : [];
        var lines = new List<string> { string.Join(',', ["epoch", "seconds", "learningRate", .. losses, .. heads.Select(h => $"weight.{h}"), .. metrics]) };
        foreach (var row in history)
        {
            lines.Add(string.Join(',',
            [
                row.Epoch.ToString(CultureInfo.InvariantCulture), Text(row.Seconds), Text(row.LearningRate),
                .. losses.Select(l => Cell(row.Losses, l)), .. heads.Select(h => Cell(row.HeadWeights, h)), .. metrics.Select(m => Cell(row.Metrics, m)),
            ]));
        }

        Whole("log.csv", string.Join('\n', lines) + "\n");
        Whole("log.json", JsonSerializer.Serialize(history, Json));
    }

    /// <summary>Writes the statistics of feature maps.</summary>
    public void Activations(ActivationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        Whole("activations.csv", "layer,mean,deviation,dead\n" + string.Concat(report.Rows.Select(r =>
            string.Create(CultureInfo.InvariantCulture, $"{r.Layer},{r.Mean:R},{r.Deviation:R},{r.Dead:R}\n"))));
    }

    /// <inheritdoc/>
    public void Dispose() => _steps?.Dispose();

    private void Whole(string name, string text)
    {
        System.IO.File.WriteAllText(File(name) + ".tmp", text);
        System.IO.File.Move(File(name) + ".tmp", File(name), overwrite: true);
    }

    private static string Text(double value) => value.ToString("G9", CultureInfo.InvariantCulture);

    private static string Cell(IReadOnlyDictionary<string, double> row, string name) => row.TryGetValue(name, out double value) ? Text(value) : "";
}
