using System.Buffers.Binary;

namespace Longwire;

/// <summary>The forms of a length header.</summary>
internal enum LengthForm : byte
{
    Byte,
    BigEndian16,
    LittleEndian16,
    BigEndian32,
    LittleEndian32,
    Varint,
}

/// <summary>Reading and writing length headers.</summary>
internal static class LengthHeader
{
    internal const int MaxVarintBytes = 5; // ceil(32 / 7)

    /// <summary>Bytes of the header; 0 when it depends on the value.</summary>
    internal static int Bytes(LengthForm form) => form switch
    {
        LengthForm.Byte => 1,
        LengthForm.BigEndian16 or LengthForm.LittleEndian16 => 2,
        LengthForm.BigEndian32 or LengthForm.LittleEndian32 => 4,
        _ => 0,
    };

    /// <summary>Bytes of the shortest varint of <paramref name="value"/>: seven bits a byte.</summary>
    internal static int VarintBytes(uint value) => (System.Numerics.BitOperations.Log2(value | 1) / 7) + 1;

    /// <summary>The largest number the form can announce.</summary>
    internal static uint Largest(LengthForm form) => form switch
    {
        LengthForm.Byte => byte.MaxValue,
        LengthForm.BigEndian16 or LengthForm.LittleEndian16 => ushort.MaxValue,
        _ => uint.MaxValue,
    };

    /// <summary>Reads a header of fixed size.</summary>
    internal static uint Read(LengthForm form, ReadOnlySpan<byte> header) => form switch
    {
        LengthForm.Byte => header[0],
        LengthForm.BigEndian16 => BinaryPrimitives.ReadUInt16BigEndian(header),
        LengthForm.LittleEndian16 => BinaryPrimitives.ReadUInt16LittleEndian(header),
        LengthForm.BigEndian32 => BinaryPrimitives.ReadUInt32BigEndian(header),
        _ => BinaryPrimitives.ReadUInt32LittleEndian(header),
    };

    /// <summary>Reads a complete varint: unsigned LEB128, low groups first.</summary>
    /// <returns>False when it is longer than needed or does not fit 32 bits.</returns>
    internal static bool TryReadVarint(ReadOnlySpan<byte> header, out uint value)
    {
        value = 0;
        for (int i = 0; i < header.Length; i++)
            value |= (uint)(header[i] & 0x7F) << (7 * i);
        byte last = header[^1];
        // A last group of zero says nothing, so the same number has a shorter form. The fifth group has 4 bits left:
        // 32 - 4 × 7.
        return (last != 0 || header.Length == 1) && (header.Length < MaxVarintBytes || last <= 0x0F);
    }

    /// <summary>Writes a header; the destination has exactly its size.</summary>
    internal static void Write(LengthForm form, uint value, Span<byte> header)
    {
        switch (form)
        {
            case LengthForm.Byte: header[0] = (byte)value; break;
            case LengthForm.BigEndian16: BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)value); break;
            case LengthForm.LittleEndian16: BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)value); break;
            case LengthForm.BigEndian32: BinaryPrimitives.WriteUInt32BigEndian(header, value); break;
            case LengthForm.LittleEndian32: BinaryPrimitives.WriteUInt32LittleEndian(header, value); break;
            default: WriteVarint(value, header); break;
        }
    }

    private static void WriteVarint(uint value, Span<byte> header)
    {
        for (int i = 0; i < header.Length - 1; i++, value >>= 7)
            header[i] = (byte)(value | 0x80);
        header[^1] = (byte)value;
    }
}
