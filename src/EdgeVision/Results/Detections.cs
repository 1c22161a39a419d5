namespace EdgeVision;

/// <summary>A box with its label, as one reads it; made on request from the arrays of <see cref="Detections"/>.</summary>
/// <param name="ClassId">Class id.</param>
/// <param name="Label">Class name, or the id as text where the model names none.</param>
/// <param name="Score">Score 0..1.</param>
/// <param name="Box">Box in pixels of the frame.</param>
public readonly record struct Detection(int ClassId, string Label, float Score, Box Box);

/// <summary>Axis-aligned box in pixels of the frame, edges included as real numbers.</summary>
/// <param name="X1">Left.</param>
/// <param name="Y1">Top.</param>
/// <param name="X2">Right.</param>
/// <param name="Y2">Bottom.</param>
public readonly record struct Box(float X1, float Y1, float X2, float Y2)
{
    /// <summary>Width in pixels.</summary>
    public float Width => X2 - X1;

    /// <summary>Height in pixels.</summary>
    public float Height => Y2 - Y1;

    /// <summary>Like <c>(12.0, 30.5) - (40.2, 80.0)</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"({X1:F1}, {Y1:F1}) - ({X2:F1}, {Y2:F1})");
}

/// <summary>Oriented box in pixels of the frame.</summary>
/// <param name="CenterX">Centre, horizontally.</param>
/// <param name="CenterY">Centre, vertically.</param>
/// <param name="Width">Side along the angle.</param>
/// <param name="Height">Side across the angle.</param>
/// <param name="Angle">Radians, clockwise as seen on a screen (y down).</param>
public readonly record struct RotatedBox(float CenterX, float CenterY, float Width, float Height, float Angle);

/// <summary>One keypoint in pixels of the frame.</summary>
/// <param name="X">Column.</param>
/// <param name="Y">Row.</param>
/// <param name="Score">Visibility or confidence, 0..1.</param>
public readonly record struct Keypoint(float X, float Y, float Score);

/// <summary>
/// Where an instance's mask lies in the mask plane: a rectangle of bytes (0 or 1), row-major. The plane has the size of
/// the network's input, letterbox included; <see cref="VisionResult.Transform"/> leads to the frame.
/// </summary>
/// <param name="X">First column of the rectangle.</param>
/// <param name="Y">First row.</param>
/// <param name="Width">Columns; may be 0.</param>
/// <param name="Height">Rows; may be 0.</param>
/// <param name="Offset">First byte in the mask buffer.</param>
public readonly record struct MaskRegion(int X, int Y, int Width, int Height, int Offset);

/// <summary>
/// Detections of one frame as arrays, sorted by descending score. Filled by decoders, read by everything else. The
/// arrays grow and stay; nothing is allocated in steady state.
/// </summary>
public sealed class Detections
{
    private Box[] _boxes = new Box[64];
    private float[] _scores = new float[64];
    private int[] _classIds = new int[64];
    private RotatedBox[] _rotated = [];
    private Keypoint[] _keypoints = [];
    private MaskRegion[] _maskRegions = [];
    private byte[] _maskBytes = [];
    private int[] _trackIds = [];
    private int _maskBytesUsed;

    /// <summary>Number of detections.</summary>
    public int Count { get; private set; }

    /// <summary>Keypoints a detection; 0 where the model gives none.</summary>
    public int KeypointCount { get; private set; }

    /// <summary>Whether oriented boxes are present.</summary>
    public bool HasRotation { get; private set; }

    /// <summary>Whether masks are present.</summary>
    public bool HasMasks { get; private set; }

    /// <summary>Whether a tracker has gone over them.</summary>
    public bool HasTracks { get; private set; }

    /// <summary>Width of the mask plane in pixels (the network's input); 0 without masks.</summary>
    public int MaskWidth { get; private set; }

    /// <summary>Height of the mask plane in pixels.</summary>
    public int MaskHeight { get; private set; }

    /// <summary>Class names by id, set by the model; may be empty.</summary>
    public IReadOnlyList<string> Labels { get; set; } = [];

    /// <summary>Pairs of keypoint indices to join when limbs are drawn, set by the model; may be empty.</summary>
    public IReadOnlyList<int[]> Skeleton { get; set; } = [];

    /// <summary>Boxes, [Count], pixels of the frame.</summary>
    public ReadOnlySpan<Box> Boxes => _boxes.AsSpan(0, Count);

    /// <summary>Scores 0..1, [Count].</summary>
    public ReadOnlySpan<float> Scores => _scores.AsSpan(0, Count);

    /// <summary>Class ids, [Count].</summary>
    public ReadOnlySpan<int> ClassIds => _classIds.AsSpan(0, Count);

