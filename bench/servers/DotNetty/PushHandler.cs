using DotNetty.Buffers;
using DotNetty.Transport.Channels;

namespace PushLab;

/// <summary>Handles whole frames, header included, on the loop of its channel.</summary>
internal sealed class PushHandler(Broadcast broadcast) : ChannelHandlerAdapter
{
    public override void ChannelRead(IChannelHandlerContext context, object message)
    {
        var frame = (IByteBuffer)message;
        switch (frame.ReadableBytes > Frames.HeaderBytes ? frame.GetByte(frame.ReaderIndex + Frames.HeaderBytes) : 0)
        {
            case (byte)'S':
                broadcast.Of(context.Channel.EventLoop).Add(context.Channel);
                context.WriteAsync(frame);
                break;
            case (byte)'E':
                context.WriteAsync(frame);
                break;
            case (byte)'P':
                broadcast.Publish(frame, context.Channel);
                break;
            default:
                frame.Release();
                context.CloseAsync();
                break;
        }
    }

    public override void ChannelReadComplete(IChannelHandlerContext context) => context.Flush();

    public override void ChannelInactive(IChannelHandlerContext context)
    {
        broadcast.Of(context.Channel.EventLoop).Remove(context.Channel);
        base.ChannelInactive(context);
    }

    /// <summary>A frame that is too long, or a connection that was reset.</summary>
    public override void ExceptionCaught(IChannelHandlerContext context, Exception exception) => context.CloseAsync();
}
