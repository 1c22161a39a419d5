using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Anchors;

/// <summary>Decodes networks that suppress in the graph and output the remaining boxes.</summary>
/// <remarks>
/// <c>tensors</c> names the outputs in the order given by <c>order</c>: <c>boxes</c> [N, K, 4] or [K, 4], <c>scores</c> and <c>classes</c>
/// [N, K] or [K], <c>count</c> [N] or [N, 1] (TensorRT's EfficientNMS, DAMO-YOLO, TensorFlow's detection models: count, boxes, scores,
/// classes), <c>items</c> [K], the item of each row. Alternatively one output whose <c>columns</c> [.., columns] are named: item, x1, y1,
/// x2, y2, score, class (YOLOv7's end-to-end export: item, x1, y1, x2, y2, class, score). <c>format</c>: xyxy, yxyx or cxcywh. <c>unit</c>:
/// coordinates are fractions of the input, otherwise its pixels. <c>firstClass</c> (0; torchvision and TensorFlow 1): the class id of the
/// first label; rows of lower classes are ignored. Rows at or below the threshold are ignored; the others are sorted by score.
/// </remarks>
internal sealed class GraphDetectionsDecoder : CandidateDecoder
{
    private const int Item = 0, X1 = 1, Y1 = 2, X2 = 3, Y2 = 4, Score = 5, Class = 6;
    private static readonly string[] Columns = ["item", "x1", "y1", "x2", "y2", "score", "class"];
    private readonly int _boxes = -1, _scores = -1, _classes = -1, _count = -1, _items = -1, _rows = -1;
    private readonly int[] _columns = [-1, -1, -1, -1, -1, -1, -1];
    private readonly int _width;
    private readonly int _format;
    private readonly bool _unit;
    private readonly int _firstClass;
    private readonly int _labels;
    private ulong[] _keys = [];

    public GraphDetectionsDecoder(DecoderInputs inputs)
        : base(inputs)
    {
        string format = inputs.GetString("format", "xyxy");
        _format = Array.IndexOf(["xyxy", "yxyx", "cxcywh"], format);
        _unit = inputs.GetBool("unit", false);
        _firstClass = inputs.GetInt("firstClass", 0);
        _labels = inputs.Labels.Length;
        if (_format < 0)
        {
            throw new SpecException($"parameter 'format' of decoder '{DecoderName}' must be xyxy, yxyx or cxcywh; got '{format}'");
        }

        if (inputs.Output.Parameters.ContainsKey("columns"))
        {
            string[] columns = inputs.GetStrings("columns");
            _width = columns.Length;
            for (int i = 0; i < columns.Length; i++)
            {
                int known = Array.IndexOf(Columns, columns[i]);
                if (known < 0 || _columns[known] >= 0)
                {
                    throw new SpecException(
                        $"parameter 'columns' of decoder '{DecoderName}' must contain each of {string.Join(", ", Columns)} at most once; "
                            + $"got '{columns[i]}' in [{string.Join(", ", columns)}]");
                }

                _columns[known] = i;
            }

            if (_columns.AsSpan(X1, 5).Contains(-1))
            {
                throw new SpecException(
                    $"parameter 'columns' of decoder '{DecoderName}' must contain x1, y1, x2, y2 and score; got "
                        + $"[{string.Join(", ", columns)}]");
            }

            inputs.RequireOutputCount(1, $"rows [.., {columns.Length}]");
            _rows = inputs.OutputIndices[0];
            if (inputs.GetTensorInfo(0).Shape.Length is not (2 or 3) || inputs.GetDimensionFromEnd(0, 1) is > 0 and var last && last != _width)
            {
                throw new ModelFormatException($"decoder '{DecoderName}' expects rows [.., {_width}]; the graph has {inputs.GetTensorInfo(0)}");
            }

            return;
        }

        string[] order = inputs.GetStrings("order", ["count", "boxes", "scores", "classes"]);
        inputs.RequireOutputCount(order.Length, string.Join(", ", order));
        for (int i = 0; i < order.Length; i++)
        {
            ref int place = ref _rows;
            switch (order[i])
            {
                case "boxes": place = ref _boxes; break;
                case "scores": place = ref _scores; break;
                case "classes": place = ref _classes; break;
                case "count": place = ref _count; break;
                case "items": place = ref _items; break;
                default:
                    throw new SpecException(
                        $"parameter 'order' of decoder '{DecoderName}' must contain only boxes, scores, classes, count and items; got "
                            + $"'{order[i]}'");
            }

            if (place >= 0)
            {
                throw new SpecException($"parameter 'order' of decoder '{DecoderName}' must not contain '{order[i]}' twice");
            }

            place = inputs.OutputIndices[i];
        }

        if (_boxes < 0 || _scores < 0)
        {
            throw new SpecException(
                $"parameter 'order' of decoder '{DecoderName}' must contain boxes and scores; got [{string.Join(", ", order)}]");
        }

        int at = Array.IndexOf(order, "boxes");
        if (inputs.GetTensorInfo(at).Shape.Length is not (2 or 3) || inputs.GetDimensionFromEnd(at, 1) is > 0 and not 4)
        {
            throw new ModelFormatException($"decoder '{DecoderName}' expects boxes [N, K, 4] or [K, 4]; the graph has {inputs.GetTensorInfo(at)}");
        }
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        Candidates.Clear();
        if (_rows >= 0)
        {
            DecodeRows(outputs, batch, transform);
        }
        else
        {
            DecodeArrays(outputs, batch, transform);
        }

        ReportBest(transform, result, ref _keys);
    }

