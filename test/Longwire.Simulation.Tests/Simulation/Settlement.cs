namespace Longwire.Simulation;

/// <summary>What must hold for a client that reads, when nothing is under way any more.</summary>
internal static class Settlement
{
    internal static void Check(Oracle oracle, SimulatedClient client)
    {
        foreach (FilterView filter in client.Filters.Where(static f => f.EndPosted))
        {
            client.OnUnsubscribed(filter);
            filter.EndPosted = false;
        }
        CheckHalfClosed(oracle, client);
        if (!client.IsLive || client.HasSentFin)
            return;
        oracle.Count("clients settled");
        if (client.Replies != client.Requests)
            oracle.Fail($"{client} has {client.Replies} replies to {client.Requests} requests; {Describe(client)}");
        if (client.Notes != client.Session!.NotesQueued)
            oracle.Fail($"{client} has {client.Notes} of {client.Session.NotesQueued} notes; {Describe(client)}");
        if (client.Session.Connection.Snapshot().OutboxBytes is not 0 and var left)
            oracle.Fail($"{client} reads all and {left} bytes are left in its outbox");
        if (client.Session.Connection.User is { } user
            && !oracle.Server.FindUser(user).Contains(client.Session.Connection))
        {
            oracle.Fail($"{client} is signed in as {user} and not found; {Describe(client)}");
        }
        foreach (FilterView filter in client.Filters)
        {
            if (filter.Active && !filter.Ending)
                CheckSubscription(oracle, client, filter);
        }
    }

    private static void CheckHalfClosed(Oracle oracle, SimulatedClient client)
    {
        // Its input came before its FIN: all of it is answered, then the server closes.
        bool orderly = client.HasSentFin && !client.HasEnded && !client.EverStopped && !client.Peer.SawReset
            && oracle.Scenario.Faults is { Reset: 0, Stall: 0 } && client.Session is { IsClosed: true };
        if (orderly && client.Session!.Connection.Reason == CloseReason.PeerClosed && client.Replies != client.Requests)
            oracle.Fail($"{client} sent FIN after {client.Requests} requests and has {client.Replies} replies");
        // An orderly end of ours: all that was queued went ahead of the FIN.
        bool isFlushed = !client.Causes.Contains(CloseReason.PeerReset) && !client.EverStopped
            && client.Peer is { SawFin: true, SawReset: false } && oracle.Scenario.Faults is { Reset: 0, Stall: 0 }
            && client.Session is { IsClosed: true };
        if (isFlushed && client.Notes != client.Session!.NotesQueued)
            oracle.Fail($"{client} saw FIN after {client.Notes} of {client.Session.NotesQueued} queued notes");
    }

    private static void CheckSubscription(Oracle oracle, SimulatedClient client, FilterView filter)
    {
        oracle.Count("subscriptions settled");
        if (!filter.EverEnded && filter.Ends != filter.Accepted)
            oracle.Fail($"{client} got {filter.Ends} snapshot ends of {filter.Accepted} for {filter.Name}");
        foreach (Topic topic in oracle.Server.Hub.FindTopics(filter.Filter))
        {
            long head = topic.Sequence;
            TopicView view = client.View(topic.Name);
            bool retained = topic.Options.Retention == Retention.RetainLast;
            bool isLatest = Scenario.PolicyOf(topic, client.Endpoint) == SlowConsumerPolicy.Latest;
            // Of what retains nothing, what was missed may be there no more, and a gap is not told where it conflates.
            bool isNews = head > view.HeadAtEnd || (view.IsResumed && !isLatest);
            if (head == 0 || (!retained && (filter.EverEnded || !isNews)))
                continue;
            if (isLatest)
            {
                if (view.Last != head && oracle.ExceptOf(topic.Name, head) != client.Index)
                    oracle.Fail($"{client} has {topic.Name} {view.Last}, its final is {head}; {Describe(client)}");
            }
            else if (!filter.EverEnded)
            {
                CheckGaps(oracle, client, topic, view, retained || view.IsResumed);
            }
        }
    }

    /// <summary>Each message came, or was told lost, or was the client's own.</summary>
    private static void CheckGaps(Oracle oracle, SimulatedClient client, Topic topic, TopicView view, bool retained)
    {
        long head = topic.Sequence;
        long from = view.First > 0 ? view.First : view.HeadAtEnd + 1;
        long own = 0;
        for (long sequence = from + (view.First > 0 ? 1 : 0); sequence <= head; sequence++)
            own += oracle.ExceptOf(topic.Name, sequence) == client.Index ? 1 : 0;
        long missing = head - from + 1 - view.Received - own;
        long least = Math.Max(1, view.HeadAtSubscribe + (retained ? 0 : 1));
        long most = head - least + 1 - view.Received;
        if (missing > view.Gaps || view.Gaps > most)
        {
            oracle.Fail($"{client} misses {missing} of {topic.Name} and was told {view.Gaps} (at most {most}); head "
                + $"{head}, first {view.First}, received {view.Received}, own {own}; {Describe(client)}");
        }
    }

    private static string Describe(SimulatedClient client) => client.Session!.Connection.Snapshot().ToString();
}
