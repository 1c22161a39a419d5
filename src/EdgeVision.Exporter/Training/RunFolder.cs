using System.Globalization;
using System.Text.Json;

namespace EdgeVision.Exporter.Training;

/// <summary>Folder with the files of a run.</summary>
/// <remarks>
/// <c>config.yaml</c>, <c>checkpoint.safetensors</c>, one row per epoch in <c>log.csv</c> and <c>log.json</c>, one row per step
/// in <c>steps.csv</c>, <c>activations.csv</c> and plots. A run that resumes removes the rows after its checkpoint, so that
/// each step occurs once.
/// </remarks>
public sealed class RunFolder : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private StreamWriter? _steps;
    private string[] _columns = [];

    /// <summary>Opens or creates the folder.</summary>
    public RunFolder(string path)
    {
        Path = path;
        Directory.CreateDirectory(path);
    }

    /// <summary>Gets the path of the folder.</summary>
    public string Path { get; }

    /// <summary>Gets the path of the checkpoint.</summary>
    public string CheckpointPath => GetPath("checkpoint.safetensors");

    /// <summary>Returns the path of a file in the folder.</summary>
    public string GetPath(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Starts a run: writes its config and deletes old rows.</summary>
    public void Begin(TrainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        System.IO.File.WriteAllText(GetPath("config.yaml"), config.ToYaml());
        System.IO.File.Delete(GetPath("steps.csv"));
    }

    /// <summary>Resumes after <paramref name="steps"/> steps: later rows are removed.</summary>
    public void Resume(long steps)
    {
        if (System.IO.File.Exists(GetPath("steps.csv")))
        {
            string[] lines = System.IO.File.ReadAllLines(GetPath("steps.csv"));
            System.IO.File.WriteAllLines(GetPath("steps.csv"), lines.Take((int)Math.Min(lines.Length, steps + 1)));
            _columns = lines.Length > 0 ? lines[0].Split(',')[1..] : [];
        }
    }

    /// <summary>Adds a row for a step; the columns are those of the first row.</summary>
    public void WriteStep(long step, IReadOnlyDictionary<string, double> losses)
    {
        ArgumentNullException.ThrowIfNull(losses);
        _steps ??= new StreamWriter(new FileStream(GetPath("steps.csv"), FileMode.Append, FileAccess.Write, FileShare.Read));
        if (_columns.Length == 0)
        {
            _columns = [.. losses.Keys];
            _steps.WriteLine($"step,{string.Join(',', _columns)}");
        }

        string values = string.Join(',', _columns.Select(c => losses.GetValueOrDefault(c).ToString("R", CultureInfo.InvariantCulture)));
        _steps.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{step},{values}"));
    }

    /// <summary>Flushes the rows of the steps; called before a checkpoint that includes them.</summary>
    public void Flush() => _steps?.Flush();

    /// <summary>Writes the logs of all epochs.</summary>
    public void WriteEpochs(IReadOnlyList<EpochResult> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        string[] losses = [.. history.SelectMany(r => r.Losses.Keys).Distinct()],
            metrics = [.. history.SelectMany(r => r.Metrics.Keys).Distinct()];
        string[] heads = history.Count > 0 && history[0].HeadWeights.Count > 1 ? [.. history[0].HeadWeights.Keys] : [];
        var lines = new List<string>
        {
            string.Join(',', ["epoch", "seconds", "learningRate", .. losses, .. heads.Select(h => $"weight.{h}"), .. metrics]),
        };
        foreach (var row in history)
        {
            lines.Add(string.Join(',',
            [
                row.Epoch.ToString(CultureInfo.InvariantCulture), Text(row.Seconds), Text(row.LearningRate),
                .. losses.Select(l => Cell(row.Losses, l)), .. heads.Select(h => Cell(row.HeadWeights, h)),
                .. metrics.Select(m => Cell(row.Metrics, m)),
            ]));
        }

        WriteAtomically("log.csv", string.Join('\n', lines) + "\n");
        WriteAtomically("log.json", JsonSerializer.Serialize(history, Json));
    }

    /// <summary>Writes the statistics of feature maps.</summary>
    public void WriteActivations(ActivationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        WriteAtomically("activations.csv", "layer,mean,deviation,dead\n" + string.Concat(report.Rows.Select(r =>
            string.Create(CultureInfo.InvariantCulture, $"{r.Layer},{r.Mean:R},{r.StandardDeviation:R},{r.DeadShare:R}\n"))));
    }

    /// <inheritdoc/>
    public void Dispose() => _steps?.Dispose();

    private void WriteAtomically(string name, string text)
    {
        System.IO.File.WriteAllText(GetPath(name) + ".tmp", text);
        System.IO.File.Move(GetPath(name) + ".tmp", GetPath(name), overwrite: true);
    }

    private static string Text(double value) => value.ToString("G9", CultureInfo.InvariantCulture);

    private static string Cell(IReadOnlyDictionary<string, double> row, string name) =>
        row.TryGetValue(name, out double value) ? Text(value) : "";
}
