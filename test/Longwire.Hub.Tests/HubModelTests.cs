namespace Longwire.HubTests;

/// <summary>The hub against a naive model of it, over thousands of seeds.</summary>
public sealed class HubModelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_hub_tells_what_the_model_says(int part)
    {
        const int Seeds = 1000;
        for (int seed = part * 1_000_000; seed < part * 1_000_000 + Seeds; seed++)
        {
            try
            {
                new HubModelRun(seed).Run(steps: 150);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException(
                    $"Seed {seed} failed; run it alone with new HubModelRun({seed}).Run(150).", exception);
            }
        }
    }
}
