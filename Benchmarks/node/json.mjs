// json.mjs FILE: MB/s of JSON.parse on the file's text and of JSON.stringify on what it gives; the best of five rounds.
// Processor time, that of the garbage collector's threads included.
import { readFileSync } from "node:fs";

const bytes = readFileSync(process.argv[2]);
const text = bytes.toString("utf8");
const value = JSON.parse(text);
const written = Buffer.byteLength(JSON.stringify(value));
let sink = 0;

function rate(size, body) {
  const calls = Math.max(1, Math.floor(200_000 / size));
  let best = 0;
  for (let round = 0; round < 6; round++) {
    let done = 0;
    const start = process.cpuUsage();
    let elapsed = 0;
    while (elapsed < 0.2) {
      for (let call = 0; call < calls; call++) sink += body();
      done += calls * size;
      const used = process.cpuUsage(start);
      elapsed = (used.user + used.system) / 1e6;
    }
    if (round > 0) best = Math.max(best, done / elapsed / 1e6);
  }
  return best;
}

const parse = rate(bytes.length, () => Object.keys(JSON.parse(text)).length);
const write = rate(written, () => JSON.stringify(value).length);
console.log(parse.toFixed(1), write.toFixed(1));
if (sink === 0) process.exit(1);
