namespace Longwire.Service.Hosting;

/// <summary>What <c>longwire serve</c> was told, checked.</summary>
/// <param name="Telnet">Where the line console listens.</param>
/// <param name="DataFolder">An absolute path; nothing is stored there yet.</param>
internal sealed record ServeSettings(string Telnet, string DataFolder);
