using System.Buffers;
using System.Globalization;
using System.Text;
using Longwire.Primitives;
using Longwire.Testing;

namespace Longwire.Simulation;

/// <summary>The application: echo and publish/subscribe, on the loop, on the pool, and pulling.</summary>
internal sealed class SimulatedServer(Scenario scenario, Oracle oracle, SimulatedPool pool)
{
    private readonly SeededRandom _random = scenario.Random.Fork();

    internal TcpServer Create() => TcpServer.Create(o =>
    {
        o.Loops(scenario.Loops)
            .Limits(scenario.Limits)
            .Hub(scenario.Hub)
            .Memory(new SlabPoolOptions { CeilingBytes = 256 << 20, Poison = true })
            .Time(oracle.Network.Time)
            .Logging(oracle);
        o.PollerFactory = _ => oracle.Network.CreatePoller();
        o.Executor = pool.Post;
        foreach (EndpointPlan plan in scenario.Endpoints)
            o.Listen($"tcp://{plan.Address}", e => Describe(e, plan));
    });

    private void Describe(EndpointBuilder<object?> builder, EndpointPlan plan)
    {
        if (plan.Layer != LayerKind.None)
        {
            builder.UseLayer(new PassLayer(
                plan.Layer == LayerKind.AwaitsWithoutBuffer, plan.LayerHops, _random, pool.Executor));
        }
        EndpointBuilder<Session> endpoint = builder
            .Framing(plan.Codec)
            .Options(plan.Options)
            .Deliver(static (topic, sequence, message, output) =>
            {
                Write(output, $"d {topic.Name} {sequence} ");
                output.Write(message);
            })
            .DeliverGap(static (topic, count, output) => Write(output, $"g {topic.Name} {count}"))
            .DeliverSnapshotEnd(static (filter, output) => Write(output, $"z {filter}"))
            .Heartbeat("h"u8)
            .Goodbye("b"u8)
            .OnConnect(oracle.Connect)
            .OnClosed(static (connection, reason) => connection.Session.OnClosed(reason));
        if (plan.Kind == HandlerKind.Inline)
            endpoint.OnMessageInline((connection, message) => HandleInline(connection, message));
        else if (plan.Kind == HandlerKind.Pool)
            endpoint.OnMessage((connection, message) => HandleAsync(connection.Session, message));
        else
            endpoint.OnConnection(PullAsync);
    }

    private void HandleInline(Connection<Session> connection, BorrowedMessage message)
    {
        Session session = connection.Session;
        session.Enter("a message");
        Interleaving.Point();
        try
        {
            byte[] reply = Answer(session, message.ToString());
            SendResult result = connection.Send(reply);
            if (result is not (SendResult.Queued or SendResult.Closed))
                oracle.Fail($"a reply of {reply.Length} bytes to {session.Client} was {result}");
        }
        finally
        {
            session.Exit();
        }
    }

    private async ValueTask HandleAsync(Session session, Message message)
    {
        session.Enter("a message");
        try
        {
            if (_random.Chance(0.3))
                await Task.Yield();
            string text = message.ToString();
            if (_random.Chance(0.1))
                message.Detach().Dispose();
            byte[] reply = Answer(session, text);
            SendResult result = session.Connection.Send(reply);
            if (result == SendResult.Full)
            {
                oracle.Count("replies that waited");
                result = await session.Connection.SendAsync(reply);
            }
            if (result is not (SendResult.Queued or SendResult.Closed))
                oracle.Fail($"a reply of {reply.Length} bytes to {session.Client} was {result}");
        }
        finally
        {
            session.Exit();
        }
    }

    private async Task PullAsync(Connection<Session> connection)
    {
        await foreach (Message message in connection.Messages)
            await HandleAsync(connection.Session, message);
    }

    private byte[] Answer(Session session, string text)
    {
        SimulatedClient client = session.Client;
        string[] parts = text.Split(' ');
        oracle.Count($"request {parts[1]}");
        switch (parts[1][0])
        {
            case 'e':
                int size = int.Parse(parts[2], CultureInfo.InvariantCulture);
                return Encoding.ASCII.GetBytes($"r {parts[0]} {new string('.', size)}");
            case 's':
                Subscribe(session, client.Filters.Find(f => f.Name == parts[2])!);
                break;
            case 'u':
                FilterView filter = client.Filters.Find(f => f.Name == parts[2])!;
                session.Connection.Unsubscribe(filter.Filter);
                if (client.Endpoint.Kind == HandlerKind.Inline)
                    client.OnUnsubscribed(filter);
                break;
            case 'p':
                oracle.Publish(parts[2], int.Parse(parts[3], CultureInfo.InvariantCulture),
                    parts[4] == "others" ? client : null);
                break;
            case 'x':
                client.Causes.Add(CloseReason.ClosedByApplication);
                oracle.Wait($"the close of {client}", session.Connection.CloseAsync());
                break;
            case 'k':
                client.Causes.Add(CloseReason.AbortedByApplication);
                session.Connection.Abort();
                break;
            default:
                client.Causes.Add(CloseReason.HandlerFailed);
                throw new PlannedException();
        }
        return Encoding.ASCII.GetBytes($"r {parts[0]}");
    }

    private void Subscribe(Session session, FilterView filter)
    {
        session.Client.OnSubscribing(filter);
        filter.Accepted++; // first: the end of the snapshot may be seen before the call returns
        SubscribeOptions options = DrawPositions(session.Client, filter);
        SubscribeResult result = options.Positions.Count == 0
            ? session.Connection.Subscribe(filter.Filter)
            : session.Connection.Subscribe(filter.Filter, options);
        if (result == SubscribeResult.Closed)
            filter.Accepted--;
        else if (result != SubscribeResult.Subscribed)
            oracle.Fail($"{session.Client} subscribes to {filter.Name}: {result}");
    }

    /// <summary>
    /// A client that subscribes for the first time may have been here before, on another connection, and know topics.
    /// </summary>
    private SubscribeOptions DrawPositions(SimulatedClient client, FilterView filter)
    {
        if (filter.Accepted > 1 || _random.Chance(0.6))
            return new SubscribeOptions();
        bool isOtherLife = _random.Chance(0.1);
        var positions = new List<TopicPosition>();
        foreach (Topic topic in oracle.Server.Hub.FindTopics(filter.Filter))
        {
            long head = topic.Sequence;
            if (head == 0 || _random.Chance(0.3))
                continue;
            long position = Math.Max(1, head - _random.Next(20));
            positions.Add(new TopicPosition(topic.Name, position));
            if (!isOtherLife)
                client.View(topic.Name).ResumeAt(position);
        }
        oracle.Count("positions", positions.Count);
        return new SubscribeOptions
        {
            Epoch = oracle.Server.Hub.Epoch - (isOtherLife ? 1 : 0),
            Positions = positions,
        };
    }

    private static void Write(IBufferWriter<byte> output, string text)
    {
        Span<byte> span = output.GetSpan(text.Length);
        output.Advance(Encoding.ASCII.GetBytes(text, span));
    }
}
