// The untyped reference: JSON.parse and JSON.stringify of this machine's node over the same files.
const fs = require("fs");
const folder = process.argv[2] || "../shared/bench";
for (const name of ["patient", "invoice", "claim", "bundle"]) {
  const text = fs.readFileSync(`${folder}/${name}.json`, "utf8");
  const bytes = Buffer.byteLength(text);
  const value = JSON.parse(text);
  const size = Buffer.byteLength(JSON.stringify(value));
  const rate = (size, body) => {
    let best = 0;
    for (let round = 0; round < 5; round++) {
      let done = 0;
      const start = process.hrtime.bigint();
      while (process.hrtime.bigint() - start < 200000000n)
        for (let i = 0; i < Math.max(1, 200000 / bytes); i++) { body(); done += size; }
      best = Math.max(best, done / Number(process.hrtime.bigint() - start) * 1e3);
    }
    return Math.round(best);
  };
  const buffer = Buffer.from(text);
  console.log(`node ${name}.json`.padStart(16), String(bytes).padStart(9),
    String(rate(bytes, () => JSON.parse(buffer.toString("utf8")))).padStart(9),
    String(rate(size, () => Buffer.from(JSON.stringify(value)))).padStart(19));
}
