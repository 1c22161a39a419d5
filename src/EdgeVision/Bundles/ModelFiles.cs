namespace EdgeVision;

/// <summary>What belongs to a model on disk.</summary>
public static class ModelFiles
{
    /// <summary>The model, its spec beside it and the files that keep some of its weights: all that must travel with it.</summary>
    /// <param name="model">ONNX file.</param>
    /// <returns>Paths relative to the model's folder; the model's own name first.</returns>
    /// <exception cref="ModelFormatException">The file is no readable ONNX model, or it reaches outside its folder.</exception>
    public static IReadOnlyList<string> Of(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        string name = Path.GetFileName(model);
        string folder = Path.GetDirectoryName(Path.GetFullPath(model))!;
        string[] specs = [.. new[] { name + ".spec.json", Path.ChangeExtension(name, ".spec.json") }.Where(s => File.Exists(Path.Combine(folder, s)))];
        return [name, .. specs, .. OnnxFile.ExternalFiles(model)];
    }

    /// <summary>Bytes of the model with the weights that it keeps beside itself.</summary>
    /// <param name="model">ONNX file.</param>
    /// <exception cref="ModelFormatException">The file is no readable ONNX model, or it reaches outside its folder.</exception>
    public static long Bytes(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        string folder = Path.GetDirectoryName(Path.GetFullPath(model))!;
        return new FileInfo(model).Length + OnnxFile.ExternalFiles(model).Sum(f => new FileInfo(Path.Combine(folder, f)).Length);
    }
}
