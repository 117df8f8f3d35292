// DotNetty: a length-field decoder and one handler per channel, an event loop per processor. A broadcast is handed to
// each loop once; the loop writes it to its channels and flushes them after all that is queued for the loop, so that
// frames which come together leave together.
// Slow consumers: nobody waits for them. Frames queue by reference up to 16 MiB, then the channel is closed.
using System.Net;
using System.Net.Sockets;
using DotNetty.Codecs;
using DotNetty.Transport.Bootstrapping;
using DotNetty.Transport.Channels;
using DotNetty.Transport.Channels.Sockets;
using PushLab;

const int MaxQueuedBytes = 16 << 20;

var broadcast = new Broadcast();
ServerBootstrap bootstrap = new ServerBootstrap()
    .Group(new MultithreadEventLoopGroup(1), new MultithreadEventLoopGroup(Environment.ProcessorCount))
    .ChannelFactory(static () => new TcpServerSocketChannel(AddressFamily.InterNetwork))
    .Option(ChannelOption.SoBacklog, Listening.Backlog)
    .ChildOption(ChannelOption.TcpNodelay, true)
    .ChildOption(ChannelOption.WriteBufferHighWaterMark, MaxQueuedBytes)
    .ChildHandler(new ActionChannelInitializer<IChannel>(channel => channel.Pipeline
        .AddLast(new LengthFieldBasedFrameDecoder(
            Frames.HeaderBytes + Frames.MaxPayloadBytes,
            lengthFieldOffset: 0,
            lengthFieldLength: Frames.HeaderBytes,
            lengthAdjustment: 0,
            initialBytesToStrip: 0))
        .AddLast(new PushHandler(broadcast))));
IChannel listener = await bootstrap.BindAsync(new IPEndPoint(IPAddress.Loopback, Listening.Port(args)));
Listening.Announce("dotnetty", listener.LocalAddress);
Thread.Sleep(Timeout.Infinite);
