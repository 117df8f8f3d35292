namespace Longwire.HubTests;

/// <summary>Names and filters as MQTT 5, sections 4.7.1 to 4.7.3, has them.</summary>
public sealed class TopicFilterTests
{
    [Theory]
    // The examples of section 4.7.1.2.
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/ranking", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [InlineData("sport/#", "sport", true)]
    [InlineData("#", "sport", true)]
    [InlineData("#", "/finance", true)]
    [InlineData("sport/tennis/#", "sport/tennis", true)]
    [InlineData("sport/tennis/#", "sport", false)]
    [InlineData("sport/#", "sports", false)]
    // Section 4.7.1.3.
    [InlineData("sport/tennis/+", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player2", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [InlineData("sport/+", "sport", false)]
    [InlineData("sport/+", "sport/", true)]
    [InlineData("+", "sport", true)]
    [InlineData("+", "/finance", false)]
    [InlineData("+/+", "/finance", true)]
    [InlineData("/+", "/finance", true)]
    [InlineData("+/tennis/#", "sport/tennis", true)]
    [InlineData("+/tennis/#", "sport/tennis/x/y", true)]
    [InlineData("sport/+/player1", "sport/tennis/player1", true)]
    [InlineData("sport/+/player1", "sport/player1", false)]
    // Section 4.7.2: a wildcard at the first level does not match topics that begin with $.
    [InlineData("#", "$SYS/monitor/clients", false)]
    [InlineData("+/monitor/clients", "$SYS/monitor/clients", false)]
    [InlineData("$SYS/#", "$SYS/monitor/clients", true)]
    [InlineData("$SYS/monitor/+", "$SYS/monitor/clients", true)]
    [InlineData("$SYS/#", "$SYS", true)]
    [InlineData("a/#", "a/$SYS", true)]
    [InlineData("a/+", "a/$SYS", true)]
    // Section 4.7.3: case counts, and so does each slash.
    [InlineData("ACCOUNTS", "Accounts", false)]
    [InlineData("finance", "/finance", false)]
    [InlineData("a//b", "a//b", true)]
    [InlineData("a/+/b", "a//b", true)]
    [InlineData("a/b", "a//b", false)]
    public void Filters_match_as_the_specification_says(string filter, string topic, bool expected)
    {
        Assert.Equal(expected, TopicFilter.Parse(filter).Matches(topic));
    }

    [Theory]
    [InlineData(null, "empty")]
    [InlineData("", "empty")]
    [InlineData("sport/tennis#", "'#'")]
    [InlineData("sport/tennis/#/ranking", "'#'")]
    [InlineData("##", "'#'")]
    [InlineData("sport+", "'+'")]
    [InlineData("sport/++", "'+'")]
    [InlineData("a b", "white space")]
    [InlineData("a\n", "control")]
    public void A_malformed_filter_is_refused_with_the_cause(string? text, string cause)
    {
        Assert.False(TopicFilter.TryParse(text, out TopicFilter? filter, out string? error));
        Assert.Null(filter);
        Assert.Contains(cause, error, StringComparison.Ordinal);
        Assert.Equal(error, Assert.Throws<FormatException>(() => TopicFilter.Parse(text!)).Message);
    }

    [Theory]
    [InlineData("host/cpu", null)]
    [InlineData("/", null)]
    [InlineData("$SYS/x", null)]
    [InlineData("a/+/b", "wildcard")]
    [InlineData("a/#", "wildcard")]
    [InlineData("", "empty")]
    [InlineData(null, "empty")]
    public void A_name_has_no_wildcards(string? name, string? cause)
    {
        string? error = TopicName.Check(name);
        if (cause is null)
            Assert.Null(error);
        else
            Assert.Contains(cause, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_bounded_in_length_and_levels()
    {
        Assert.Null(TopicName.Check(new string('a', TopicName.MaxLength)));
        Assert.Contains("257 characters", TopicName.Check(new string('a', TopicName.MaxLength + 1)),
            StringComparison.Ordinal);
        Assert.Null(TopicName.Check(new string('/', TopicName.MaxLevels - 1)));
        Assert.Contains("33 levels", TopicName.Check(new string('/', TopicName.MaxLevels)), StringComparison.Ordinal);
    }

    [Fact]
    public void Filters_are_equal_by_their_text()
    {
        TopicFilter one = TopicFilter.Parse("a/+");
        Assert.Equal(one, TopicFilter.Parse("a/+"));
        Assert.Equal(one.GetHashCode(), TopicFilter.Parse("a/+").GetHashCode());
        Assert.NotEqual(one, TopicFilter.Parse("a/#"));
        Assert.False(one.Equals((object?)null));
        Assert.Equal("a/+", one.ToString());
        Assert.False(one.IsExact);
        Assert.True(TopicFilter.Parse("a/b").IsExact);
    }
}
