using System.Data.Common;
using System.Globalization;

namespace Longwire.Service.Sources.Sql;

/// <summary>A row that was read: names and values.</summary>
internal sealed class SqlRow
{
    /// <summary>Most columns.</summary>
    public const int MaxColumns = 64;

    /// <summary>A longer text is cut.</summary>
    public const int MaxCharacters = 4096;

    private static readonly string[] s_reserved = ["time", "duration_ms", "state", "absent", "stale"];

    private readonly List<(string Name, object? Value)> _fields = [];

    private SqlRow()
    {
    }

    /// <summary>Takes the row at which the reader stands.</summary>
    public static SqlRow Read(DbDataReader reader)
    {
        if (reader.FieldCount > MaxColumns)
            throw new SourceFailure($"The row has {reader.FieldCount} columns, more than {MaxColumns}; select fewer.");
        var row = new SqlRow();
        for (int i = 0; i < reader.FieldCount; i++)
        {
            string name = reader.GetName(i);
            if (s_reserved.Contains(name) || row._fields.Exists(field => field.Name == name))
                throw new SourceFailure($"The column name '{name}' is taken; name it otherwise with AS.");
            row._fields.Add((name, reader.IsDBNull(i) ? null : ReadValue(reader, i)));
        }
        return row;
    }

    /// <summary>Writes each column as a field; NULL is absent.</summary>
    public void Write(StatusReport report)
    {
        foreach ((string name, object? value) in _fields)
        {
            switch (value)
            {
                case null:
                    report.WriteAbsent(name);
                    break;
                case bool flag:
                    report.WriteFlag(name, flag);
                    break;
                case long or int or short or byte:
                    report.Write(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    break;
                case double or float:
                    report.Write(name, Convert.ToDouble(value, CultureInfo.InvariantCulture), decimals: 6);
                    break;
                case decimal number:
                    report.WriteExact(name, number);
                    break;
                case DateTime date:
                    report.WriteText(name, date.ToString("O", CultureInfo.InvariantCulture));
                    break;
                default:
                    string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
                    report.WriteText(name, text.Length <= MaxCharacters ? text : text[..MaxCharacters]);
                    break;
            }
        }
    }

    /// <summary>A text piece by piece, because it may be larger than memory; bytes not at all.</summary>
    private static object ReadValue(DbDataReader reader, int column)
    {
        Type type = reader.GetFieldType(column);
        if (type == typeof(byte[]))
            throw new SourceFailure($"The column '{reader.GetName(column)}' holds bytes; select a text or a number.");
        if (type != typeof(string))
            return reader.GetValue(column);
        char[] text = new char[MaxCharacters];
        int length = (int)reader.GetChars(column, 0, text, 0, text.Length);
        return new string(text, 0, length);
    }
}
