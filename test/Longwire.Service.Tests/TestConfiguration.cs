using Microsoft.Extensions.Configuration;

namespace Longwire.Service.Tests;

/// <summary>Configuration in memory.</summary>
internal static class TestConfiguration
{
    /// <summary>The console on a port of the system's choice, with further settings of its endpoint.</summary>
    public static IConfiguration Console(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Append(("listen", ":0")).ToDictionary(
            static setting => $"longwire:endpoints:console:{setting.Item1}",
            static setting => (string?)setting.Item2))
        .Build();
}
