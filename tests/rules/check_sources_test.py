#!/usr/bin/env python3
"""Every rule of check_sources.py finds its breach and leaves good code alone."""
import pathlib
import tempfile
import unittest

import check_sources


class Rules(unittest.TestCase):
    def breaches(self, files):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            for name, text in files.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return [(name, line, rule) for name, line, rule, _ in check_sources.check(root)]

    def test_domain_may_not_include_grpc_sql_or_app(self):
        for header in ("grpcpp/grpcpp.h", "services/common/sql/database.h", "services/organization/app/unit_app.h",
                       "ronghe/organization/v1/unit.pb.h"):
            self.assertEqual([("services/organization/domain/unit.h", 2, "include")], self.breaches(
                {"services/organization/domain/unit.h": f"#pragma once\n#include \"{header}\"\n"}), header)

    def test_domain_may_include_values(self):
        self.assertEqual([], self.breaches(
            {"services/organization/domain/unit.h": "#include <string>\n#include \"services/common/values/status.h\"\n"}))

    def test_no_service_includes_another(self):
        self.assertEqual([("services/education/main.cc", 1, "include")], self.breaches(
            {"services/education/main.cc": '#include "services/organization/config.h"\n'}))

    def test_production_does_not_include_tests(self):
        self.assertEqual([("gateway/main.cc", 1, "include")],
                         self.breaches({"gateway/main.cc": '#include "tests/support/fake_clock.h"\n'}))

    def test_clock_and_randomness_are_injected(self):
        self.assertEqual(
            [("services/common/rpc/a.cc", 1, "clock"), ("services/common/rpc/a.cc", 2, "random")],
            self.breaches({"services/common/rpc/a.cc": "auto t = absl::Now();\nstd::random_device d;\n"}))
        self.assertEqual([], self.breaches({"services/common/values/clock.cc": "return absl::Now();\n"}))

    def test_comments_and_strings_are_not_code(self):
        self.assertEqual([], self.breaches({"gateway/a.cc": '// absl::Now() is not for here\nauto s = "throw";\n'}))

    def test_the_others(self):
        self.assertEqual([("gateway/a.cc", 1, "throw")], self.breaches({"gateway/a.cc": "throw 1;\n"}))
        self.assertEqual([("gateway/CMakeLists.txt", 1, "glob")], self.breaches({"gateway/CMakeLists.txt": "file(GLOB x *.cc)\n"}))
        self.assertEqual([("tests/unit/a_test.cc", 1, "sleep")],
                         self.breaches({"tests/unit/a_test.cc": "std::this_thread::sleep_for(1s);\n"}))
        self.assertEqual([("README.md", 1, "place")], self.breaches({"README.md": "see .." + "/shared/design\n"}))
        self.assertEqual([("services/organization/storage/migrations/0001_a.sql", 1, "serial")], self.breaches(
            {"services/organization/storage/migrations/0001_a.sql": "SELECT nextval('x');\n"}))


if __name__ == "__main__":
    unittest.main()
