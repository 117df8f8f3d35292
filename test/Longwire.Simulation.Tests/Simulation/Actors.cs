using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Longwire.Primitives;
using Longwire.Testing;

namespace Longwire.Simulation;

/// <summary>Acts a given number of times, off every loop, at moments that the scheduler chooses.</summary>
internal abstract class SeededActor(SeededRandom random, string name) : IActor
{
    public string Name { get; } = name;

    public bool IsRunnable => Remaining > 0;

    internal int Remaining { get; set; }

    protected SeededRandom Random { get; } = random;

    public void Step()
    {
        Remaining--;
        MemoryNetwork.OffLoop(Act);
    }

    protected abstract void Act();
}

/// <summary>The clients: they come, ask, subscribe, stall, and leave in every way there is.</summary>
internal sealed class ClientsActor(Scenario scenario, Oracle oracle) : SeededActor(scenario.Random.Fork(), "clients")
{
    protected override void Act()
    {
        if (oracle.Clients.Count < scenario.Clients && Random.Chance(oracle.Clients.Count < 3 ? 1 : 0.4))
        {
            Connect();
            return;
        }
        SimulatedClient client = oracle.Clients[Random.Next(oracle.Clients.Count)];
        if (client.HasEnded || client.Peer.SawReset || client.Peer.SawFin || client.HasSentFin)
            return;
        int die = Random.Next(100);
        if (die < 35)
            Ask(client);
        else if (die < 60)
            ChangeSubscription(client);
        else if (die < 75)
            AskPublish(client);
        else if (die < 82)
            client.StopReading();
        else if (die < 92)
            client.Peer.ResumeReading();
        else if (scenario.Endings)
            End(client, Random.Next(10));
    }

    private void Connect()
    {
        EndpointPlan endpoint = scenario.Endpoints[Random.Next(scenario.Endpoints.Length)];
        try
        {
            MemoryPeer peer = oracle.Network.Connect(endpoint.Address);
            var client = new SimulatedClient(oracle, oracle.Clients.Count, endpoint, peer)
            {
                AnswersFin = Random.Chance(0.9),
            };
            oracle.Clients.Add(client);
            oracle.ByAddress.Add(Longwire.Transport.PeerAddress.From(peer.Address), client);
        }
        catch (SocketException)
        {
            oracle.Count("refused by the backlog");
        }
    }

    private void Ask(SimulatedClient client)
    {
        int size = Random.Chance(0.2) ? Random.Next(600) : Random.Next(30);
        for (int i = Random.Between(1, Random.Chance(0.2) ? 40 : 4); i > 0; i--)
            client.Ask('e', size.ToString(CultureInfo.InvariantCulture), null, Random.Chance(0.2));
    }

    private void ChangeSubscription(SimulatedClient client)
    {
        if (client.Filters.Count == 0)
            return;
        FilterView filter = client.Filters[Random.Next(client.Filters.Count)];
        if (filter.Active && !filter.Ending && Random.Chance(0.3))
        {
            filter.Ending = filter.EverEnded = true;
            client.Ask('u', filter.Name, filter, Random.Chance(0.1));
        }
        else if (!filter.Wanted && !filter.Active && !filter.Ending && !filter.EndPosted)
        {
            filter.Wanted = filter.EverAsked = true;
            client.Ask('s', filter.Name, filter, Random.Chance(0.1));
            if (!Random.Chance(0.1))
                return;
            filter.Ending = filter.EverEnded = true; // a change of mind, in the same breath
            client.Ask('u', filter.Name, filter);
        }
    }

    private void AskPublish(SimulatedClient client)
    {
        string topic = scenario.Topics[Random.Next(scenario.Topics.Length)];
        for (int i = Random.Between(1, 4); i > 0; i--)
        {
            client.Ask('p', $"{topic} {Random.Next(scenario.LargestPayload + 1)} "
                + (Random.Chance(0.7) ? "others" : "all"));
        }
    }

    private void End(SimulatedClient client, int how)
    {
        oracle.Count($"ending {how}");
        oracle.Note(client, $"ends in way {how}");
        switch (how)
        {
            case 0 or 1 or 2:
                client.SendTail();
                client.Fin();
                break;
            case 3:
                client.HasEnded = true;
                client.Causes.UnionWith([CloseReason.PeerReset, CloseReason.PeerClosed]);
                client.Peer.Reset();
                break;
            case 4:
                client.HasEnded = true;
                client.Causes.UnionWith(
                    [CloseReason.PeerReset, CloseReason.PeerClosed, CloseReason.ClosedByApplication,
                    CloseReason.TruncatedFrame]);
                client.Peer.Close();
                break;
            case 5:
                client.Ask('x', "");
                client.HasEnded = true;
                break;
            case 6:
                client.Ask('k', "");
                client.HasEnded = true;
                break;
            case 7:
                client.Ask('f', "");
                client.HasEnded = true;
                break;
            case 8:
                SendGarbage(client);
                break;
            default:
                client.SendTail();
                client.HasEnded = true;
                client.Causes.UnionWith(
                    [CloseReason.TruncatedFrame, CloseReason.FrameTooLarge, CloseReason.MalformedFrame]);
                client.SendBytes([(byte)'0', (byte)'1']);
                client.Fin();
                break;
        }
    }