    /// <summary>Oriented boxes, [Count]; empty without rotation.</summary>
    public ReadOnlySpan<RotatedBox> RotatedBoxes => HasRotation ? _rotated.AsSpan(0, Count) : default;

    /// <summary>Track ids, [Count], from 1; 0 for a detection that is on no confirmed track. Empty until a tracker has gone over them.</summary>
    public ReadOnlySpan<int> TrackIds => HasTracks ? _trackIds.AsSpan(0, Count) : default;

    /// <summary>Keypoints of detection <paramref name="index"/>, [KeypointCount].</summary>
    public ReadOnlySpan<Keypoint> Keypoints(int index) => _keypoints.AsSpan(Checked(index) * KeypointCount, KeypointCount);

    /// <summary>Where the mask of detection <paramref name="index"/> lies.</summary>
    public MaskRegion MaskRegion(int index) => HasMasks ? _maskRegions[Checked(index)] : default;

    /// <summary>Mask bytes (0 or 1) of detection <paramref name="index"/> inside its <see cref="MaskRegion(int)"/>.</summary>
    public ReadOnlySpan<byte> Mask(int index)
    {
        var r = MaskRegion(index);
        return _maskBytes.AsSpan(r.Offset, r.Width * r.Height);
    }

    /// <summary>Class name of detection <paramref name="index"/>.</summary>
    public string Label(int index) => LabelOf(_classIds[Checked(index)]);

    /// <summary>Class name of <paramref name="classId"/>, or the id as text.</summary>
    public string LabelOf(int classId) => (uint)classId < (uint)Labels.Count
        ? Labels[classId]
        : classId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Detection <paramref name="index"/> as one value.</summary>
    public Detection this[int index] => new(_classIds[Checked(index)], Label(index), _scores[index], _boxes[index]);

    /// <summary>Goes through the detections, best first, without allocating.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Changes the score of detection <paramref name="index"/>, for decoders that know it only after its keypoints.</summary>
    internal void SetScore(int index, float score) => _scores[Checked(index)] = score;

    /// <summary>Changes the box of detection <paramref name="index"/>, for decoders that know it only after its keypoints.</summary>
    internal void SetBox(int index, in Box box) => _boxes[Checked(index)] = box;

    /// <summary>Empties it, keeps its buffers, and says what the next detections carry.</summary>
    public void Clear(int keypointCount = 0, bool rotation = false, int maskWidth = 0, int maskHeight = 0)
    {
        Count = 0;
        KeypointCount = keypointCount;
        HasRotation = rotation;
        HasMasks = maskWidth > 0 && maskHeight > 0;
        HasTracks = false;
        MaskWidth = maskWidth;
        MaskHeight = maskHeight;
        _maskBytesUsed = 0;
        Reserve(_boxes.Length);
    }

    /// <summary>Appends a detection and returns its index; keypoints, rotation and mask are set by index afterwards.</summary>
    public int Add(in Box box, float score, int classId)
    {
        if (Count == _boxes.Length)
        {
            Reserve(Count * 2);
        }

        int i = Count++;
        _boxes[i] = box;
        _scores[i] = score;
        _classIds[i] = classId;
        if (KeypointCount > 0)
        {
            _keypoints.AsSpan(i * KeypointCount, KeypointCount).Clear();
        }

        if (HasRotation)
        {
            _rotated[i] = default;
        }

        if (HasMasks)
        {
            _maskRegions[i] = default;
        }

        if (HasTracks)
        {
            _trackIds[i] = 0;
        }

        return i;
    }

    /// <summary>Keypoints of detection <paramref name="index"/>, to be written.</summary>
    public Span<Keypoint> MutableKeypoints(int index) => _keypoints.AsSpan(Checked(index) * KeypointCount, KeypointCount);

    /// <summary>Sets the oriented box of detection <paramref name="index"/>.</summary>
    public void SetRotated(int index, in RotatedBox box)
    {
        if (!HasRotation)
        {
            throw new InvalidOperationException("Clear(rotation: true) first");
        }

        _rotated[Checked(index)] = box;
    }

    /// <summary>Says that a tracker goes over the detections: every track id is 0 until <see cref="SetTrackId"/> gives one.</summary>
    public void ClearTracks()
    {
        HasTracks = true;
        Reserve(_boxes.Length);
        _trackIds.AsSpan(0, Count).Clear();
    }

    /// <summary>Puts detection <paramref name="index"/> on a track.</summary>
    /// <param name="index">The detection.</param>
    /// <param name="trackId">From 1.</param>
    public void SetTrackId(int index, int trackId)
    {
        if (!HasTracks)
        {
            throw new InvalidOperationException("ClearTracks() first");
        }

        _trackIds[Checked(index)] = trackId;
    }

