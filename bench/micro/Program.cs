// What the core's parts cost by themselves: dotnet run -c Release --project bench/micro -- --filter '*'
// A first look, which says whether everything runs: add --job dry.
using System.Reflection;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly())
    .Run(args, DefaultConfig.Instance.AddDiagnoser(MemoryDiagnoser.Default));
