/** The verifiers of docs/verify as programs of this machine: how each is run, and what to install for it. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Vectors } from "./vectors.ts";

export interface Language {
  readonly name: string;
  readonly file: string;
  /** The command that takes the four arguments, or what is missing here. `work`: a folder for what it compiles. */
  readonly find: (work: string) => Command | Missing;
}

export type Command = readonly string[];

export interface Missing {
  readonly missing: string;
}

export type Verdict = { readonly claims: unknown } | { readonly refused: string };

const AT = "docs/verify";
/** Whatever hangs ends the run. */
const WITHIN_MS = 120_000;
const PYTHONS = ["python3", "/usr/bin/python3"];

/** C# is not among them: no Debian package has its compiler. */
export const LANGUAGES: readonly Language[] = [
  { name: "TypeScript", file: `${AT}/verify.ts`, find: () => [process.execPath, `${AT}/verify.ts`] },
  {
    name: "Python",
    file: `${AT}/verify.py`,
    find: () => {
      const python = PYTHONS.find((each) => runs(each, "-c", "import jwt, cryptography"));
      const missing = `no Python with PyJWT among ${PYTHONS.join(", ")}: apt-get install python3-jwt python3-cryptography`;
      return python === undefined ? { missing } : [python, `${AT}/verify.py`];
    },
  },
  {
    name: "Go",
    file: `${AT}/verify.go`,
    find: (work) => {
      if (!runs("go", "version")) return { missing: "no Go: apt-get install golang-go" };
      const program = join(work, "verify-go");
      const built = spawnSync("go", ["build", "-o", program, `${AT}/verify.go`], {
        // The standard library alone: no C compiler, and nothing from a network.
        env: { ...process.env, CGO_ENABLED: "0", GOPROXY: "off" },
        encoding: "utf8",
        timeout: WITHIN_MS,
      });
      if (built.status !== 0) throw new Error(`${AT}/verify.go does not compile:\n${built.stderr}`);
      return [program];
    },
  },
  {
    name: "shell",
    file: `${AT}/verify.sh`,
    find: () => {
      const lacks = ["openssl", "jq"].filter((program) => !runs("sh", "-c", `command -v ${program}`));
      if (lacks.length > 0) return { missing: `no ${lacks.join(" and no ")}: apt-get install ${lacks.join(" ")}` };
      return ["sh", `${AT}/verify.sh`];
    },
  },
];

export function isMissing(found: Command | Missing): found is Missing {
  return "missing" in found;
}

/** Throws where the program fails in another way than by refusing. */
export function verdictOf(
  [program = "", ...first]: Command,
  { publicKeyBase64, product, fingerprint }: Omit<Vectors, "tokens">,
  token: string,
): Verdict {
  const args = [...first, token, publicKeyBase64, product, fingerprint];
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: WITHIN_MS });
  if (status === 0) return { claims: JSON.parse(stdout) };
  const refused = /^refused: (.+)$/m.exec(stderr)?.[1];
  if (status !== 1 || refused === undefined) throw new Error(`${program} failed (${status}): ${stderr}`);
  return { refused };
}

function runs(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { timeout: WITHIN_MS }).status === 0;
}