    /// <summary>Takes over the boxes of another, with scores, classes, keypoints, rotations and tracks, without masks.</summary>
    internal void CopyFrom(Detections other)
    {
        Clear(other.KeypointCount, other.HasRotation);
        (Labels, Skeleton) = (other.Labels, other.Skeleton);
        for (int i = 0; i < other.Count; i++)
        {
            Add(other._boxes[i], other._scores[i], other._classIds[i]);
            other.Keypoints(i).CopyTo(MutableKeypoints(i));
            if (HasRotation)
            {
                _rotated[i] = other._rotated[i];
            }
        }

        if (other.HasTracks)
        {
            ClearTracks();
            other.TrackIds.CopyTo(_trackIds);
        }
    }

    /// <summary>Leaves the detections that are on a track, in their order.</summary>
    public void KeepTracked()
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (HasTracks && _trackIds[i] > 0)
            {
                Move(i, kept++);
            }
        }

        Count = kept;
    }

    /// <summary>Room for the mask of detection <paramref name="index"/>: zeroed bytes, width * height.</summary>
    /// <exception cref="EdgeVisionException">All masks together would exceed 2 GiB.</exception>
    public Span<byte> AddMask(int index, int x, int y, int width, int height)
    {
        if (!HasMasks || x < 0 || y < 0 || width < 0 || height < 0 || x + width > MaskWidth || y + height > MaskHeight)
        {
            throw new ArgumentOutOfRangeException(nameof(width), "the mask's rectangle must lie in the mask plane");
        }

        long needed = _maskBytesUsed + (long)width * height;
        if (needed > Array.MaxLength)
        {
            throw new EdgeVisionException($"masks of {needed} bytes and more are too many for one frame; raise the confidence or lower the most detections");
        }

        int size = width * height;
        if (needed > _maskBytes.Length)
        {
            Array.Resize(ref _maskBytes, (int)Math.Max(needed, Math.Min(_maskBytes.Length * 2L, Array.MaxLength)));
        }

        _maskRegions[Checked(index)] = new MaskRegion(x, y, width, height, _maskBytesUsed);
        var span = _maskBytes.AsSpan(_maskBytesUsed, size);
        span.Clear();
        _maskBytesUsed += size;
        return span;
    }

    /// <summary>Mask bytes of detection <paramref name="index"/>, to be written.</summary>
    internal Span<byte> MutableMask(int index)
    {
        var r = MaskRegion(index);
        return _maskBytes.AsSpan(r.Offset, r.Width * r.Height);
    }

    private void Move(int from, int to)
    {
        _boxes[to] = _boxes[from];
        _scores[to] = _scores[from];
        _classIds[to] = _classIds[from];
        _keypoints.AsSpan(from * KeypointCount, KeypointCount).CopyTo(_keypoints.AsSpan(to * KeypointCount));
        if (HasRotation)
        {
            _rotated[to] = _rotated[from];
        }

        if (HasMasks)
        {
            _maskRegions[to] = _maskRegions[from];
        }

        if (HasTracks)
        {
            _trackIds[to] = _trackIds[from];
        }
    }

    private int Checked(int index) =>
        (uint)index < (uint)Count ? index : throw new ArgumentOutOfRangeException(nameof(index));

    private void Reserve(int capacity)
    {
        if (_boxes.Length < capacity)
        {
            Array.Resize(ref _boxes, capacity);
            Array.Resize(ref _scores, capacity);
            Array.Resize(ref _classIds, capacity);
        }

        capacity = _boxes.Length;
        if (HasRotation && _rotated.Length < capacity)
        {
            Array.Resize(ref _rotated, capacity);
        }

        if (KeypointCount > 0 && _keypoints.Length < capacity * KeypointCount)
        {
            Array.Resize(ref _keypoints, capacity * KeypointCount);
        }

        if (HasMasks && _maskRegions.Length < capacity)
        {
            Array.Resize(ref _maskRegions, capacity);
        }

        if (HasTracks && _trackIds.Length < capacity)
        {
            Array.Resize(ref _trackIds, capacity);
        }
    }

    /// <summary>Goes through detections.</summary>
    public struct Enumerator
    {
        private readonly Detections _detections;
        private int _index;

        internal Enumerator(Detections detections)
        {
            _detections = detections;
            _index = -1;
        }

        /// <summary>The detection at the present place.</summary>
        public readonly Detection Current => _detections[_index];

        /// <summary>Goes to the next; false at the end.</summary>
        public bool MoveNext() => ++_index < _detections.Count;
    }
}
