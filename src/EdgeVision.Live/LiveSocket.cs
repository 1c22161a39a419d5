using System.Buffers;
using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text.Json;

namespace EdgeVision.Live;

/// <summary>Sends images and states over a page's WebSocket.</summary>
/// <remarks>
/// Binary messages are images: length of the JSON (4 bytes, little-endian), number of skipped images (4), the JSON, the JPEG.
/// Text messages are states. The viewer acknowledges each image with any short text, and the number of unacknowledged images
/// is limited. So images for a slow connection wait here, where newer ones replace them.
/// </remarks>
internal sealed class LiveSocket(WebSocket socket, LiveHub hub, LiveViewer viewer)
{
    /// <summary>Maximum number of unacknowledged images: one in transfer, one being drawn.</summary>
    public const int MaxUnacknowledged = 2;

    private static readonly TimeSpan StatePeriod = TimeSpan.FromMilliseconds(500);

    private readonly ArrayBufferWriter<byte> _state = new(4096);
    private readonly byte[] _head = new byte[8];
    private int _credit = MaxUnacknowledged;
    private long _logged;

    /// <summary>Runs until the viewer disconnects or the server stops.</summary>
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
            // The viewer disconnected, or the server is stopping.
        }
        finally
        {
            // In all cases reading must end before the socket is disposed. The close is sent before the cancellation, which
            // aborts the connection.
            if (cancel.IsCancellationRequested)
            {
                await CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "the live page is stopping");
            }
            else
            {
                await CloseAsync(
                    socket.State == WebSocketState.CloseReceived
                        ? WebSocketCloseStatus.NormalClosure
                        : WebSocketCloseStatus.PolicyViolation,
                    null);
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

            while (Volatile.Read(ref _credit) > 0 && viewer.Dequeue() is { } picture)
            {
                Interlocked.Decrement(ref _credit);
                BinaryPrimitives.WriteInt32LittleEndian(_head, picture.Json.Length);
                BinaryPrimitives.WriteInt32LittleEndian(_head.AsSpan(4), (int)Math.Min(viewer.SkippedCount, int.MaxValue));
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
                    break; // a close message, or one that no page sends
                }

                // Extra acknowledgements must not increase the limit.
                if (Volatile.Read(ref _credit) < MaxUnacknowledged)
                {
                    Interlocked.Increment(ref _credit);
                    viewer.Wake();
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            // The viewer disconnected without closing, or the server is stopping.
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
            // The connection is closed in either case.
        }
    }
}
