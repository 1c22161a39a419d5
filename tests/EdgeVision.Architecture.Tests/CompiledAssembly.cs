using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace EdgeVision.Architecture.Tests;

/// <summary>Reads a compiled assembly and its symbols without loading it: references, friends, public types and what types use.</summary>
/// <remarks>Constants and <c>nameof</c> leave no trace in compiled code, so a use of them alone is not seen.</remarks>
internal sealed class CompiledAssembly
{
    // Portable PDB: the documents of a type that has no method bodies.
    private static readonly Guid TypeDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    private readonly MetadataReader _metadata;
    private readonly PEReader _image;

    private CompiledAssembly(PEReader image, MetadataReader? symbols)
    {
        (_image, _metadata) = (image, image.GetMetadataReader());
        Name = Text(_metadata.GetAssemblyDefinition().Name);
        References =
        [
            .. _metadata.AssemblyReferences.Select(r => Text(_metadata.GetAssemblyReference(r).Name)).Order(StringComparer.Ordinal),
        ];
        Friends = [.. ReadFriends()];
        PublicTypes = [.. _metadata.TypeDefinitions.Where(IsPublic).Select(FullName).Order(StringComparer.Ordinal)];
        Types = ReadTypes(symbols);
    }

    public string Name { get; }

    /// <summary>Gets the names of the referenced assemblies; a reference that nothing uses is not compiled in.</summary>
    public IReadOnlyList<string> References { get; }

    /// <summary>Gets the names given to InternalsVisibleTo.</summary>
    public IReadOnlyList<string> Friends { get; }

    /// <summary>Gets the full names of the outermost types that other assemblies see.</summary>
    public IReadOnlyList<string> PublicTypes { get; }

    /// <summary>Gets the outermost types.</summary>
    public IReadOnlyList<CompiledType> Types { get; }

    /// <summary>Reads an assembly and the portable PDB beside it or inside it.</summary>
    public static CompiledAssembly Read(string path)
    {
        using var image = new PEReader(new MemoryStream(File.ReadAllBytes(path)));
        image.TryOpenAssociatedPortablePdb(
            path, p => File.Exists(p) ? new MemoryStream(File.ReadAllBytes(p)) : null, out var symbols, out _);
        using (symbols)
        {
            return new CompiledAssembly(image, symbols?.GetMetadataReader());
        }
    }

    private string Text(StringHandle handle) => _metadata.GetString(handle);

    private IEnumerable<string> ReadFriends()
    {
        foreach (var handle in _metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            var attribute = _metadata.GetCustomAttribute(handle);
            if (attribute.Constructor is { Kind: HandleKind.MemberReference } constructor
                && _metadata.GetMemberReference((MemberReferenceHandle)constructor).Parent is { Kind: HandleKind.TypeReference } type
                && Text(_metadata.GetTypeReference((TypeReferenceHandle)type).Name) == "InternalsVisibleToAttribute")
            {
                var value = _metadata.GetBlobReader(attribute.Value);
                value.ReadUInt16();
                yield return value.ReadSerializedString()!.Split(',')[0];
            }
        }
    }

    private bool IsPublic(TypeDefinitionHandle handle) =>
        (_metadata.GetTypeDefinition(handle).Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public;

    private string FullName(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        return type.IsNested ? $"{FullName(type.GetDeclaringType())}.{Text(type.Name)}"
            : type.Namespace.IsNil ? Text(type.Name) : $"{Text(type.Namespace)}.{Text(type.Name)}";
    }

    private TypeDefinitionHandle Outermost(TypeDefinitionHandle handle)
    {
        for (var type = _metadata.GetTypeDefinition(handle); type.IsNested; type = _metadata.GetTypeDefinition(handle))
        {
            handle = type.GetDeclaringType();
        }

        return handle;
    }

    private List<CompiledType> ReadTypes(MetadataReader? symbols)
    {
        var documents = new Dictionary<TypeDefinitionHandle, HashSet<string>>();
        var uses = new Dictionary<TypeDefinitionHandle, HashSet<string>>();
        var types = _metadata.TypeDefinitions.Where(t => !_metadata.GetTypeDefinition(t).IsNested).ToDictionary(FullName);
        foreach (var handle in _metadata.TypeDefinitions)
        {
            var outer = Outermost(handle);
            var found = new HashSet<TypeDefinitionHandle>();
            new TypeUses(_metadata, _image, types, found).Collect(handle);
            (uses.TryGetValue(outer, out var names) ? names : uses[outer] = []).UnionWith(
                found.Select(Outermost).Where(t => t != outer).Select(FullName));
            (documents.TryGetValue(outer, out var files) ? files : documents[outer] = []).UnionWith(ReadDocuments(handle, symbols));
        }

        return
        [
            .. uses.Select(t => new CompiledType(FullName(t.Key), documents[t.Key], t.Value)).OrderBy(t => t.Name, StringComparer.Ordinal),
        ];
    }

    private IEnumerable<string> ReadDocuments(TypeDefinitionHandle handle, MetadataReader? symbols)
    {
        if (symbols is null)
        {
            yield break;
        }

        foreach (var method in _metadata.GetTypeDefinition(handle).GetMethods())
        {
            var points = symbols.GetMethodDebugInformation(method.ToDebugInformationHandle());
            if (!points.Document.IsNil)
            {
                yield return symbols.GetString(symbols.GetDocument(points.Document).Name).Replace('\\', '/');
            }
            else if (!points.SequencePointsBlob.IsNil)
            {
                foreach (var document in points.GetSequencePoints().Select(p => p.Document).Distinct())
                {
                    yield return symbols.GetString(symbols.GetDocument(document).Name).Replace('\\', '/');
                }
            }
        }

        foreach (var custom in symbols.GetCustomDebugInformation(handle))
        {
            var information = symbols.GetCustomDebugInformation(custom);
            if (symbols.GetGuid(information.Kind) == TypeDocuments)
            {
                var blob = symbols.GetBlobReader(information.Value);
                while (blob.RemainingBytes > 0)
                {
                    var document = MetadataTokens.DocumentHandle(blob.ReadCompressedInteger());
                    yield return symbols.GetString(symbols.GetDocument(document).Name).Replace('\\', '/');
                }
            }
        }
    }
}
