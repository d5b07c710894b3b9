"""The running suite, and its protos, for tests in Python."""
import glob
import json
import os
import pathlib
import subprocess
import tempfile

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT = pathlib.Path(__file__).resolve().parents[3]
GOOGLEAPIS = "/usr/share/gocode/src/github.com/gogo/googleapis"


class Suite:
    """Five real processes, started by ronghe_suite (given as RONGHE_SUITE) and stopped by close()."""

    def __init__(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("RONGHE_")}
        self.process = subprocess.Popen([os.environ["RONGHE_SUITE"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the suite did not start")
        about = json.loads(line)
        self.addresses, self.probes, self.token = about["addresses"], about["probes"], about["token"]
        self.http = about["http"]
        self.directory, self.ronghectl = about["directory"], about["ronghectl"]

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=60)

    def cli(self, *arguments):
        token = pathlib.Path(self.directory) / "administrator.token"
        token.write_text(self.token)
        token.chmod(0o600)
        return subprocess.run([self.ronghectl, "--address", self.addresses["gateway"], "--token", str(token), *arguments],
                              capture_output=True, text=True, timeout=120)


class Protos:
    """The suite's messages, from the .proto files as any consumer would compile them."""

    def __init__(self):
        with tempfile.NamedTemporaryFile() as out:
            files = sorted(os.path.relpath(f, ROOT / "proto") for f in glob.glob(str(ROOT / "proto/ronghe/**/*.proto"), recursive=True))
            subprocess.run(["protoc", f"-I{ROOT / 'proto'}", f"-I{GOOGLEAPIS}", "--include_imports", f"-o{out.name}", *files,
                            "google/rpc/status.proto", "google/rpc/error_details.proto"], check=True)
            self.files = descriptor_pb2.FileDescriptorSet.FromString(out.read())
        self.pool = descriptor_pool.DescriptorPool()
        for file in self.files.file:
            self.pool.Add(file)
        self.factory = message_factory.MessageFactory(self.pool)

    def message(self, name):
        return self.factory.GetPrototype(self.pool.FindMessageTypeByName(name))

    def call(self, channel, method, request, token=None, timeout=20):
        """A unary call by full method name, as `ronghe.organization.v1.OrganizationService.GetUnit`."""
        descriptor = self.pool.FindMethodByName(method)
        service, name = method.rsplit(".", 1)
        metadata = [("authorization", f"Bearer {token}")] if token else []
        answer = self.factory.GetPrototype(descriptor.output_type)
        request_type = self.factory.GetPrototype(descriptor.input_type)
        stub = channel.unary_unary(f"/{service}/{name}", request_serializer=request_type.SerializeToString,
                                   response_deserializer=answer.FromString)
        return stub(request_type(**request), metadata=metadata, timeout=timeout)

    def stream(self, channel, method, request, token, timeout=20):
        descriptor = self.pool.FindMethodByName(method)
        service, name = method.rsplit(".", 1)
        request_type = self.factory.GetPrototype(descriptor.input_type)
        stub = channel.unary_stream(f"/{service}/{name}", request_serializer=request_type.SerializeToString,
                                    response_deserializer=self.factory.GetPrototype(descriptor.output_type).FromString)
        return stub(request_type(**request), metadata=[("authorization", f"Bearer {token}")], timeout=timeout)

    def details(self, error):
        """The google.rpc details of a failed call, by type name."""
        status = self.message("google.rpc.Status")()
        for key, value in error.trailing_metadata():
            if key == "grpc-status-details-bin":
                status.ParseFromString(value)
        found = {}
        for any_ in status.details:
            name = any_.type_url.rsplit("/", 1)[1]
            message = self.message(name)()
            any_.Unpack(message)
            found.setdefault(name, []).append(message)
        return found


def channel(address):
    return grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
