using System.Collections.Concurrent;
using DotNetty.Buffers;
using DotNetty.Common.Concurrency;
using DotNetty.Transport.Channels;

namespace PushLab;

/// <summary>The subscribers, by the loop that owns them.</summary>
/// <remarks>Owner: the process. Concurrency: any thread. Bound: the loops.</remarks>
internal sealed class Broadcast
{
    private readonly ConcurrentDictionary<IEventLoop, LoopSubscribers> _loops = new();

    public LoopSubscribers Of(IEventLoop loop) => _loops.GetOrAdd(loop, static loop => new(loop));

    /// <summary>Takes over the caller's reference to the frame.</summary>
    public void Publish(IByteBuffer frame, IChannel sender)
    {
        foreach ((_, LoopSubscribers subscribers) in _loops)
            subscribers.Publish((IByteBuffer)frame.Retain(), sender);
        frame.Release();
    }
}

/// <summary>The subscribed channels of one loop.</summary>
/// <remarks>
/// Owner: <see cref="Broadcast"/>. Concurrency: its loop, but <see cref="Publish"/> from any thread. Bound: the loop's
/// channels.
/// </remarks>
internal sealed class LoopSubscribers : IRunnable
{
    private readonly IEventLoop _loop;
    private readonly HashSet<IChannel> _channels = [];
    private bool _flushIsDue;

    public LoopSubscribers(IEventLoop loop) => _loop = loop;

    public void Add(IChannel channel) => _channels.Add(channel);

    public void Remove(IChannel channel) => _channels.Remove(channel);

    public void Publish(IByteBuffer frame, IChannel sender)
    {
        if (_loop.InEventLoop)
            Write(frame, sender);
        else
            _loop.Execute(() => Write(frame, sender));
    }

    /// <summary>The flush that follows what was written; queued, so that it comes after other broadcasts.</summary>
    void IRunnable.Run()
    {
        _flushIsDue = false;
        foreach (IChannel channel in _channels)
            channel.Flush();
    }

    private void Write(IByteBuffer frame, IChannel sender)
    {
        foreach (IChannel channel in _channels)
        {
            if (channel == sender)
                continue;
            if (channel.IsWritable)
                channel.WriteAsync(frame.RetainedDuplicate());
            else
                channel.CloseAsync();
        }
        frame.Release();
        if (_flushIsDue)
            return;
        _flushIsDue = true;
        _loop.Execute(this);
    }
}
