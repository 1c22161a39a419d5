using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeVision.Messaging;

/// <summary>Loads the certificates of <see cref="TlsSettings"/> and validates server certificates.</summary>
internal sealed class TlsCertificates : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly X509Certificate2Collection? _roots;
    private readonly bool _allowUntrusted;

    /// <exception cref="SinkException">A file cannot be read, or is not a certificate.</exception>
    public TlsCertificates(TlsSettings? settings)
    {
        settings ??= new TlsSettings();
        _allowUntrusted = settings.AllowUntrusted;
        if (settings.CaFile is { } ca)
        {
            _roots = Load(ca, () =>
            {
                var roots = new X509Certificate2Collection();
                roots.ImportFromPemFile(ca);
                return roots.Count > 0 ? roots : throw new CryptographicException("it contains no PEM certificate");
            });
        }

        if (settings.CertificateFile is { } file)
        {
            Certificate = Load(file, () => LoadClientCertificate(file, settings.KeyFile, settings.KeyPassword?.Read()));
        }
    }

    /// <summary>Gets the client certificate with its key; null for none.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>Gets whether the last validated certificate was rejected.</summary>
    public bool HasRejectedServer { get; private set; }

    /// <summary>Configures the client side of an <see cref="SslStream"/>.</summary>
    public void Apply(SslClientAuthenticationOptions options)
    {
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => ValidateServer(certificate, chain, errors);
        if (Certificate is not null)
        {
            options.ClientCertificates = [Certificate];
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => Certificate;
        }
    }

    /// <summary>
    /// Returns whether a server's certificate is issued by a trusted authority and matches the server's name.
    /// </summary>
    public bool ValidateServer(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        bool good = IsTrusted(certificate, chain, errors);
        HasRejectedServer = !good;
        return good;
    }

    private bool IsTrusted(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_allowUntrusted || errors == SslPolicyErrors.None && _roots is null)
        {
            return true;
        }

        // A name mismatch stays an error whatever the authority; only the chain is validated again, with the given
        // authorities alone.
        if (_roots is null || certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_roots);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        using var server = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return own.Build(server);
    }

    public void Dispose()
    {
        Certificate?.Dispose();
        foreach (var root in _roots ?? [])
        {
            root.Dispose();
        }
    }

    private static X509Certificate2 LoadClientCertificate(string file, string? keyFile, string? password)
    {
        if (Path.GetExtension(file).ToLowerInvariant() is ".pfx" or ".p12")
        {
            return X509CertificateLoader.LoadPkcs12FromFile(file, password);
        }

        using var pem = password is null
            ? X509Certificate2.CreateFromPemFile(file, keyFile)
            : X509Certificate2.CreateFromEncryptedPemFile(file, password, keyFile);

        // Windows rejects ephemeral keys; a round trip through PKCS #12 creates a key that it accepts.
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    private static T Load<T>(string file, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new SinkException($"the certificate file {file} cannot be used: {e.Message}", e, canRetry: false);
        }
    }
}
