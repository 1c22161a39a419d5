namespace EdgeVision.Architecture.Tests.Samples.Upper;

/// <summary>Counts as one public type.</summary>
public static class Visible
{
    public enum Nested;

    internal enum NestedInternal;
}

internal static class Hidden
{
    public enum NestedPublic;
}
