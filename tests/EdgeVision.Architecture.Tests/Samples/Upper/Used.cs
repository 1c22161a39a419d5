namespace EdgeVision.Architecture.Tests.Samples.Upper;

/// <summary>Used by the made-up types of the lower folder.</summary>
internal class Used : Exception
{
    public static int Value { get; set; }
}

internal interface IUsed;

// Its full name is 84 characters long: the length before it in an attribute reads as the letter T.
internal sealed class UsedThroughTheFirstArgumentOfAnAttribute;

internal sealed class UsedAttribute : Attribute;
