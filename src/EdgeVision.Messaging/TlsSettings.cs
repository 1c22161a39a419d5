namespace EdgeVision.Messaging;

/// <summary>Certificates of an encrypted connection.</summary>
public sealed record TlsSettings
{
    /// <summary>PEM file of the authorities that alone are trusted; null for the machine's.</summary>
    public string? CaFile { get; init; }

    /// <summary>The client's own certificate: PEM, or PKCS #12 (<c>.pfx</c>, <c>.p12</c>); null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of the certificate's key, where <see cref="CertificateFile"/> does not hold it.</summary>
    public string? KeyFile { get; init; }

    /// <summary>What the key, or the PKCS #12 file, is encrypted with.</summary>
    public Secret? KeyPassword { get; init; }

    /// <summary>Takes any certificate of the server, so that anyone in between can read and change everything. For trials only.</summary>
    public bool AllowUntrusted { get; init; }
}
