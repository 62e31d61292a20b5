/**
 * `npm run deploy`: brings the Worker and D1's migrations to the account, in the order in which neither is ever too new
 * for the other. `--dry-run` does offline what can be done offline. docs/deploy.md tells the story.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { migrationFaults } from "./migrations.ts";
import { answerOf, boundDatabase, runs, type BoundDatabase } from "./wrangler.ts";

const BINDING = "DB";
const MIGRATE = ["d1", "migrations", "apply", BINDING];
const ACCESS = `Sign in with \`npx wrangler login\`; if you have several accounts, set CLOUDFLARE_ACCOUNT_ID.
In a build, the API token needs Workers Scripts: Edit and D1: Edit for the account.`;
const SECRET_ADVICE = `
The Worker answers 503 until it has a ROOT_SECRET: at least 32 random characters, from which every other secret is
derived. Make one, keep a copy where you keep such things, and set it:

  openssl rand -base64 32
  npx wrangler secret put ROOT_SECRET`;

/** An end that was expected: the message says what to do. */
class Stop extends Error {}

try {
  main();
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}

function main(): void {
  const { dryRun } = options();
  const faults = migrationFaults("migrations");
  if (faults.length > 0) {
    throw new Stop(`Migrations only add, because the running version goes on with them:\n${faults.join("\n")}`);
  }
  if (dryRun) rehearse();
  else deploy();
}

function options(): { readonly dryRun: boolean } {
  try {
    const { values } = parseArgs({ options: { "dry-run": { type: "boolean", default: false } } });
    return { dryRun: values["dry-run"] };
  } catch (error) {
    throw new Stop(
      `${error instanceof Error ? error.message : String(error)}\nUsage: npm run deploy, or npm run deploy -- --dry-run`,
    );
  }
}

function deploy(): void {
  if (databaseExists(boundDatabase(BINDING))) deployAgain();
  else deployFirst();
  adviseOnSecret();
  console.log("\nDeployed. `GET /health` on the Worker's address says whether everything is in order.");
}

/** Only the account knows whether this is the first time: the database is there, or it is not. */
function databaseExists(bound: BoundDatabase): boolean {
  const databases = answerOf(["d1", "list", "--json"]);
  if (!Array.isArray(databases)) throw new Stop(`The account's D1 databases could not be listed.\n${ACCESS}`);
  return databases.some((d1: { readonly uuid?: unknown; readonly name?: unknown }) =>
    bound.id === null ? d1.name === bound.name : d1.uuid === bound.id,
  );
}

/** The upload creates the database. Until its tables are there, the Worker answers 503 and says what to run. */
function deployFirst(): void {
  console.log(
    "\nThe database does not exist yet, so this is a first deploy. It creates the database, then its tables.",
  );
  if (!runs(["deploy"], { asks: true })) throw new Stop("The Worker was not deployed. Run `npm run deploy` again.");
  if (!runs([...MIGRATE, "--remote"], { asks: false })) {
    throw new Stop(
      `The Worker is deployed, and answers 503 until its tables exist. Run \`npm run deploy\` again.\n${ACCESS}`,
    );
  }
}

/** The version that is running serves on with the new tables; the new one never meets the old ones. */
function deployAgain(): void {
  console.log("\nThe database exists: its migrations come first, then the Worker.");
  if (!runs([...MIGRATE, "--remote"], { asks: false })) {
    throw new Stop(
      `The migrations were not all applied, so nothing was deployed: the running version goes on. Run \`npm run deploy\` again.\n${ACCESS}`,
    );
  }
  if (!runs(["deploy"], { asks: true })) {
    throw new Stop(
      "The Worker was not deployed. The migrations are applied, and the running version goes on with them. Run `npm run deploy` again.",
    );
  }
}

/** A deploy that went well is not failed for this: the secret may be set afterwards. */
function adviseOnSecret(): void {
  const secrets = answerOf(["secret", "list", "--format", "json"]);
  const isSet =
    Array.isArray(secrets) && secrets.some((secret: { readonly name?: unknown }) => secret.name === "ROOT_SECRET");
  if (!isSet) console.log(SECRET_ADVICE);
}

/** Everything but the account: the migrations on an empty database of this machine, and the bundle. */
function rehearse(): void {
  const folder = mkdtempSync(join(tmpdir(), "leasehold-deploy-"));
  try {
    if (!runs([...MIGRATE, "--local", "--persist-to", folder], { asks: false })) {
      throw new Stop("The migrations do not apply to an empty database.");
    }
    if (!runs(["deploy", "--dry-run", "--outdir", join(folder, "bundle")], { asks: false })) {
      throw new Stop("The Worker does not build.");
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { name, id } = boundDatabase(BINDING);
  console.log(`\nDry run: nothing left this machine. A deploy would ask the account for the D1 database ${id ?? name}:
  where it is there, apply its migrations and then deploy the Worker;
  where it is not, deploy the Worker, which creates it, and then apply its migrations.`);
}
