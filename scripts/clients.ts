/** Runs the conformance kit's cases in Python and Go (clients/conformance). Fails where a case or a language fails. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const KIT = "clients/conformance";
const VECTORS = join(process.cwd(), KIT, "vectors.json");
const LANGUAGES = [
  {
    command: "python3",
    args: ["run.py", VECTORS],
    cwd: join(KIT, "python"),
    needs: "python3 and python3-cryptography",
  },
  { command: "go", args: ["run", ".", VECTORS], cwd: join(KIT, "go"), needs: "golang-go" },
] as const;

let failed = 0;
for (const { command, args, cwd, needs } of LANGUAGES) {
  // No module: nothing is fetched, and the standard library is enough.
  const env = { ...process.env, GO111MODULE: "off", PYTHONDONTWRITEBYTECODE: "1" };
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: "inherit" });
  if (error !== undefined) console.error(`${command} does not start: install ${needs}`);
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
