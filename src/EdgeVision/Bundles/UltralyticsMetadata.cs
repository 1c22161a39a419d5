using System.Globalization;
using System.Text;
using System.Text.Json;

namespace EdgeVision;

/// <summary>
/// Reads what Ultralytics' exporter writes into a model (task, names, imgsz, kpt_shape) as a <see cref="ModelSpec"/>.
/// Values are Python literals in text.
/// </summary>
internal static class UltralyticsMetadata
{
    // COCO's 17 keypoints.
    private static readonly int[][] CocoSkeleton =
    [
        [15, 13], [13, 11], [16, 14], [14, 12], [11, 12], [5, 11], [6, 12], [5, 6], [5, 7], [6, 8], [7, 9], [8, 10],
        [1, 2], [0, 1], [0, 2], [1, 3], [2, 4], [3, 5], [4, 6],
    ];

    /// <summary>The spec, or null where the metadata is not Ultralytics'.</summary>
    public static ModelSpec? Read(IReadOnlyDictionary<string, string> metadata, IReadOnlyList<TensorInfo> inputs, IReadOnlyList<TensorInfo> outputs)
    {
        if (!metadata.TryGetValue("task", out string? task) || !metadata.TryGetValue("names", out string? names))
        {
            return null;
        }

        var labels = Names(names);
        var shape = inputs[0].Shape;
        long[] size = shape.Length == 4 && shape[2] > 0 && shape[3] > 0 ? [shape[2], shape[3]]
            : metadata.TryGetValue("imgsz", out string? imgsz) ? Numbers(imgsz, "imgsz")
            : throw new ModelFormatException("the model's metadata lacks 'imgsz' and its input has no fixed size");
        if (size.Length == 1)
        {
            size = [size[0], size[0]];
        }

        bool endToEnd = metadata.TryGetValue("end2end", out string? flag) && flag.Trim() is "True" or "true"
            || task == "detect" && outputs.Count == 1 && outputs[0].Shape is [_, _, 6] && labels.Length != 2;
        var parameters = new Dictionary<string, JsonElement>();
        string decoder = task switch
        {
            "detect" => endToEnd ? "yolo-end2end" : "yolo-dfl",
            "segment" => "yolo-dfl-seg",
            "pose" => "yolo-dfl-pose",
            "obb" => "yolo-obb",
            "classify" => "softmax",
            _ => throw new ModelFormatException($"the model's metadata says task '{task}'; detect, segment, pose, obb and classify are read"),
        };
        int[][]? skeleton = null;
        if (task == "pose")
        {
            long[] keypoints = Numbers(metadata.TryGetValue("kpt_shape", out string? k) ? k : "[17, 3]", "kpt_shape");
            parameters["keypoints"] = Element($"[{string.Join(',', keypoints)}]");
            skeleton = keypoints[0] == 17 ? CocoSkeleton : null;
        }
        else if (task == "classify")
        {
            parameters["applied"] = Element("true");
        }

        return new ModelSpec
        {
            Task = task,
            Name = metadata.TryGetValue("description", out string? description) ? description : null,
            Input = new InputSpec
            {
                Width = (int)Math.Clamp(size[1], 0, int.MaxValue),
                Height = (int)Math.Clamp(size[0], 0, int.MaxValue),
                Element = inputs[0].Element,
                Resize = task == "classify"
                    ? new ResizeSpec { Mode = ResizeMode.CenterCrop, Interpolation = Interpolation.BilinearAntialias, Rounding = ResizeRounding.Truncate }
                    : new ResizeSpec(),
            },
            Outputs = [new OutputSpec { Decoder = decoder, Parameters = parameters }],
            Labels = labels,
            Skeleton = skeleton,
            Provenance = new ProvenanceSpec
            {
                Architecture = description,
                Notes = metadata.TryGetValue("license", out string? license) ? license : null,
            },
        };
    }

    private static JsonElement Element(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static long[] Numbers(string text, string key)
    {
        string[] parts = text.Split((char[])['[', ']', '(', ')', ',', ' '], StringSplitOptions.RemoveEmptyEntries);
        long[] numbers = new long[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.Integer, CultureInfo.InvariantCulture, out numbers[i]))
            {
                throw new ModelFormatException($"the model's metadata has '{key}' = '{OneLine.Of(text)}', which is not a list of numbers");
            }
        }

        return numbers.Length > 0 ? numbers : throw new ModelFormatException($"the model's metadata has an empty '{key}'");
    }

    // A Python dict: {0: 'person', 1: "dog's bowl", …}
    internal static string[] Names(string text)
    {
        var names = new SortedDictionary<int, string>();
        int i = 0;
        Expect('{');
        Blank();
        while (i < text.Length && text[i] != '}')
        {
            int start = i;
            while (i < text.Length && char.IsAsciiDigit(text[i]))
            {
                i++;
            }

            if (!int.TryParse(text.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id > 1_000_000)
            {
                throw Bad();
            }

            Blank();
            Expect(':');
            Blank();
            names[id] = Quoted();
            Blank();
            if (i < text.Length && text[i] == ',')
            {
                i++;
                Blank();
            }
        }

        Expect('}');
        string[] labels = new string[names.Count == 0 ? 0 : names.Keys.Max() + 1];
        for (int k = 0; k < labels.Length; k++)
        {
            labels[k] = names.TryGetValue(k, out string? name) ? name : k.ToString(CultureInfo.InvariantCulture);
        }

        return labels;

        string Quoted()
        {
            if (i >= text.Length || text[i] is not ('\'' or '"'))
            {
                throw Bad();
            }

            char quote = text[i++];
            var name = new StringBuilder();
            while (i < text.Length && text[i] != quote)
            {
                if (text[i] == '\\' && i + 1 < text.Length)
                {
                    i++;
                    name.Append(text[i] switch { 'n' => '\n', 't' => '\t', var c => c });
                }
                else
                {
                    name.Append(text[i]);
                }

                i++;
            }

            Expect(quote);
            return name.ToString();
        }

        void Blank()
        {
            while (i < text.Length && char.IsWhiteSpace(text[i]))
            {
                i++;
            }
        }

        void Expect(char c)
        {
            if (i >= text.Length || text[i] != c)
            {
                throw Bad();
            }

            i++;
        }

        ModelFormatException Bad() => new($"the model's metadata has 'names' that is not a table of class names, near character {i}");
    }
}
