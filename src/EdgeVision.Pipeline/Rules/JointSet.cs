using System.Globalization;

namespace EdgeVision.Pipeline.Rules;

/// <summary>Resolves keypoints given by name or number to the indices of a model's keypoints.</summary>
/// <remarks>
/// Names are the model's labels where they name its keypoints, otherwise the names of COCO for 17 keypoints. A name without a side
/// ("knee") stands for both sides.
/// </remarks>
internal sealed class JointSet
{
    // https://cocodataset.org/#format-data, keypoints of a person.
    private static readonly string[] Coco =
    [
        "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
        "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    ];

    private readonly string[] _joints;
    private int _count = -1;
    private IReadOnlyList<string>? _labels;
    private int[][] _sides = [];

    public JointSet(IReadOnlyList<string> joints) => _joints = [.. joints];

    /// <summary>Returns the indices of the joints per side: one array, or two for names without a side.</summary>
    /// <exception cref="EdgeVisionException">The model has no such keypoint.</exception>
    public int[][] GetIndices(Detections detections)
    {
        if (_count != detections.KeypointCount || !ReferenceEquals(_labels, detections.Labels))
        {
            _sides = Resolve(detections.KeypointCount, detections.Labels);
            (_count, _labels) = (detections.KeypointCount, detections.Labels);
        }

        return _sides;
    }

    private int[][] Resolve(int count, IReadOnlyList<string> labels)
    {
        IReadOnlyList<string> names = labels.Count == count ? labels : count == Coco.Length ? Coco : [];
        if (Indices("", count, names, out _) is { } plain)
        {
            return [plain];
        }

        int[]? left = Indices("left_", count, names, out string? missing), right = Indices("right_", count, names, out string? other);
        return left is not null && right is not null ? [left, right]
            : throw new EdgeVisionException($"the model has no keypoint '{missing ?? other}'; " + (names.Count > 0
                ? $"its keypoints are {string.Join(", ", names)}"
                : $"its {count} keypoints have no names, use numbers from 0 to {count - 1}"));
    }

    // Names without a side get the prefix of the given side; "nose" and numbers stay unchanged.
    private int[]? Indices(string side, int count, IReadOnlyList<string> names, out string? missing)
    {
        int[] found = new int[_joints.Length];
        missing = null;
        for (int i = 0; i < _joints.Length && missing is null; i++)
        {
            found[i] = int.TryParse(_joints[i], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < count ? number
                : Math.Max(IndexOf(names, _joints[i]), side.Length > 0 ? IndexOf(names, side + _joints[i]) : -1);
            missing = found[i] < 0 ? _joints[i] : null;
        }

        return missing is null ? found : null;
    }

    private static int IndexOf(IReadOnlyList<string> names, string name)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (string.Equals(names[i], name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }
}
