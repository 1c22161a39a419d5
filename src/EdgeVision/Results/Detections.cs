namespace EdgeVision;

/// <summary>Detections of one frame as arrays, sorted by descending score.</summary>
/// <remarks>Written by decoders. The arrays grow and are reused; nothing is allocated in steady state.</remarks>
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

    /// <summary>Gets the number of detections.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the number of keypoints per detection; 0 if the model has none.</summary>
    public int KeypointCount { get; private set; }

    /// <summary>Gets whether the detections have oriented boxes.</summary>
    public bool HasRotation { get; private set; }

    /// <summary>Gets whether the detections have masks.</summary>
    public bool HasMasks { get; private set; }

    /// <summary>Gets whether a tracker has processed the detections.</summary>
    public bool HasTracks { get; private set; }

    /// <summary>Gets the width of the mask plane in pixels (the network's input); 0 without masks.</summary>
    public int MaskWidth { get; private set; }

    /// <summary>Gets the height of the mask plane in pixels; 0 without masks.</summary>
    public int MaskHeight { get; private set; }

    /// <summary>Gets or sets the class names by id; set by the model, may be empty.</summary>
    public IReadOnlyList<string> Labels { get; set; } = [];

    /// <summary>Gets or sets the pairs of keypoint indices to join when limbs are drawn; set by the model, may be empty.</summary>
    public IReadOnlyList<int[]> Skeleton { get; set; } = [];

    /// <summary>Gets the boxes, [Count], in pixels of the frame.</summary>
    public ReadOnlySpan<Box> Boxes => _boxes.AsSpan(0, Count);

    /// <summary>Gets the scores 0..1, [Count].</summary>
    public ReadOnlySpan<float> Scores => _scores.AsSpan(0, Count);

    /// <summary>Gets the class ids, [Count].</summary>
    public ReadOnlySpan<int> ClassIds => _classIds.AsSpan(0, Count);

    /// <summary>Gets the oriented boxes, [Count]; empty without rotation.</summary>
    public ReadOnlySpan<RotatedBox> RotatedBoxes => HasRotation ? _rotated.AsSpan(0, Count) : default;

    /// <summary>Gets the track ids, [Count], from 1; empty until a tracker has processed the detections.</summary>
    /// <remarks>0 for a detection without a confirmed track.</remarks>
    public ReadOnlySpan<int> TrackIds => HasTracks ? _trackIds.AsSpan(0, Count) : default;

    /// <summary>Returns the keypoints of detection <paramref name="index"/>, [KeypointCount].</summary>
    public ReadOnlySpan<Keypoint> GetKeypoints(int index) => _keypoints.AsSpan(ValidateIndex(index) * KeypointCount, KeypointCount);

    /// <summary>Returns the rectangle of the mask of detection <paramref name="index"/>.</summary>
    public MaskRegion GetMaskRegion(int index) => HasMasks ? _maskRegions[ValidateIndex(index)] : default;

    /// <summary>Returns the mask bytes (0 or 1) of detection <paramref name="index"/> in its <see cref="GetMaskRegion(int)"/>.</summary>
    public ReadOnlySpan<byte> GetMask(int index)
    {
        var r = GetMaskRegion(index);
        return _maskBytes.AsSpan(r.Offset, r.Width * r.Height);
    }

    /// <summary>Returns the class name of detection <paramref name="index"/>.</summary>
    public string GetLabel(int index) => GetClassLabel(_classIds[ValidateIndex(index)]);

    /// <summary>Returns the class name of <paramref name="classId"/>, or the id as text if it has none.</summary>
    public string GetClassLabel(int classId) => (uint)classId < (uint)Labels.Count
        ? Labels[classId]
        : classId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Gets detection <paramref name="index"/> as one value.</summary>
    public Detection this[int index] => new(_classIds[ValidateIndex(index)], GetLabel(index), _scores[index], _boxes[index]);

    /// <summary>Returns an enumerator over the detections, highest score first, which allocates nothing.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Sets the score of detection <paramref name="index"/>, for decoders that compute it after the keypoints.</summary>
    public void SetScore(int index, float score) => _scores[ValidateIndex(index)] = score;

    /// <summary>Sets the box of detection <paramref name="index"/>, for decoders that compute it after the keypoints.</summary>
    public void SetBox(int index, in Box box) => _boxes[ValidateIndex(index)] = box;

    /// <summary>Removes all detections, keeps the buffers, and sets what the next detections have.</summary>
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

    /// <summary>Returns the writable keypoints of detection <paramref name="index"/>.</summary>
    public Span<Keypoint> GetMutableKeypoints(int index) => _keypoints.AsSpan(ValidateIndex(index) * KeypointCount, KeypointCount);

    /// <summary>Sets the oriented box of detection <paramref name="index"/>.</summary>
    public void SetRotatedBox(int index, in RotatedBox box)
    {
        if (!HasRotation)
        {
            throw new InvalidOperationException("detections have no oriented boxes; call Clear(rotation: true) first");
        }

        _rotated[ValidateIndex(index)] = box;
    }

    /// <summary>Starts tracking: all track ids become 0 until <see cref="SetTrackId"/> sets them.</summary>
    public void ClearTracks()
    {
        HasTracks = true;
        Reserve(_boxes.Length);
        _trackIds.AsSpan(0, Count).Clear();
    }

    /// <summary>Sets the track id of detection <paramref name="index"/>.</summary>
    /// <param name="index">Index of the detection.</param>
    /// <param name="trackId">Track id, from 1.</param>
    public void SetTrackId(int index, int trackId)
    {
        if (!HasTracks)
        {
            throw new InvalidOperationException("detections have no track ids; call ClearTracks() first");
        }

        _trackIds[ValidateIndex(index)] = trackId;
    }

    /// <summary>Copies boxes, scores, classes, keypoints, rotations and tracks of another instance, without masks.</summary>
    public void CopyFrom(Detections other)
    {
        Clear(other.KeypointCount, other.HasRotation);
        (Labels, Skeleton) = (other.Labels, other.Skeleton);
        for (int i = 0; i < other.Count; i++)
        {
            Add(other._boxes[i], other._scores[i], other._classIds[i]);
            other.GetKeypoints(i).CopyTo(GetMutableKeypoints(i));
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

    /// <summary>Removes the detections without a track and keeps the order of the others.</summary>
    public void RemoveUntracked()
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

    /// <summary>Adds the mask of detection <paramref name="index"/> and returns its zeroed bytes, width * height.</summary>
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
            throw new EdgeVisionException($"masks of one frame can have at most {Array.MaxLength} bytes; got {needed} or more: "
                + "raise the confidence or lower MaxDetections");
        }

        int size = width * height;
        if (needed > _maskBytes.Length)
        {
            Array.Resize(ref _maskBytes, (int)Math.Max(needed, Math.Min(_maskBytes.Length * 2L, Array.MaxLength)));
        }

        _maskRegions[ValidateIndex(index)] = new MaskRegion(x, y, width, height, _maskBytesUsed);
        var span = _maskBytes.AsSpan(_maskBytesUsed, size);
        span.Clear();
        _maskBytesUsed += size;
        return span;
    }

    /// <summary>Returns the writable mask bytes of detection <paramref name="index"/>.</summary>
    internal Span<byte> GetMutableMask(int index)
    {
        var r = GetMaskRegion(index);
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

    private int ValidateIndex(int index) =>
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

    /// <summary>Enumerates detections.</summary>
    public struct Enumerator
    {
        private readonly Detections _detections;
        private int _index;

        internal Enumerator(Detections detections)
        {
            _detections = detections;
            _index = -1;
        }

        /// <summary>Gets the detection at the current position.</summary>
        public readonly Detection Current => _detections[_index];

        /// <summary>Advances to the next detection; returns false at the end.</summary>
        public bool MoveNext() => ++_index < _detections.Count;
    }
}
