using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeVision.Messaging;

/// <summary>The certificates that <see cref="TlsSettings"/> name, loaded, and the judgement over a server's.</summary>
internal sealed class TlsMaterial : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly X509Certificate2Collection? _roots;
    private readonly bool _allowUntrusted;

    /// <exception cref="SinkException">A file cannot be read, or is no certificate.</exception>
    public TlsMaterial(TlsSettings? settings)
    {
        settings ??= new TlsSettings();
        _allowUntrusted = settings.AllowUntrusted;
        if (settings.CaFile is { } ca)
        {
            _roots = Load(ca, () =>
            {
                var roots = new X509Certificate2Collection();
                roots.ImportFromPemFile(ca);
                return roots.Count > 0 ? roots : throw new CryptographicException("it holds no certificate in PEM");
            });
        }

        if (settings.CertificateFile is { } file)
        {
            Client = Load(file, () => ClientCertificate(file, settings.KeyFile, settings.KeyPassword?.Read()));
        }
    }

    /// <summary>The client's own certificate with its key; null for none.</summary>
    public X509Certificate2? Client { get; }

    /// <summary>Whether the last certificate that was judged was found wanting.</summary>
    public bool Distrusted { get; private set; }

    /// <summary>Sets up an <see cref="SslStream"/>'s client side.</summary>
    public void Apply(SslClientAuthenticationOptions options)
    {
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Trusts(certificate, chain, errors);
        if (Client is not null)
        {
            options.ClientCertificates = [Client];
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => Client;
        }
    }

    /// <summary>Whether a server's certificate is good: issued by a trusted authority, and for the server's name.</summary>
    public bool Trusts(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        bool good = Judge(certificate, chain, errors);
        Distrusted = !good;
        return good;
    }

    private bool Judge(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_allowUntrusted || errors == SslPolicyErrors.None && _roots is null)
        {
            return true;
        }

        // A wrong name stays wrong whoever issued it; only the judgement over the chain is made anew, with the given authorities alone.
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
        Client?.Dispose();
        foreach (var root in _roots ?? [])
        {
            root.Dispose();
        }
    }

    private static X509Certificate2 ClientCertificate(string file, string? keyFile, string? password)
    {
        if (Path.GetExtension(file).ToLowerInvariant() is ".pfx" or ".p12")
        {
            return X509CertificateLoader.LoadPkcs12FromFile(file, password);
        }

        using var pem = password is null
            ? X509Certificate2.CreateFromPemFile(file, keyFile)
            : X509Certificate2.CreateFromEncryptedPemFile(file, password, keyFile);

        // Windows refuses keys that live in memory alone; a trip through PKCS #12 gives it one that it takes.
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
