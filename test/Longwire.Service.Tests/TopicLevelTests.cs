using Longwire.Service.Sources;

namespace Longwire.Service.Tests;

public sealed class TopicLevelTests
{
    [Theory]
    [InlineData("/", "root")]
    [InlineData("/var/log", "var-log")]
    [InlineData("/root", "-root")]
    [InlineData("/root/x", "root-x")]
    [InlineData("/var-log", "var%2Dlog")]
    [InlineData("/my disk", "my%20disk")]
    [InlineData("/a+b#c%d", "a%2Bb%23c%25d")]
    [InlineData("/t\u00e9l\u00e9", "t\u00e9l\u00e9")]
    [InlineData("/a\u001b\u0085", "a%1B%C2%85")]
    public void A_path_is_one_level(string path, string level) => Assert.Equal(level, TopicLevel.FromPath(path));

    [Theory]
    [InlineData("eth0", "eth0")]
    [InlineData("br-1f2e", "br-1f2e")]
    [InlineData("eth0.100@x", "eth0.100@x")]
    [InlineData("a/b+c#d", "a%2Fb%2Bc%23d")]
    [InlineData("Local Area", "Local%20Area")]
    [InlineData("", "%")]
    public void A_name_is_one_level(string name, string level) => Assert.Equal(level, TopicLevel.FromName(name));

    [Theory]
    [InlineData("C:\\", "C")]
    [InlineData("C:\\mnt\\x", "C-mnt-x")]
    [InlineData("/System/Volumes", "System-Volumes")]
    public void A_drive_is_one_level(string drive, string level) => Assert.Equal(level, TopicLevel.FromDrive(drive));

    [Fact]
    public void Different_paths_are_different_levels()
    {
        string[] parts = ["a", "-", "/a", "root", "%", "%2D"];
        HashSet<string> paths = [
            .. from a in parts from b in parts from c in parts select Path.GetFullPath($"/{a}/{b}/{c}"),
        ];
        paths.UnionWith(["/", "/root", "/-root", "/a", "/-"]);
        Assert.Equal(paths.Count, paths.Select(TopicLevel.FromPath).Distinct(StringComparer.Ordinal).Count());
    }
}
