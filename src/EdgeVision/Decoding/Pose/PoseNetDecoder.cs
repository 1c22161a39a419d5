using System.Numerics.Tensors;
using EdgeVision.Decoding.Common;
using EdgeVision.Suppression;
using EdgeVision.Tensors;

namespace EdgeVision.Decoding.Pose;

/// <summary>Decodes PoseNet and PersonLab (Papandreou et al. 2018), for one person or several.</summary>
/// <remarks>
/// Inputs are heatmaps of K keypoints, short offsets (K rows, then K columns; pixels) and, for several persons, displacements along the 16
/// edges of the tree of 17 keypoints, forward and backward (16 rows, then 16 columns; pixels), each [N, C, h, w] or, with <c>layout</c>
/// nhwc, [N, h, w, C]. A keypoint lies at cell * <c>stride</c> (16) + offset. Heatmaps are logits unless <c>activated</c>. <c>poses</c>
/// single: each keypoint is the first maximum of its map, and the pose's score is their mean. <c>poses</c> multi: poses start from local
/// maxima (3 x 3) of at least <c>rootThreshold</c> (0.5), best first, that are not within <c>nmsRadius</c> (20) pixels of the same keypoint
/// of an earlier pose, and follow the tree; the pose's score is the mean over all keypoints, where keypoints near those of an earlier pose
/// count as 0; at most <c>maxPoses</c> (20). The numbers are those of TensorFlow.js (posenet/src/single_pose, multi_pose); equal roots come
/// in the order of their cells. The box is the hull of the keypoints above <c>keypointThreshold</c> (0.2), or of all. Poses above the score
/// threshold are reported best first.
/// </remarks>
internal sealed class PoseNetDecoder : OutputDecoder
{
    private const int Heatmaps = 0, Offsets = 1, Forward = 2, Backward = 3, TreeKeypoints = 17;

    // Parent and child: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles, left before right.
    private static readonly (int Parent, int Child)[] Tree =
    [
        (0, 1), (1, 3), (0, 2), (2, 4), (0, 5), (5, 7), (7, 9), (5, 11),
        (11, 13), (13, 15), (0, 6), (6, 8), (8, 10), (6, 12), (12, 14), (14, 16),
    ];

    private readonly int[] _indices;
    private readonly bool _multi, _channelsLast, _activated;
    private readonly int _stride, _maxPoses, _keypoints;
    private readonly float _rootThreshold, _nmsRadius, _keypointThreshold;
    private readonly DecoderOptions _options;
    private float[] _scores = [], _rootScores = [];
    private int[] _roots = [];
    private ulong[] _keys = [];
    private Point[] _points = [];
    private readonly float[] _poseScores;
    private readonly ulong[] _poseKeys;

    private readonly record struct Point(double X, double Y, float Score);

