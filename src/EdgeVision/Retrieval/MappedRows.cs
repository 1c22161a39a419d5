using System.IO.MemoryMappedFiles;

namespace EdgeVision;

/// <summary>The vectors of an index file where they lie, read through the system's page cache: nothing is copied to the heap.</summary>
internal sealed unsafe class MappedRows : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly int _length;
    private float* _rows;

    /// <summary>Maps <paramref name="length"/> numbers (1 or more) from byte <paramref name="offset"/> on. The stream may be closed afterwards.</summary>
    public MappedRows(FileStream stream, long offset, int length)
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

    /// <summary>All numbers, row after row.</summary>
    /// <exception cref="ObjectDisposedException">The file is no longer mapped.</exception>
    public ReadOnlySpan<float> Rows
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
