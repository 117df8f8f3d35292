using System.Net.Security;
using Longwire;
using Longwire.Kerberos;

// The Kerberos library reads its configuration from the process's environment, so each side is a process of its own:
// server POLLER PROTECTION [ALLOWED …], client ADDRESS SERVICE PROTECTION [BYTES …], or dial POLLER ADDRESS SERVICE
// [BYTES …].
return args switch
{
    ["server", var poller, var protection, .. var allowed] => await Server.RunAsync(
        Enum.Parse<PollerKind>(poller), Enum.Parse<ProtectionLevel>(protection), allowed),
    ["client", var address, var service, var protection, .. var sizes] => await Client.RunAsync(
        address, service, Enum.Parse<ProtectionLevel>(protection), Array.ConvertAll(sizes, int.Parse)),
    ["dial", var poller, var address, var service, .. var sizes] => await Dialler.RunAsync(
        Enum.Parse<PollerKind>(poller), address, service, Array.ConvertAll(sizes, int.Parse)),
    _ => 2,
};
