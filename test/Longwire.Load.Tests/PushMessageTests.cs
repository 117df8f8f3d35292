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
        byte[] message = new byte[size];
        PushMessage.Write(message, sequence: 7, due: 42);

        Assert.True(PushMessage.TryRead(message, out long sequence, out long due));
        Assert.Equal((7, 42), (sequence, due));
    }

    [Fact]
    public void Every_damaged_byte_but_those_of_the_numbers_is_seen()
    {
        byte[] message = new byte[128];
        PushMessage.Write(message, sequence: 7, due: 42);
        for (int i = 0; i < message.Length; i++)
        {
            if (i is >= 5 and < PushMessage.HeaderBytes)
                continue; // a wrong number is seen by its order, or by the body that belongs to it
            message[i] ^= 1;
            Assert.False(PushMessage.TryRead(message, out _, out _), $"byte {i}");
            message[i] ^= 1;
        }
    }

    [Fact]
    public void The_body_of_another_message_is_seen()
    {
        byte[] one = new byte[128];
        byte[] other = new byte[128];
        PushMessage.Write(one, sequence: 7, due: 42);
        PushMessage.Write(other, sequence: 8, due: 42);
        other.AsSpan(PushMessage.HeaderBytes).CopyTo(one.AsSpan(PushMessage.HeaderBytes));

        Assert.False(PushMessage.TryRead(one, out _, out _));
    }

    [Fact]
    public void A_message_that_lost_its_end_is_seen()
    {
        byte[] message = new byte[128];
        PushMessage.Write(message, sequence: 7, due: 42);

        Assert.False(PushMessage.TryRead(message.AsSpan(0, 127), out _, out _));
    }
}
