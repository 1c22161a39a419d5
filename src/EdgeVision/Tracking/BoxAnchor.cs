namespace EdgeVision;

/// <summary>The point of a box that stands for the object.</summary>
public enum BoxAnchor
{
    /// <summary>Middle of the lower edge: where a person or a car stands on the ground.</summary>
    BottomCenter,
    /// <summary>Middle of the box.</summary>
    Center,
    /// <summary>Middle of the upper edge.</summary>
    TopCenter,
}

/// <summary>Anchors of boxes.</summary>
internal static class BoxAnchors
{
    public static (float X, float Y) Of(this BoxAnchor anchor, in Box box) => ((box.X1 + box.X2) / 2, anchor switch
    {
        BoxAnchor.Center => (box.Y1 + box.Y2) / 2,
        BoxAnchor.TopCenter => box.Y1,
        _ => box.Y2,
    });
}
