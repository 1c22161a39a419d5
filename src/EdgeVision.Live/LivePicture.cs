namespace EdgeVision.Live;

/// <summary>One frame as viewers get it; encoded once, sent to any number of them.</summary>
/// <param name="Feed">Where it comes from.</param>
/// <param name="Json">What was found, UTF-8; empty for players that only show pictures.</param>
/// <param name="Jpeg">The picture.</param>
internal sealed record LivePicture(LiveFeed Feed, byte[] Json, byte[] Jpeg);
