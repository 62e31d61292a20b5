/**
 * Checks what the project is built on (docs/dependencies.md), writes `dist/sbom.json` (CycloneDX), and has npm compare
 * the registry's signatures where it serves them.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { faultsOf, isInWorker, type Installed, type Manifest } from "./supply/faults.ts";

const read = (path: string) => readFileSync(path, "utf8");
const manifest = JSON.parse(read("package.json")) as Manifest;
const installed = JSON.parse(read("node_modules/.package-lock.json")) as Installed;
const faults = [...faultsOf(manifest, installed, read("docs/dependencies.md"))];

const packages = Object.values(installed.packages);
const inWorker = packages.filter(isInWorker).length;
const scripts = packages.filter(({ hasInstallScript }) => hasInstallScript).length;
console.log(`supply: ${packages.length} packages, ${inWorker} of them for the Worker, ${scripts} with install scripts`);

const { stdout, status } = spawnSync("npm", ["sbom", "--sbom-format", "cyclonedx"], { encoding: "utf8", ...big() });
if (status === 0) {
  mkdirSync("dist", { recursive: true });
  writeFileSync("dist/sbom.json", stdout);
  const { components } = JSON.parse(stdout) as { readonly components: readonly unknown[] };
  console.log(`supply: dist/sbom.json names ${components.length} components`);
} else {
  faults.push("npm sbom failed");
}

const audit = spawnSync("npm", ["audit", "signatures", "--json"], { encoding: "utf8", ...big() });
const verdict = verdictIn(audit.stdout);
if (verdict === null) {
  console.log("supply: the registry in use serves no signatures, or cannot be reached: not compared");
} else {
  const { invalid, missing } = verdict;
  console.log(
    `supply: signatures of ${packages.length - missing.length} packages compared, ${invalid.length} are wrong`,
  );
  faults.push(...invalid.map(({ name }) => `${name}: its signature is wrong`));
}

if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}

/** A bill of materials has some hundred KB. */
function big() {
  return { maxBuffer: 64 * 1024 * 1024 };
}

/** Null: npm could not compare. */
function verdictIn(text: string): Readonly<Record<"invalid" | "missing", readonly { readonly name: string }[]>> | null {
  try {
    const { invalid, missing } = JSON.parse(text) as Record<"invalid" | "missing", { name: string }[] | undefined>;
    return invalid === undefined || missing === undefined ? null : { invalid, missing };
  } catch {
    return null;
  }
}
