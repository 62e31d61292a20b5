/**
 * `npm start`: prepares secrets, database and demo data, and serves on this machine until Ctrl-C. With `--oidc`
 * (`npm run start:oidc`) an identity provider with two demo people runs beside it.
 */

import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Demo, seed, TOKEN_FILE } from "./demo.ts";
import { DemoProvider } from "./demo-provider.ts";
import { DevServer, isFree } from "./dev-server.ts";
import { isOfOtherBaseline } from "./migrations.ts";
import { runningHere, takeFolder } from "./one-per-folder.ts";
import { holderOf } from "./port-holder.ts";

const SECRETS_FILE = ".dev.vars";
const PORT = Number(process.env.PORT ?? 8787);
const OIDC_PORT = Number(process.env.OIDC_PORT ?? PORT + 1);
const HAS_PROVIDER = process.argv.includes("--oidc");
const COMMAND = HAS_PROVIDER ? "npm run start:oidc" : "npm start";
const OTHER_BASELINE =
  "The data in .wrangler/state is from an earlier version, before the first release: delete .wrangler/state to start again.";
const SIGN_IN_HINT = "To try signing in too, stop the server and run `npm run start:oidc`.\n";

try {
  await start();
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

async function start(): Promise<void> {
  if (!Number.isInteger(PORT) || PORT < 1 || PORT > 65_535) fail(`PORT must be a number from 1 to 65535.`);
  const other = runningHere();
  if (other !== null) {
    fail(
      `Leasehold runs in this folder already, on ${other.url}. Two cannot share its data: stop that one (kill ${other.pid}), or start this one in another clone.`,
    );
  }
  if (!(await isFree(PORT))) fail(inUse(PORT, "", `PORT=${PORT === 65_535 ? 8788 : PORT + 1}`));
  takeFolder(`http://localhost:${PORT}`);
  const rootSecret = findOrMakeSecret();
  migrate();

  const provider = HAS_PROVIDER ? await startProvider() : null;
  const server = new DevServer(PORT, provider?.vars);
  let isAsked = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      isAsked = true;
      void server.stop();
    });
  }
  try {
    await server.ready();
    console.log(welcome(server.url, await seed(server.url, rootSecret), provider));
    server.speak();
    server.keepTime();
    const code = await server.ended();
    process.exitCode = isAsked ? 0 : code;
  } finally {
    await server.stop();
    provider?.stop();
  }
}

async function startProvider(): Promise<DemoProvider> {
  if (await isFree(OIDC_PORT)) return await DemoProvider.start(OIDC_PORT);
  return fail(inUse(OIDC_PORT, ", for the identity provider,", `OIDC_PORT=${OIDC_PORT + 10}`));
}

function inUse(port: number, use: string, other: string): string {
  const holder = holderOf(port);
  const another = `choose another port: ${other} ${COMMAND}`;
  return holder === null
    ? `Port ${port}${use} is in use by a process that this user cannot see. Stop it, or ${another}`
    : `Port ${port}${use} is in use by process ${holder.pid}: ${holder.command}\nStop it (kill ${holder.pid}), or ${another}`;
}

/** The secret in `.dev.vars`; a random one the first time. */
function findOrMakeSecret(): string {
  if (!existsSync(SECRETS_FILE)) {
    writeFileSync(SECRETS_FILE, `ROOT_SECRET=${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  }
  const line = /^\s*ROOT_SECRET\s*=\s*(["']?)(.+?)\1\s*$/m.exec(readFileSync(SECRETS_FILE, "utf8"));
  return line?.[2] ?? fail(`${SECRETS_FILE} has no ROOT_SECRET. Add one, or remove the file to get a random one.`);
}

/**
 * The tables of another baseline are in the way of this one's, so that asking first would only cost a start its time.
 */
function migrate(): void {
  const run = d1("migrations", "apply", "DB");
  if (run.status === 0) return;
  if (isOfOtherBaseline(appliedMigrations(), "migrations")) fail(OTHER_BASELINE);
  fail(`The local database could not be prepared:\n${run.stdout}${run.stderr}`);
}

/** None where the database cannot say. */
function appliedMigrations(): readonly string[] {
  const { status, stdout } = d1("execute", "DB", "--json", "--command", "SELECT name FROM d1_migrations");
  if (status !== 0) return [];
  const [answer] = JSON.parse(stdout) as readonly { readonly results: readonly { readonly name: string }[] }[];
  return answer?.results.map(({ name }) => name) ?? [];
}

function d1(...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync("wrangler", ["d1", ...args, "--local"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function welcome(url: string, demo: Demo, provider: DemoProvider | null): string {
  const call = JSON.stringify({
    activationCode: demo.floatingKey,
    fingerprint: "device-1",
    email: "ada@example.com",
    requestedLeaseDuration: "00:30:00",
    targetSoftwareVersion: "1.0.0",
  });
  return `
Leasehold is running at ${url}

  floating, 3 seats      ${demo.floatingKey}
  node-locked            ${demo.nodeLockedKey}
  only with sign-in      ${demo.signInKey}

  access token for /v3   ${demo.accessToken}
                         (kept in ${TOKEN_FILE})

For the commands in README.md, paste this:

export LEASEHOLD=${url} KEY=${demo.floatingKey} TOKEN=${demo.accessToken}${
    provider === null ? "" : ` PROVIDER=${provider.issuer} SIGN_IN_KEY=${demo.signInKey}`
  }

To activate the floating license:

curl --request POST \\
  --url ${url}/api/v1/activations/license \\
  --header 'Content-Type: application/json-patch+json' \\
  --data '${call}'

The keys that verify its licenseToken with any JWT library:

curl ${url}/.well-known/jwks.json

${provider === null ? SIGN_IN_HINT : provider.welcome(url, demo.signInKey)}
Ctrl-C stops the server; the data stays in .wrangler/state.
`;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
