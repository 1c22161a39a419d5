namespace EdgeVision.Live;

/// <summary>Frame encoded once for any number of viewers.</summary>
/// <param name="Feed">Feed that the image belongs to.</param>
/// <param name="Json">Results in JSON, UTF-8; empty for players that show images only.</param>
/// <param name="Jpeg">The image.</param>
internal sealed record LiveImage(LiveFeed Feed, byte[] Json, byte[] Jpeg);
