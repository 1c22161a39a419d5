using System.IO.MemoryMappedFiles;

namespace EdgeVision.Retrieval;

/// <summary>Memory-mapped vectors of an index file, read through the system's page cache without a copy on the heap.</summary>
internal sealed unsafe class MappedVectors : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly int _length;
    private float* _rows;

    /// <summary>Maps <paramref name="length"/> numbers (1 or more) from an offset on. The stream may be closed afterwards.</summary>
    /// <param name="stream">The index file.</param>
    /// <param name="offset">Offset of the first number in bytes.</param>
    /// <param name="length">Number of floats.</param>
    public MappedVectors(FileStream stream, long offset, int length)
    {
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            _view = _file.CreateViewAccessor(offset, (long)length * sizeof(float), MemoryMappedFileAccess.Read);
        }
        catch
        {
            _file.Dispose();
            throw;
        }

        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _rows = (float*)(start + _view.PointerOffset);
        _length = length;
    }

    /// <summary>All numbers, row-major.</summary>
    /// <exception cref="ObjectDisposedException">The file is no longer mapped.</exception>
    public ReadOnlySpan<float> Values
    {
        get
        {
            ObjectDisposedException.ThrowIf(_rows is null, typeof(EmbeddingIndex));
            return new ReadOnlySpan<float>(_rows, _length);
        }
    }

    public void Dispose()
    {
        if (_rows is not null)
        {
            _rows = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }
}
