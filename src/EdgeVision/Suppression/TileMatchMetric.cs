namespace EdgeVision.Suppression;

/// <summary>Measures of the overlap by which two boxes are taken for the same object.</summary>
public enum TileMatchMetric
{
    /// <summary>Intersection over the smaller area: a part cut off at the edge of a tile lies fully inside the complete box.</summary>
    Ios,

    /// <summary>Intersection over union.</summary>
    Iou,
}
