using EdgeVision.Decoding.Common;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Yolo;

/// <summary>Decodes end-to-end YOLOv10 and 26: rows [N, boxes, 6] of x1, y1, x2, y2 in input pixels, score, class.</summary>
/// <remarks>No suppression. Ultralytics' graphs sort rows by score; rows that are not sorted are sorted here.</remarks>
internal sealed class YoloEndToEndDecoder : CandidateDecoder
{
    private readonly int _output;
    private readonly int _labels;
    private readonly string _name;
    private ulong[] _keys = [];

    public YoloEndToEndDecoder(DecoderInputs inputs)
        : base(inputs)
    {
        inputs.RequireOutputCount(1, "rows [N, boxes, 6]");
        inputs.RequireShape(0, "rows", -1, -1, 6);
        _output = inputs.OutputIndices[0];
        _name = inputs.GetTensorInfo(0).Name;
        _labels = inputs.Labels.Length;
    }

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_output);
        if (shape.Length != 3 || shape[2] != 6 || batch >= shape[0])
        {
            throw new ModelFormatException(
                $"decoder 'yolo-end2end' expects [N, boxes, 6]; the network returned [{string.Join(", ", shape.ToArray())}]");
        }

        int rows = (int)shape[1];
        var data = outputs.GetData(_output).Slice(batch * rows * 6, rows * 6);
        Candidates.Clear();
        for (int i = 0; i < rows; i++)
        {
            var row = data.Slice(i * 6, 6);
            if (!float.IsFinite(row[0] + row[1] + row[2] + row[3] + row[4] + row[5]))
            {
                throw new InvalidOutputException($"output '{_name}' contains NaN or infinity; the model or its input is broken");
            }

            if (row[4] > Options.Confidence)
            {
                int classId = (int)row[5];
                if (classId < 0 || _labels > 0 && classId >= _labels)
                {
                    throw new InvalidOutputException($"output '{_name}' contains class {row[5]}, but the model has {_labels} classes");
                }

                Candidates.Add(new Box(row[0], row[1], row[2], row[3]), row[4], classId, i);
            }
        }

        ReportBest(transform, result, ref _keys);
    }
}
