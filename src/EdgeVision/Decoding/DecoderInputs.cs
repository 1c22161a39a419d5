using System.Text.Json;

namespace EdgeVision;

/// <summary>Inputs of a decoder's constructor: its head, the model's spec, the graph's outputs, and thresholds.</summary>
internal sealed class DecoderInputs
{
    private readonly IReadOnlyList<TensorInfo> _graph;

    public DecoderInputs(ModelSpec spec, OutputSpec output, IReadOnlyList<TensorInfo> graph, DecoderOptions options)
    {
        Spec = spec;
        Output = output;
        Options = options;
        _graph = graph;
        if (output.Tensors is { } names)
        {
            Indices = new int[names.Length];
            for (int i = 0; i < names.Length; i++)
            {
                Indices[i] = -1;
                for (int k = 0; k < graph.Count; k++)
                {
                    if (graph[k].Name == names[i])
                    {
                        Indices[i] = k;
                    }
                }

                if (Indices[i] < 0)
                {
                    throw new SpecException(
                        $"outputs[].tensors must name outputs of the graph ({string.Join(
                            ", ", graph.Select(g => g.Name))}); got '{names[i]}'");
                }
            }
        }
        else
        {
            Indices = [.. Enumerable.Range(0, graph.Count)];
        }
    }

    public ModelSpec Spec { get; }

    public OutputSpec Output { get; }

    public DecoderOptions Options { get; }

    /// <summary>Gets the class names of this head: its own, or those of the spec.</summary>
    public string[] Labels => Output.Labels ?? Spec.Labels;

    /// <summary>Gets the graph outputs of this head, in the decoder's order.</summary>
    public int[] Indices { get; }

    public TensorInfo Info(int i) => _graph[Indices[i]];

    /// <summary>Throws <see cref="ModelFormatException"/> unless the head has exactly <paramref name="count"/> outputs.</summary>
    public void Expect(int count, string what)
    {
        if (Indices.Length != count)
        {
            throw new ModelFormatException(
                $"decoder '{Output.Decoder}' expects {count} output(s): {what}; the graph has {Indices.Length}: "
                    + $"{string.Join("; ", Indices.Select(i => _graph[i]))}; select them with outputs[].tensors");
        }
    }

    /// <summary>Throws <see cref="ModelFormatException"/> unless the declared shape of an output matches.</summary>
    /// <remarks>-1 in <paramref name="shape"/> matches any size, and a dynamic dimension matches everything.</remarks>
    public void ExpectShape(int i, string what, params ReadOnlySpan<long> shape)
    {
        var declared = Info(i).Shape;
        bool fits = declared.Length == shape.Length;
        for (int k = 0; fits && k < shape.Length; k++)
        {
            fits = shape[k] < 0 || declared[k] < 0 || declared[k] == shape[k];
        }

        if (!fits)
        {
            throw new ModelFormatException($"decoder '{Output.Decoder}' expects output {what} of {Show(shape)}; the graph has {Info(i)}");
        }
    }

    /// <summary>Throws <see cref="SpecException"/> if levels of ceil(size / stride) cells would have too many anchors.</summary>
    /// <remarks>They are counted before any is created, because the parameters are untrusted.</remarks>
    public void ExpectAnchors(int[] strides, Func<int, int> perCell)
    {
        const long most = 1 << 22;
        long count = 0;
        for (int level = 0; level < strides.Length; level++)
        {
            long stride = strides[level];
            count += (Spec.Input.Width + stride - 1) / stride * ((Spec.Input.Height + stride - 1) / stride) * perCell(level);
        }

        if (count > most)
        {
            throw new SpecException($"decoder '{Output.Decoder}' must have at most {most} anchors; its parameters define {count}");
        }
    }

    /// <summary>Returns the strides: at least one, each from 1 to 65,536, so that sums with the input's sides do not overflow.</summary>
    public int[] Strides(int[]? fallback = null)
    {
        int[] strides = Ints("strides", fallback);
        return strides.Length > 0 && strides.All(s => s is > 0 and <= 65_536)
            ? strides
            : throw new SpecException(
                $"parameter 'strides' of decoder '{Output.Decoder}' must be a list of integers from 1 to 65536; got "
                    + $"[{string.Join(", ", strides)}]");
    }

    /// <summary>Returns a declared dimension of an output, counted from the end, or 0 if it has fewer dimensions.</summary>
    public long FromEnd(int i, int dimension) => Info(i).Shape is var shape && shape.Length >= dimension ? shape[^dimension] : 0;

    public float Float(string name, float? fallback = null) => Read(name, fallback, Number);

    public int Int(string name, int? fallback = null) => Read(name, fallback, e => e.GetInt32());

    public bool Bool(string name, bool fallback) => Read<bool>(name, fallback, e => e.GetBoolean());

    public string Text(string name, string fallback) =>
        Structure(name, fallback, e => e.GetString() ?? throw new InvalidOperationException());

    public string[] Texts(string name, string[]? fallback = null) =>
        Structure(name, fallback, e => [.. e.EnumerateArray().Select(v => v.GetString() ?? throw new InvalidOperationException())]);

    public float[] Floats(string name, float[]? fallback = null) =>
        Structure(name, fallback, e => [.. e.EnumerateArray().Select(Number)]);

    public int[] Ints(string name, int[]? fallback = null) =>
        Structure(name, fallback, e => [.. e.EnumerateArray().Select(v => v.GetInt32())]);

    public float[][] FloatLists(string name) =>
        Structure<float[][]>(name, null, e => [.. e.EnumerateArray().Select(row => row.EnumerateArray().Select(Number).ToArray())]);

    private T Read<T>(string name, T? fallback, Func<JsonElement, T> read)
        where T : struct
    {
        if (!Output.Parameters.TryGetValue(name, out var element))
        {
            return fallback ?? throw Missing(name);
        }

        return Guard(name, element, read);
    }

    private T Structure<T>(string name, T? fallback, Func<JsonElement, T> read)
        where T : class
    {
        if (!Output.Parameters.TryGetValue(name, out var element))
        {
            return fallback ?? throw Missing(name);
        }

        return Guard(name, element, read);
    }

    // GetSingle reads numbers beyond the range of a float as infinite.
    private static float Number(JsonElement element) =>
        element.GetSingle() is var value && float.IsFinite(value) ? value : throw new FormatException();

    private T Guard<T>(string name, JsonElement element, Func<JsonElement, T> read)
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

    private SpecException Missing(string name) =>
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

    private static string Show(ReadOnlySpan<long> shape)
    {
        var parts = new string[shape.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = shape[i] < 0 ? "?" : shape[i].ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return string.Join('x', parts);
    }
}