    private void DecodeRows(TensorSet outputs, int batch, in FrameTransform transform)
    {
        var shape = outputs.GetShape(_rows);
        bool shared = _columns[Item] >= 0;
        if (shape.Length is not (2 or 3) || shape[^1] != _width || !shared && (shape.Length == 3 ? batch >= shape[0] : batch > 0))
        {
            throw ShapeMismatch($"rows [.., {_width}] that include item {batch}", shape);
        }

        var data = outputs.GetData(_rows);
        int rows = shape.Length == 3 && !shared ? (int)shape[1] : data.Length / _width;
        int first = shape.Length == 3 && !shared ? batch * rows : 0;
        FiniteCheck.ThrowIfNotFinite(data.Slice(first * _width, rows * _width), outputs.GetName(_rows));
        for (int i = first; i < first + rows; i++)
        {
            var row = data.Slice(i * _width, _width);
            if (!shared || row[_columns[Item]] == batch)
            {
                AddCandidate(
                    row[_columns[X1]], row[_columns[Y1]], row[_columns[X2]], row[_columns[Y2]], row[_columns[Score]],
                    _columns[Class] < 0 ? _firstClass : row[_columns[Class]], transform, outputs.GetName(_rows));
            }
        }
    }

    private void DecodeArrays(TensorSet outputs, int batch, in FrameTransform transform)
    {
        var shape = outputs.GetShape(_boxes);
        bool shared = shape.Length == 2; // one list for all items of the batch
        if (shape.Length is not (2 or 3) || shape[^1] != 4 || !shared && batch >= shape[0] || shared && _items < 0 && batch > 0)
        {
            throw ShapeMismatch($"boxes [N, K, 4] or [K, 4] that include item {batch}", shape);
        }

        int rows = (int)shape[^2], first = shared ? 0 : batch * rows, all = shared ? rows : (int)shape[0] * rows;
        var boxes = outputs.GetData(_boxes);
        var scores = GetColumn(outputs, _scores, all, "scores");
        var classes = _classes < 0 ? default : GetColumn(outputs, _classes, all, "classes");
        var items = _items < 0 ? default : GetColumn(outputs, _items, all, "items");
        int count = rows;
        if (_count >= 0)
        {
            var counts = outputs.GetData(_count);
            float n = batch < counts.Length ? counts[batch] : float.NaN;
            if (!(n >= 0 && n <= rows))
            {
                throw new InvalidOutputException($"output '{outputs.GetName(_count)}' must be a count from 0 to {rows}; got {n}");
            }

            count = (int)n;
        }

        FiniteCheck.ThrowIfNotFinite(boxes.Slice(first * 4, count * 4), outputs.GetName(_boxes));
        FiniteCheck.ThrowIfNotFinite(scores.Slice(first, count), outputs.GetName(_scores));
        FiniteCheck.ThrowIfNotFinite(classes.IsEmpty ? classes : classes.Slice(first, count), _classes < 0 ? "" : outputs.GetName(_classes));
        FiniteCheck.ThrowIfNotFinite(items, _items < 0 ? "" : outputs.GetName(_items));
        for (int i = first; i < first + count; i++)
        {
            if (items.IsEmpty || items[i] == batch)
            {
                var b = boxes.Slice(i * 4, 4);
                string name = _classes < 0 ? "" : outputs.GetName(_classes);
                AddCandidate(b[0], b[1], b[2], b[3], scores[i], classes.IsEmpty ? _firstClass : classes[i], transform, name);
            }
        }
    }

    private ReadOnlySpan<float> GetColumn(TensorSet outputs, int tensor, int rows, string what)
    {
        var data = outputs.GetData(tensor);
        return data.Length == rows
            ? data
            : throw new ModelFormatException(
                $"decoder '{DecoderName}' expects {rows} {what}, one for each box; output '{outputs.GetName(tensor)}' has {data.Length}");
    }

    private void AddCandidate(float a, float b, float c, float d, float score, float classId, in FrameTransform t, string name)
    {
        if (!(score > Options.Confidence) || classId < _firstClass)
        {
            return;
        }

        float id = classId - _firstClass;
        if (id != MathF.Floor(id) || id >= (_labels > 0 ? _labels : int.MaxValue))
        {
            throw new InvalidOutputException(
                $"output '{name}' contains class {classId}, but the model has {_labels} classes starting at {_firstClass}");
        }

        var box = _format switch
        {
            0 => new Box(a, b, c, d),
            1 => new Box(b, a, d, c),
            _ => new Box(a - c / 2, b - d / 2, a + c / 2, b + d / 2),
        };
        if (_unit)
        {
            box = new Box(box.X1 * t.InputWidth, box.Y1 * t.InputHeight, box.X2 * t.InputWidth, box.Y2 * t.InputHeight);
        }

        Candidates.Add(box, score, (int)id, 0);
    }
}
