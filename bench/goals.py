#!/usr/bin/env python3
"""Says which goals of the standard table are met: goals.py FOLDER. Exit code 1 when one is missed or was not measured.

A ratio is the median over pairs of neighbouring slices with its bootstrap 95 % interval: to the C floor as longwire-load
compare wrote it, to another server computed here from the slices of the same file. Standard library only.
"""
import json
import pathlib
import random
import statistics
import sys

CPU = "cpu per operation"
FANOUT = ["fanout-1000-w1", "fanout-1000-w4", "fanout-1000-16k", "fanout-10000-w1", "fanout-10000-w4"]
ECHO = ["echo-250-100", "echo-250-10000", "echo-5000-100"]
PAIRS = 30  # 15 rounds, forwards and backwards
USER_SECONDS = 20  # user time is sampled; below this it says little

folder = pathlib.Path(sys.argv[1])
missed = unmeasured = weak = 0


def load(name):
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def run_of(result, server):
    return next((run for run in result["runs"] if run["server"] == server), None) if result else None


def say(what, value, goal, met, enough=True):
    global missed, weak
    missed += not met
    weak += not enough
    note = "" if enough else "  (too short to judge by)"
    print(f"{'met   ' if met else 'MISSED'}  {what:<62} {value:>22}  goal {goal}{note}")


def skip(what):
    global unmeasured
    unmeasured += 1
    print(f"------  {what:<62} {'not measured':>22}")


def bootstrap(ratios):
    draws = random.Random(1)
    medians = sorted(statistics.median(draws.choices(ratios, k=len(ratios))) for _ in range(2000))
    return statistics.median(ratios), medians[50], medians[-51]


def ratio(result, server, other):
    """Median, low, high and pairs of CPU per operation, server to other; None when either is not in the result."""
    if not result or not result.get("good") or not run_of(result, server) or not run_of(result, other):
        return None
    if result["comparison"]["baseline"] == other:
        row = next((r for r in result["comparison"]["rows"] if r["server"] == server and r["metric"] == CPU), None)
        return row and (row["medianRatio"], row["low"], row["high"], row["pairs"])
    mine, theirs = (run_of(result, name).get("series", []) for name in (server, other))
    pairs = [(m["cpuSeconds"] / m["operations"]) / (t["cpuSeconds"] / t["operations"])
             for m, t in zip(mine, theirs) if m.get("cpuSeconds") and t.get("cpuSeconds")]
    if pairs:
        return (*bootstrap(pairs), len(pairs))
    one, two = ratio(result, server, result["comparison"]["baseline"]), ratio(result, other, result["comparison"]["baseline"])
    return one and two and (one[0] / two[0], None, None, one[3])  # a file without slices: quotient of the medians


def compare(name, other, most, most_high=None, server="longwire"):
    what = f"{name}: {server}'s CPU to {'the C floor' if other == 'limit' else other}'s"
    found = ratio(load(name), server, other)
    if not found:
        return skip(what)
    value, low, high, pairs = found
    text = f"{value:.2f} [{low:.2f}, {high:.2f}]" if low else f"{value:.2f}"
    met = value <= most and (most_high is None or high is None or high <= most_high)
    goal = f"<= {most}" + (f", upper bound <= {most_high}" if most_high else "")
    say(what, text, goal, met, pairs >= PAIRS)


for name in FANOUT + ECHO:
    compare(name, "limit", 1.15, 1.25)
for name in FANOUT:
    what = f"{name}: user part per delivery"
    run = run_of(load(name), "longwire")
    if run:
        user = run["cpu"]["userSeconds"] / run["operations"] * 1e6
        say(what, f"{user:.2f} us", "<= 0.35 us", user <= 0.35, run["seconds"] >= USER_SECONDS)
    else:
        skip(what)
    compare(name, "redis", 1.1)
for name in ["fanout-1000-w1", "fanout-1000-16k", *ECHO]:
    compare(name, "kestrel", 0.65)
