using System.Buffers;
using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text.Json;

namespace EdgeVision.Live;

/// <summary>
/// A page's WebSocket. Binary messages are pictures: length of the JSON (4 bytes, little-endian), pictures skipped so far (4), the JSON, the JPEG.
/// Text messages are states. The viewer answers each picture with any short text; only so many are under way unanswered, so that what a slow line
/// holds back waits here, where it gives way to what is newer.
/// </summary>
internal sealed class LiveSocket(WebSocket socket, LiveHub hub, LiveViewer viewer)
{
    /// <summary>Pictures that may be under way unanswered: one on the line, one being drawn.</summary>
    public const int Unanswered = 2;

    private static readonly TimeSpan StatePeriod = TimeSpan.FromMilliseconds(500);

    private readonly ArrayBufferWriter<byte> _state = new(4096);
    private readonly byte[] _head = new byte[8];
    private int _credit = Unanswered;
    private long _logged;

    /// <summary>Serves until the viewer leaves or the server stops.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var leaving = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, leaving.Token);
        var answers = ReadAnswersAsync(leaving);
        try
        {
            await SendAsync(either.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            // The viewer left, or the server stops.
        }
        finally
        {
            // Whatever happened: reading must have ended before what it reads from is disposed. Said before it is cancelled, for that cuts the line.
            if (cancel.IsCancellationRequested)
            {
                await CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "the live page stops");
            }
            else
            {
                await CloseAsync(socket.State == WebSocketState.CloseReceived ? WebSocketCloseStatus.NormalClosure : WebSocketCloseStatus.PolicyViolation, null);
            }

            await leaving.CancelAsync();
            await answers;
        }
    }

    private async Task SendAsync(CancellationToken cancel)
    {
        bool stateDue = true;
        using var timer = new Timer(_ =>
        {
            Volatile.Write(ref stateDue, true);
            viewer.Wake();
        }, null, StatePeriod, StatePeriod);
        while (true)
        {
            if (Volatile.Read(ref stateDue))
            {
                Volatile.Write(ref stateDue, false);
                await SendStateAsync(cancel);
            }

            while (Volatile.Read(ref _credit) > 0 && viewer.Take() is { } picture)
            {
                Interlocked.Decrement(ref _credit);
                BinaryPrimitives.WriteInt32LittleEndian(_head, picture.Json.Length);
                BinaryPrimitives.WriteInt32LittleEndian(_head.AsSpan(4), (int)Math.Min(viewer.Skipped, int.MaxValue));
                await socket.SendAsync(_head, WebSocketMessageType.Binary, false, cancel);
                await socket.SendAsync(picture.Json, WebSocketMessageType.Binary, false, cancel);
                await socket.SendAsync(picture.Jpeg, WebSocketMessageType.Binary, true, cancel);
            }

            await viewer.WaitAsync(cancel);
        }
    }

    private async Task SendStateAsync(CancellationToken cancel)
    {
        _state.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(_state))
        {
            _logged = hub.WriteState(writer, viewer, _logged);
        }

        await socket.SendAsync(_state.WrittenMemory, WebSocketMessageType.Text, true, cancel);
    }

    private async Task ReadAnswersAsync(CancellationTokenSource leaving)
    {
        byte[] buffer = new byte[64];
        try
        {
            while (true)
            {
                var message = await socket.ReceiveAsync(buffer.AsMemory(), leaving.Token);
                if (message.MessageType == WebSocketMessageType.Close || !message.EndOfMessage)
                {
                    break; // it says goodbye, or something that no page says
                }

                // A viewer that answers what was not sent gains nothing by it.
                if (Volatile.Read(ref _credit) < Unanswered)
                {
                    Interlocked.Increment(ref _credit);
                    viewer.Wake();
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            // The viewer left without a word, or the server stops.
        }

        await leaving.CancelAsync();
    }

    private async Task CloseAsync(WebSocketCloseStatus status, string? reason)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
        {
            return;
        }

        try
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            await socket.CloseOutputAsync(status, reason, soon.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            // It is closed one way or the other.
        }
    }
}
