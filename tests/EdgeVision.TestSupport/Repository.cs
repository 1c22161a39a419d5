namespace EdgeVision.TestSupport;

/// <summary>The repository that the tests are built in.</summary>
internal static class Repository
{
    /// <summary>Its root: the first folder above the test that holds EdgeVision.sln.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "EdgeVision.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("EdgeVision.sln lies in no folder above the tests");
    }
}
