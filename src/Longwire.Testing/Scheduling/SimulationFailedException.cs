namespace Longwire.Testing;

/// <summary>
/// The simulation found a defect; the message names the seed and ends with the last entries of the trace.
/// </summary>
public sealed class SimulationFailedException : Exception
{
    /// <summary>Without a message.</summary>
    public SimulationFailedException()
    {
    }

    /// <summary>With a message.</summary>
    public SimulationFailedException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public SimulationFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
