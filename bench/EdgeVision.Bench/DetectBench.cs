using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using EdgeVision.Decoding;
using EdgeVision.Specs;
using EdgeVision.Suppression;
using EdgeVision.Tensors;
using OpenCvSharp;
using OpenCvSharp.Dnn;

namespace EdgeVision.Bench;

/// <summary>A YOLOv8 head's output, 84 x 8400, with a hundred objects seen by several anchors each, and noise: decoded and suppressed at 0.25 and 0.45.</summary>
[MemoryDiagnoser]
public class DetectBench
{
    private const int Classes = 80, Anchors = 8400;
    private readonly float[] _rows = Output();
    private readonly VisionResult _result = new();
    private OutputDecoder _decoder = null!;
    private ArrayTensorSet _outputs = null!;

    /// <summary>Makes the head.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var spec = new ModelSpec { Input = new InputSpec { Width = 640, Height = 640 }, Labels = [.. Enumerable.Range(0, Classes).Select(i => $"class {i}")], Outputs = [new OutputSpec { Decoder = "yolo-dfl" }] };
        _decoder = DecoderRegistry.Create(spec, spec.Outputs[0], [new TensorInfo("output0", [1, 84, Anchors], TensorElement.Float32)], new DecoderOptions(0.25f, 0.45f, 300, false));
        _outputs = new ArrayTensorSet(("output0", [1, 84, Anchors], _rows));
        _decoder.Decode(_outputs, 0, FrameTransform.Identity(640, 640), _result);
        if (_result.Detections.Count is < 50 or > 150)
        {
            throw new InvalidOperationException($"{_result.Detections.Count} objects are found in the drawn output");
        }
    }

    /// <summary>Decoding and suppression.</summary>
    [Benchmark(Baseline = true)]
    public int EdgeVision()
    {
        _decoder.Decode(_outputs, 0, FrameTransform.Identity(640, 640), _result);
        return _result.Detections.Count;
    }

    /// <summary>The usual loop: the best class of each anchor, then NMSBoxes.</summary>
    [Benchmark]
    public int ArgmaxLoopAndNMSBoxes()
    {
        List<Rect> boxes = [];
        List<float> scores = [];
        List<int> classIds = [];
        for (int i = 0; i < Anchors; i++)
        {
            float best = 0;
            int bestClass = 0;
            for (int c = 0; c < Classes; c++)
            {
                float score = _rows[(4 + c) * Anchors + i];
                if (score > best)
                {
                    (best, bestClass) = (score, c);
                }
            }

            if (best > 0.25f)
            {
                float x = _rows[i], y = _rows[Anchors + i], w = _rows[2 * Anchors + i], h = _rows[3 * Anchors + i];
                boxes.Add(new Rect((int)(x - w / 2), (int)(y - h / 2), (int)w, (int)h));
                scores.Add(best);
                classIds.Add(bestClass);
            }
        }

        CvDnn.NMSBoxes(boxes, scores, 0.25f, 0.45f, out int[] kept);
        return kept.Length;
    }

    /// <summary>The bytes alone, each read once.</summary>
    [Benchmark]
    public float ReadFloor() => TensorPrimitives.Max(_rows);

    private static float[] Output()
    {
        var random = new Random(3);
        float[] rows = new float[84 * Anchors];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = i < 4 * Anchors ? random.NextSingle() * 60 + 10 : random.NextSingle() * 0.02f;
        }

        for (int k = 0; k < 100; k++)
        {
            float x = 30 + k % 10 * 60, y = 30 + k / 10 * 60, w = 30 + random.NextSingle() * 20, h = 30 + random.NextSingle() * 20;
            int classId = random.Next(Classes);
            for (int n = 0; n < 9; n++)
            {
                int anchor = random.Next(Anchors);
                (rows[anchor], rows[Anchors + anchor], rows[2 * Anchors + anchor], rows[3 * Anchors + anchor]) = (x + random.NextSingle() * 3, y + random.NextSingle() * 3, w, h);
                rows[(4 + classId) * Anchors + anchor] = 0.3f + random.NextSingle() * 0.6f;
            }
        }

        return rows;
    }
}

/// <summary>Suppression alone: 8,400 boxes of one class, all above the threshold, anywhere in the picture.</summary>
[MemoryDiagnoser]
public class SuppressBench
{
    private readonly Box[] _boxes = new Box[8400];
    private readonly float[] _scores = new float[8400];
    private readonly Rect[] _rects = new Rect[8400];
    private readonly NonMaxSuppression _nms = new();

    /// <summary>Draws the boxes.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(4);
        for (int i = 0; i < _boxes.Length; i++)
        {
            int x = random.Next(600), y = random.Next(600), w = 10 + random.Next(90), h = 10 + random.Next(90);
            (_boxes[i], _rects[i], _scores[i]) = (new Box(x, y, x + w, y + h), new Rect(x, y, w, h), 0.25f + 0.75f * random.NextSingle());
        }
    }

    /// <summary>The runtime's.</summary>
    [Benchmark(Baseline = true)]
    public int EdgeVision() => _nms.Run(_boxes, _scores, 0.45f).Length;

    /// <summary>OpenCV's.</summary>
    [Benchmark]
    public int NMSBoxes()
    {
        CvDnn.NMSBoxes(_rects, _scores, 0.25f, 0.45f, out int[] kept);
        return kept.Length;
    }
}
