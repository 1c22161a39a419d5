using EdgeVision.Inference.OnnxFiles;

namespace EdgeVision.Models;

/// <summary>Lists the files of a model on disk.</summary>
public static class ModelFiles
{
    /// <summary>Returns the model, its spec file and its external weights: all files that must be copied together.</summary>
    /// <param name="model">ONNX file.</param>
    /// <returns>Paths relative to the model's folder, the model itself first.</returns>
    /// <exception cref="ModelFormatException">The file is not a readable ONNX model, or it refers outside its folder.</exception>
    public static IReadOnlyList<string> GetFiles(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        string name = Path.GetFileName(model);
        string folder = Path.GetDirectoryName(Path.GetFullPath(model))!;
        string[] specs =
        [
            .. new[] { name + ".spec.json", Path.ChangeExtension(name, ".spec.json") }
                .Where(s => File.Exists(Path.Combine(folder, s))),
        ];
        return [name, .. specs, .. OnnxFile.ExternalFiles(model)];
    }

    /// <summary>Returns the size of the model and its external weights in bytes.</summary>
    /// <param name="model">ONNX file.</param>
    /// <exception cref="ModelFormatException">The file is not a readable ONNX model, or it refers outside its folder.</exception>
    public static long GetTotalSize(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        string folder = Path.GetDirectoryName(Path.GetFullPath(model))!;
        return new FileInfo(model).Length + OnnxFile.ExternalFiles(model).Sum(f => new FileInfo(Path.Combine(folder, f)).Length);
    }
}
