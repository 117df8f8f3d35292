using System.Text;
using Longwire.Service.Configuration;

namespace Longwire.Service.Tests;

/// <summary>Which line a message names.</summary>
public sealed class KeyLinesTests
{
    private const string Json = """
        { // the first line
          "a": {
            "b": 1, /* a
                       comment */ "c": [
              { "d": 2 },
              "e", [ 3,
                4 ]
            ]
          },
          "A2": null,
        }
        """;

    [Theory]
    [InlineData("a", 2)]
    [InlineData("a:b", 3)]
    [InlineData("A:C", 4)]
    [InlineData("a:c:0:d", 5)]
    [InlineData("a:c:1", 6)]
    [InlineData("a:c:2:1", 7)]
    [InlineData("a2", 10)]
    [InlineData("a:none", 2)]
    [InlineData("a:c:0:none", 5)]
    [InlineData("none", null)]
    public void A_key_has_its_line_or_that_of_what_it_is_missing_in(string key, int? line)
    {
        byte[] json = Encoding.UTF8.GetBytes(Json.ReplaceLineEndings("\n"));
        Assert.Equal(line, KeyLines.Find(json, key));
        Assert.Equal(line, KeyLines.Find([0xEF, 0xBB, 0xBF, .. json], key));
    }
}
