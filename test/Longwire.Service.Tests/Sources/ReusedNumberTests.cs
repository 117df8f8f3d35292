namespace Longwire.Service.Tests.Sources;

/// <summary>The service in a namespace of process ids of its own, where a script says which number is next.</summary>
public sealed class ReusedNumberTests : IDisposable
{
    /// <summary>
    /// The program leaves a process behind that is in no group of its. When the program is gone, its number becomes
    /// another group's; then the process prints too much, for which the program is killed.
    /// </summary>
    private const string Script = """
        cd "$1" && rm -f leader || exit 1
        await() { # a condition, for 20 seconds
          tries=0
          until eval "$1"; do
            tries=$((tries + 1))
            [ $tries -lt 400 ] || { echo "waited for: $1"; cat log; exit 1; }
            sleep 0.05
          done
        }
        "$2" "$3" --config "$1/longwire.json" >log 2>&1 &
        await '[ -s leader ]'
        leader=$(cat leader)
        await '[ ! -e /proc/$leader ]'
        tries=0
        until [ "$stranger" = "$leader" ] || [ $tries -eq 100 ]; do
          tries=$((tries + 1))
          echo $((leader - 1)) >/proc/sys/kernel/ns_last_pid
          setsid sleep 1000 &
          stranger=$!
        done
        [ "$stranger" = "$leader" ] || exit 2 # a thread of the service has it
        echo >go
        await 'grep -q "printed more than 4096 bytes" log'
        kill -0 "$stranger" && echo alive
        """;

    private const int NumberIsTaken = 2;

    private readonly string _folder = Directory.CreateTempSubdirectory("longwire-number-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_group_that_got_the_number_of_a_dead_one_is_not_killed()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "A namespace needs Linux and its root.");
        (string refusal, int refused) = await InNamespaceAsync("cat /proc/sys/kernel/ns_last_pid");
        Assert.SkipUnless(refused == 0, $"This root makes no namespaces: {refusal}");
        string command = $"cd {_folder}; "
            + "setsid sh -c 'echo $0 >leader; read line <go; head -c 10000 /dev/zero' $$ & "
            + "until [ -s leader ]; do sleep 0.01; done";
        Assert.Equal(0, (await ServiceProcess.RunAsync("mkfifo", Path.Combine(_folder, "go"))).Code);
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "longwire.json"),
            $$"""
            {
              "longwire": {
                "endpoints": { "console": { "listen": ":0" } },
                "sources": {
                  "host": { "kind": "host", "enabled": false },
                  "self": { "kind": "self", "enabled": false },
                  "x": {
                    "kind": "exec", "command": "{{command}}", "shell": true, "maxBytes": 4096,
                    "timeout": "1d", "jitter": "0"
                  }
                }
              }
            }
            """,
            TestContext.Current.CancellationToken);
        (string Output, int Code) ran;
        int tries = 0;
        do
            ran = await InNamespaceAsync(Script, _folder, ServiceProcess.Dotnet, ServiceProcess.Program);
        while (ran.Code == NumberIsTaken && ++tries < 5);
        Assert.Equal(("alive\n", 0), ran);
    }

    private static Task<(string Output, int Code)> InNamespaceAsync(string script, params string[] arguments) =>
        ServiceProcess.RunAsync("unshare",
            ["--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", script, "sh", .. arguments]);
}
