// Used by clients_test.py: the suite through @grpc/grpc-js and @grpc/proto-loader, as a Node service would use it.
//   node grpc_js.mjs ADDRESS TOKEN PROTO_ROOT GOOGLEAPIS
import { createRequire } from 'node:module';
import process from 'node:process';
const require = createRequire(process.cwd() + '/package.json');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const [address, token, root, googleapis] = process.argv.slice(2);

const definition = loader.loadSync('ronghe/organization/v1/organization_service.proto', {
  includeDirs: [root, googleapis], longs: String, enums: String, defaults: true, keepCase: true,
});
const { OrganizationService } = grpc.loadPackageDefinition(definition).ronghe.organization.v1;
const client = new OrganizationService(address, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
metadata.set('authorization', `Bearer ${token}`);

const unary = (method, request, m = metadata) =>
  new Promise((resolve, reject) => client[method](request, m, (e, r) => (e ? reject(e) : resolve(r))));

const out = {};
out.unit = await unary('GetUnit', { name: 'units/370783' });
try {
  await unary('GetUnit', { name: 'units/370783' }, new grpc.Metadata());
} catch (e) {
  out.anonymous = e.code;
}
out.exported = await new Promise((resolve, reject) => {
  let count = 0;
  const stream = client.ExportUnits({ parent: 'units/370783' }, metadata);
  stream.on('data', (d) => { count += d.units.length; });
  stream.on('error', reject);
  stream.on('end', () => resolve(count));
});
// A bidirectional stream: an import that is only checked, with one row that is wrong.
out.progress = await new Promise((resolve, reject) => {
  const messages = [];
  const stream = client.ImportUnits(metadata);
  stream.on('data', (d) => messages.push(d));
  stream.on('error', reject);
  stream.on('end', () => resolve(messages));
  stream.write({ start: { parent: 'units/370783', validate_only: true } });
  stream.write({ rows: { rows: [
    { line: 2, unit: { code: '370783777', title: 'new', level: 'LEVEL_TOWNSHIP', kind: 'UNIT_KIND_COMMITTEE', parent: 'units/370783' } },
    { line: 3, unit: { code: 'bad code', title: '', level: 'LEVEL_TOWNSHIP', kind: 'UNIT_KIND_COMMITTEE', parent: 'units/370783' } },
  ] } });
  stream.write({ commit: { rows: 2 } });
  stream.end();
});
console.log(JSON.stringify(out));
client.close();
