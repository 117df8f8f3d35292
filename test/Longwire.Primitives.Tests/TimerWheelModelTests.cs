using CsCheck;

namespace Longwire.Primitives.Tests;

/// <summary>The wheel against a plain table of deadlines, over random histories.</summary>
public sealed class TimerWheelModelTests
{
    private const int Timers = 12;

    private enum Act
    {
        Arm,
        Disarm,
        Advance,
        AdvanceToNext,
    }

    // Near the present, around one turn of 1,024 slots (same slot, later turn), and far beyond several.
    private static readonly Gen<int> Distance =
        Gen.OneOf(Gen.Int[-5, 40], Gen.Int[1020, 1030], Gen.Int[2040, 2055], Gen.Int[0, 6000]);

    private static readonly Gen<Step> Steps =
        Gen.Select(Gen.Enum<Act>(), Gen.Int[0, Timers - 1], Distance)
            .Select((act, timer, ticks) => new Step(act, timer, ticks));

    [Fact]
    public void The_wheel_behaves_like_a_table_of_deadlines() =>
        // The second list says what each expiry does: callbacks arm and disarm too, in the very slot that is running.
        Gen.Select(Steps.List[1, 60], Steps.Where(step => step.Act < Act.Advance).Null(0.3).Array[1, 20])
            .Sample((steps, reactions) => new Model(reactions).Play(steps), iter: 3_000);

    private sealed record Step(Act Act, int Timer, int Ticks);

    private sealed class Model
    {
        private readonly TimerWheel _wheel = new();
        private readonly Timer[] _timers;
        private readonly long?[] _due = new long?[Timers];
        private readonly Step?[] _reactions;
        private int _expiries;

        internal Model(Step?[] reactions)
        {
            _reactions = reactions;
            _timers = [.. Enumerable.Range(0, Timers).Select(id => new Timer(this, id))];
        }

        internal void Play(List<Step> steps)
        {
            foreach (Step step in steps)
            {
                if (step.Act == Act.Advance)
                    Advance(_wheel.Current + step.Ticks);
                else if (step.Act == Act.AdvanceToNext && _wheel.TicksToNext() > 0)
                    Advance(_wheel.Current + _wheel.TicksToNext());
                else
                    Change(step);
                CheckAgreement();
            }
        }

        internal void OnExpired(int id, long tick)
        {
            Assert.Equal(_wheel.Current, tick);
            Assert.True(_due[id] <= tick, $"Timer {id} expired at {tick} though it is due at {_due[id]}.");
            _due[id] = null;
            if (_reactions[_expiries++ % _reactions.Length] is { } reaction)
                Change(reaction);
        }

        private void Advance(long tick)
        {
            long now = Math.Max(_wheel.Current, tick);
            _wheel.Advance(tick);
            Assert.Equal(now, _wheel.Current);
            Assert.All(_due, due => Assert.False(due <= now, $"A timer due at {due} did not expire by {now}."));
        }

        private void Change(Step step)
        {
            if (step.Act == Act.Arm)
            {
                long due = _wheel.Current + step.Ticks;
                _wheel.Arm(_timers[step.Timer], due);
                _due[step.Timer] = Math.Max(due, _wheel.Current + 1);
            }
            else if (step.Act == Act.Disarm)
            {
                _wheel.Disarm(_timers[step.Timer]);
                _due[step.Timer] = null;
            }
        }

        private void CheckAgreement()
        {
            for (int id = 0; id < Timers; id++)
            {
                Assert.Equal(_due[id].HasValue, TimerWheel.IsArmed(_timers[id], out long due));
                Assert.Equal(_due[id] ?? TimerWheel.NotArmed, due);
            }
            Assert.Equal(_due.Count(due => due.HasValue), _wheel.Count);
            int next = _wheel.TicksToNext();
            if (_due.Min() is { } first)
                Assert.InRange(next, 1, first - _wheel.Current);
            else
                Assert.Equal(-1, next);
        }
    }

    private sealed class Timer(Model model, int id) : TimedWork
    {
        protected internal override void OnTimer(long tick) => model.OnExpired(id, tick);

        protected internal override void Run() => Assert.Fail("Nobody posted this timer.");
    }
}
