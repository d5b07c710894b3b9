#!/usr/bin/env python3
"""The API through clients nobody here wrote: python3-grpcio, @grpc/grpc-js and buf curl with reflection."""
import json
import os
import pathlib
import re
import subprocess
import unittest
import urllib.request

import grpc

from suite import GOOGLEAPIS, ROOT, Protos, Suite, channel

HERE = pathlib.Path(__file__).resolve().parent
UNITS = """code,title,level,kind,parent
370783,寿光市委,LEVEL_COUNTY,UNIT_KIND_COMMITTEE,
370783001,圣城街道,LEVEL_TOWNSHIP,UNIT_KIND_WORKING_COMMITTEE,370783
370783001001,前王庄党支部,LEVEL_BRANCH,UNIT_KIND_BRANCH,370783001
"""


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.protos = Protos()
        cls.suite = Suite()
        cls.addClassCleanup(cls.suite.close)
        file = pathlib.Path(cls.suite.directory) / "units.csv"
        file.write_text(UNITS, encoding="utf-8")
        result = cls.suite.cli("import", "units", str(file))
        assert result.returncode == 0, result.stderr
        cls.channel = channel(cls.suite.addresses["gateway"])
        cls.addClassCleanup(cls.channel.close)

    def organization(self, method, request, **options):
        return self.protos.call(self.channel, f"ronghe.organization.v1.{method}", request, token=self.suite.token, **options)

    def refused(self, method, request):
        with self.assertRaises(grpc.RpcError) as caught:
            self.organization(method, request)
        return caught.exception, self.protos.details(caught.exception)

    # curl, and Python without anything installed

    def test_the_integration_page_runs_as_it_stands(self):
        page = (ROOT / "README.md").read_text(encoding="utf-8").split("## Integrate\n", 1)[1].split("\n## ", 1)[0]
        prose, python, _ = re.split("```(?:python)?\n", page)
        shell = "\n".join(line[4:] for line in prose.splitlines() if line.startswith("    "))
        environment = {**os.environ, "RONGHE": self.suite.http, "TOKEN": self.suite.token, "no_proxy": "*"}
        run = subprocess.run(["bash", "-euo", "pipefail", "-c", shell], env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        for text in ("寿光市委", "370783001888", '"shortTitle":"示范"', '"code":3', "id: ", "data: {"):
            self.assertIn(text, run.stdout)
        run = subprocess.run(["/usr/bin/python3", "-c", python], env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        self.assertIn("units/370783001 圣城街道", run.stdout)
        self.assertRegex(run.stdout, "[0-9]+ units")

    # python3-grpcio

    def test_python_reads_and_writes(self):
        unit = self.organization("OrganizationService.GetUnit", {"name": "units/370783001"})
        self.assertEqual(("370783001", "圣城街道", "units/370783"), (unit.code, unit.title, unit.parent))
        made = self.organization("OrganizationService.CreateUnit", {"unit": {
            "code": "370783001777", "title": "党支部", "level": "LEVEL_BRANCH", "kind": "UNIT_KIND_BRANCH", "parent": "units/370783001"}})
        again = self.organization("OrganizationService.GetUnit", {"name": made.name, "min_revision": [made.revision]})
        self.assertEqual(made, again)
        self.organization("OrganizationService.DissolveUnit", {"name": made.name})

    def test_python_gets_every_violation_in_both_languages(self):
        error, details = self.refused("OrganizationService.CreateUnit", {"unit": {
            "code": "x y", "title": "", "level": "LEVEL_BRANCH", "kind": "UNIT_KIND_BRANCH", "parent": "units/370783001"}})
        self.assertEqual(grpc.StatusCode.INVALID_ARGUMENT, error.code())
        fields = {v.field for v in details["google.rpc.BadRequest"][0].field_violations}
        self.assertEqual({"unit.code", "unit.title"}, fields)
        self.assertEqual({"zh-CN", "en"}, {m.locale for m in details["google.rpc.LocalizedMessage"]})
        self.assertEqual("ronghe", details["google.rpc.ErrorInfo"][0].domain)

    def test_python_watches_and_resumes(self):
        stream = self.protos.stream(self.channel, "ronghe.organization.v1.OrganizationService.Watch", {"kinds": ["units"]}, self.suite.token)
        first = next(m for m in stream if m.changes)
        self.assertTrue(all(c.resource.startswith("units/") for c in first.changes))
        stream.cancel()
        made = self.organization("OrganizationService.UpdateUnit", {"unit": {"name": "units/370783001001", "short_title": "前王庄"}})
        stream = self.protos.stream(self.channel, "ronghe.organization.v1.OrganizationService.Watch",
                                    {"kinds": ["units"], "resume_token": first.resume_token}, self.suite.token)
        positions = []
        for message in stream:
            positions += [c.position for c in message.changes]
            if any(c.etag == made.etag for c in message.changes):
                break
        stream.cancel()
        self.assertEqual(sorted(set(positions)), positions)
        self.assertGreater(positions[0], first.changes[-1].position)

    def test_python_sends_garbage(self):
        method = "/ronghe.organization.v1.OrganizationService/GetUnit"
        for address in self.suite.addresses.values():
            with channel(address) as there:
                for bytes_ in (b"\xff\xff\xff", b"\x0a\x05ab", b"\x00" * 100):
                    with self.assertRaises(grpc.RpcError) as caught:
                        there.unary_unary(method)(bytes_, metadata=[("authorization", f"Bearer {self.suite.token}")], timeout=10)
                    self.assertIn(caught.exception.code(), (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNIMPLEMENTED))
                for token in ("", "Bearer", "Bearer x", "Basic abc", "Bearer " + "a" * 9000, "Bearer a.b.c"):
                    with self.assertRaises(grpc.RpcError) as caught:
                        there.unary_unary("/ronghe.common.v1.EchoService/Echo")(b"", metadata=[("authorization", token)], timeout=10)
                    self.assertIn(caught.exception.code(), (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED))
                # It still lives.
                there.unary_unary("/ronghe.common.v1.EchoService/Echo")(b"", metadata=[("authorization", f"Bearer {self.suite.token}")], timeout=10)

    def test_sums_hold_after_single_writes(self):
        overview = self.protos.call(self.channel, "ronghe.gateway.v1.OverviewService.ListChildOverviews", {"unit": "units/370783"},
                                    token=self.suite.token)
        self.assertEqual(overview.total.organization.units, sum(o.organization.units for o in overview.overviews) + 1)

    # @grpc/grpc-js

    def test_grpc_js(self):
        result = subprocess.run(["node", str(HERE / "grpc_js.mjs"), self.suite.addresses["gateway"], self.suite.token, str(ROOT / "proto"), GOOGLEAPIS],
                                capture_output=True, text=True, timeout=60, cwd=ROOT)
        self.assertEqual(0, result.returncode, result.stderr)
        out = json.loads(result.stdout)
        self.assertEqual("寿光市委", out["unit"]["title"])
        self.assertEqual(16, out["anonymous"])
        self.assertGreaterEqual(out["exported"], 3)
        last = out["progress"][-1]["import"]
        self.assertEqual(("1", "0"), (last["rejected_rows"], last["applied_rows"]))
        errors = [e for m in out["progress"] for e in m["row_errors"]]
        self.assertEqual({"3"}, {e["line"] for e in errors})
        self.assertTrue(all(e["message_zh"] and e["message_en"] for e in errors))

    # buf curl

    def buf(self, service, url_path, data):
        command = [str(ROOT / "node_modules/.bin/buf"), "curl", "--protocol", "grpc", "--http2-prior-knowledge",
                   "--header", f"authorization: Bearer {self.suite.token}", "--reflect-header", f"authorization: Bearer {self.suite.token}",
                   "--data", json.dumps(data), f"http://{self.suite.addresses[service]}/{url_path}"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=self.suite.directory)

    def test_buf_curl_with_reflection_at_the_service_and_through_the_gateway(self):
        for service in ("organization", "gateway"):
            result = self.buf(service, "ronghe.organization.v1.OrganizationService/GetUnit", {"name": "units/370783"})
            self.assertEqual(0, result.returncode, result.stderr)
            self.assertEqual("寿光市委", json.loads(result.stdout)["title"])

    def test_buf_curl_streams(self):
        result = self.buf("gateway", "ronghe.organization.v1.OrganizationService/ExportUnits", {"parent": "units/370783"})
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertIn("370783001001", result.stdout)

    # probes

    def test_probes_and_metrics_of_every_process(self):
        for service, address in self.suite.probes.items():
            for path in ("healthz", "readyz"):
                with urllib.request.urlopen(f"http://{address}/{path}", timeout=10) as answer:
                    self.assertEqual(200, answer.status, service)
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
                self.assertIn("ronghe_", answer.read().decode(), service)


if __name__ == "__main__":
    unittest.main()
