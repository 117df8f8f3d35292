namespace Longwire.Service.Tests.Sources;

/// <summary>The service in a namespace of process ids of its own, where a script says which number is next.</summary>
public sealed class ReusedNumberTests : IDisposable
{
    /// <summary>
    /// The program leaves a process behind that is in no group of its. When the program is gone, its number becomes
    /// another group's; then the process prints too much, for which the program is killed.
    /// </summary>
    private const string Script = """
        cd "$1" || exit 1
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
        until [ "$stranger" = "$leader" ] || [ $tries -eq 1000 ]; do # another may be forked in between
          tries=$((tries + 1))
          echo $((leader - 1)) >/proc/sys/kernel/ns_last_pid
          setsid sleep 1000 &
          stranger=$!
        done
        [ "$stranger" = "$leader" ] || { echo "the number did not come again"; exit 1; }
        echo >go
        await 'grep -q "printed more than 4096 bytes" log'
        kill -0 "$stranger" && echo alive
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("longwire-number-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_group_that_got_the_number_of_a_dead_one_is_not_killed()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "A namespace needs Linux and its root.");
        string command = $"cd {_folder}; setsid sh -c 'read line <go; head -c 10000 /dev/zero' & echo $$ >leader";
        Assert.Equal(0, (await ServiceProcess.RunAsync("mkfifo", Path.Combine(_folder, "go"))).Code);
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "longwire.json"),
            $$"""
            {
              "longwire": {
                "endpoints": { "console": { "listen": ":0" } },
                "sources": { "x": {
                  "kind": "exec", "command": "{{command}}", "shell": true, "maxBytes": 4096,
                  "timeout": "1d", "jitter": "0"
                } }
              }
            }
            """,
            TestContext.Current.CancellationToken);
        Assert.Equal(
            ("alive\n", 0),
            await ServiceProcess.RunAsync(
                "unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", Script, "sh", _folder,
                ServiceProcess.Dotnet, ServiceProcess.Program));
    }
}
