#!/usr/bin/env python3
"""clang-tidy and clang's thread-safety analysis over our production code, two files at a time.

    tidy.py BUILD_DIR [REGEX]

A translation unit that was clean is not looked at again until its command, its source or a header of the project that it
includes changes: BUILD_DIR/tidy keeps a stamp for each.
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


def prepare(build):
    """Commands as clang understands them: GCC's precompiled headers are of no use to it."""
    units = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
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
                kept.append(word)
        units.append({"directory": entry["directory"], "file": str(source), "arguments": kept, "name": name})
    return units


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    wanted = re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    units = [u for u in prepare(build) if wanted.search(u["name"])]
    out = build / "tidy"
    out.mkdir(exist_ok=True)
    (out / "compile_commands.json").write_text(
        json.dumps([{k: u[k] for k in ("directory", "file", "arguments")} for u in units]))
    configuration = (ROOT / ".clang-tidy").read_bytes()

    def run(unit):
        seen = {}
        digest_of(pathlib.Path(unit["file"]), build, seen)
        digest = hashlib.sha256(configuration + " ".join(unit["arguments"]).encode())
        for path in sorted(seen):
            digest.update(str(path).encode() + seen[path])
        stamp = out / (unit["name"].replace("/", "_") + ".stamp")
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            return unit["name"], None
        result = subprocess.run(
            ["clang-tidy", "-quiet", "-p", str(out), "--extra-arg=-Wthread-safety", "--extra-arg=-Wno-unknown-warning-option",
             unit["file"]], capture_output=True, text=True)
        if result.returncode == 0:
            stamp.write_text(digest.hexdigest())
            return unit["name"], ""
        return unit["name"], result.stdout + result.stderr

    checked, bad = 0, []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, output in pool.map(run, units):
            checked += output is not None
            if output:
                bad.append(name)
                print(output, flush=True)
    print(f"{len(units)} files, {checked} checked anew, {len(bad)} with findings")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
