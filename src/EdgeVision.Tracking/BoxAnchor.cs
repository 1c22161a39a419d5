namespace EdgeVision.Tracking;

/// <summary>Reference point of a box, which stands for the object's position.</summary>
public enum BoxAnchor
{
    /// <summary>Middle of the lower edge, where a person or a car touches the ground.</summary>
    BottomCenter,
    /// <summary>Middle of the box.</summary>
    Center,
    /// <summary>Middle of the upper edge.</summary>
    TopCenter,
}

/// <summary>Extensions of <see cref="BoxAnchor"/>.</summary>
public static class BoxAnchorExtensions
{
    /// <summary>Returns the point of the box, in its pixels.</summary>
    public static (float X, float Y) GetPoint(this BoxAnchor anchor, in Box box) => ((box.X1 + box.X2) / 2, anchor switch
    {
        BoxAnchor.Center => (box.Y1 + box.Y2) / 2,
        BoxAnchor.TopCenter => box.Y1,
        _ => box.Y2,
    });
}
