// What the core's parts cost by themselves: dotnet run -c Release --project bench/micro -- --filter '*'
// A first look, which says whether everything runs: add --job dry.
// What an idle TLS connection consists of (Linux): dotnet run -c Release --project bench/micro -- tls-memory
// The hub's budget, with a verdict: dotnet run -c Release --project bench/micro -- hub
using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Running;
using Longwire.Micro;

if (args is ["hub", ..])
    return HubBudget.Run(args is [_, "--rounds", string rounds] ? int.Parse(rounds, CultureInfo.InvariantCulture) : 15);
if (args is ["tls-memory", .. string[] more])
    return await TlsMemory.RunAsync(more);
BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly())
    .Run(args, DefaultConfig.Instance.AddDiagnoser(MemoryDiagnoser.Default));
return 0;
