namespace Longwire.Hosting.Settings;

/// <summary>What an application said about a protocol.</summary>
internal sealed record ProtocolEntry(
    Action<IServiceProvider, EndpointBuilder<object?>> Configure, string? Listen, EndpointOptions Defaults);
