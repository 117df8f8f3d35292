// The first thing to write with Longwire: every line comes back.
//   dotnet run --project samples/LineEcho            (listens on 127.0.0.1:7000)
//   dotnet run --project samples/LineEcho -- --port 0
using Longwire;

string port = args is ["--port", var chosen] ? chosen : "7000";

await using var server = TcpServer.Create(o => o
    .Listen($"tcp://127.0.0.1:{port}", e => e
        .Framing(Lines.Utf8(maxBytes: 4096))
        .OnMessage((connection, line) => connection.Send(line))));

await server.StartAsync();
Console.WriteLine($"Echoing lines on {server.Addresses[0]}; Ctrl-C ends.");
await server.WaitForShutdownAsync();
