using System.Text.Json;
using Spectre.Console;

namespace Longwire.Service.Cli;

/// <summary>A server's JSON reply as a table: an object a row, its fields as columns in their order.</summary>
internal static class JsonTable
{
    /// <summary>A list: an object a row.</summary>
    public static void Write(IAnsiConsole terminal, IReadOnlyList<JsonElement> rows)
    {
        string[] columns =
            [.. rows.SelectMany(static row => row.EnumerateObject().Select(static f => f.Name)).Distinct()];
        Table table = NewTable();
        foreach (string column in columns)
        {
            bool isNumber = rows.All(row => !row.TryGetProperty(column, out JsonElement cell)
                || cell.ValueKind == JsonValueKind.Number);
            table.AddColumn(column, at => at.NoWrap().Alignment = isNumber ? Justify.Right : Justify.Left);
        }
        foreach (JsonElement row in rows)
        {
            table.AddRow([.. columns.Select(column => new Text(
                row.TryGetProperty(column, out JsonElement cell) ? cell.ToString() : "-"))]);
        }
        terminal.Write(table);
    }

    /// <summary>One object: a field a line.</summary>
    public static void Write(IAnsiConsole terminal, JsonElement fields)
    {
        Table table = NewTable();
        table.AddColumn("name").AddColumn("value", static at => at.Alignment = Justify.Right);
        table.HideHeaders();
        foreach (JsonProperty field in fields.EnumerateObject())
            table.AddRow(new Text(field.Name), new Text(field.Value.ToString()));
        terminal.Write(table);
    }

    private static Table NewTable() => new Table().NoBorder();
}
