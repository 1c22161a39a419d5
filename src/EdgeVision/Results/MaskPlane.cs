using System.Text.Json;

namespace EdgeVision.Results;

/// <summary>Planes in which masks are written.</summary>
public enum MaskPlane
{
    /// <summary>The network's input, letterbox included: the mask exactly as the network gives it.</summary>
    Input,
    /// <summary>The source frame.</summary>
    Frame,
    /// <summary>No masks are written.</summary>
    None,
}
