using System.Diagnostics.CodeAnalysis;

namespace EdgeVision.Pipeline.Scheduling;

/// <summary>A queue between two threads that never grows beyond its capacity.</summary>
internal sealed class BoundedQueue<T>(int capacity)
    where T : class
{
    private readonly Queue<T> _items = new();
    private readonly object _lock = new();
    private bool _ended, _closed;

    /// <summary>Number of items in the queue.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _items.Count;
            }
        }
    }

    /// <summary>Adds an item. Waits for space where the policy is <see cref="QueuePolicy.Wait"/>.</summary>
    /// <returns>The dropped item: null, the item itself, or an older one.</returns>
    /// <param name="item">The item.</param>
    /// <param name="policy">Handling of a full queue.</param>
    /// <param name="mayDrop">Predicate: true if the given older item may be dropped for this one; null allows any.</param>
    public T? Offer(T item, QueuePolicy policy, Predicate<T>? mayDrop = null)
    {
        int room = policy == QueuePolicy.Latest ? 1 : capacity;
        lock (_lock)
        {
            while (policy == QueuePolicy.Wait && _items.Count >= room && !_closed)
            {
                Monitor.Wait(_lock);
            }

            if (_closed || _items.Count >= room && (policy == QueuePolicy.DropNewest || mayDrop?.Invoke(_items.Peek()) == false))
            {
                return item;
            }

            var dropped = _items.Count >= room ? _items.Dequeue() : null;
            _items.Enqueue(item);
            Monitor.PulseAll(_lock);
            return dropped;
        }
    }

    /// <summary>Waits for an item.</summary>
    /// <returns>False once the queue has ended and is empty, or was closed.</returns>
    public bool Take([NotNullWhen(true)] out T? item)
    {
        lock (_lock)
        {
            while (_items.Count == 0 && !_ended && !_closed)
            {
                Monitor.Wait(_lock);
            }

            bool any = _items.TryDequeue(out item);
            Monitor.PulseAll(_lock);
            return any;
        }
    }

    /// <summary>Takes an item if the queue is not empty.</summary>
    public bool TryTake([NotNullWhen(true)] out T? item)
    {
        lock (_lock)
        {
            bool any = _items.TryDequeue(out item);
            Monitor.PulseAll(_lock);
            return any;
        }
    }

    /// <summary>Signals that no more items follow; those in the queue can still be taken.</summary>
    public void CompleteAdding()
    {
        lock (_lock)
        {
            _ended = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Stops accepting items and releases writers that wait for space; items in the queue can still be taken.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }
    }
}
