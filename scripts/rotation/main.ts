/**
 * `npm run rotation [-- --seed N]`: docs/operations.md says what it proves. `ROOT_SECRET` rotates, a signing key turns
 * and another one is compromised while devices call. Ends with 1 if anything was refused, or a token was not verified.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Random } from "../../test/support/random.ts";
import { ROOT_SECRET, Runtime } from "../torture/runtime.ts";
import { Calls } from "./calls.ts";
import { Device } from "./device.ts";
import { Product } from "./product.ts";
import { rotateRootSecret } from "./root-secret.ts";
import { compromise, turn } from "./signing-keys.ts";

const ISOLATES = 2;
/** Devices that are off from before a key is compromised until it must be out. */
const SLEEPERS = 4;
const DEVICES_EACH = 6;
/** Products that nobody asks for until the secret has rotated: their keys were wrapped again and never opened. */
const QUIET = 8;
/** Tokens that are handed out between two steps. */
const MEANWHILE = 100;
const MEANWHILE_WITHIN_MS = 30_000;
const POLL_MS = 20;
/** Different failures that are described. */
const MOST_TOLD = 40;
/** Whatever hangs ends the run. */
const WITHIN_MS = 240_000;

const { values } = parseArgs({ options: { seed: { type: "string" } } });
const seed = Number(values.seed ?? Date.now() % 1_000_000);
console.log(`rotation: seed ${seed}`);
const runtime = await Runtime.create({}, ISOLATES);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void runtime.remove().finally(() => process.exit(1));
  });
}
const bound = new Promise<never>((_, reject) => {
  setTimeout(reject, WITHIN_MS, new Error(`the run is not over after ${WITHIN_MS} ms`)).unref();
});
try {
  await runtime.start();
  const faults = await Promise.race([rotation(new Calls(runtime)), bound]);
  const told = [...Map.groupBy(faults, (fault) => fault)].slice(0, MOST_TOLD);
  for (const [fault, { length }] of told) console.error(`${length} times: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(error, runtime.said);
  process.exitCode = 1;
} finally {
  await runtime.remove();
}
// After an error the devices may still wait for a runtime that will not come back.
process.exit();

async function rotation(calls: Calls): Promise<readonly string[]> {
  const minted = { name: "rotation", scopes: ["*"] };
  const mint = { method: "POST", path: "/v3/personal-access-tokens", bearer: ROOT_SECRET, body: minted } as const;
  const vendor = await calls.ask("mint by ROOT_SECRET", mint, "token");
  const issuer = await calls.ask("read by v3", { method: "GET", path: "/v3/deployment", bearer: vendor }, "issuer");
  const make = async (name: string) => await Product.create(calls, vendor, name, issuer);
  const turning = await make("turning");
  const leaking = await make("leaking");
  const quiet: Product[] = [];
  while (quiet.length < QUIET) quiet.push(await make(`quiet-${quiet.length}`));

  const products = [turning, leaking, ...quiet];
  const tokens = () => products.reduce((sum, product) => sum + product.tokens.size, 0);
  const meanwhile = async () => {
    const upto = tokens() + MEANWHILE;
    for (const until = Date.now() + MEANWHILE_WITHIN_MS; tokens() < upto; await sleep(POLL_MS))
      if (Date.now() > until) throw new Error("the devices do not get on");
  };
  const random = new Random(seed);
  const deviceOf = (product: Product, name: string) => new Device(calls, random, product, name, vendor);
  const devices = [turning, leaking].flatMap((product) =>
    Array.from({ length: DEVICES_EACH }, (_, at) => deviceOf(product, `device-${at}`)),
  );
  const sleepers = Array.from({ length: SLEEPERS }, (_, at) => deviceOf(leaking, `sleeper-${at}`));
  const load = { isOver: false };
  const running = Promise.all(devices.map((device) => device.run(() => load.isOver)));
  const steps = async () => {
    for (const sleeper of sleepers) await sleeper.activate();
    await meanwhile();
    const [kid, outcast] = await Promise.all([turn(calls, vendor, turning), compromise(calls, vendor, leaking)]);
    for (const sleeper of sleepers) await sleeper.renew();
    const secret = await rotateRootSecret(calls, vendor, meanwhile);
    for (const product of quiet) await deviceOf(product, "late").once();
    return { kid, outcast, secret };
  };
  const { kid, outcast, secret } = await Promise.race([steps(), running.then(unexpected)]);
  load.isOver = true;
  await running;
  // What a retired key has signed verifies on, and what a compromised one has signed never again.
  for (const product of products) for (const token of product.tokens.values()) await product.show(token);

  const turned = [...turning.tokens.values()].filter((token) => token.kid === kid).length;
  const turnedAway = [...devices, ...sleepers].reduce((total, device) => total + device.turnedAway, 0);
  if (turnedAway < SLEEPERS) calls.faults.push(`${SLEEPERS} devices slept, and ${turnedAway} were turned away`);
  if (turned === 0) calls.faults.push(`no token is signed by ${kid}, which is active`);
  const sum = (of: (product: Product) => number) => products.reduce((total, product) => total + of(product), 0);
  const answered = [...calls.answered].toSorted(([one], [other]) => one.localeCompare(other));
  const all = answered.reduce((total, [, count]) => total + count, 0);
  for (const [kind, count] of answered) console.log(`  ${kind}: ${count}`);
  const reads = sum(({ copies }) => copies.reduce((total, copy) => total + copy.reads, 0));
  console.log(
    `calls ${all}, cut off by a restart and sent again ${calls.cutOff}, restarts ${runtime.restartTimes.length}`,
    `\ntokens ${tokens()}, of them by the key that was made meanwhile ${turned}; verified ${sum(({ verified }) => verified)}`,
    `times by ${sum(({ copies }) => copies.length)} verifiers, which read keys ${reads} times`,
    `\nROOT_SECRET: ${secret.waited} keys waited, the cron ran ${secret.crons} times, then none`,
    `\ncompromised: published last after ${[...outcast.lastSeen].map(([name, ms]) => `${ms} ms (${name})`).join(", ")};`,
    `${outcast.looks} looks; not verified ${leaking.outcast} times; devices turned away`,
    `${turnedAway}; leaked tokens refused ${outcast.refused}`,
    `\nfailures ${calls.faults.length}`,
  );
  return calls.faults;
}

function unexpected(): never {
  throw new Error("the devices ended by themselves");
}
