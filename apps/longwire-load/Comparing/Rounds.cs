namespace Longwire.Load.Comparing;

/// <summary>
/// Who is measured when: A B C C B A in every round. What drifts steadily with time then favours nobody, and each half
/// of a round is one pair per server, seconds apart.
/// </summary>
internal static class Rounds
{
    /// <summary>The halves of one round: the servers forwards, then backwards.</summary>
    internal static int[][] Halves(int servers)
    {
        int[] forwards = [.. Enumerable.Range(0, servers)];
        return [forwards, [.. forwards.Reverse()]];
    }
}
