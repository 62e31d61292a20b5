/**
 * The Worker and what its tests share as one module, for the `worker` project. Each test file has a runtime of its own
 * that asks for each module by itself, some six hundred of them: that took more time than the tests. So src, support
 * and packages are bundled once, and each file that a test imports is a list of names in the bundle: there is one of
 * everything, as ever. Watching, where a file may change, does without.
 */

import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { build, type Plugin as Extension } from "esbuild";
import type { Plugin } from "vitest/config";
import { watchedApp } from "./described/compiled.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BUNDLE = "\0one-module";
const FACADE = "\0one-module:";
/** What only the runtime has, or the runner must have one of. */
const ELSEWHERE = ["cloudflare:*", "node:*", "vitest"];
/** Not what is imported for its types alone. */
const IMPORTED = /^(?:import (?!type\b)[^;"]*|\} )from "([^"]+)"/gm;

/** What code asks for while it runs is a module of its own, as it is in the Worker: of bytes, by wrangler.toml. */
const importedLater: Extension = {
  name: "imported-later",
  setup: (its) => {
    its.onResolve({ filter: /^/ }, ({ kind, path, resolveDir }) => {
      if (kind !== "dynamic-import") return undefined;
      return { path: path.startsWith(".") ? join(resolveDir, path) : path, external: true };
    });
  },
};

interface Bundle {
  readonly code: string;
  /** By path or name of a package: what it exports, and what it is called in the bundle. */
  readonly modules: ReadonlyMap<string, { readonly name: string; readonly exports: readonly string[] }>;
}

/** `mains`: the Worker of the tests, and what their set-up shares with them, from the root. */
export function oneModule(...mains: readonly string[]): Plugin {
  let bundle: Promise<Bundle> | null = null;
  let isWatching = false;
  const isOurs = (path: string) => path.startsWith(join(ROOT, "src/")) || path.startsWith(join(ROOT, "test/support/"));
  const isMine = (id: string) => id === BUNDLE || id.startsWith(FACADE);
  return {
    name: "one-module",
    enforce: "pre",
    // Not where the set-up runs, which is no Worker.
    applyToEnvironment: ({ name }) => name === "ssr",
    configureVitest({ vitest, defineCacheKeyGenerator }) {
      isWatching = vitest.config.watch;
      // A list of names says nothing of what it leads to: what is kept on disk between runs is not for these.
      if (!isWatching) defineCacheKeyGenerator(({ id }) => (isMine(id) || isOurs(id) ? false : undefined));
    },
    async resolveId(id) {
      if (id === BUNDLE) return id;
      if (isWatching || !/^[@a-z]/.test(id)) return undefined;
      bundle ??= bundled(mains);
      return (await bundle).modules.has(id) ? FACADE + id : undefined;
    },
    async load(id) {
      if (isWatching || !(isMine(id) || isOurs(id))) return undefined;
      bundle ??= bundled(mains);
      const { code, modules } = await bundle;
      if (id === BUNDLE) return { code, map: { mappings: "" } };
      const found = modules.get(id.startsWith(FACADE) ? id.slice(FACADE.length) : id);
      if (found === undefined) return undefined;
      const names = found.exports.map((name) =>
        name === "default" ? "export default its.default;" : `export const ${name} = its.${name};`,
      );
      return [`import { ${found.name} as its } from ${JSON.stringify(BUNDLE)};`, ...names].join("\n");
    },
  };
}

async function bundled(mains: readonly string[]): Promise<Bundle> {
  const files = globSync("src/**/*.ts", { cwd: ROOT }).map((file) => join(ROOT, file));
  const packages = new Set<string>();
  const shared = new Set(mains.map((main) => join(ROOT, main)));
  for (const test of globSync("test/worker/**/*.test.ts", { cwd: ROOT }).map((file) => join(ROOT, file))) {
    for (const [, from = ""] of readFileSync(test, "utf8").matchAll(IMPORTED)) {
      if (from.includes("/support/")) shared.add(resolve(dirname(test), from));
      else if (!from.startsWith(".") && !/^(?:cloudflare|node):|^vitest/.test(from)) packages.add(from);
    }
  }
  const named = [...files, ...shared, ...packages].map((from, index) => ({ from, name: `m${index}` }));
  const { outputFiles } = await build({
    stdin: {
      contents: named.map(({ from, name }) => `export * as ${name} from ${JSON.stringify(from)};`).join("\n"),
      resolveDir: ROOT,
    },
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ELSEWHERE,
    plugins: [importedLater, watchedApp(ROOT)],
    sourcemap: false,
    outfile: join(ROOT, "one-module.js"),
    write: false,
    logLevel: "error",
  });
  const exports = await exportsOf([...files, ...shared], [...packages]);
  return {
    code: outputFiles[0]?.text ?? "",
    modules: new Map(named.map(({ from, name }) => [from, { name, exports: exports.get(from) ?? [] }])),
  };
}

async function exportsOf(
  files: readonly string[],
  packages: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { metafile } = await build({
    entryPoints: [...files],
    absWorkingDir: ROOT,
    format: "esm",
    outdir: join(ROOT, "one-module"),
    outbase: ROOT,
    metafile: true,
    write: false,
    logLevel: "error",
  });
  const ofFiles = Object.values(metafile.outputs).flatMap(({ entryPoint, exports }) =>
    entryPoint === undefined ? [] : [[join(ROOT, entryPoint), exports] as const],
  );
  const ofPackages = packages.map(
    async (name) => [name, Object.keys((await import(name)) as object).filter((each) => /^\w+$/.test(each))] as const,
  );
  return new Map<string, readonly string[]>([...ofFiles, ...(await Promise.all(ofPackages))]);
}
