namespace Longwire.Service.Sources.Exec;

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">Its exit code; 128 + the signal that killed it.</param>
/// <param name="Output">What it printed, as far as it was read.</param>
/// <param name="IsTooLong">Whether it was killed because it printed too much.</param>
/// <param name="ErrorEnd">The end of what it wrote to standard error.</param>
internal sealed record ProgramResult(int ExitCode, ReadOnlyMemory<byte> Output, bool IsTooLong, string ErrorEnd);
