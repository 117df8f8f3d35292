namespace Longwire;

/// <summary>
/// Groups are topics under <c>$group/</c> that retain nothing: the same fan-out, policies and counts.
/// </summary>
internal static class Groups
{
    /// <summary>What the server adds to the application's topic options.</summary>
    internal static (TopicFilter Filter, TopicOptions Options) Rule { get; } =
        (TopicFilter.Parse(TcpServer.GroupTopics + "#"), new TopicOptions { Retention = Retention.None });

    internal static string TopicOf(string group) =>
        TopicName.Check(group) is { } wrong
            ? throw new ArgumentException($"'{group}' is no group's name: {wrong}.", nameof(group))
            : TcpServer.GroupTopics + group;
}
