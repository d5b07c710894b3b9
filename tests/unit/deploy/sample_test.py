#!/usr/bin/env python3
"""The sample generator: repeatable, and valid by the rules the suite applies."""
import collections
import csv
import datetime
import pathlib
import subprocess
import sys
import tempfile
import unittest

SAMPLE = pathlib.Path(__file__).resolve().parents[3] / "deploy/local/sample"
sys.path.insert(0, str(SAMPLE))
import generate  # noqa: E402


def run(directory, *arguments):
    subprocess.run([sys.executable, str(SAMPLE / "generate.py"), str(directory), *arguments], check=True, capture_output=True)
    return {n: list(csv.DictReader(open(pathlib.Path(directory) / f"{n}.csv", encoding="utf-8"))) for n in ("units", "members", "posts")}


class Sample(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.tables = run(cls.temporary.name, "--branches", "80", "--members", "2000", "--seed", "7")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_same_seed_same_bytes_other_seed_other_bytes(self):
        with tempfile.TemporaryDirectory() as again, tempfile.TemporaryDirectory() as other:
            run(again, "--branches", "80", "--members", "2000", "--seed", "7")
            run(other, "--branches", "80", "--members", "2000", "--seed", "8")
            for name in ("units.csv", "members.csv", "posts.csv"):
                first = (pathlib.Path(self.temporary.name) / name).read_bytes()
                self.assertEqual(first, (pathlib.Path(again) / name).read_bytes())
                self.assertNotEqual(first, (pathlib.Path(other) / name).read_bytes())

    def test_counts(self):
        self.assertEqual(2000, len(self.tables["members"]))
        sizes = collections.Counter(m["所在党组织"] for m in self.tables["members"])
        self.assertTrue(all(3 <= n <= 60 for n in sizes.values()))
        self.assertEqual(16, sum(u["层级"] in ("县", "乡镇") for u in self.tables["units"]))

    def test_every_parent_is_there_and_codes_are_unique(self):
        codes = [u["组织代码"] for u in self.tables["units"]]
        self.assertEqual(len(codes), len(set(codes)))
        self.assertTrue(all(u["上级组织"] in set(codes) or u["层级"] == "县" for u in self.tables["units"]))

    def test_persons_are_valid_and_unique(self):
        holders = {u["组织代码"] for u in self.tables["units"] if u["类别"] in ("党支部", "联合党支部", "临时党支部")}
        seen = set()
        for m in self.tables["members"]:
            number = m["公民身份号码"]
            self.assertEqual(number[17], generate.check_character(number[:17]))
            self.assertEqual(number[6:14], m["出生日期"].replace("-", ""))
            self.assertEqual(int(number[16]) % 2 == 1, m["性别"] == "男")
            self.assertNotIn(number, seen)
            seen.add(number)
            birth, joined = (datetime.date.fromisoformat(m[k]) for k in ("出生日期", "入党日期"))
            self.assertGreaterEqual((joined.year, joined.month, joined.day), (birth.year + 18, birth.month, min(birth.day, 28)))
            self.assertEqual(m["人员类别"] == "正式党员", bool(m["转正日期"]))
            self.assertIn(m["所在党组织"], holders)

    def test_posts_are_held_by_members_of_the_unit(self):
        home = {m["公民身份号码"]: m["所在党组织"] for m in self.tables["members"]}
        self.assertTrue(self.tables["posts"])
        for post in self.tables["posts"]:
            self.assertEqual(home[post["公民身份号码"]], post["所在党组织"])

    def test_impossible_sizes_are_refused(self):
        refused = subprocess.run([sys.executable, str(SAMPLE / "generate.py"), "/nonexistent", "--branches", "10", "--members", "5"],
                                 capture_output=True, text=True)
        self.assertNotEqual(0, refused.returncode)
        self.assertIn("members must be", refused.stderr)


if __name__ == "__main__":
    unittest.main()
