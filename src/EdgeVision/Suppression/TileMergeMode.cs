namespace EdgeVision.Suppression;

/// <summary>Ways to merge boxes of different tiles that show the same object.</summary>
public enum TileMergeMode
{
    /// <summary>Keeps the better box unchanged and drops the other (SAHI's NMSPostprocess).</summary>
    Nms,

    /// <summary>Extends the better box by the others that overlap it (SAHI's GreedyNMMPostprocess).</summary>
    Union,

    /// <summary>As <see cref="Union"/>, and also joins boxes that overlap one of the others (SAHI's NMMPostprocess).</summary>
    /// <remarks>So an object longer than a tile becomes one box.</remarks>
    Nmm,
}
