namespace Longwire;

/// <summary>Values by topic filter, found by topic name in the number of levels rather than of filters.</summary>
/// <remarks>Owner: a hub or one of its loops. Concurrency: the owner's. Bound: the filters that are subscribed
/// to.</remarks>
internal sealed class FilterTrie<T>
    where T : struct
{
    private readonly Node _root = new();

    /// <summary>The place of a filter's value, made when missing.</summary>
    internal ref T GetOrAdd(TopicFilter filter)
    {
        Node node = _root;
        foreach (string level in filter.Levels)
        {
            node.Children ??= new Dictionary<string, Node>(StringComparer.Ordinal);
            if (!node.Children.TryGetValue(level, out Node? child))
                node.Children.Add(level, child = new Node());
            node = child;
        }
        node.Used = true;
        return ref node.Value;
    }

    /// <summary>Removes a filter, and the levels that only it needed.</summary>
    internal void Remove(TopicFilter filter) => Remove(_root, filter.Levels, 0);

    /// <summary>Calls <paramref name="found"/> for each filter that matches a topic's name.</summary>
    internal void Match<TState>(string topic, TState state, Action<TState, T> found)
    {
        bool wildcards = !topic.StartsWith('$'); // [MQTT-4.7.2-1]
        Match(_root, topic, wildcards, state, found);
    }

    private static void Match<TState>(
        Node node, ReadOnlySpan<char> rest, bool wildcards, TState state, Action<TState, T> found)
    {
        if (node.Children is null)
            return;
        if (wildcards && node.Children.TryGetValue("#", out Node? all) && all.Used)
            found(state, all.Value);
        int slash = rest.IndexOf('/');
        ReadOnlySpan<char> level = slash < 0 ? rest : rest[..slash];
        var exact = node.Children.GetAlternateLookup<ReadOnlySpan<char>>();
        if (exact.TryGetValue(level, out Node? child))
            Descend(child, rest, slash, state, found);
        if (wildcards && node.Children.TryGetValue("+", out Node? any))
            Descend(any, rest, slash, state, found);
    }

    private static void Descend<TState>(
        Node child, ReadOnlySpan<char> rest, int slash, TState state, Action<TState, T> found)
    {
        if (slash >= 0)
        {
            Match(child, rest[(slash + 1)..], wildcards: true, state, found);
            return;
        }
        if (child.Used)
            found(state, child.Value);
        // "a/#" matches "a" as well.
        if (child.Children is not null && child.Children.TryGetValue("#", out Node? below) && below.Used)
            found(state, below.Value);
    }

    private static bool Remove(Node node, string[] levels, int depth)
    {
        if (depth == levels.Length)
        {
            node.Used = false;
            node.Value = default;
        }
        else if (node.Children is not null && node.Children.TryGetValue(levels[depth], out Node? child)
            && Remove(child, levels, depth + 1))
        {
            node.Children.Remove(levels[depth]);
        }
        return !node.Used && (node.Children is null || node.Children.Count == 0);
    }

    private sealed class Node
    {
        internal Dictionary<string, Node>? Children;
        internal T Value;
        internal bool Used;
    }
}
