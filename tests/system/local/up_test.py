#!/usr/bin/env python3
"""deploy/local/up and down as a newcomer uses them, on programs that are built already (RONGHE_PROGRAMS)."""
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SERVICES = ("gateway", "organization", "education", "rectification", "assessment")


def free_base():
    """A port that is free with the four after it and their probes."""
    for base in range(21000, 29000, 200):
        try:
            for port in [base + i for i in range(5)] + [base + 100 + i for i in range(5)]:
                with socket.socket() as s:
                    s.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    raise RuntimeError("no free ports")


class Up(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="ronghe up ")  # with a blank in it
        self.data = pathlib.Path(self.temporary.name) / "data"
        self.base = free_base()
        self.addCleanup(self.temporary.cleanup)
        self.addCleanup(self.run_script, "down", "--data", str(self.data), "--purge")

    def run_script(self, script, *arguments):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("RONGHE_")}
        return subprocess.run([str(ROOT / "deploy/local" / script), *arguments], capture_output=True, text=True, timeout=300, env=environment,
                              cwd=self.temporary.name)

    def up(self, *arguments):
        return self.run_script("up", "--bin", os.environ["RONGHE_PROGRAMS"], "--data", str(self.data), "--port-base", str(self.base),
                               "--branches", "30", "--members", "300", *arguments)

    def pid(self, service):
        return int((self.data / "run" / f"{service}.pid").read_text().split()[0])

    @staticmethod
    def runs(pid):
        """Not if it is gone, nor if it has ended and nobody has asked how."""
        try:
            return b"ronghe" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except FileNotFoundError:
            return False

    def test_up_up_again_repair_down_purge(self):
        first = self.up()
        self.assertEqual(0, first.returncode, first.stderr)
        for expected in ("寿光市", "圣城街道", f"127.0.0.1:{self.base}", str(self.data / "tokens/administrator")):
            self.assertIn(expected, first.stdout)
        self.assertIn("300", first.stdout)
        pids = {s: self.pid(s) for s in SERVICES}

        second = self.up()
        self.assertEqual(0, second.returncode, second.stderr)
        self.assertEqual(pids, {s: self.pid(s) for s in SERVICES})
        self.assertNotIn("Importing", second.stderr)

        # What has died is started again; nothing is imported twice.
        os.kill(pids["rectification"], signal.SIGKILL)
        third = self.up()
        self.assertEqual(0, third.returncode, third.stderr)
        self.assertNotEqual(pids["rectification"], self.pid("rectification"))
        self.assertEqual(pids["gateway"], self.pid("gateway"))

        # Secrets are the owner's alone.
        for path in [*self.data.glob("keys/**/*"), *self.data.glob("tokens/*")]:
            if path.is_file() and path.name != "jwks.json":  # public keys
                self.assertEqual(0, path.stat().st_mode & 0o077, path)

        down = self.run_script("down", "--data", str(self.data))
        self.assertEqual(0, down.returncode, down.stderr)
        for pid in pids.values():
            self.assertFalse(self.runs(pid))
        self.assertTrue((self.data / "organization.db").exists())
        purge = self.run_script("down", "--data", str(self.data), "--purge")
        self.assertEqual(0, purge.returncode)
        self.assertFalse(self.data.exists())

    def test_a_taken_port_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", self.base + 2))
            taken.listen()
            result = self.up()
        self.assertNotEqual(0, result.returncode)
        self.assertIn(f"port {self.base + 2}", result.stderr)
        self.assertIn("education", result.stderr)

    def test_bad_options_are_named(self):
        for arguments in (("--nonsense",), ("--port-base", "80"), ("--database", "mysql://x"), ("--county", "/nonexistent")):
            result = self.up(*arguments)
            self.assertNotEqual(0, result.returncode)
            self.assertIn(arguments[0], result.stderr)

    def test_purge_deletes_nothing_else(self):
        other = pathlib.Path(self.temporary.name) / "other"
        other.mkdir()
        (other / "file").write_text("mine")
        self.run_script("down", "--data", str(other), "--purge")
        self.assertTrue((other / "file").exists())


if __name__ == "__main__":
    unittest.main()
