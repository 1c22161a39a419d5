namespace EdgeVision.Messaging;

/// <summary>Certificates of an encrypted connection.</summary>
public sealed record TlsSettings
{
    /// <summary>Gets the PEM file of the only trusted authorities; null for those of the machine.</summary>
    public string? CaFile { get; init; }

    /// <summary>Gets the client certificate: PEM, or PKCS #12 (<c>.pfx</c>, <c>.p12</c>); null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>Gets the PEM file of the certificate's key, if <see cref="CertificateFile"/> does not contain it.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Gets the password of the key or of the PKCS #12 file.</summary>
    public Secret? KeyPassword { get; init; }

    /// <summary>
    /// Gets whether any server certificate is accepted, which allows anyone in between to read and change all data.
    /// </summary>
    /// <remarks>For tests only.</remarks>
    public bool AllowUntrusted { get; init; }
}
