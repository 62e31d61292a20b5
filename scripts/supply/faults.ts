/** What is wrong with the packages that are installed (docs/dependencies.md). */

/** As npm writes `node_modules/.package-lock.json`; paths are `node_modules/...`. */
export interface Installed {
  readonly packages: Readonly<Record<string, Package>>;
}

export interface Package {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  /** For work on the project alone; `devOptional`: or as an optional peer of something else. */
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  /** Brought along by an optional part of something that is for work. */
  readonly optional?: boolean;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

export interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

/** What the Worker's own bytes may be under: their text alone has to come along. */
const LICENCES: ReadonlySet<string> = new Set(["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD"]);
const EXACT = /^(?:npm:[^@]*@?[^@]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/** One sentence each. `document`: docs/dependencies.md. */
export function faultsOf(manifest: Manifest, installed: Installed, document: string): readonly string[] {
  const named = { ...manifest.dependencies, ...manifest.devDependencies };
  const explained = new Set(explainedIn(document));
  const faults = Object.entries(installed.packages).flatMap(([path, one]) => faultsOfPackage(manifest, path, one));
  for (const [name, version] of Object.entries(named)) {
    if (!EXACT.test(version)) faults.push(`${name}: ${version} is no exact version`);
    if (!explained.delete(name)) faults.push(`${name}: docs/dependencies.md does not say what it is for`);
  }
  for (const name of explained) faults.push(`${name}: docs/dependencies.md names it, package.json does not`);
  return faults;
}

/** True for what the Worker is built of. */
export function isInWorker({ dev, devOptional, optional }: Package): boolean {
  return !dev && !devOptional && !optional;
}

function faultsOfPackage({ allowScripts }: Manifest, path: string, one: Package): string[] {
  const name = nameIn(path);
  const faults: string[] = [];
  if (one.link) return faults;
  if (one.integrity?.startsWith("sha512-") !== true) faults.push(`${path}: the lock file has no SHA-512 of it`);
  if (one.hasInstallScript && allowScripts[name] !== true) faults.push(`${path}: it runs a script when installed`);
  if (isInWorker(one) && !LICENCES.has(one.license ?? ""))
    faults.push(`${path}: its licence is ${one.license ?? "unknown"}`);
  return faults;
}

/** `node_modules/a/node_modules/@b/c` is `@b/c`. */
function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}

/** What stands in the first column of its tables. */
function explainedIn(document: string): readonly string[] {
  return document
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
}
