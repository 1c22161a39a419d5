using System.Text.Json;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding;

/// <summary>Inputs of a decoder's constructor: its head, the model's spec, the graph's outputs, and thresholds.</summary>
/// <remarks>
/// Parameters are those of <c>outputs[].parameters</c> in the spec; a value that is missing without a fallback, or of another kind, throws
/// <see cref="SpecException"/>. A spec is untrusted: limit a number before anything is allocated from it.
/// </remarks>
public sealed class DecoderInputs
{
    private readonly IReadOnlyList<TensorInfo> _graph;

    /// <summary>Creates the inputs of one head's decoder.</summary>
    /// <param name="spec">Spec of the model.</param>
    /// <param name="output">Head of the spec.</param>
    /// <param name="graph">All outputs of the graph, with -1 for dynamic dimensions.</param>
    /// <param name="options">Thresholds.</param>
    /// <exception cref="SpecException">The head names an output that the graph does not have.</exception>
    public DecoderInputs(ModelSpec spec, OutputSpec output, IReadOnlyList<TensorInfo> graph, DecoderOptions options)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(options);
        Spec = spec;
        Output = output;
        Options = options;
        _graph = graph;
        if (output.Tensors is { } names)
        {
            var indices = new int[names.Length];
            OutputIndices = indices;
            for (int i = 0; i < names.Length; i++)
            {
                indices[i] = -1;
                for (int k = 0; k < graph.Count; k++)
                {
                    if (graph[k].Name == names[i])
                    {
                        indices[i] = k;
                    }
                }

                if (indices[i] < 0)
                {
                    throw new SpecException(
                        $"outputs[].tensors must name outputs of the graph ({string.Join(
                            ", ", graph.Select(g => g.Name))}); got '{names[i]}'");
                }
            }
        }
        else
        {
            OutputIndices = Enumerable.Range(0, graph.Count).ToArray();
        }
    }

    /// <summary>Gets the spec of the model, with the size of its input.</summary>
    public ModelSpec Spec { get; }

    /// <summary>Gets the head of the spec that is decoded.</summary>
    public OutputSpec Output { get; }

    /// <summary>Gets the thresholds.</summary>
    public DecoderOptions Options { get; }

    /// <summary>Gets the class names of this head: its own, or those of the spec.</summary>
    public string[] Labels => Output.Labels ?? Spec.Labels;

    /// <summary>Gets the indices of this head's outputs among those of the graph, in the decoder's order.</summary>
    public IReadOnlyList<int> OutputIndices { get; }

    /// <summary>Returns the declared name, shape and element type of output <paramref name="i"/> of this head.</summary>
    public TensorInfo GetTensorInfo(int i) => _graph[OutputIndices[i]];

    /// <summary>Throws <see cref="ModelFormatException"/> unless the head has exactly <paramref name="count"/> outputs.</summary>
    public void RequireOutputCount(int count, string what)
    {
        if (OutputIndices.Count != count)
        {
            throw new ModelFormatException(
                $"decoder '{Output.Decoder}' expects {count} output(s): {what}; the graph has {OutputIndices.Count}: "
                    + $"{string.Join("; ", OutputIndices.Select(i => _graph[i]))}; select them with outputs[].tensors");
        }
    }

    /// <summary>Throws <see cref="ModelFormatException"/> unless the declared shape of an output matches.</summary>
    /// <remarks>-1 in <paramref name="shape"/> matches any size, and a dynamic dimension matches everything.</remarks>
    public void RequireShape(int i, string what, params ReadOnlySpan<long> shape)
    {
        var declared = GetTensorInfo(i).Shape;
        bool fits = declared.Length == shape.Length;
        for (int k = 0; fits && k < shape.Length; k++)
        {
            fits = shape[k] < 0 || declared[k] < 0 || declared[k] == shape[k];
        }

        if (!fits)
        {
            throw new ModelFormatException(
                $"decoder '{Output.Decoder}' expects output {what} of {FormatShape(shape)}; the graph has {GetTensorInfo(i)}");
        }
    }

    /// <summary>Throws <see cref="SpecException"/> if levels of ceil(size / stride) cells would have too many anchors.</summary>
    /// <remarks>They are counted before any is created, because the parameters are untrusted.</remarks>
    public void RequireAnchorLimit(int[] strides, Func<int, int> anchorsPerCell)
    {
        const long most = 1 << 22;
        long count = 0;
        for (int level = 0; level < strides.Length; level++)
        {
            long stride = strides[level];
            count += (Spec.Input.Width + stride - 1) / stride * ((Spec.Input.Height + stride - 1) / stride) * anchorsPerCell(level);
        }

        if (count > most)
        {
            throw new SpecException($"decoder '{Output.Decoder}' must have at most {most} anchors; its parameters define {count}");
        }
    }

    /// <summary>Returns the strides: at least one, each from 1 to 65,536, so that sums with the input's sides do not overflow.</summary>
    public int[] GetStrides(int[]? fallback = null)
    {
        int[] strides = GetInts("strides", fallback);
        return strides.Length > 0 && strides.All(s => s is > 0 and <= 65_536)
            ? strides
            : throw new SpecException(
                $"parameter 'strides' of decoder '{Output.Decoder}' must be a list of integers from 1 to 65536; got "
                    + $"[{string.Join(", ", strides)}]");
    }

    /// <summary>Returns a declared dimension of an output, counted from the end, or 0 if it has fewer dimensions.</summary>
    public long GetDimensionFromEnd(int i, int dimension) =>
        GetTensorInfo(i).Shape is var shape && shape.Length >= dimension ? shape[^dimension] : 0;

    /// <summary>Returns a parameter that is a finite number.</summary>
    public float GetFloat(string name, float? fallback = null) => ReadValue(name, fallback, ReadFiniteSingle);

    /// <summary>Returns a parameter that is an integer.</summary>
    public int GetInt(string name, int? fallback = null) => ReadValue(name, fallback, e => e.GetInt32());

    /// <summary>Returns a parameter that is true or false.</summary>
    public bool GetBool(string name, bool fallback) => ReadValue<bool>(name, fallback, e => e.GetBoolean());

    /// <summary>Returns a parameter that is a string.</summary>
    public string GetString(string name, string fallback) =>
        ReadReference(name, fallback, e => e.GetString() ?? throw new InvalidOperationException());

    /// <summary>Returns a parameter that is a list of strings.</summary>
    public string[] GetStrings(string name, string[]? fallback = null) =>
        ReadReference(name, fallback, e => [.. e.EnumerateArray().Select(v => v.GetString() ?? throw new InvalidOperationException())]);

    /// <summary>Returns a parameter that is a list of finite numbers.</summary>
    public float[] GetFloats(string name, float[]? fallback = null) =>
        ReadReference(name, fallback, e => [.. e.EnumerateArray().Select(ReadFiniteSingle)]);

    /// <summary>Returns a parameter that is a list of integers.</summary>
    public int[] GetInts(string name, int[]? fallback = null) =>
        ReadReference(name, fallback, e => [.. e.EnumerateArray().Select(v => v.GetInt32())]);

    /// <summary>Returns a parameter that is a list of lists of finite numbers.</summary>
    public float[][] GetFloatLists(string name) =>
        ReadReference<float[][]>(
            name, null, e => [.. e.EnumerateArray().Select(row => row.EnumerateArray().Select(ReadFiniteSingle).ToArray())]);

    private T ReadValue<T>(string name, T? fallback, Func<JsonElement, T> read)
        where T : struct
    {
        if (!Output.Parameters.TryGetValue(name, out var element))
        {
            return fallback ?? throw MissingParameter(name);
        }

        return ReadElement(name, element, read);
    }

    private T ReadReference<T>(string name, T? fallback, Func<JsonElement, T> read)
        where T : class
    {
        if (!Output.Parameters.TryGetValue(name, out var element))
        {
            return fallback ?? throw MissingParameter(name);
        }

        return ReadElement(name, element, read);
    }

    // GetSingle reads numbers beyond the range of a float as infinite.
    private static float ReadFiniteSingle(JsonElement element) =>
        element.GetSingle() is var value && float.IsFinite(value) ? value : throw new FormatException();

    private T ReadElement<T>(string name, JsonElement element, Func<JsonElement, T> read)
    {
        try
        {
            return read(element);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw new SpecException(
                $"parameter '{name}' of decoder '{Output.Decoder}' must be {Describe<T>()}; got {element.GetRawText()}", e);
        }
    }

    private SpecException MissingParameter(string name) =>
        new($"decoder '{Output.Decoder}' requires the parameter '{name}' in outputs[].parameters");

    // Names the JSON value that is read as T.
    private static string Describe<T>() => typeof(T) switch
    {
        var t when t == typeof(float) => "a finite number",
        var t when t == typeof(int) => "an integer",
        var t when t == typeof(bool) => "true or false",
        var t when t == typeof(string) => "a string",
        var t when t == typeof(string[]) => "a list of strings",
        var t when t == typeof(float[]) => "a list of finite numbers",
        var t when t == typeof(int[]) => "a list of integers",
        _ => "a list of lists of finite numbers",
    };

    private static string FormatShape(ReadOnlySpan<long> shape)
    {
        var parts = new string[shape.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = shape[i] < 0 ? "?" : shape[i].ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return string.Join('x', parts);
    }
}