for name in ["fanout-10000-w1", "fanout-10000-w4"]:
    compare(name, "kestrel", 0.7)
compare("storm-5000", "limit", 1.3)
compare("storm-5000", "kestrel", 0.65)
compare("socket-fanout", "longwire", 1.35, server="longwire-socket")
compare("socket-echo", "longwire", 3, server="longwire-socket")

idle = [result for result in map(load, ("idle", "idle-2", "idle-3")) if result]
for server, most in (("longwire", 512), ("longwire-socket", 2560)):
    runs = [run for run in (run_of(result, server) for result in idle) if run]
    what = f"idle: {server}, marginal bytes per connection, median of {len(runs)}"
    if not runs:
        skip(what)
        continue
    each = sorted(run["memory"]["marginalBytesPerConnection"] for run in runs)
    last = [point["connections"] for point in runs[0]["points"]][-2:]
    say(what, f"{statistics.median(each):,.0f} {[round(one) for one in each]}", f"<= {most:,}",
        statistics.median(each) <= most, len(runs) >= 3 and last == [5000, 15000])
    if server == "longwire":
        resident = max(run["memory"]["residentEndBytes"] for run in runs)
        say(f"idle: longwire, resident in all at {last[-1]:,}", f"{resident / 1e6:.1f} MB", "<= 100 MB", resident <= 100e6)

for size in (100, 10000):
    curves = {}
    for name in ("limit", "longwire"):
        runs = [run_of(load(f"ramp-{size}-{name}{again}"), name) for again in ("", "-2", "-3")]
        points = [{point["connections"]: point["p99"] for point in run["points"]} for run in runs if run]
        if points:
            curves[name] = {users: statistics.median(point[users] for point in points) for users in points[0]}
    if len(curves) < 2:
        skip(f"ramp of {size} B")
        continue
    most = {users: 1.25 * p99 + 1000 for users, p99 in curves["limit"].items()}
    worst = max(most, key=lambda users: curves["longwire"][users] - most[users])
    p99 = curves["longwire"][worst]
    say(f"ramp of {size} B: p99 where it is worst, {worst} users", f"{p99 / 1000:.2f} ms",
        f"<= {most[worst] / 1000:.2f} ms, 1.25 x the floor's + 1 ms", p99 <= most[worst], len(points) >= 3)

for window, most in ((1, 1.02), (4, 0.3)):
    run = run_of(load(f"strace-w{window}"), "longwire")
    if not run or "systemCalls" not in run:
        skip(f"{window} in flight: system calls")
        continue
    calls = run["systemCalls"]
    sends = sum(calls.get(name, 0) for name in ("sendto", "sendmsg", "write", "writev")) / run["operations"]
    say(f"{window} in flight: send calls per delivery", f"{sends:.4f}", f"<= {most}", sends <= most)
    control = calls.get("epoll_ctl", 0)
    say(f"{window} in flight: epoll_ctl calls in steady state", str(control), "0", control == 0)

garbage = folder / "garbage.txt"
line = next((line for line in garbage.read_text().splitlines() if "gen-0" in line), "") if garbage.exists() else ""
if line:
    say("fan-out: collections in the server's life", line.split(",")[0], "0 gen-0", line.startswith("0 gen-0"))
else:
    skip("fan-out: collections in the server's life")

hub = folder / "hub.txt"
line = hub.read_text().splitlines()[-1:] if hub.exists() else []
if line and ": publishing and churn add " in line[0]:
    added = line[0].split(" add ")[1].split(" ns")[0]
    rounds = int(line[0].split(" median of ")[1].split()[0])
    say("hub: what 10,000 changing topics add to a publish", f"{added} ns", "< 1000 ns", int(added) < 1000, rounds >= 15)
else:
    skip("hub: what 10,000 changing topics add to a publish")

print(f"{missed} missed, {unmeasured} not measured, {weak} measured too shortly to judge by")
sys.exit(missed + unmeasured > 0)
