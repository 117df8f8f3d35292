using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Longwire.Hosting;
using Longwire.Service.Console;
using Longwire.Service.Hosting;
using Longwire.Transport;

namespace Longwire.Service.Cli;

/// <summary>
/// The command line: <c>longwire health</c>. Connects to the endpoints that the configuration names, for supervisors
/// that run a command, such as a container's.
/// </summary>
internal static class HealthCommand
{
    /// <summary>How long an endpoint may take to accept, and a console to answer.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    public static Command Create(ServeOptions options, CommandContext context)
    {
        var health = new Command("health", "Connects to the endpoints of the configuration; 0 when they answer");
        health.SetAction((arguments, cancellation) => RunAsync(options, arguments, context, cancellation));
        return health;
    }

    private static Task<int> RunAsync(
        ServeOptions options, ParseResult arguments, CommandContext context, CancellationToken cancellation) =>
        ServeCommand.WithHostAsync(options, arguments, context, ServiceLog.None, async (_, host) =>
        {
            int code = ExitCodes.Success;
            foreach (EndpointSettings endpoint in host.Settings.Endpoints.Where(
                static endpoint => endpoint is { IsEnabled: true, IsRequired: true }))
            {
                (string state, bool isGood) = await LookAsync(endpoint, cancellation);
                await context.Output.WriteLineAsync($"{endpoint.Name} {endpoint.Listen}: {state}");
                if (!isGood)
                    code = await context.FailAsync(ExitCodes.Failure, $"health: {endpoint.Name}: {state}");
            }
            return code;
        });

    private static async Task<(string State, bool IsGood)> LookAsync(
        EndpointSettings endpoint, CancellationToken cancellation)
    {
        EndPoint address = Reachable(endpoint.Listen);
        if (address is IPEndPoint { Port: 0 })
            return ("the system chose its port, so it cannot be found here; give it one", false);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(s_patience);
        try
        {
            using var socket = new Socket(
                address.AddressFamily, SocketType.Stream,
                address is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
            await socket.ConnectAsync(address, patience.Token);
            bool isPlainConsole = endpoint is { Tls: null, Negotiate: null, Deflate: null, Proxies: [] }
                && endpoint.Protocol.Equals(LineConsole.Name, StringComparison.OrdinalIgnoreCase);
            return isPlainConsole ? await AskAsync(socket, patience.Token) : ("accepts", true);
        }
        catch (SocketException exception)
        {
            return ($"cannot be reached: {exception.SocketErrorCode}", false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return ($"no answer within {s_patience.TotalSeconds} s", false);
        }
    }

    /// <summary>Asks a console for its health, and reads the answer to its end, which is small.</summary>
    private static async Task<(string State, bool IsGood)> AskAsync(Socket socket, CancellationToken cancellation)
    {
        await socket.SendAsync("get longwire/health\n"u8.ToArray(), cancellation);
        socket.Shutdown(SocketShutdown.Send);
        byte[] answer = new byte[2 * LineConsole.MaxLineBytes];
        int length = 0;
        while (length < answer.Length)
        {
            int read = await socket.ReceiveAsync(answer.AsMemory(length), cancellation);
            if (read == 0)
                break;
            length += read;
        }
        string text = Encoding.UTF8.GetString(answer, 0, length);
        return text.Contains("\"status\":\"healthy\"", StringComparison.Ordinal) ? ("healthy", true)
            : text.Contains("\"status\":\"degraded\"", StringComparison.Ordinal) ? ("degraded", true)
            : ("the console did not tell its health", false);
    }

    /// <summary>Who listens on every address is reached by this machine's own; <c>*</c> is IPv4's, too.</summary>
    private static EndPoint Reachable(string listen) => ListenAddress.Parse(listen).EndPoint switch
    {
        IPEndPoint ip when ip.Address.Equals(IPAddress.Any) || listen.Contains('*', StringComparison.Ordinal) =>
            new IPEndPoint(IPAddress.Loopback, ip.Port),
        IPEndPoint ip when ip.Address.Equals(IPAddress.IPv6Any) => new IPEndPoint(IPAddress.IPv6Loopback, ip.Port),
        EndPoint end => end,
    };
}
