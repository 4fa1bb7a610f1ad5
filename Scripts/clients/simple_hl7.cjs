// node's simple-hl7 both ways: its client sends the samples to a demo of ours, its server takes them from
// `passerelle hl7 send`. It speaks no TLS itself, so node's own tls module stands before it, certificates asked for.
//
// Usage: simple_hl7.cjs DEMO_JSON SAMPLES_FOLDER PROGRAM   (NODE_PATH says where simple-hl7 is installed)
const { spawn, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const hl7 = require('simple-hl7');

const [factsPath, samplesFolder, program] = process.argv.slice(2);
const facts = JSON.parse(fs.readFileSync(factsPath, 'utf8'));
const hospital = facts.partners.hospital;
const samples = fs.readdirSync(samplesFolder).filter((name) => name.endsWith('.hl7')).sort();
const text = (name) => fs.readFileSync(path.join(samplesFolder, name), 'utf8');

let passed = 0;
let failed = 0;
function check(name, holds, detail = '') {
  if (holds) passed += 1;
  else {
    failed += 1;
    console.log(`FAILED ${name}: ${detail}`);
  }
}

const listening = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
const join = (one, other) => {
  one.pipe(other).pipe(one);
  for (const end of [one, other]) end.on('error', () => { one.destroy(); other.destroy(); });
};

// A port of this machine whose bytes go on over TLS with the hospital's certificate.
async function tunnelTo(address) {
  const [host, port] = [address.slice(0, address.lastIndexOf(':')), Number(address.slice(address.lastIndexOf(':') + 1))];
  const server = net.createServer((socket) => {
    const secure = tls.connect({
      host, port, servername: 'localhost', ca: fs.readFileSync(facts.ca), cert: fs.readFileSync(hospital.certificate),
      key: fs.readFileSync(hospital.private_key),
    });
    join(socket, secure);
  });
  return { server, port: await listening(server) };
}

async function client() {
  const tunnel = await tunnelTo(facts.mllp_tls);
  const parser = new hl7.Parser({ segmentSeperator: '\r' });
  for (const name of ['adt_a28_new_person.hl7', 'adt_a01_admit.hl7', 'adt_a08_update.hl7', 'siu_s12_book.hl7']) {
    const control = `N${Date.now()}${passed}`;
    const fields = text(name).split('\r')[0].split('|');
    const message = parser.parse(text(name).replace(`|${fields[9]}|`, `|${control}|`));
    const sender = hl7.Server.createTcpClient('127.0.0.1', tunnel.port);
    const answer = await new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`${name}: no answer within 20 s`)), 20_000).unref();
      sender.send(message, (error, ack) => (error ? reject(error) : resolve(ack)));
    });
    const msa = answer.getSegment('MSA');
    const code = msa.getField(1).toString();
    check(`simple-hl7's client is answered for ${name}`, ['AA', 'CA'].includes(code), answer.toString());
    check(`MSA-2 of ${name}`, msa.getField(2).toString() === control, answer.toString());
  }
  tunnel.server.close();
}

async function server() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'simple-hl7-'));
  const [certificate, key] = [path.join(folder, 'server.pem'), path.join(folder, 'server.key')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const received = [];
  const app = hl7.tcp();
  app.use((request, response, next) => {
    received.push(request.msg.header.getField(8).toString());
    next();
  });
  app.use((request, response) => response.end());
  // Its own server takes a port and no address; a free one is asked for first.
  const probe = net.createServer();
  const plain = await listening(probe);
  await new Promise((resolve) => probe.close(resolve));
  app.start(plain);
  const front = tls.createServer({
    cert: fs.readFileSync(certificate), key: fs.readFileSync(key), ca: fs.readFileSync(facts.ca), requestCert: true,
  }, (secure) => join(secure, net.connect(plain, '127.0.0.1')));
  front.on('tlsClientError', () => {});
  const port = await listening(front);
  for (const name of samples) {
    const command = [program, 'hl7', 'send', path.join(samplesFolder, name), '--to', `localhost:${port}`,
      '--ca', certificate, '--certificate', hospital.certificate, '--key', hospital.private_key];
    const [code, output] = await run(command);
    check(`simple-hl7's server answers ${name}`, code === 0, output);
    check(`simple-hl7 reads ${name}`, received.at(-1) === text(name).split('|')[9], received.at(-1));
  }
  front.close();
  app.stop();
  fs.rmSync(folder, { recursive: true });
}

function run([file, ...words]) {
  return new Promise((resolve) => {
    const child = spawn(file, words);
    let output = '';
    child.stdout.on('data', (bytes) => { output += bytes; });
    child.stderr.on('data', (bytes) => { output += bytes; });
    child.on('close', (code) => resolve([code, output]));
  });
}

client().then(server).catch((error) => check('simple-hl7', false, error.stack)).finally(() => {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
});
