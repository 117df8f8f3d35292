using Longwire.Load.Protocols;

namespace Longwire.Load.Comparing;

/// <summary>A server to compare: <c>NAME=COMMAND</c>, or <c>NAME:PROTOCOL=COMMAND</c>.</summary>
internal sealed record ServerSpec(string Name, ClientProtocol Protocol, string Command)
{
    /// <exception cref="ArgumentException">It is written otherwise, or names no protocol.</exception>
    internal static ServerSpec Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string[] who = equals < 0 ? [] : text[..equals].Split(':');
        if (who.Length is not (1 or 2) || who[0].Length == 0 || equals == text.Length - 1)
        {
            throw new ArgumentException(
                $"--server '{text}' is not NAME=COMMAND or NAME:PROTOCOL=COMMAND, like \"limit=./limit {{port}}\".");
        }
        ClientProtocol protocol = who.Length == 1 ? ClientProtocol.Default : ClientProtocol.Named(who[1]);
        return new ServerSpec(who[0], protocol, text[(equals + 1)..]);
    }
}
