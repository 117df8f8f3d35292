namespace Longwire.Load;

/// <summary>What the process ends with.</summary>
internal static class ExitCodes
{
    internal const int Good = 0;

    /// <summary>Something was lost, grew or broke off; the summary or standard error says what.</summary>
    internal const int Bad = 1;

    /// <summary>The command line is wrong; standard error says what and how to cure it.</summary>
    internal const int Usage = 2;
}