    private static void SendGarbage(SimulatedClient client)
    {
        client.SendTail();
        client.HasEnded = true;
        client.Causes.UnionWith([CloseReason.FrameTooLarge, CloseReason.MalformedFrame]);
        byte[] garbage = new byte[Scenario.MaxFrame + 10];
        Array.Fill(garbage, (byte)0xEE);
        client.SendBytes(garbage);
    }
}

/// <summary>Publishes as the rest of a process does: from threads that are no loops.</summary>
internal sealed class PublisherActor(Scenario scenario, Oracle oracle)
    : SeededActor(scenario.Random.Fork(), "publisher")
{
    protected override void Act()
    {
        string topic = scenario.Topics[Random.Next(scenario.Topics.Length)];
        for (int i = Random.Between(1, scenario.Burst); i > 0; i--)
        {
            oracle.Publish(topic, Random.Next(scenario.LargestPayload + 1), sender: null);
            if (Random.Chance(0.3))
                topic = scenario.Topics[Random.Next(scenario.Topics.Length)];
        }
    }
}

/// <summary>The application's other threads: they send, flush, close and abort whom they like.</summary>
internal sealed class ApplicationActor(Scenario scenario, Oracle oracle, SimulatedPool pool)
    : SeededActor(scenario.Random.Fork(), "application")
{
    private long _nextBroadcast;

    protected override void Act()
    {
        if (oracle.Sessions.Count == 0)
            return;
        Session session = oracle.Sessions[Random.Next(oracle.Sessions.Count)];
        int die = Random.Next(100);
        if (die < 50)
            Send(session);
        else if (die < 65)
            oracle.Wait($"a flush of {session.Client}", session.Connection.FlushAsync());
        else if (die < 75)
            pool.Post(() => oracle.Wait($"a send to {session.Client}", SendLaterAsync(session)));
        else if (die < 80)
            pool.Post(() => oracle.Wait($"the closed task of {session.Client}", WatchAsync(session)));
        else if (die < 82)
            SendToAll();
        else if (die < 84)
            _ = oracle.Server.Snapshot();
        else if (die < 88 && scenario.Endings)
            Close(session);
        else if (die < 92 && scenario.Endings)
            Abort(session);
        else if (die < 96 && scenario.Endings)
            SignIn(session);
    }

    /// <summary>Of few users, so that the newest connection often replaces another.</summary>
    private void SignIn(Session session)
    {
        string user = $"u{Random.Next(4)}";
        foreach (Connection other in oracle.Server.FindUser(user).Where(other => other != session.Connection))
        {
            SimulatedClient replaced = oracle.Sessions.Find(one => one.Connection == other)!.Client;
            replaced.HasEnded = true;
            oracle.Note(replaced, $"is replaced by {session.Client}");
            replaced.Causes.Add(CloseReason.Replaced);
        }
        SignInResult result = session.Connection.SignIn(user);
        oracle.Count($"sign-in: {result}");
        if (oracle.Server.FindUser(user).Count > 1)
            oracle.Fail($"{user} has more than one connection after the sign-in of {session.Client}");
        if (result != SignInResult.Closed && session.Connection.User != user)
            oracle.Fail($"{session.Client} is signed in as {session.Connection.User}, not {user}");
    }

    private void Send(Session session)
    {
        for (int i = Random.Between(1, 5); i > 0; i--)
        {
            byte[] note = Encoding.ASCII.GetBytes($"n {session.NextNote++}");
            if (session.Connection.Send(note) == SendResult.Queued)
                session.NotesQueued++;
        }
    }

    private void SendToAll()
    {
        for (int i = Random.Between(1, 3); i > 0; i--)
            oracle.Server.SendToAll(Encoding.ASCII.GetBytes($"m {_nextBroadcast++}"));
    }

    private async Task SendLaterAsync(Session session)
    {
        int size = Random.Chance(0.2) ? Random.Next(Scenario.MaxFrame - 2) : 10;
        byte[] note = Encoding.ASCII.GetBytes("h " + new string('.', size));
        SendResult result = await session.Connection.SendAsync(note);
        if (result is not (SendResult.Queued or SendResult.Closed))
            oracle.Fail($"a send of {note.Length} bytes to {session.Client} was {result}");
    }

    private async Task WatchAsync(Session session)
    {
        Task<CloseReason> closed = session.Connection.Closed;
        CloseReason reason = await closed;
        if (reason == CloseReason.None || reason != session.Connection.Reason)
            oracle.Fail($"the closed task of {session.Client} says {reason}, not {session.Connection.Reason}");
    }

    private void Close(Session session)
    {
        session.Client.HasEnded = true;
        oracle.Note(session.Client, "is closed by the application");
        session.Client.Causes.Add(CloseReason.ClosedByApplication);
        TimeSpan? deadline = Random.Chance(0.5) ? null : Random.NextTime(TimeSpan.FromSeconds(3));
        oracle.Wait($"the close of {session.Client}", session.Connection.CloseAsync(deadline));
    }

    /// <summary>The second reason is no cause: the first abort wins.</summary>
    private void Abort(Session session)
    {
        bool isFirst = !session.Client.Causes.Contains(CloseReason.AbortedByApplication);
        session.Client.HasEnded = true;
        oracle.Note(session.Client, "is aborted by the application");
        session.Client.Causes.Add(CloseReason.AbortedByApplication);
        session.Connection.Abort();
        if (isFirst && Random.Chance(0.3))
            session.Connection.Abort(CloseReason.TransportError);
    }
}
