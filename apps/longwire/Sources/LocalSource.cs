namespace Longwire.Service.Sources;

/// <summary>A source of this process or machine, which answers at once, as one that is awaited.</summary>
internal sealed class LocalSource(IStatusSource source) : IAsyncStatusSource
{
    public string Name => source.Name;

    public Task ReadAsync(StatusReport report, CancellationToken cancellation)
    {
        source.Read(report);
        return Task.CompletedTask;
    }
}
