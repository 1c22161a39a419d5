using System.Text.RegularExpressions;
using Xunit;

namespace EdgeVision.Architecture.Tests;

/// <summary>Inside the runtime, a folder uses only folders before it.</summary>
/// <remarks>The folder of a type is that of its source file: some types keep the namespace <c>EdgeVision</c> wherever they are.</remarks>
public sealed partial class FolderOrderTests
{
    private static readonly LayerRule Order = new(
        [""], // the root: the kinds of errors
        ["Geometry"],
        ["Tensors", "Threading", "Diagnostics"],
        ["Frames"],
        ["Specs"],
        ["Preprocessing"],
        ["Inference"],
        ["Results"],
        ["Suppression"],
        ["Decoding"],
        ["Models"]);

    [Fact]
    public void Folders_of_the_runtime_use_only_those_before_them() =>
        Assert.Empty(Order.FindViolations(FindArrows(Libraries.All[0], "/src/EdgeVision/")));

    // Constants and documentation leave no trace in compiled code.
    [Fact]
    public void Usings_of_the_runtime_name_only_folders_before_them() => Assert.Empty(Order.FindViolations(
        Libraries.GetFiles("EdgeVision").SelectMany(f => FindUsings(f, File.ReadAllText(Path.Combine(Libraries.Source, f))))));

    [Theory]
    [InlineData("using EdgeVision.Models.Verification;")]
    [InlineData("using System;\nusing static EdgeVision.Models.VisionModel;")]
    public void A_made_up_using_is_found(string text) =>
        Assert.Contains("Specs -> Models ", Assert.Single(Order.FindViolations(FindUsings("EdgeVision/Specs/Made.cs", text))));

    [Fact]
    public void Every_folder_of_the_runtime_is_in_the_order() => Assert.Equal(
        Libraries.GetFiles("EdgeVision").Select(f => GetFolder(f["EdgeVision/".Length..])).Distinct().Order(StringComparer.Ordinal),
        Order.Rooms.Order(StringComparer.Ordinal));

    [Fact]
    public void Every_source_file_with_a_type_is_seen_in_the_assembly()
    {
        var seen = Libraries.All[0].Types.SelectMany(t => t.Documents)
            .Select(d => d[(d.LastIndexOf("/src/", StringComparison.Ordinal) + 5)..]).ToHashSet();
        Assert.All(Libraries.GetFiles("EdgeVision"), f => Assert.Contains(f, seen));
    }

    [Theory]
    [InlineData("Geometry", "Models")]
    [InlineData("Inference", "Results")]
    [InlineData("Specs", "Decoding")]
    [InlineData("Decoding", "Pipelines")] // a folder that nobody put into the order
    public void A_made_up_arrow_is_found(string from, string to) =>
        Assert.Contains($"{from} -> {to} ", Assert.Single(Order.FindViolations([new(from, to, "made up")])));

    [Fact]
    public void A_made_up_cycle_of_folders_side_by_side_is_found()
    {
        Arrow[] arrows =
        [
            new("Tensors", "Threading", "a"), new("Threading", "Diagnostics", "b"),
            new("Models", "Tensors", "c"), new("Diagnostics", "Geometry", "d"),
        ];
        Assert.Empty(Order.FindViolations(arrows));
        Assert.Equal(
            ["Diagnostics -> Tensors -> Threading -> Diagnostics is a cycle"],
            Order.FindViolations([.. arrows, new("Diagnostics", "Tensors", "e")]));
    }

    // Each type of Samples/Lower names something of Samples/Upper in one way only; the tests' own assembly is read for it.
    [Theory]
    [InlineData("InBase")]
    [InlineData("InInterface")]
    [InlineData("InField")]
    [InlineData("InParameter")]
    [InlineData("InGenericArgument")]
    [InlineData("InConstraint")]
    [InlineData("InAttribute")]
    [InlineData("InAttributeArgument")]
    [InlineData("InFirstArgument")]
    [InlineData("InBody")]
    [InlineData("InLambda")]
    [InlineData("InIterator")]
    [InlineData("InAsync")]
    [InlineData("InTypeOf")]
    [InlineData("InCatch")]
    [InlineData("InNested")]
    [InlineData("InNamespaceOfUpper")] // its file is in the lower folder
    public void An_arrow_in_compiled_code_is_found(string type)
    {
        var rule = new LayerRule(["Lower"], ["Upper"]);
        var assembly = CompiledAssembly.Read(typeof(FolderOrderTests).Assembly.Location);
        var violations = rule.FindViolations(FindArrows(assembly, "/EdgeVision.Architecture.Tests/Samples/"));
        Assert.Contains(violations, v =>
            v.StartsWith("Lower -> Upper ", StringComparison.Ordinal) && v.Contains($".{type} uses ", StringComparison.Ordinal));
        Assert.DoesNotContain(violations, v => v.Contains(".Innocent uses ", StringComparison.Ordinal));
    }

    // Types without a document under the root are made by the compiler or a generator; what they use is used by another type, too.
    private static IEnumerable<Arrow> FindArrows(CompiledAssembly assembly, string root)
    {
        var folders = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var type in assembly.Types)
        {
            var found = type.Documents.Where(d => IsUnder(d, root))
                .Select(d => GetFolder(d[(d.LastIndexOf(root, StringComparison.Ordinal) + root.Length)..]))
                .Distinct().ToArray();
            if (found.Length > 0)
            {
                folders.Add(type.Name, Assert.Single(found)); // the parts of a type are in one folder
            }
        }

        return assembly.Types.Where(t => folders.ContainsKey(t.Name)).SelectMany(t => t.Uses.Where(folders.ContainsKey)
            .Select(u => new Arrow(folders[t.Name], folders[u], $"{t.Name} uses {u}")));
    }

    private static IEnumerable<Arrow> FindUsings(string file, string text) => Usings().Matches(text)
        .Select(m => new Arrow(GetFolder(file["EdgeVision/".Length..]), m.Groups[1].Value, $"{file} has a using"));

    [GeneratedRegex(@"^using\s+(?:static\s+)?EdgeVision\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex Usings();

    private static bool IsUnder(string document, string root) =>
        document.Contains(root, StringComparison.Ordinal) && !document.Contains("/obj/", StringComparison.Ordinal);

    private static string GetFolder(string file) => file.Contains('/', StringComparison.Ordinal) ? file.Split('/')[0] : "";
}
