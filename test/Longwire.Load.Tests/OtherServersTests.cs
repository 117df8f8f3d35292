using Longwire.Load.Results;

namespace Longwire.Load.Tests;

/// <summary>The protocols against the servers whose they are.</summary>
public sealed class OtherServersTests
{
    private static readonly string[] s_folders =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), "/usr/sbin"];

    [Theory]
    [InlineData("resp", "redis-server", "--bind 127.0.0.1 --port {port} --save '' --appendonly no")]
    [InlineData("mqtt", "mosquitto", "-p {port}")]
    [InlineData("nats", "nats-server", "-a 127.0.0.1 -p {port}")]
    public async Task A_fan_out_arrives_whole(string protocol, string program, string arguments)
    {
        string command = $"{Find(program)} {arguments}";
        string file = Path.GetTempFileName();
        try
        {
            (int code, string said) = await Captured.RunAsync(
            [
                .. "fanout --connections 50 --window 4 --size 5000 --duration 100ms".Split(' '),
                "--protocol", protocol, "--start", command, "--json", file,
            ]);

            Assert.True(code == 0, said);
            LoadResult result = ResultFile.Read(file);
            Assert.Equal((true, 0), (result.Runs[0].Operations > 0, result.Runs[0].Operations % 50));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Find(string program)
    {
        string? found = s_folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        if (found is null && Environment.GetEnvironmentVariable("LONGWIRE_REQUIRE_TOOLS") == "1")
            Assert.Fail($"{program} is not installed, and LONGWIRE_REQUIRE_TOOLS=1 requires it.");
        Assert.SkipWhen(found is null, $"{program} is not installed.");
        return found;
    }
}
