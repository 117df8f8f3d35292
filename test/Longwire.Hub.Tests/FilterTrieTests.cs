using CsCheck;

namespace Longwire.HubTests;

/// <summary>The trie finds what <see cref="TopicFilter.Matches"/> says, and nothing else.</summary>
public sealed class FilterTrieTests
{
    private static readonly Gen<string> s_level = Gen.OneOf(
        Gen.Const("a"), Gen.Const("b"), Gen.Const(""), Gen.Const("$x"), Gen.Const("c"));

    private static readonly Gen<string> s_name = s_level.Array[1, 4]
        .Select(static levels => string.Join('/', levels)).Where(static name => name.Length > 0);

    private static readonly Gen<string> s_filter =
        Gen.Select(
            Gen.Frequency((4, s_level), (2, Gen.Const("+"))).Array[1, 3],
            Gen.Bool,
            static (levels, open) => string.Join('/', levels) + (open ? "/#" : ""))
        .Select(Gen.Int[0, 9], static (text, dice) => dice == 0 ? "#" : text)
        .Where(static text => text.Length > 0);

    [Fact]
    public void It_agrees_with_Matches_while_filters_come_and_go()
    {
        Gen.Select(s_filter.Array[1, 12], s_name.Array[1, 8], Gen.Int[0, 12]).Sample((filters, names, removed) =>
        {
            var trie = new FilterTrie<int>();
            TopicFilter[] added = [.. filters.Distinct().Select(TopicFilter.Parse)];
            for (int i = 0; i < added.Length; i++)
                trie.GetOrAdd(added[i]) = i + 1;
            int from = Math.Min(removed, added.Length);
            for (int i = 0; i < from; i++)
                trie.Remove(added[i]);
            foreach (string name in names)
            {
                var found = new List<int>();
                trie.Match(name, found, static (list, value) => list.Add(value));
                int[] expected = [.. Enumerable.Range(from, added.Length - from)
                    .Where(i => added[i].Matches(name)).Select(static i => i + 1)];
                found.Sort();
                Assert.Equal(expected, found);
            }
        });
    }

    [Fact]
    public void What_is_removed_leaves_no_level_behind_and_comes_back_empty()
    {
        var trie = new FilterTrie<int>();
        TopicFilter filter = TopicFilter.Parse("a/b/#");
        trie.GetOrAdd(filter) = 7;
        trie.Remove(filter);
        trie.Remove(filter);
        trie.Remove(TopicFilter.Parse("never/seen"));
        trie.Match("a/b/c", 0, static (_, value) => Assert.Fail($"found {value}"));
        Assert.Equal(0, trie.GetOrAdd(filter));
    }
}
