#!/usr/bin/env python3
"""Says which goals of the standard table are met: goals.py FOLDER. Exit code 1 when one is missed. Standard library only.

Ratios are medians over pairs of neighbouring slices with a bootstrap 95 % interval, as longwire-load compare wrote them.
A ratio to a server other than the baseline is the quotient of the two medians.
"""
import json
import pathlib
import sys

CPU = "cpu per operation"
FANOUT = ["fanout-1000-w1", "fanout-1000-w4", "fanout-1000-16k", "fanout-10000-w1", "fanout-10000-w4"]
ECHO = ["echo-250-100", "echo-250-10000", "echo-5000-100"]

folder = pathlib.Path(sys.argv[1])
missed = 0


def load(name):
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def run_of(result, server):
    return next((run for run in result["runs"] if run["server"] == server), None) if result else None


def ratio(result, server):
    rows = result["comparison"]["rows"] if result and result.get("comparison") else []
    return next((row for row in rows if row["server"] == server and row["metric"] == CPU), None)


def say(what, value, goal, met):
    global missed
    missed += not met
    print(f"{'met   ' if met else 'MISSED'}  {what:<58} {value:>24}  goal {goal}")


def to_limit(name, most, most_high, server="longwire"):
    row = ratio(load(name), server)
    if row:
        value = f"{row['medianRatio']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        met = row["medianRatio"] <= most and (most_high is None or row["high"] <= most_high)
        goal = f"<= {most}" if most_high is None else f"<= {most}, upper bound <= {most_high}"
        say(f"{name}: CPU to the C floor", value, goal, met)


def to_other(name, other, most, server="longwire"):
    mine, theirs = ratio(load(name), server), ratio(load(name), other)
    if mine and theirs:
        value = mine["medianRatio"] / theirs["medianRatio"]
        say(f"{name}: {server}'s CPU to {other}'s", f"{value:.2f}", f"<= {most}", value <= most)


for name in FANOUT + ECHO:
    to_limit(name, 1.15, 1.25)
for name in FANOUT:
    run = run_of(load(name), "longwire")
    if run:
        user = run["cpu"]["userSeconds"] / run["operations"] * 1e6
        say(f"{name}: user part per delivery", f"{user:.2f} us", "<= 0.35 us", user <= 0.35)
    to_other(name, "redis", 1.1)
for name in ["fanout-1000-w1", "fanout-1000-16k", *ECHO]:
    to_other(name, "kestrel", 0.65)
for name in ["fanout-10000-w1", "fanout-10000-w4"]:
    to_other(name, "kestrel", 0.7)

to_limit("storm-5000", 1.3, None)
to_other("storm-5000", "kestrel", 0.65)
to_other("field-fanout", "longwire", 1.35, server="longwire-socket")
to_other("field-echo", "longwire", 3, server="longwire-socket")

idle = load("idle")
for server, most in (("longwire", 512), ("longwire-socket", 2560)):
    run = run_of(idle, server)
    if run:
        marginal = run["memory"]["marginalBytesPerConnection"]
        say(f"idle: {server}, marginal bytes per connection", f"{marginal:,}", f"<= {most:,}", marginal <= most)
run = run_of(idle, "longwire")
if run:
    resident = run["memory"]["residentEndBytes"]
    say("idle: longwire, resident in all", f"{resident / 1e6:.1f} MB", "<= 100 MB", resident <= 100e6)

for size in (100, 10000):
    floor, mine = (run_of(load(f"ramp-{size}-{name}"), name) for name in ("limit", "longwire"))
    if floor and mine:
        floors = {point["connections"]: point["p99"] for point in floor["points"]}
        worst = max(mine["points"], key=lambda point: point["p99"] - 1.25 * floors[point["connections"]])
        most = 1.25 * floors[worst["connections"]] + 1000
        say(f"ramp of {size} B: p99 where it is worst, {worst['connections']} users",
            f"{worst['p99'] / 1000:.2f} ms", f"<= {most / 1000:.2f} ms, 1.25 x the floor's + 1 ms", worst["p99"] <= most)

for window, most in ((1, 1.02), (4, 0.3)):
    run = run_of(load(f"strace-w{window}"), "longwire")
    if run and "systemCalls" in run:
        calls = run["systemCalls"]
        sends = sum(calls.get(name, 0) for name in ("sendto", "sendmsg", "write", "writev")) / run["operations"]
        say(f"{window} in flight: send calls per delivery", f"{sends:.4f}", f"<= {most}", sends <= most)
        control = calls.get("epoll_ctl", 0)
        say(f"{window} in flight: epoll_ctl calls in steady state", str(control), "0", control == 0)

garbage = folder / "garbage.txt"
if garbage.exists():
    line = next((line for line in garbage.read_text().splitlines() if "gen-0" in line), "no line about it")
    say("a minute of fan-out: what PushLab collected in its life", line, "0 gen-0", line.startswith("0 gen-0"))

print(f"{missed} missed")
sys.exit(missed > 0)