    public PoseNetDecoder(DecoderInputs inputs)
    {
        _multi = ReadChoice(inputs, "poses", "single", "multi");
        _channelsLast = ReadChoice(inputs, "layout", "nchw", "nhwc");
        _activated = inputs.GetBool("activated", false);
        _stride = inputs.GetInt("stride", 16);
        _maxPoses = inputs.GetInt("maxPoses", 20);
        _rootThreshold = inputs.GetFloat("rootThreshold", 0.5f);
        _nmsRadius = inputs.GetFloat("nmsRadius", 20);
        _keypointThreshold = inputs.GetFloat("keypointThreshold", 0.2f);
        _options = inputs.Options;
        if (_stride is < 1 or > 1024 || _maxPoses is < 1 or > 1024 || !(_nmsRadius >= 0))
        {
            throw new SpecException(
                "parameters 'stride' and 'maxPoses' of decoder 'posenet' must be from 1 to 1024, and 'nmsRadius' must be at least 0 "
                    + "pixels; "
                    + $"got {_stride}, {_maxPoses} and {_nmsRadius}");
        }

        inputs.RequireOutputCount(_multi ? 4 : 2, _multi ? "heatmaps, offsets, forward and backward displacements" : "heatmaps, offsets");
        _indices = [.. inputs.OutputIndices];
        for (int i = 0; i < _indices.Length; i++)
        {
            inputs.RequireShape(i, "map", -1, -1, -1, -1);
        }

        long channels = inputs.GetDimensionFromEnd(Heatmaps, _channelsLast ? 1 : 3);
        _keypoints = channels < 0 ? TreeKeypoints : (int)channels;
        if (_keypoints is < 1 or > 1024 || _multi && _keypoints != TreeKeypoints)
        {
            throw new ModelFormatException(
                $"decoder 'posenet' expects {(_multi ? "17" : "1 to 1024")} keypoints; the graph has {inputs.GetTensorInfo(Heatmaps)}");
        }

        for (int i = 1; i < _indices.Length; i++)
        {
            int wanted = GetChannelCount(i);
            inputs.RequireShape(i, i == Offsets ? "offsets" : "displacements", -1, _channelsLast ? -1 : wanted, -1, _channelsLast ? wanted : -1);
        }

        (_poseScores, _poseKeys) = (new float[_maxPoses], new ulong[_maxPoses]);
    }

    public override bool ProducesKeypoints => true;

