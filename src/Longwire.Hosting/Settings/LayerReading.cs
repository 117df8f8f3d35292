using Longwire.Transport.Layers;

namespace Longwire.Hosting.Settings;

/// <summary>Reads the layers of an endpoint.</summary>
internal static class LayerReading
{
    internal static EndpointSettings Read(SettingReader reader, EndpointSettings endpoint)
    {
        if (reader.Nested("tls") is { } tls)
            endpoint = ReadTls(tls, endpoint);
        if (reader.Nested("negotiate") is { } negotiate)
        {
            NegotiateServerOptions options = negotiate.Apply(LayerTables.Negotiate);
            endpoint = endpoint with { Negotiate = options with { Allowed = ReadAllowed(negotiate) } };
            negotiate.End();
        }
        if (reader.Nested("deflate") is { } deflate)
        {
            DeflateOptions options = deflate.Apply(LayerTables.Deflate);
            if (deflate.Nested("inbound") is { } inbound)
            {
                options = options with { Inbound = inbound.Apply(LayerTables.Inflate) };
                inbound.End();
            }
            endpoint = endpoint with { Deflate = options };
            deflate.End();
        }
        return endpoint;
    }

    /// <summary>Who may connect; none for everybody, which an empty list does not mean.</summary>
    private static IReadOnlyList<string> ReadAllowed(SettingReader reader)
    {
        // What is empty is more often a variable that was not set than a wish, and must not open the door.
        if (reader.Texts("allowed") is not { } names)
            return [];
        if (names.All(string.IsNullOrWhiteSpace))
        {
            reader.Report(
                "allowed", "it names nobody; name somebody, or leave the key out to admit everybody who is "
                    + "authenticated");
        }
        else if (names.Any(string.IsNullOrWhiteSpace))
            reader.Report("allowed", "one of the names is empty; write it, or leave it out");
        return names;
    }

    private static EndpointSettings ReadTls(SettingReader reader, EndpointSettings endpoint)
    {
        TlsServerOptions options = reader.Apply(LayerTables.Tls);
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        var certificates = new List<TlsCertificate>();
        IReadOnlyList<SettingReader> items = reader.Items("certificates");
        if (items.Count == 0)
            reader.Report("certificates", "TLS needs at least one: [ { \"certificate\": \"/etc/…/server.pem\" } ]");
        foreach (SettingReader item in items)
        {
            CertificateFiles files = item.Apply(LayerTables.Certificate);
            if (!item.Has("certificate"))
                item.Report("certificate", "it is missing; name the certificate's file, PEM or PFX");
            else if (files is { IsPfx: true, Key: not null })
                item.Report("key", "a PFX file has its key in it; leave this out");
            else if (files.Certificate is { } certificate)
            {
                certificates.Add(files.Load());
                keys[files.Key ?? certificate] = item.KeyOf("key");
                keys[certificate] = item.KeyOf("certificate");
            }
            item.End();
        }
        if (options.ClientAuthorities is { } authorities)
            keys[authorities] = reader.KeyOf("authorities");
        foreach (string needy in (string[])["authorities", "revocation"])
        {
            if (options.ClientCertificates == ClientCertificates.None && reader.Has(needy))
            {
                reader.Report(
                    needy, "nobody is asked for a certificate; set clientCertificates to required or optional");
            }
        }
        IReadOnlyList<string> protocols = reader.Texts("applicationProtocols") ?? [];
        reader.End();
        return endpoint with
        {
            Tls = options with { Certificates = certificates, ApplicationProtocols = protocols },
            FileKeys = keys,
        };
    }
}
