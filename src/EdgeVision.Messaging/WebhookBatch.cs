namespace EdgeVision.Messaging;

/// <summary>Collects objects to send together as one JSON array.</summary>
internal sealed class WebhookBatch(int size, TimeSpan interval, TimeProvider clock)
{
    private readonly MemoryStream _body = new();
    private long _beforeLast, _first;

    /// <summary>Gets the number of objects in the batch.</summary>
    public int Count { get; private set; }

    /// <summary>Gets whether the batch is full, or its first object has waited for the interval.</summary>
    public bool IsDue => Count >= size || Count > 0 && clock.GetElapsedTime(_first) >= interval;

    /// <summary>Gets the array; valid until the next change.</summary>
    public ReadOnlyMemory<byte> Body
    {
        get
        {
            long end = _body.Length;
            _body.WriteByte((byte)']');
            var whole = _body.GetBuffer().AsMemory(0, (int)_body.Length);
            _body.SetLength(end);
            return whole;
        }
    }

    /// <summary>Adds an object.</summary>
    public void Add(ReadOnlySpan<byte> item)
    {
        _beforeLast = _body.Length;
        _first = Count == 0 ? clock.GetTimestamp() : _first;
        _body.WriteByte(Count == 0 ? (byte)'[' : (byte)',');
        _body.Write(item);
        Count++;
    }

    /// <summary>Removes the object added last, so that it can be added again; once after an <see cref="Add"/>.</summary>
    public void RemoveLast()
    {
        _body.SetLength(_beforeLast);
        Count--;
    }

    /// <summary>Removes all objects.</summary>
    public void Clear()
    {
        _body.SetLength(0);
        Count = 0;
    }
}