    public override void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result)
    {
        var shape = outputs.GetShape(_indices[Heatmaps]);
        for (int i = 0; i < _indices.Length; i++)
        {
            var other = outputs.GetShape(_indices[i]);
            int rows = _channelsLast ? 1 : 2;
            if (shape.Length != 4 || other.Length != 4 || batch >= other[0] || other[_channelsLast ? 3 : 1] != GetChannelCount(i)
                || other[rows] < 1 || other[rows + 1] < 1 || other[rows] != shape[rows] || other[rows + 1] != shape[rows + 1])
            {
                throw new ModelFormatException(
                    $"decoder 'posenet' expects [N, {(_channelsLast ? $"h, w, {GetChannelCount(i)}" : $"{GetChannelCount(i)}, h, w")}] with the same h and w; "
                        + $"the network returned [{string.Join(", ", other.ToArray())}]");
            }
        }

        int h = (int)shape[_channelsLast ? 1 : 2], w = (int)shape[_channelsLast ? 2 : 3], plane = h * w;
        var maps = GetMap(outputs, Heatmaps, batch, plane);
        FiniteCheck.ThrowIfNotFinite(maps, outputs.GetName(_indices[Heatmaps]));
        if (_scores.Length < maps.Length)
        {
            _scores = new float[maps.Length];
        }

        var scores = _scores.AsSpan(0, maps.Length);
        if (_activated)
        {
            maps.CopyTo(scores);
        }
        else
        {
            TensorPrimitives.Sigmoid(maps, scores);
        }

        var fields = new Fields(
            this,
            scores,
            GetMap(outputs, Offsets, batch, plane),
            _multi ? GetMap(outputs, Forward, batch, plane) : default,
            _multi ? GetMap(outputs, Backward, batch, plane) : default,
            w,
            h);
        for (int i = 1; i < _indices.Length; i++)
        {
            FiniteCheck.ThrowIfNotFinite(GetMap(outputs, i, batch, plane), outputs.GetName(_indices[i]));
        }

        int most = _multi ? _maxPoses : 1;
        if (_points.Length < most * _keypoints)
        {
            _points = new Point[most * _keypoints];
        }

        int poses = _multi ? DecodeMultiple(fields) : DecodeSingle(fields);
        Report(poses, transform, result.Detections, outputs.GetName(_indices[Offsets]));
    }

    private int DecodeSingle(in Fields fields)
    {
        float sum = 0;
        for (int k = 0; k < _keypoints; k++)
        {
            int best = 0;
            for (int cell = 1; cell < fields.Cells; cell++)
            {
                best = fields.Score(k, cell) > fields.Score(k, best) ? cell : best;
            }

            _points[k] = fields.GetKeypoint(k, best);
            sum += _points[k].Score;
        }

        _poseScores[0] = sum / _keypoints;
        return 1;
    }

    private int DecodeMultiple(in Fields fields)
    {
        int roots = FindRoots(fields), poses = 0;
        NonMaxSuppression.SortByScore(_rootScores.AsSpan(0, roots), _keys);
        for (int i = 0; i < roots && poses < _maxPoses; i++)
        {
            int root = _roots[(int)(uint)_keys[i]], k = root % _keypoints;
            var place = fields.GetKeypoint(k, root / _keypoints);
            if (IsNearEarlierPose(place, k, poses))
            {
                continue;
            }

            var points = _points.AsSpan(poses * _keypoints, _keypoints);
            FollowTree(fields, k, place, points);
            float sum = 0;
            for (int p = 0; p < points.Length; p++)
            {
                sum += IsNearEarlierPose(points[p], p, poses) ? 0 : points[p].Score;
            }

            _poseScores[poses++] = sum / _keypoints;
        }

        return poses;
    }

    // Finds cells whose score no neighbor exceeds, in the order of cells and, within a cell, of keypoints.
    private int FindRoots(in Fields fields)
    {
        int all = fields.Cells * _keypoints;
        if (_roots.Length < all)
        {
            (_roots, _rootScores, _keys) = (new int[all], new float[all], new ulong[all]);
        }

        int count = 0;
        for (int cell = 0; cell < fields.Cells; cell++)
        {
            for (int k = 0; k < _keypoints; k++)
            {
                float score = fields.Score(k, cell);
                if (score >= _rootThreshold && fields.IsPeak(k, cell, score))
                {
                    (_roots[count], _rootScores[count]) = (cell * _keypoints + k, score);
                    count++;
                }
            }
        }

        return count;
    }

    private bool IsNearEarlierPose(in Point place, int keypoint, int poses)
    {
        for (int p = 0; p < poses; p++)
        {
            ref readonly var other = ref _points[p * _keypoints + keypoint];
            double dx = other.X - place.X, dy = other.Y - place.Y;
            if (dy * dy + dx * dx <= (double)_nmsRadius * _nmsRadius)
            {
                return true;
            }
        }

        return false;
    }

    // Follows the edges towards the root of the tree first, then towards its leaves.
    private static void FollowTree(in Fields fields, int root, in Point place, Span<Point> points)
    {
        uint known = 1u << root;
        points[root] = place;
        for (int edge = Tree.Length - 1; edge >= 0; edge--)
        {
            FollowEdge(fields, fields.BackwardMap, edge, Tree[edge].Child, Tree[edge].Parent, points, ref known);
        }

        for (int edge = 0; edge < Tree.Length; edge++)
        {
            FollowEdge(fields, fields.ForwardMap, edge, Tree[edge].Parent, Tree[edge].Child, points, ref known);
        }
    }

    private static void FollowEdge(in Fields fields, ReadOnlySpan<float> displacements, int edge, int from, int to, Span<Point> points,
        ref uint known)
    {
        if ((known >> from & 1) == 0 || (known >> to & 1) != 0)
        {
            return;
        }

        var source = points[from];
        var (dx, dy) = fields.GetVector(displacements, edge, Tree.Length, fields.FindNearestCell(source.X, source.Y));
        points[to] = fields.GetKeypoint(to, fields.FindNearestCell(source.X + dx, source.Y + dy));
        known |= 1u << to;
    }

    private void Report(int poses, in FrameTransform t, Detections found, string output)
    {
        found.Clear(_keypoints);
        NonMaxSuppression.SortByScore(_poseScores.AsSpan(0, poses), _poseKeys);
        for (int i = 0; i < Math.Min(poses, _options.MaxDetections); i++)
        {
            int p = (int)(uint)_poseKeys[i];
            if (!(_poseScores[p] > _options.Confidence))
            {
                break;
            }

            int index = found.Add(default, CandidateList.EnsureFinite(_poseScores[p], output), 0);
            var points = found.GetMutableKeypoints(index);
            for (int k = 0; k < points.Length; k++)
            {
                var point = _points[p * _keypoints + k];
                points[k] = CandidateList.EnsureFinite(PoseKeypoints.ToFrame((float)point.X, (float)point.Y, point.Score, t), output);
            }

            found.SetBox(index, PoseKeypoints.GetBoundingBox(points, _keypointThreshold, t));
        }
    }

    private ReadOnlySpan<float> GetMap(TensorSet outputs, int i, int batch, int plane)
    {
        int size = GetChannelCount(i) * plane;
        return outputs.GetData(_indices[i]).Slice(batch * size, size);
    }

    private int GetChannelCount(int i) => i switch { Heatmaps => _keypoints, Offsets => 2 * _keypoints, _ => 2 * Tree.Length };

    private static bool ReadChoice(DecoderInputs inputs, string name, string plain, string other)
    {
        string value = inputs.GetString(name, plain);
        return value == other || (value == plain
            ? false
            : throw new SpecException($"parameter '{name}' of decoder 'posenet' must be {plain} or {other}; got '{value}'"));
    }

    /// <summary>Maps of one image, read in either layout.</summary>
    private readonly ref struct Fields(
        PoseNetDecoder decoder,
        ReadOnlySpan<float> scores,
        ReadOnlySpan<float> offsets,
        ReadOnlySpan<float> forward,
        ReadOnlySpan<float> backward,
        int w,
        int h)
    {
        private readonly ReadOnlySpan<float> _scores = scores, _offsets = offsets;
        private readonly int _keypoints = decoder._keypoints, _stride = decoder._stride, _w = w, _h = h;
        private readonly bool _last = decoder._channelsLast;

        public ReadOnlySpan<float> ForwardMap { get; } = forward;

        public ReadOnlySpan<float> BackwardMap { get; } = backward;

        public int Cells => _w * _h;

        public float Score(int keypoint, int cell) => _scores[Index(keypoint, _keypoints, cell)];

        /// <summary>Returns a keypoint of a cell, in pixels of the input.</summary>
        public Point GetKeypoint(int keypoint, int cell)
        {
            var (x, y) = GetVector(_offsets, keypoint, _keypoints, cell);
            return new Point((double)(cell % _w) * _stride + x, (double)(cell / _w) * _stride + y, Score(keypoint, cell));
        }

        /// <summary>Returns the vector of channel <paramref name="i"/> of <paramref name="count"/>; rows come first.</summary>
        public (float X, float Y) GetVector(ReadOnlySpan<float> map, int i, int count, int cell) =>
            (map[Index(count + i, 2 * count, cell)], map[Index(i, 2 * count, cell)]);

        /// <summary>Returns the cell nearest to a position in pixels of the input; halves are rounded up.</summary>
        public int FindNearestCell(double x, double y)
        {
            int column = (int)Math.Clamp(Math.Floor(x / _stride + 0.5), 0, _w - 1);
            int row = (int)Math.Clamp(Math.Floor(y / _stride + 0.5), 0, _h - 1);
            return row * _w + column;
        }

        public bool IsPeak(int keypoint, int cell, float score)
        {
            int x = cell % _w, y = cell / _w;
            for (int row = Math.Max(y - 1, 0); row <= Math.Min(y + 1, _h - 1); row++)
            {
                for (int column = Math.Max(x - 1, 0); column <= Math.Min(x + 1, _w - 1); column++)
                {
                    if (Score(keypoint, row * _w + column) > score)
                    {
                        return false;
                    }
                }
            }

            return true;
        }

        private int Index(int channel, int channels, int cell) => _last ? cell * channels + channel : channel * (_w * _h) + cell;
    }
}
