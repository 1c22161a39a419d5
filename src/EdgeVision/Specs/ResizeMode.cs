using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Specs;

/// <summary>Ways to fit a frame into the network's input.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ResizeMode>))]
public enum ResizeMode
{
    /// <summary>Keep the aspect ratio, center, pad both sides (Ultralytics).</summary>
    Letterbox,
    /// <summary>Keep the aspect ratio, place at the top left, pad right and bottom (YOLOX, SCRFD).</summary>
    TopLeft,
    /// <summary>Fill the input without keeping the aspect ratio.</summary>
    Stretch,
    /// <summary>Resize the short side to the input and crop the center (torchvision, Ultralytics classify).</summary>
    CenterCrop,
}
