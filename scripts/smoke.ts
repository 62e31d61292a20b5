/**
 * A newcomer's first minutes, on a copy of the checkout: the README's own commands run as they stand, and their answers
 * are looked at. Then the server starts again, with sign-in and another secret, and must find its data as it left them;
 * the pages by task are walked, and the sample for Stripe sells.
 */

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { copyCheckout } from "./checkout.ts";
import { freePort } from "./dev-server.ts";
import { commandUnder, namedBlocks, type ReadmeBlock } from "./readme.ts";
import { Running, type Variables } from "./running.ts";
import { tryPrinted, trySignInPrinted } from "./smoke-printed.ts";
import { documentMembers, type Answers, type Check } from "./smoke-answers.ts";
import { CHECKS, SIGN_IN_CHECKS } from "./smoke-checks.ts";
import { sellsByStripe } from "./smoke-stripe.ts";
import { TASK_CHECKS } from "./smoke-tasks.ts";
import { beginRotation, emptyAnswersHaveNoCoding, rotationEnds, servesThisMachineAlone } from "./smoke-upkeep.ts";

const SEPARATOR = "---- smoke:";
/** Whatever hangs ends the run: starts and stops have bounds of their own (scripts/running.ts). */
const COMMANDS_WITHIN_MS = 120_000;

const checkout = mkdtempSync(join(tmpdir(), "leasehold-smoke-"));
let running: Running | null = null;
try {
  copyCheckout(checkout);
  const port = await freePort();

  running = await Running.start(commandUnder("Run it"), checkout, port);
  const variables = running.variables();
  assert.doesNotMatch(running.printed, /npm warn/i, "nothing is warned of that a newcomer cannot mend");
  keepsSecretsPrivate();
  const [ordinary, withSignIn] = blocksByServer();
  const answers = await runBlocks(ordinary, variables);
  for (const [name, check] of Object.entries(CHECKS)) {
    await check(answers, variables);
    console.log(`smoke: ${name}`);
  }
  await tryPrinted(running.printed, variables.LEASEHOLD ?? "");
  console.log("smoke: the commands that npm start prints, its other keys, and a token by Node's own crypto");
  await emptyAnswersHaveNoCoding(variables);
  await servesThisMachineAlone(port);
  console.log("smoke: empty answers without a coding, for this machine alone");
  refusesSecondServer(port);
  await running.stop();

  beginRotation(checkout);
  running = await Running.start(commandUnder("Sign in"), checkout, port);
  const { PROVIDER, SIGN_IN_KEY, ...again } = running.variables();
  assert.deepEqual(again, variables, "starting again finds the same license and the same access token");
  await stillThere(variables, answers);
  console.log("smoke: a restart kept the data");
  await rotationEnds(again);
  console.log("smoke: the cron ended a rotation of the secret");
  const signedIn = await runBlocks(withSignIn, { ...again, PROVIDER: PROVIDER ?? "", SIGN_IN_KEY: SIGN_IN_KEY ?? "" });
  for (const [name, check] of Object.entries(SIGN_IN_CHECKS)) {
    await check(signedIn, again);
    console.log(`smoke: ${name}`);
  }
  trySignInPrinted(running.printed);
  console.log("smoke: the commands that npm run start:oidc prints");
  for (const [page, checks] of Object.entries(TASK_CHECKS)) {
    await walk(page, checks, running.variables());
    console.log(`smoke: ${page}`);
  }
  await sellsByStripe(checkout, await freePort(), variables);
  console.log("smoke: the sample for Stripe sells and renews, each invoice once");
  await running.stop();
} finally {
  await running?.kill();
  rmSync(checkout, { recursive: true, force: true });
}

/** The README's named blocks: those for `npm start`, then those for a server with sign-in. */
function blocksByServer(): readonly [readonly ReadmeBlock[], readonly ReadmeBlock[]] {
  const blocks = namedBlocks();
  assert.deepEqual(
    blocks.map((block) => block.name),
    [...Object.keys(CHECKS), ...Object.keys(SIGN_IN_CHECKS)],
    "each named command of the README has a check here, in its order",
  );
  const count = Object.keys(CHECKS).length;
  return [blocks.slice(0, count), blocks.slice(count)];
}

/** A page by task: its commands in one shell, after the two shell functions of the README. */
async function walk(page: string, checks: Readonly<Record<string, Check>>, variables: Variables): Promise<void> {
  const blocks = namedBlocks(page);
  assert.deepEqual(
    blocks.map((block) => block.name),
    Object.keys(checks),
    `each named command of ${page} has a check, in its order`,
  );
  const answers = await runBlocks([...namedBlocks().filter(({ name }) => name === "life-words"), ...blocks], variables);
  for (const check of Object.values(checks)) await check(answers, variables);
}

/**
 * Runs the blocks in order, in one shell, and answers what each printed. Meanwhile this process goes on: it has to see
 * that the server closed a connection that was idle, or the next call would use it.
 */
async function runBlocks(blocks: readonly ReadmeBlock[], variables: Variables): Promise<Answers> {
  const script = blocks.map((block) => `echo; echo '${SEPARATOR}${block.name}'\n${block.command}`).join("\n");
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], {
    cwd: checkout,
    encoding: "utf8",
    timeout: COMMANDS_WITHIN_MS,
    env: { ...process.env, ...variables },
  }).catch((failed: { readonly stdout: string; readonly stderr: string }) =>
    assert.fail(`the README's commands failed:\n${failed.stdout}${failed.stderr}`),
  );
  const parts = stdout.split(`\n${SEPARATOR}`).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n")).trim()]));
}

function keepsSecretsPrivate(): void {
  for (const file of [".dev.vars", ".leasehold/access-token"]) {
    assert.equal(statSync(join(checkout, file)).mode & 0o077, 0, `${file} is readable by its owner alone`);
  }
}

/** On its port and on another: two servers would lock each other out of the folder's data. */
function refusesSecondServer(port: number): void {
  for (const wished of [port, port + 1]) {
    const second = spawnSync("npm", ["start"], {
      cwd: checkout,
      encoding: "utf8",
      timeout: COMMANDS_WITHIN_MS,
      env: { ...process.env, PORT: String(wished) },
    });
    assert.notEqual(second.status, 0);
    assert.ok(second.stderr.includes(`Leasehold runs in this folder already, on http://localhost:${port}.`));
  }
}

/** The license sold before the restart is there, renewed; a device that activates again gets a seat. */
async function stillThere(variables: Variables, answers: Answers): Promise<void> {
  const sold = JSON.parse(answers.get("renew-license") ?? "");
  const license = await fetch(`${variables.LEASEHOLD}/v3/licenses/${sold.id}`, {
    headers: { authorization: `Bearer ${variables.TOKEN}` },
  });
  assert.equal(license.status, 200);
  assert.deepEqual(JSON.parse(await license.text()), sold);
  const again = await fetch(`${variables.LEASEHOLD}/api/v1/activations/license`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ activationCode: variables.KEY, fingerprint: "device-2" }),
  });
  assert.equal(again.status, 200);
  documentMembers(JSON.parse(await again.text()));
}
