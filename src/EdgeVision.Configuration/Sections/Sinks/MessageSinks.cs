using EdgeVision.Messaging;

namespace EdgeVision.Configuration;

/// <summary>Sinks that send messages.</summary>
internal static class MessageSinks
{
}
