namespace Longwire.Tidy.Tests;

/// <summary>Each rule finds what it forbids, where it stands, and leaves the rest alone.</summary>
public sealed class CodeRulesTests
{
    [Fact]
    public void A_file_over_400_lines_is_found_and_a_test_may_have_600()
    {
        string text = string.Concat(Enumerable.Repeat("// line\n", 401));
        Assert.Equal(["src/A.cs:400: the file has 401 lines, more than 400"], Check(CodeRules.CheckSizes, text));
        Assert.Empty(Check(CodeRules.CheckSizes, text[8..]));
        Assert.Empty(CodeRules.CheckSizes(new("test/A.cs", text)));
        Assert.Single(CodeRules.CheckSizes(new("test/A.cs", text + text)));
    }

    [Fact]
    public void A_line_over_120_columns_is_found() =>
        Assert.Equal(["src/A.cs:2: the line has 121 columns, more than 120"],
            Check(CodeRules.CheckSizes, $"//{new string('a', 118)}\n//{new string('a', 119)}\n"));

    [Theory]
    [InlineData("void M() {{ {0} }}")]
    [InlineData("C() {{ {0} }}")]
    [InlineData("int P {{ get {{ {0} return 1; }} }}")]
    public void A_method_over_70_lines_is_found(string member)
    {
        string Text(int lines) =>
            $"class C\n{{\n{string.Format(null, member, new string('\n', lines - 1))}\n}}\n";
        Assert.Equal(["src/A.cs:3: the method has 71 lines, more than 70"], Check(CodeRules.CheckSizes, Text(71)));
        Assert.Empty(Check(CodeRules.CheckSizes, Text(70)));
    }

    [Theory]
    [InlineData("class ConnectionManager;")]
    [InlineData("static class StringHelpers;")]
    [InlineData("record struct PeerInfo(int Id);")]
    [InlineData("interface IDataSource;")]
    [InlineData("enum UtilKind { A }")]
    [InlineData("delegate void FrameProcessor();")]
    public void A_vague_type_name_is_found(string text) => Assert.Single(Check(CodeRules.CheckTypeNames, text));

    [Theory]
    [InlineData("class Database { int ConnectionInfo; void DataHelper() { } }")]
    [InlineData("class Informer { System.IO.FileInfo Get() => null!; }")]
    [InlineData("class Utilisation;")]
    public void A_type_name_that_only_contains_the_letters_is_fine(string text) =>
        Assert.Empty(Check(CodeRules.CheckTypeNames, text));

    [Theory]
    [InlineData("// TODO: more")]
    [InlineData("/* FIXME */")]
    [InlineData("/// <summary>HACK around it.</summary>\nclass C;")]
    [InlineData("class C { void M() => throw new System.NotImplementedException(); }")]
    public void Unfinished_code_is_found(string text) => Assert.Single(Check(CodeRules.CheckUnfinished, text));

    [Theory]
    [InlineData("class C { string S = \"TODO // FIXME\"; }")]
    [InlineData("// what hackers do")]
    public void Words_in_strings_and_in_longer_words_are_fine(string text) =>
        Assert.Empty(Check(CodeRules.CheckUnfinished, text));

    [Theory]
    [InlineData("class C { void M() { try { } catch { } } }")]
    [InlineData("class C { void M() { try { } catch (System.Exception) { /* nothing */ } } }")]
    public void An_empty_catch_is_found(string text) => Assert.Single(Check(CodeRules.CheckCatches, text));

    [Fact]
    public void A_catch_that_does_something_is_fine() =>
        Assert.Empty(Check(CodeRules.CheckCatches, "class C { int M() { try { return 1; } catch { return 0; } } }"));

    [Theory]
    [InlineData("System.Threading.Thread.Sleep(1)")]
    [InlineData("Task.Delay(1)")]
    public void A_sleep_is_found(string call) =>
        Assert.Single(Check(CodeRules.CheckSleeps, $"class C {{ void M() {{\n{call}; }} }}"));

    [Fact]
    public void A_sleep_in_a_string_is_fine() =>
        Assert.Empty(Check(CodeRules.CheckSleeps, "class C { string S = \"Thread.Sleep(1)\"; }"));

    [Fact]
    public void A_log_event_id_that_is_used_twice_or_not_a_literal_is_found()
    {
        SourceFile one = new("src/A.cs",
            """
            class A
            {
                [LoggerMessage(1, LogLevel.Information, "a")] static partial void First();
                [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "b")] static partial void Second();
                [LoggerMessage(LogLevel.Information, "c")] static partial void Third();
            }
            """);
        SourceFile other = new("src/B.cs",
            """
            class B
            {
                [LoggerMessage(eventId: 2, level: LogLevel.Information, message: "b")] static partial void Second();
                [LoggerMessage(3, LogLevel.Information, "c")] static partial void Third();
                [LoggerMessage(Ids.Four, LogLevel.Information, "c")] static partial void Fourth();
            }
            """);
        Assert.Equal(
            [
                "src/A.cs:5: the log event has no literal event id",
                "src/B.cs:3: log event id 2 is taken by src/A.cs:4",
                "src/B.cs:5: the log event has no literal event id",
            ],
            CodeRules.CheckLogEvents([one, other]).Select(violation => violation.ToString()));
    }

    [Fact]
    public void The_message_of_a_failure_lists_every_violation()
    {
        Exception failure = Assert.ThrowsAny<Exception>(() =>
            Repository.AssertNone([new("src/B.cs", 2, "second"), new("src/A.cs", 1, "first")]));
        Assert.Contains("2 violation(s):\nsrc/A.cs:1: first\nsrc/B.cs:2: second", failure.Message);
        Repository.AssertNone([]);
    }

    private static string[] Check(Func<SourceFile, IEnumerable<Violation>> rule, string text) =>
        [.. rule(new("src/A.cs", text)).Select(violation => violation.ToString())];
}
