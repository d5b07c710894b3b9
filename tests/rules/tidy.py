#!/usr/bin/env python3
"""clang-tidy and clang's thread-safety analysis over our production code.

    tidy.py BUILD_DIR [REGEX]

A translation unit that was clean is not looked at again until its command, its source or a header of the project that it
includes changes: BUILD_DIR/tidy keeps a stamp for each. Files of one folder are looked at together, as one translation unit:
most of the time goes into the headers that they have in common.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BATCH = 12
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.M)


def digest_of(path, build, seen):
    """Adds the content of `path` and of all project headers below it to `seen`."""
    if path in seen or not path.is_file():
        return
    data = path.read_bytes()
    seen[path] = data
    for name in INCLUDE.findall(data):
        for base in (ROOT, build / "proto"):
            digest_of(base / name.decode(), build, seen)


def sources(build):
    """Every source with the entry that compiles it: in a unity build it is one of several that the entry's file includes."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        if source.parent.name == "Unity":
            for name in INCLUDE.findall(source.read_bytes()):
                yield entry, pathlib.Path(name.decode())
        else:
            yield entry, source


def prepare(build):
    """Commands as clang understands them: GCC's precompiled headers are of no use to it."""
    units = []
    for entry, source in sources(build):
        name = str(source.relative_to(ROOT)) if source.is_relative_to(ROOT) else ""
        if not re.match(r"(services|gateway)/.*\.cc$", name):
            continue
        words, kept = shlex.split(entry["command"]), []
        start = next(i for i, w in enumerate(words) if w.endswith(("g++", "c++", "clang++")))
        skip = False
        for i, word in enumerate(words[start:]):
            if skip:
                skip = False
            elif word in ("-include", "-Xclang"):
                skip = True
            elif word not in ("-fpch-preprocess", "-Winvalid-pch") and not word.startswith("-fsanitize"):
                kept.append(str(source) if word == entry["file"] else word)
        units.append({"directory": entry["directory"], "file": str(source), "arguments": kept, "name": name})
    return units


def look(out, source):
    """What clang-tidy says about `source`; None if nothing."""
    result = subprocess.run(
        ["clang-tidy", "-quiet", "-p", str(out), "--extra-arg=-Wthread-safety", "--extra-arg=-Wno-unknown-warning-option",
         str(source)], capture_output=True, text=True)
    return None if result.returncode == 0 else result.stdout + result.stderr


def batches(units, out):
    """`units` in lists of up to BATCH that have the folder and the command in common, with one source for each list."""
    groups = {}
    for unit in units:
        words = unit["arguments"]
        common = [w for i, w in enumerate(words) if w not in ("-o", "-c") and words[i - 1] not in ("-o", "-c")]
        groups.setdefault((os.path.dirname(unit["name"]), tuple(common), unit["directory"]), []).append(unit)
    for (folder, common, directory), members in sorted(groups.items()):
        parts = -(-len(members) // BATCH)
        for i in range(parts):
            part = members[i::parts]
            source = out / f"{folder.replace('/', '_')}.{i}.cc"
            source.write_text("".join(f'#include "{u["name"]}"\n' for u in part))
            yield part, {"directory": directory, "file": str(source), "arguments": [*common, "-c", str(source)]}


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    wanted = re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    units = [u for u in prepare(build) if wanted.search(u["name"])]
    out = build / "tidy"
    out.mkdir(exist_ok=True)
    configuration = (ROOT / ".clang-tidy").read_bytes()

    dirty = []
    for unit in units:
        seen = {}
        digest_of(pathlib.Path(unit["file"]), build, seen)
        digest = hashlib.sha256(configuration + " ".join(unit["arguments"]).encode())
        for path in sorted(seen):
            digest.update(str(path).encode() + seen[path])
        unit["digest"], unit["stamp"] = digest.hexdigest(), out / (unit["name"].replace("/", "_") + ".stamp")
        if not unit["stamp"].exists() or unit["stamp"].read_text() != unit["digest"]:
            dirty.append(unit)
    together = list(batches(dirty, out))
    (out / "compile_commands.json").write_text(
        json.dumps([batch for _, batch in together] + [{k: u[k] for k in ("directory", "file", "arguments")} for u in dirty]))

    def run(item):
        part, batch = item
        # What is said of a batch may only come of two files in one unit (two constants of one name): ask each by itself.
        alone = look(out, batch["file"]) is not None
        findings = []
        for unit in part:
            said = look(out, unit["file"]) if alone else None
            if said is None:
                unit["stamp"].write_text(unit["digest"])
            else:
                findings.append(said)
        return findings

    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(run, together):
            bad += len(findings)
            for finding in findings:
                print(finding, flush=True)
    print(f"{len(units)} files, {len(dirty)} checked anew, {bad} with findings")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
