/**
 * `npm run resync`: after D1 was set back or emptied, every license's object makes it agree again (OPS-1), and what
 * could not come back is told. docs/operations.md says when.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { objectsOfAccount, objectsOnDisk } from "./object-ids.ts";
import { report } from "./resync-report.ts";
import { licensesOfD1, MARK_ALL_AS_BORN, resyncAll, type Call, type Ids } from "./resync-run.ts";
import { boundClass, runs } from "./wrangler.ts";

const USAGE = `Usage: npm run resync -- --url https://licenses.example.com --from-account | --from-d1 | --local [--marked]

  --url           the Worker (or LEASEHOLD in the environment); TOKEN in the environment is an access token with scope *
  --from-account  objects from the platform's list: CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN (Workers Scripts: Read)
  --from-d1       objects of the licenses that D1 knows of. Not found: licenses that were created and used since
  --local         objects and database of wrangler dev in this folder
  --marked        all rows are marked as born already`;

const STATE_FOLDER = ".wrangler/state";
const TRIES = 6;
/** After an answer that says no time, and between the rounds for objects that lag (s). */
const PAUSE_SECONDS = 2;
const LONGEST_PAUSE_SECONDS = 60;

/** An end that was expected: the message says what to do. */
class Stop extends Error {}

interface Options {
  readonly url: string;
  readonly token: string;
  readonly from: "account" | "d1" | "local";
  readonly isMarked: boolean;
}

try {
  await main(options());
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}

async function main(chosen: Options): Promise<void> {
  const call = api(chosen);
  // Before anything is written: is this the Worker, and does it let us in?
  await call("GET", "/recovery/licenses");
  const objects = await firstSource(chosen);
  if (!chosen.isMarked) mark(chosen);
  console.log("\nEvery object is asked to compare D1 with itself ...");
  // What D1 knows of comes last: it tells of licenses whose object is lost.
  const summary = await resyncAll(call, [...objects, licensesOfD1(call)], () => sleep(PAUSE_SECONDS * 1000));
  console.log(`\n${report(summary)}`);
  if (summary.drift.length > 0) process.exitCode = 1;
}

function options(): Options {
  const values = parsed();
  const url = values.url ?? process.env.LEASEHOLD ?? "";
  const token = process.env.TOKEN ?? "";
  const sources = (["from-account", "from-d1", "local"] as const).filter((source) => values[source]);
  const [source] = sources;
  if (!URL.canParse(url)) throw new Stop(`No address: pass --url, or set LEASEHOLD.\n\n${USAGE}`);
  if (token === "") throw new Stop(`No access token: set TOKEN to one with the scope *.\n\n${USAGE}`);
  if (source === undefined || sources.length > 1) {
    throw new Stop(`Say once where the objects' ids come from: --from-account, --from-d1 or --local.\n\n${USAGE}`);
  }
  const from = source === "local" ? source : source === "from-d1" ? "d1" : "account";
  return { url: url.replace(/\/+$/, ""), token, from, isMarked: values.marked };
}

function parsed() {
  const off = { type: "boolean", default: false } as const;
  try {
    return parseArgs({
      options: { url: { type: "string" }, "from-account": off, "from-d1": off, local: off, marked: off },
    }).values;
  } catch (error) {
    throw new Stop(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

/** None for `--from-d1`: that one is asked anyway. */
async function firstSource({ from }: Options): Promise<readonly Ids[]> {
  if (from === "d1") return [];
  if (from === "local") return [objectsOnDisk(STATE_FOLDER, boundClass("LICENSES"))];
  const { CLOUDFLARE_ACCOUNT_ID: id = "", CLOUDFLARE_API_TOKEN: token = "" } = process.env;
  if (id === "" || token === "")
    throw new Stop(`CLOUDFLARE_ACCOUNT_ID or CLOUDFLARE_API_TOKEN is not set.\n\n${USAGE}`);
  const apiUrl = process.env.CLOUDFLARE_API_BASE_URL ?? null;
  return [stopping(objectsOfAccount({ id, token, apiUrl }, boundClass("LICENSES")))];
}

async function* stopping(ids: AsyncIterable<string>): AsyncGenerator<string> {
  try {
    yield* ids;
  } catch (error) {
    throw new Stop(`${error instanceof Error ? error.message : String(error)}\nNothing is spoiled: run this again.`);
  }
}

function mark({ from }: Options): void {
  console.log("\nAll rows are marked as born, so that licenses are read from their objects:");
  const where = from === "local" ? "--local" : "--remote";
  if (runs(["d1", "execute", "DB", where, "--yes", "--command", MARK_ALL_AS_BORN], { asks: false })) return;
  throw new Stop("The rows could not be marked. Run the statement yourself, and then this again with --marked.");
}

/** 429 and 503 pass: the call is sent again when the answer says. */
function api({ url, token }: Options): Call {
  return async (method, path, body) => {
    for (let left = TRIES; ; left -= 1) {
      const answer = await send(`${url}/v3${path}`, method, token, body);
      if (answer.ok) return await answer.json();
      const isPassing = answer.status === 429 || answer.status === 503;
      if (!isPassing || left === 1) throw new Stop(await wordsOf(answer));
      const seconds = Number(answer.headers.get("Retry-After") ?? PAUSE_SECONDS);
      await sleep(1000 * Math.min(LONGEST_PAUSE_SECONDS, seconds));
    }
  };
}

async function send(url: string, method: string, token: string, body: unknown): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  try {
    return await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  } catch (error) {
    throw new Stop(`${url} does not answer (${error instanceof Error ? error.message : String(error)}).`);
  }
}

async function wordsOf(answer: Response): Promise<string> {
  const said = `${answer.url} answered ${answer.status}: ${await answer.text()}`;
  if (answer.status !== 401) return said;
  return `${said}
A D1 that was set back or emptied may not know the token any more. Mint one with ROOT_SECRET (docs/deploy.md, the first access token).`;
}
