namespace EdgeVision.Architecture.Tests;

/// <summary>A type of a compiled assembly, together with the types inside it and those that the compiler made for it.</summary>
/// <param name="Name">Full name of the outermost type.</param>
/// <param name="Documents">Source files that declare it, from the symbols; empty if the compiler made it.</param>
/// <param name="Uses">Full names of the types of the same assembly that its signatures, attributes and method bodies name.</param>
internal sealed record CompiledType(string Name, IReadOnlyCollection<string> Documents, IReadOnlyCollection<string> Uses);
