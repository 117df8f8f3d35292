#!/usr/bin/env python3
"""Looks into the packages of a folder: check.py FOLDER VERSION. Ends with 0 when each has all that it owes its users."""
import pathlib
import re
import sys
import zipfile

ROOT = pathlib.Path(__file__).parent.parent.parent
# What each package has: the libraries that are private to its project.
PACKAGES = {
    project.stem: re.findall(r'src/([^/"]+)/[^"]*"\s+PrivateAssets="all"', project.read_text())
    for project in sorted(ROOT.glob("packages/*/*.csproj"))
}


def check(folder, package, assemblies, version):
    with zipfile.ZipFile(folder / f"{package}.{version}.nupkg") as main:
        names = set(main.namelist())
        owed = {"README.md", "LICENSE", f"{package}.nuspec"}
        for assembly in assemblies:
            owed |= {f"lib/net10.0/{assembly}.dll", f"lib/net10.0/{assembly}.xml"}
            owed |= {f"api/{assembly}/PublicAPI.{kind}.txt" for kind in ("Shipped", "Unshipped")}
        yield from (f"{package}: {name} is missing" for name in sorted(owed - names))
        yield from (f"{package}: {name} is too much" for name in sorted(names - owed) if name.endswith(".dll"))
        nuspec = main.read(f"{package}.nuspec").decode("utf-8-sig")
        for element in ("license type=\"expression\"", "readme", "description", "tags", "repository type=\"git\""):
            if f"<{element}" not in nuspec:
                yield f"{package}: its nuspec has no {element}"
        for dependency in re.findall(r'<dependency id="(Longwire[^"]*)"', nuspec):
            if dependency not in PACKAGES:
                yield f"{package}: it depends on {dependency}, which is no package"
    with zipfile.ZipFile(folder / f"{package}.{version}.snupkg") as symbols:
        for assembly in assemblies:
            name = f"lib/net10.0/{assembly}.pdb"
            if name not in symbols.namelist():
                yield f"{package}: {name} is missing from the symbols"
            elif b"https://raw.githubusercontent.com/" not in symbols.read(name):
                yield f"{package}: {name} has no source link"


def main():
    folder, version = pathlib.Path(sys.argv[1]), sys.argv[2]
    problems = []
    for package, assemblies in PACKAGES.items():
        problems += check(folder, package, assemblies, version)
    expected = {f"{package}.{version}.{kind}" for package in PACKAGES for kind in ("nupkg", "snupkg")}
    found = {file.name for file in folder.iterdir()}
    problems += [f"{name}: a package that nobody expects" for name in sorted(found - expected)]
    print("\n".join(problems) or f"{len(PACKAGES)} packages: good")
    return bool(problems)


sys.exit(main())
