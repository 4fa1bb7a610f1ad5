// compare.mjs OFFICIAL WRITTEN NAME: reads each file of WRITTEN and its like in OFFICIAL with JSON.parse and compares the
// values, whatever the order of members; then the texts of the numbers, in which JSON.parse loses digits.
import { readdirSync, readFileSync, existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

const [official, written, name] = process.argv.slice(2);

function numbers(text) {
  const found = text.match(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g) ?? [];
  return found.filter((token) => token[0] !== '"').sort();
}

let passed = 0;
let failed = 0;
for (const file of readdirSync(written).sort()) {
  if (!existsSync(`${official}/${file}`)) continue;
  const theirs = readFileSync(`${official}/${file}`, "utf8");
  const ours = readFileSync(`${written}/${file}`, "utf8");
  const same = isDeepStrictEqual(JSON.parse(theirs), JSON.parse(ours));
  const exact = isDeepStrictEqual(numbers(theirs), numbers(ours));
  if (same && exact) passed++;
  else {
    failed++;
    console.log(`FAIL ${name} ${file}: ${same ? "the digits of a number differ" : "the values differ"}`);
  }
}
console.log(`${name} beside JSON.parse: ${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
