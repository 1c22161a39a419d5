using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeVision.Diagnostics;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Models;

/// <summary>Reads the metadata of Ultralytics' ONNX exports, so that such a file needs no spec.</summary>
/// <remarks>Entries: task, names, imgsz, stride, kpt_shape, end2end.</remarks>
internal static class UltralyticsMetadata
{
    private const int MaxClasses = 100_000;

    // COCO's person skeleton as Ultralytics draws it, indices from 0.
    private static readonly int[][] CocoSkeleton =
    [
        [15, 13], [13, 11], [16, 14], [14, 12], [11, 12], [5, 11], [6, 12], [5, 6], [5, 7], [6, 8],
        [7, 9], [8, 10], [1, 2], [0, 1], [0, 2], [1, 3], [2, 4], [3, 5], [4, 6],
    ];

    /// <summary>Returns whether the metadata is that of an Ultralytics export.</summary>
    public static bool IsPresent(IReadOnlyDictionary<string, string> metadata) =>
        metadata.ContainsKey("task") && metadata.ContainsKey("names") && (metadata.ContainsKey("stride") || metadata.ContainsKey("imgsz"));

    /// <summary>Converts the metadata to a spec.</summary>
    /// <exception cref="ModelFormatException">An entry cannot be read, or the task is not supported.</exception>
    public static ModelSpec ToSpec(string path, IReadOnlyDictionary<string, string> metadata,
        IReadOnlyList<TensorInfo> inputs, IReadOnlyList<TensorInfo> outputs)
    {
        string task = metadata["task"].Trim();
        string[] labels = ParseNames(metadata["names"])
            ?? throw new ModelFormatException(
                $"model '{path}': the Ultralytics metadata 'names' cannot be read: {ErrorText.ToSingleLine(metadata["names"])}");
        var (width, height) = Size(path, metadata, inputs);
        bool classify = task == "classify";
        bool endToEnd = IsTrue(metadata, "end2end") || task == "detect" && outputs.Count > 0 && outputs[0].Shape is [_, _, 6];
        if (endToEnd && task != "detect")
        {
            throw new ModelFormatException($"model '{path}': end-to-end '{task}' heads are not supported; export it with end2end=False");
        }

        var parameters = new Dictionary<string, JsonElement>();
        int[][]? skeleton = null;
        string decoder;
        switch (task)
        {
            case "detect":
                decoder = endToEnd ? "yolo-end2end" : "yolo-dfl";
                break;
            case "segment":
                decoder = "yolo-dfl-seg";
                break;
            case "pose":
                decoder = "yolo-dfl-pose";
                int[] keypoints = metadata.TryGetValue("kpt_shape", out string? shape) && ParseNumbers(shape) is [> 0, 2 or 3] numbers
                    ? numbers
                    : throw new ModelFormatException($"model '{path}': the Ultralytics metadata 'kpt_shape' must be like [17, 3]; "
                        + $"got {(shape is null ? "nothing" : $"'{ErrorText.ToSingleLine(shape)}'")}");
                parameters["keypoints"] = Json($"[{keypoints[0]},{keypoints[1]}]");
                skeleton = keypoints[0] == 17 ? CocoSkeleton : null;
                break;
            case "obb":
                decoder = "yolo-obb";
                break;
            case "classify":
                decoder = "softmax";
                parameters["applied"] = Json("true"); // the export ends in a softmax
                break;
            default:
                throw new ModelFormatException($"model '{path}': the Ultralytics task '{ErrorText.ToSingleLine(task)}' is not supported; "
                    + "use detect, segment, pose, obb or classify");
        }

        return new ModelSpec
        {
            Task = task,
            Input = new InputSpec
            {
                Width = width,
                Height = height,
                Element = inputs.Count > 0 ? inputs[0].Element : TensorElement.Float32,
                // classify_transforms: short side to the input by Pillow's (antialiased) resize, center crop, no mean.
                Resize = classify
                    ? new ResizeSpec
                    {
                        Mode = ResizeMode.CenterCrop,
                        Interpolation = Interpolation.BilinearAntialias,
                        Rounding = ResizeRounding.Truncate,
                    }
                    : new ResizeSpec(),
            },
            Outputs = [new OutputSpec { Decoder = decoder, Parameters = parameters }],
            Labels = labels,
            Skeleton = skeleton,
            Provenance = new ProvenanceSpec
            {
                Architecture = metadata.GetValueOrDefault("description"),
                ExporterVersion = metadata.TryGetValue("version", out string? version) ? $"Ultralytics {version}" : "Ultralytics",
                Notes = metadata.GetValueOrDefault("license"),
            },
        };
    }

