namespace EdgeVision.Configuration.Yaml;

/// <summary>Form of the maps in a list, told by a key: a sink by its kind, a model by what it runs on.</summary>
/// <param name="Key">Key that tells the form.</param>
/// <param name="Value">Value of the key in this form; null for any.</param>
/// <param name="IsDefault">Whether a map without the key has this form.</param>
internal readonly record struct MapVariant(string Key, string? Value = null, bool IsDefault = false);
