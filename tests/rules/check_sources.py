#!/usr/bin/env python3
"""Rules about the source that no compiler checks. Prints `file:line: rule: why` for each breach; exits 1 if there is any.

    check_sources.py [ROOT]
"""
import pathlib
import re
import subprocess
import sys

SERVICES = ("organization", "education", "rectification", "assessment")

# What may include what: (folder, allowed prefixes of project and third-party headers). The first match counts.
# `values` are the parts of common that domain and app may use.
VALUES = ("services/common/values/",)
# What an import is, and the interfaces that the targets of a service implement; not its SQL and its gRPC.
IMPORT = ("services/common/import/import",)
# Likewise the audit log.
AUDIT = ("services/common/audit/audit_",)
COMMON = ("services/common/",)
GENERATED = ("ronghe/", "google/")
WIRE = ("grpcpp/", "grpc/")
STORE = ("libpq-fe", "sqlite3", "hiredis/", "openssl/")


def layer_rules():
    for s in SERVICES:
        own = f"services/{s}/"
        yield own + "domain/", (own + "domain/", *VALUES)
        yield own + "app/", (own + "domain/", own + "app/", *VALUES, *IMPORT, *AUDIT)
        yield own + "storage/", (own + "domain/", own + "app/", own + "storage/", *COMMON, *STORE)
        yield own + "clients/", (own + "domain/", own + "app/", own + "clients/", *COMMON, *GENERATED, *WIRE)
        yield own + "rpc/", (own + "domain/", own + "app/", own + "rpc/", *COMMON, *GENERATED, *WIRE)
        yield own, (own, *COMMON, *GENERATED, *WIRE)
    yield "services/common/values/", (*VALUES, *GENERATED, "openssl/")
    yield "services/common/import/import", (*VALUES, "services/common/import/import", "services/common/import/row_sealer")
    yield "services/common/audit/audit_", (*VALUES, *AUDIT)
    yield "services/common/", (*COMMON, *GENERATED, *WIRE, *STORE)
    yield "gateway/", ("gateway/", *COMMON, *GENERATED, *WIRE)


# Headers that belong to a layer; others (the standard library, absl, fmt …) are free everywhere.
RESTRICTED = ("services/", "gateway/", "tests/", *GENERATED, *WIRE, *STORE)
# Headers that are plain values although they come from google/.
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')

# rule, pattern, files it is about, files where it is allowed, why
BANS = [
    ("clock", r"\babsl::Now\(|system_clock::now|steady_clock::now|\btime\(nullptr\)|\bgettimeofday\(",
     r"^(services|gateway)/.*\.(cc|h)$", r"^services/common/values/clock\.cc$", "the clock is injected (values/clock.h)"),
    ("random", r"std::random_device|\bRAND_bytes\(|\brand\(\)|/dev/u?random",
     r"^(services|gateway)/.*\.(cc|h)$", r"^services/common/values/ids\.cc$", "randomness is injected (values/ids.h)"),
    ("throw", r"\bthrow\b", r"^(services|gateway)/.*\.(cc|h)$", r"^$", "no exception crosses our functions"),
    ("mutex", r"std::lock_guard|std::scoped_lock", r"^(services|gateway)/.*\.(cc|h)$", r"^services/common/values/mutex\.h$",
     "use common::Mutex, which clang's thread-safety analysis understands"),
    ("glob", r"file\s*\(\s*GLOB[^)]*\.(cc|h)\b", r"(^|/)CMakeLists\.txt$|\.cmake$", r"^$", "sources are listed"),
    ("sleep", r"sleep_for|\busleep\(|absl::SleepFor", r"^tests/.*\.(cc|h|py)$|^(services|gateway)/.*\.(cc|h)$",
     r"^tests/(bench|rules)/", "wait for a condition"),
    ("place", r"\.\./(\.library|shared)(?!/data\b)", r".*", r"^tests/rules/", "nothing outside the project is named"),
    ("unfinished", r"\b(TODO|FIXME|XXX)\b", r"^(services|gateway|proto|deploy|tests)/", r"^tests/rules/|\.csv$",
     "finish it, or plan it outside the code"),
    ("serial", r"\b(BIGSERIAL|AUTOINCREMENT|FOR UPDATE|SKIP LOCKED|LISTEN|NOTIFY|nextval)\b", r"\.(sql)$|/storage/.*\.cc$", r"^$",
     "outside the SQL subset all engines share"),
]


def files(root):
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    names = listed.stdout.split("\n") if listed.returncode == 0 else [
        str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
    return sorted(n for n in names if n and (root / n).is_file())


def strip_comment(line):
    return re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]


def check_includes(name, lines):
    for prefix, allowed in layer_rules():
        if name.startswith(prefix):
            break
    else:
        return
    # main.cc and config see all of their own service.
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        header = match.group(1)
        if header.startswith(RESTRICTED) and not header.startswith(allowed):
            yield number, "include", f"{prefix}* may not include {header}"


def check_bans(name, lines):
    for rule, pattern, about, exempt, why in BANS:
        if not re.search(about, name) or re.search(exempt, name):
            continue
        # A condition variable needs the plain mutex.
        if rule == "mutex" and any("condition_variable" in line for line in lines):
            continue
        for number, line in enumerate(lines, 1):
            text = strip_comment(line) if name.endswith((".cc", ".h")) else line
            if re.search(pattern, text):
                yield number, rule, why


def check(root):
    breaches = []
    for name in files(root):
        try:
            lines = (root / name).read_text(encoding="utf-8").split("\n")
        except UnicodeDecodeError:
            continue
        if name.endswith((".cc", ".h")):
            breaches += [(name, *b) for b in check_includes(name, lines)]
        breaches += [(name, *b) for b in check_bans(name, lines)]
    return breaches


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    breaches = check(root)
    for name, number, rule, why in breaches:
        print(f"{name}:{number}: {rule}: {why}")
    sys.exit(1 if breaches else 0)


if __name__ == "__main__":
    main()
