using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Longwire.Transport.Layers;

/// <summary>The server's side of TLS.</summary>
/// <remarks>
/// Concurrency: any thread. Certificates are looked at for a change by a handshake that finds the last look too old, on
/// the pool: no timer, no watcher that misses a file moved into place, and nothing to do for a server without clients.
/// What cannot be loaded is reported, and the certificates before it stay.
/// </remarks>
public sealed class TlsServerLayer : TlsLayer
{
    private static readonly ServerOptionsSelectionCallback s_select = static (_, hello, layer, _) =>
        ValueTask.FromResult(((TlsServerLayer)layer!)._certificates.Find(hello.ServerName));

    private readonly TlsServerOptions _options;
    private readonly TimeProvider _time;
    private volatile CertificateSet _certificates;
    private string _stamp;
    private string? _reported; // the stamp of the last failure that was told
    private long _looked; // timestamp
    private int _looking;

    /// <summary>Loads the certificates.</summary>
    /// <exception cref="CertificateException">One cannot be used; the message names it and the cure.</exception>
    /// <exception cref="ArgumentException">There is none, or an option is out of range.</exception>
    public TlsServerLayer(TlsServerOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Certificates.Count == 0)
            throw new ArgumentException("TlsServerOptions.Certificates must hold at least one certificate.");
        if (options.ReloadInterval <= TimeSpan.Zero)
            throw new ArgumentException("TlsServerOptions.ReloadInterval must be a positive time.");
        if (options.ClientCertificates == ClientCertificates.None
            && (options.ClientAuthorities is not null || options.ClientRevocation != X509RevocationMode.NoCheck))
        {
            throw new ArgumentException(
                "TlsServerOptions.ClientAuthorities and ClientRevocation check certificates that nobody is asked for: "
                + "they need ClientCertificates Optional or Required.");
        }
        _options = options;
        _time = time ?? TimeProvider.System;
        _stamp = CertificateSet.StampOf(options); // before the load: a change in between is seen by the next look
        _certificates = CertificateSet.Load(options, _time.GetUtcNow());
        _looked = _time.GetTimestamp();
    }

    /// <summary>
    /// Changed certificates were loaded, or, with an exception, could not be; once for each change. On the pool, and
    /// outside of any handshake.
    /// </summary>
    public event Action<CertificateException?>? Reloaded;

    /// <inheritdoc/>
    public override bool AwaitsPeer => true;

    private protected override async Task AuthenticateAsync(SslStream stream, LayerContext context)
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _looked)) >= _options.ReloadInterval)
            Look();
        await stream.AuthenticateAsServerAsync(s_select, this).ConfigureAwait(false);
    }

    /// <summary>One at a time; others go on with what there is.</summary>
    private void Look()
    {
        if (Interlocked.Exchange(ref _looking, 1) != 0)
            return;
        CertificateException? failure = null;
        string stamp = "";
        bool changed = false;
        try
        {
            stamp = CertificateSet.StampOf(_options);
            changed = stamp != _stamp;
            if (changed)
                _certificates = CertificateSet.Load(_options, _time.GetUtcNow());
            _stamp = stamp;
        }
        catch (Exception exception)
        {
            // Half a change, perhaps: the key is still on its way.
            failure = exception as CertificateException
                ?? new CertificateException(_options.Certificates[0].Source, exception.Message, exception);
        }
        bool report = failure is null ? changed : stamp != _reported;
        _reported = failure is null ? null : stamp;
        Volatile.Write(ref _looked, _time.GetTimestamp());
        Volatile.Write(ref _looking, 0);
        if (report && Reloaded is { } reloaded)
            ThreadPool.UnsafeQueueUserWorkItem(static told => told.reloaded(told.failure), (reloaded, failure), false);
    }
}
