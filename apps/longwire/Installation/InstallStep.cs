namespace Longwire.Service.Installation;

/// <summary>One thing that installing does to the machine; carried out, or printed for <c>--dry-run</c>.</summary>
internal abstract record InstallStep
{
    private InstallStep()
    {
    }

    /// <summary>Writes a file, and its folder; over an earlier one only if <see cref="SystemdUnit.IsOurs"/>.</summary>
    internal sealed record WriteUnit(string Path, string Text) : InstallStep;

    /// <summary>Deletes a file that has to be there and to be ours.</summary>
    internal sealed record DeleteUnit(string Path) : InstallStep;

    /// <summary>Runs a program, which has to end with 0 unless it may fail.</summary>
    internal sealed record Run(string Program, params string[] Arguments) : InstallStep
    {
        /// <summary>Whether what comes next does not need it, such as stopping what may not run.</summary>
        public bool MayFail { get; init; }
    }
}
