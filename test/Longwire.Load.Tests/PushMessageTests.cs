using Longwire.Load.Protocols;

namespace Longwire.Load.Tests;

/// <summary>A driver that overlooks damage proves nothing.</summary>
public sealed class PushMessageTests
{
    [Theory]
    [InlineData(PushMessage.HeaderBytes)]
    [InlineData(128)]
    [InlineData(16 << 10)]
    public void What_was_written_is_read(int size)
    {
        byte[] message = Message(size, number: 7);

        Assert.True(PushMessage.TryReadHeader(message, out PushMessage.Header header));
        Assert.Equal(new PushMessage.Header(3, 7, 42), header);
        Assert.True(PushMessage.HasBody(message, 7));
    }

    [Fact]
    public void Every_damaged_byte_but_those_of_the_numbers_is_seen()
    {
        byte[] message = Message(128, number: 7);
        for (int i = 0; i < message.Length; i++)
        {
            if (i is >= 5 and < PushMessage.HeaderBytes)
                continue; // a wrong number is seen by its order, or by the body that belongs to it
            message[i] ^= 1;
            Assert.False(
                PushMessage.TryReadHeader(message, out PushMessage.Header header)
                && PushMessage.HasBody(message, header.Number),
                $"byte {i}");
            message[i] ^= 1;
        }
    }

    [Fact]
    public void The_body_of_another_message_is_seen()
    {
        byte[] one = Message(128, number: 7);
        Message(128, number: 8).AsSpan(PushMessage.HeaderBytes).CopyTo(one.AsSpan(PushMessage.HeaderBytes));

        Assert.False(PushMessage.HasBody(one, 7));
    }

    [Fact]
    public void A_message_that_lost_its_end_is_seen() =>
        Assert.False(PushMessage.TryReadHeader(Message(128, number: 7).AsSpan(0, 127), out _));

    private static byte[] Message(int size, long number)
    {
        byte[] message = new byte[size];
        PushMessage.Write(message, publisher: 3, number, due: 42);
        return message;
    }
}
