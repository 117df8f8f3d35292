namespace Longwire.Service.Hosting;

/// <summary>What the process ends with.</summary>
internal static class ExitCodes
{
    /// <summary>Stopped in good order.</summary>
    public const int Success = 0;

    /// <summary>Could not start, or had to stop by itself; standard error says why.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong; standard error says what and where.</summary>
    public const int Usage = 2;

    /// <summary>No server was reached, or it did not answer in time; standard error says which.</summary>
    public const int Unreachable = 3;
}