    /// <summary>Parses a Python literal of class names; returns null if it cannot be parsed.</summary>
    /// <remarks>Like <c>{0: 'person', 1: "driver's seat"}</c> or <c>['person']</c>. An id without a name gets the id as its name.</remarks>
    internal static string[]? ParseNames(string text)
    {
        int at = 0;
        Space();
        char open = at < text.Length ? text[at++] : '\0';
        if (open is not ('{' or '[' or '('))
        {
            return null;
        }

        char close = open switch { '{' => '}', '[' => ']', _ => ')' };
        var names = new SortedDictionary<int, string>();
        while (true)
        {
            Space();
            if (at >= text.Length)
            {
                return null;
            }

            if (text[at] == close)
            {
                break;
            }

            int id = names.Count;
            if (open == '{')
            {
                // The key may be quoted: some JSON writers do that.
                bool quoted = text[at] is '\'' or '"';
                string? key = quoted ? Quoted() : Bare();
                Space();
                if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out id)
                    || id >= MaxClasses || at >= text.Length || text[at++] != ':')
                {
                    return null;
                }

                Space();
            }

            string? name = at < text.Length && text[at] is '\'' or '"' ? Quoted() : Bare();
            if (name is null || id >= MaxClasses)
            {
                return null;
            }

            names[id] = name;
            Space();
            if (at < text.Length && text[at] == ',')
            {
                at++;
            }
            else if (at >= text.Length || text[at] != close)
            {
                return null;
            }
        }

        int count = names.Count == 0 ? 0 : names.Keys.Max() + 1;
        string[] result = new string[count];
        for (int i = 0; i < count; i++)
        {
            result[i] = names.TryGetValue(i, out string? name) ? name : i.ToString(CultureInfo.InvariantCulture);
        }

        return result;

        void Space()
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
            {
                at++;
            }
        }

        string? Bare()
        {
            int start = at;
            while (at < text.Length && text[at] is not (',' or ':' or '}' or ']' or ')'))
            {
                at++;
            }

            string bare = text[start..at].Trim();
            return bare.Length > 0 ? bare : null;
        }

        string? Quoted()
        {
            char quote = text[at++];
            var s = new StringBuilder();
            while (at < text.Length && text[at] != quote)
            {
                char c = text[at++];
                if (c != '\\')
                {
                    s.Append(c);
                    continue;
                }

                if (at >= text.Length)
                {
                    return null;
                }

                c = text[at++];
                int digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
                if (digits == 0)
                {
                    s.Append(c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', _ => c });
                }
                else if (at + digits <= text.Length
                    && int.TryParse(text.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int rune)
                    && Rune.IsValid(rune))
                {
                    s.Append(new Rune(rune).ToString());
                    at += digits;
                }
                else
                {
                    return null;
                }
            }

            if (at >= text.Length)
            {
                return null;
            }

            at++;
            return s.ToString();
        }
    }

    /// <summary>Parses <c>[320, 320]</c>, <c>(320, 320)</c> or <c>320</c>; returns null if it cannot be parsed.</summary>
    internal static int[]? ParseNumbers(string text)
    {
        var numbers = new List<int>();
        string list = text.Trim().Trim('[', ']', '(', ')');
        foreach (string part in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (numbers.Count == 8 || !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int n))
            {
                return null;
            }

            numbers.Add(n);
        }

        return numbers.Count > 0 ? [.. numbers] : null;
    }

    private static (int Width, int Height) Size(
        string path, IReadOnlyDictionary<string, string> metadata, IReadOnlyList<TensorInfo> inputs)
    {
        if (inputs.Count > 0 && inputs[0].Shape is [_, _, > 0 and <= 16384, > 0 and <= 16384])
        {
            return ((int)inputs[0].Shape[3], (int)inputs[0].Shape[2]); // a size fixed by the graph wins
        }

        return metadata.TryGetValue("imgsz", out string? text) ? ParseNumbers(text) switch
        {
            [var side] => (side, side),
            [var height, var width] => (width, height),
            _ => throw new ModelFormatException(
                $"model '{path}': the Ultralytics metadata 'imgsz' must be like [640, 640]; got '{ErrorText.ToSingleLine(text)}'"),
            } : throw new ModelFormatException(
                $"model '{path}': the Ultralytics metadata has no 'imgsz' and the graph leaves its input size open");
    }

    private static bool IsTrue(IReadOnlyDictionary<string, string> metadata, string key) =>
        metadata.TryGetValue(key, out string? value) && string.Equals(value.Trim(), "true", StringComparison.OrdinalIgnoreCase);

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
